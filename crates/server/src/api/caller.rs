//! Who asks: found out before any handler runs, and handed to it as a value.

use std::net::IpAddr;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, COOKIE};
use axum::http::request::Parts;
use secrecy::SecretString;
use usher_engine::Acting;
use usher_model::{Actor, Origin, Right, Timestamp};
use usher_store::{AdministratorKind, AdministratorRecord, SessionRecord, Store, TokenRecord};

use super::address::address;
use crate::Server;
use crate::administrators::{Purpose, fingerprint};
use crate::problem::{Problem, ProblemType};

/// Who asks, and from where.
#[derive(Clone, Debug)]
pub struct Caller {
    who: Who,
    address: Option<IpAddr>,
    actor: Actor,
}

/// How somebody proved who they are.
#[derive(Clone, Debug)]
pub enum Who {
    /// Not at all.
    Visitor,
    /// By a session.
    InPerson {
        /// Who.
        administrator: AdministratorRecord,
        /// Their session.
        session: SessionRecord,
    },
    /// By an API token.
    ByToken {
        /// Whose it is.
        administrator: AdministratorRecord,
        /// The token.
        token: TokenRecord,
    },
}

/// The name of the cookie that holds a session's token.
pub fn cookie_name(server: &Server) -> &'static str {
    if server.settings().is_https() {
        // Browsers take this one over https only, for this host and for every path.
        "__Host-usher_session"
    } else {
        "usher_session"
    }
}

/// The name of the cookie that holds what a sign-in at an identity provider is finished with.
pub fn sign_in_cookie_name(server: &Server) -> &'static str {
    if server.settings().is_https() {
        "__Host-usher_sign_in"
    } else {
        "usher_sign_in"
    }
}

/// The session's token that came with a request.
pub fn session_token<'a>(server: &Server, headers: &'a HeaderMap) -> Option<&'a str> {
    cookie(headers, cookie_name(server), Purpose::Session)
}

/// What came with a request to finish a sign-in at an identity provider with.
pub fn sign_in_token<'a>(server: &Server, headers: &'a HeaderMap) -> Option<&'a str> {
    cookie(headers, sign_in_cookie_name(server), Purpose::SignIn)
}

/// A cookie's value, if it is a token for this.
fn cookie<'a>(headers: &'a HeaderMap, wanted: &str, purpose: Purpose) -> Option<&'a str> {
    let cookies = headers.get_all(COOKIE).into_iter();
    cookies
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(name, value)| (name == wanted).then_some(value))
        .filter(|token| token.starts_with(purpose.prefix()))
}

impl Caller {
    /// Finds out who sent a request. A token or session that does not hold any more is no visitor's: a token is refused, and
    /// a session counts as none.
    pub async fn find(server: &Server, parts: &Parts) -> Result<Self, Problem> {
        let address = address(parts, &server.settings().trusted_proxies);
        let who = match bearer(parts)? {
            Some(token) => by_token(server, token).await?,
            None => in_person(server, parts).await?,
        };
        Ok(Self {
            actor: actor(&who, address),
            who,
            address,
        })
    }

    /// How they proved who they are.
    pub fn who(&self) -> &Who {
        &self.who
    }

    /// As the log names them.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// The network address they come from.
    pub fn address(&self) -> Option<IpAddr> {
        self.address
    }

    /// Who they are.
    pub fn administrator(&self) -> Option<&AdministratorRecord> {
        match &self.who {
            Who::Visitor => None,
            Who::InPerson { administrator, .. } | Who::ByToken { administrator, .. } => {
                Some(administrator)
            }
        }
    }

    /// The session in which they came, if they came in person.
    pub fn session(&self) -> Option<&SessionRecord> {
        match &self.who {
            Who::InPerson { session, .. } => Some(session),
            Who::Visitor | Who::ByToken { .. } => None,
        }
    }

    /// Refuses to give others a right that they do not have themselves, be it by a role or by a token's scopes.
    pub fn gives_no_more(&self, rights: &[Right]) -> Result<(), Problem> {
        match rights.iter().find(|right| !self.has(**right)) {
            None => Ok(()),
            Some(beyond) => Err(Problem::forbidden(format!(
                "`{beyond}` would be given by somebody who does not have it"
            ))
            .hint("give what you have, or ask somebody who has it; an API token has its scopes and no more")),
        }
    }

    /// Whether they have a right: their role has it, and their token, if they came by one.
    pub fn has(&self, right: Right) -> bool {
        match &self.who {
            Who::Visitor => false,
            Who::InPerson { administrator, .. } => administrator.role.has(right),
            Who::ByToken {
                administrator,
                token,
            } => administrator.role.has(right) && token.scopes.contains(&right),
        }
    }
}

/// The token of an `Authorization: Bearer` header.
fn bearer(parts: &Parts) -> Result<Option<&str>, Problem> {
    let Some(value) = parts.headers.get(AUTHORIZATION) else {
        return Ok(None);
    };
    let text = value.to_str().unwrap_or_default();
    match text.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(Some(token.trim())),
        _ => Err(Problem::new(
            ProblemType::Unauthorized,
            "the Authorization header is not understood",
        )
        .hint("write `Authorization: Bearer` and an API token")),
    }
}

/// What proves who sent a request: the API token, or the session's; empty for visitors.
pub fn credential(server: &Server, parts: &Parts) -> SecretString {
    let token = match bearer(parts) {
        Ok(Some(token)) => Some(token),
        _ => session_token(server, &parts.headers),
    };
    token.unwrap_or_default().into()
}

async fn by_token(server: &Server, token: &str) -> Result<Who, Problem> {
    let found = server.store().use_token(&fingerprint(token)).await?;
    let Some((token, administrator)) = found else {
        let problem = Problem::new(ProblemType::Unauthorized, "the API token is not accepted");
        return Err(problem.hint("it may have expired or been taken back; make another one"));
    };
    Ok(Who::ByToken {
        administrator,
        token,
    })
}

async fn in_person(server: &Server, parts: &Parts) -> Result<Who, Problem> {
    let Some(token) = session_token(server, &parts.headers) else {
        return Ok(Who::Visitor);
    };
    let limits = server.settings().sessions;
    let found = server.store().session(&fingerprint(token), limits).await?;
    Ok(
        found.map_or(Who::Visitor, |(session, administrator)| Who::InPerson {
            administrator,
            session,
        }),
    )
}

fn actor(who: &Who, address: Option<IpAddr>) -> Actor {
    match who {
        Who::Visitor => Actor::Visitor { address },
        Who::InPerson { administrator, .. } => administrator.actor(None, address),
        Who::ByToken {
            administrator,
            token,
        } if administrator.kind == AdministratorKind::ServiceAccount => Actor::ServiceAccount {
            id: administrator.id.clone(),
            name: administrator.name.clone(),
            token: token.id.clone(),
            address,
        },
        Who::ByToken {
            administrator,
            token,
        } => administrator.actor(Some(token.id.clone()), address),
    }
}

/// One call of the API: the server, and who calls.
#[derive(Clone, Debug)]
pub struct Call {
    /// The server.
    pub server: Server,
    /// Who calls.
    pub caller: Caller,
}

impl Call {
    /// Who acts, for the engine and for events.
    pub fn acting(&self) -> Acting<'_> {
        self.server.acting(self.caller.actor(), Origin::Http)
    }

    /// The database.
    pub fn store(&self) -> &Store {
        self.server.store()
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        self.server.clock().now()
    }

    /// Who calls. Operations for visitors do not ask.
    pub fn administrator(&self) -> Result<&AdministratorRecord, Problem> {
        let nobody = || Problem::bug_of("an operation for visitors asked who is there");
        self.caller.administrator().ok_or_else(nobody)
    }

    /// The session of whoever calls in person. Operations for others do not ask.
    pub fn session(&self) -> Result<&SessionRecord, Problem> {
        let none = || Problem::bug_of("an operation for others asked for a session");
        self.caller.session().ok_or_else(none)
    }
}

impl FromRequestParts<Server> for Call {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, server: &Server) -> Result<Self, Problem> {
        // Whoever got here went through the guard, which left the caller behind.
        let caller = parts.extensions.get::<Caller>().cloned();
        Ok(Self {
            server: server.clone(),
            caller: caller.ok_or_else(|| Problem::bug_of("a request came past the guard"))?,
        })
    }
}
