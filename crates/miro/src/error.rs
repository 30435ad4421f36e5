//! The one error of this crate.

mod body;
mod classify;
mod connection;
#[cfg(test)]
mod tests;

use std::fmt;
use std::time::Duration;

use crate::Scope;

pub(crate) use body::{ErrorBody, scrub};
pub(crate) use classify::from_reply;
pub(crate) use connection::unreachable_kind;

/// What went wrong, so that a program can decide what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// 401: Miro does not accept the token.
    BadCredentials,
    /// 403 of REST: the token lacks this scope.
    MissingScope(String),
    /// 403 of REST for another reason: not an Enterprise plan, or the token's user is no Company Admin.
    Forbidden,
    /// 403 of SCIM: SCIM is switched off in the organization.
    ScimDisabled,
    /// 404: there is no such object, or SCIM does not see it (guests).
    NotFound,
    /// 404 of a group change: the group exists, but these members do not.
    UnknownMembers(Vec<String>),
    /// The name or e-mail address is taken: the object exists.
    NotUnique,
    /// 409: against a rule of the organization.
    Conflict(ConflictKind),
    /// 405: this organization does not offer the call.
    MethodNotAllowed,
    /// 413: more members or bytes than Miro takes in one call.
    TooLarge,
    /// 429, more often than was to be retried.
    RateLimited {
        /// How long Miro asked to wait, where it said so.
        retry_after: Option<Duration>,
    },
    /// 400 and the like: Miro does not accept the request as it is.
    Invalid,
    /// 5xx: Miro failed.
    Server,
    /// No reply came.
    Unreachable(Unreachable),
    /// The reply makes no sense.
    Protocol,
    /// A redirect, which is never followed: the base address is wrong.
    Redirected {
        /// Where to, without query.
        location: String,
    },
    /// An unsafe call was sent and its outcome is unknown.
    Ambiguous,
    /// The client's settings are wrong.
    Settings,
}

/// Which rule of the organization stands against a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ConflictKind {
    /// No Full licence is left.
    SeatsExhausted,
    /// The e-mail domain is not on the organization's allow-list.
    DomainNotAllowed,
    /// A team or the organization would lose its last admin.
    LastAdmin,
    /// The user is deactivated, and deactivated users are frozen.
    Inactive,
    /// The user belongs to several organizations, or to none.
    NotOursAlone,
    /// Something else; see the detail.
    Other,
}

/// Why no reply came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Unreachable {
    /// The host name is unknown.
    Dns,
    /// Nothing listens there.
    Refused,
    /// It took longer than allowed.
    Timeout,
    /// No secure connection could be made.
    Tls(TlsProblem),
    /// The connection broke.
    Broken,
}

/// Why no secure connection could be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TlsProblem {
    /// The certificate was not issued by an authority this machine trusts.
    UnknownIssuer,
    /// The certificate has expired or is not valid yet; or this machine's clock is wrong.
    OutsideValidity,
    /// The certificate is for another host.
    WrongHost,
    /// The server does not speak TLS.
    NotTls,
    /// Something else.
    Other,
}

/// Whether trying again can help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Permanence {
    /// The same call will fail the same way.
    Permanent,
    /// It may work later.
    Transient,
    /// It will work once somebody changed a setting, a token or a licence.
    NeedsAdmin,
}

/// A failed call, or settings from which no client can be made.
///
/// Its message names the call by its route template, never by its address; neither the message nor `Debug`
/// holds a token or a full body.
pub struct MiroError(Box<Parts>);

struct Parts {
    kind: ErrorKind,
    route: Option<&'static str>,
    scopes: &'static [Scope],
    status: Option<u16>,
    code: Option<String>,
    detail: String,
    request_id: Option<String>,
    attempts: u32,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl MiroError {
    pub(crate) fn new(kind: ErrorKind, detail: impl Into<String>) -> Self {
        Self(Box::new(Parts {
            kind,
            route: None,
            scopes: &[],
            status: None,
            code: None,
            detail: detail.into(),
            request_id: None,
            attempts: 0,
            source: None,
        }))
    }

    pub(crate) fn caused_by(
        mut self,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        self.0.source = Some(source.into());
        self
    }

    pub(crate) fn on_route(mut self, name: &'static str, scopes: &'static [Scope]) -> Self {
        self.0.route = Some(name);
        self.0.scopes = scopes;
        self
    }

    pub(crate) fn with_status(mut self, status: u16) -> Self {
        self.0.status = Some(status);
        self
    }

    pub(crate) fn with_code(mut self, code: Option<String>) -> Self {
        self.0.code = code;
        self
    }

    pub(crate) fn with_request_id(mut self, id: Option<String>) -> Self {
        self.0.request_id = id;
        self
    }

    pub(crate) fn with_attempts(mut self, attempts: u32) -> Self {
        self.0.attempts = attempts;
        self
    }

    /// The same failure of an unsafe call of which nobody knows whether it was carried out.
    pub(crate) fn into_ambiguous(mut self) -> Self {
        self.0.kind = ErrorKind::Ambiguous;
        self
    }

    /// What went wrong.
    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }

    /// The HTTP status, where a reply came.
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// Miro's own code: `scimType`, `code` or `reason`.
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// Miro's own words, shortened and without secrets; empty where there are none.
    pub fn detail(&self) -> &str {
        &self.0.detail
    }

    /// Method and path template of the call, for example `GET /v2/orgs/{org_id}/members`.
    pub fn route(&self) -> Option<&'static str> {
        self.0.route
    }

    /// The scopes that the call needs.
    pub fn needed_scopes(&self) -> &'static [Scope] {
        self.0.scopes
    }

    /// Miro's id of the request, to be quoted to their support.
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// How often the call was sent.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// Whether trying again can help.
    pub fn permanence(&self) -> Permanence {
        match &self.0.kind {
            ErrorKind::RateLimited { .. }
            | ErrorKind::Server
            | ErrorKind::Protocol
            | ErrorKind::Ambiguous
            | ErrorKind::Unreachable(
                Unreachable::Timeout
                | Unreachable::Broken
                | Unreachable::Refused
                | Unreachable::Dns,
            ) => Permanence::Transient,
            ErrorKind::BadCredentials
            | ErrorKind::MissingScope(_)
            | ErrorKind::Forbidden
            | ErrorKind::ScimDisabled
            | ErrorKind::Redirected { .. }
            | ErrorKind::Settings
            | ErrorKind::Unreachable(Unreachable::Tls(_))
            | ErrorKind::Conflict(
                ConflictKind::SeatsExhausted
                | ConflictKind::DomainNotAllowed
                | ConflictKind::LastAdmin,
            ) => Permanence::NeedsAdmin,
            _ => Permanence::Permanent,
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> String {
        hint(&self.0)
    }
}

fn hint(parts: &Parts) -> String {
    let is_scim = parts.route.is_some_and(|route| !route.contains(" /v"));
    match &parts.kind {
        ErrorKind::BadCredentials if is_scim => {
            "check the SCIM token; Miro shows it under Company settings > Enterprise integrations > SCIM \
             provisioning, and generating a new one ends the old one"
        }
        ErrorKind::BadCredentials => {
            "check the access token; it may have expired, or the app may have been uninstalled"
        }
        ErrorKind::MissingScope(scope) => {
            return format!(
                "tick the scope {scope} in the settings of the Miro app, install the app again and use its new \
                 token"
            );
        }
        ErrorKind::Forbidden => {
            let names: Vec<_> = parts.scopes.iter().map(|scope| scope.name()).collect();
            return format!(
                "the token's user must be a Company Admin of an Enterprise organization, and the token needs \
                 the scope {}",
                if names.is_empty() { "of this call".to_owned() } else { names.join(" and ") }
            );
        }
        ErrorKind::ScimDisabled => {
            "switch SCIM on in Miro: Company settings > Enterprise integrations > SCIM provisioning"
        }
        ErrorKind::NotFound if is_scim => {
            "the object is gone, or it is a guest: SCIM does not see guests"
        }
        ErrorKind::NotFound => "the object is gone, or the id belongs to another organization",
        ErrorKind::UnknownMembers(_) => {
            "leave these members out: they are guests, or no longer in the organization"
        }
        ErrorKind::NotUnique => "look the existing object up and use it",
        ErrorKind::Conflict(kind) => conflict_hint(*kind),
        ErrorKind::MethodNotAllowed => {
            "this organization does not offer the call; creating and deleting groups needs the user-group model"
        }
        ErrorKind::TooLarge => "send at most 8000 members and 800000 bytes in one call",
        ErrorKind::RateLimited { .. } => {
            "wait a minute; if it happens again, another program uses the same token: lower `limits`"
        }
        ErrorKind::Invalid => "correct what Miro names",
        ErrorKind::Server => "try again later; see status.miro.com",
        ErrorKind::Unreachable(why) => unreachable_hint(*why),
        ErrorKind::Protocol => {
            "try again; if it stays, the base address may not be Miro's API, or a proxy may alter replies"
        }
        ErrorKind::Redirected { .. } => {
            "correct the base address (Miro's are https://api.miro.com/ and https://miro.com/api/v1/scim/)"
        }
        ErrorKind::Ambiguous => {
            "look whether the change took effect before trying again"
        }
        ErrorKind::Settings => "correct the setting",
    }
    .to_owned()
}

fn conflict_hint(kind: ConflictKind) -> &'static str {
    match kind {
        ConflictKind::SeatsExhausted => "free or buy a Full licence, or leave the licence to Miro",
        ConflictKind::DomainNotAllowed => {
            "add the e-mail domain to the organization's allow-list in Miro"
        }
        ConflictKind::LastAdmin => "make somebody else an admin first",
        ConflictKind::Inactive => "reactivate the user first, then change the rest",
        ConflictKind::NotOursAlone => {
            "the user's Miro profile is not this organization's to change; settle it with the user"
        }
        ConflictKind::Other => "see what Miro says and settle it there",
    }
}

fn unreachable_hint(why: Unreachable) -> &'static str {
    match why {
        Unreachable::Dns => "check the host name in the base address, and this machine's DNS",
        Unreachable::Refused => "check host and port in the base address, and firewalls",
        Unreachable::Timeout => "check the network, or allow more time with `timeout`",
        Unreachable::Tls(TlsProblem::UnknownIssuer) => {
            "trust the authority with `ca_file`, or install the machine's CA certificates"
        }
        Unreachable::Tls(TlsProblem::OutsideValidity) => {
            "check this machine's clock, then the server's certificate"
        }
        Unreachable::Tls(TlsProblem::WrongHost) => {
            "check the host name in the base address against the server's certificate"
        }
        Unreachable::Tls(TlsProblem::NotTls) => "check port and scheme of the base address",
        Unreachable::Tls(TlsProblem::Other) => "check proxies that take TLS apart",
        Unreachable::Broken => "try again; check the network and proxies",
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::BadCredentials => "Miro does not accept the token",
            Self::MissingScope(scope) => {
                return match Scope::parse(scope) {
                    Some(scope) => formatter.write_str(&scope.missing_message()),
                    None => write!(formatter, "the access token lacks the scope {scope}"),
                };
            }
            Self::Forbidden => "Miro forbids the call",
            Self::ScimDisabled => "SCIM is switched off in the organization",
            Self::NotFound => "Miro has no such object",
            Self::UnknownMembers(_) => "Miro does not know some of the members",
            Self::NotUnique => "the name is taken",
            Self::Conflict(ConflictKind::SeatsExhausted) => "no Full licence is left",
            Self::Conflict(ConflictKind::DomainNotAllowed) => "the e-mail domain is not allowed",
            Self::Conflict(ConflictKind::LastAdmin) => "the last admin must stay",
            Self::Conflict(ConflictKind::Inactive) => "the user is deactivated",
            Self::Conflict(ConflictKind::NotOursAlone) => {
                "the user is not this organization's alone"
            }
            Self::Conflict(ConflictKind::Other) => "a rule of the organization stands against it",
            Self::MethodNotAllowed => "Miro does not offer the call here",
            Self::TooLarge => "the request is too large",
            Self::RateLimited { .. } => "Miro's rate limit is exceeded",
            Self::Invalid => "Miro does not accept the request",
            Self::Server => "Miro failed",
            Self::Unreachable(Unreachable::Dns) => "the host name is unknown",
            Self::Unreachable(Unreachable::Refused) => "nothing answers there",
            Self::Unreachable(Unreachable::Timeout) => "no reply came in time",
            Self::Unreachable(Unreachable::Tls(TlsProblem::UnknownIssuer)) => {
                "the server's certificate comes from an unknown authority"
            }
            Self::Unreachable(Unreachable::Tls(TlsProblem::OutsideValidity)) => {
                "the server's certificate is not valid at this time"
            }
            Self::Unreachable(Unreachable::Tls(TlsProblem::WrongHost)) => {
                "the server's certificate is for another host"
            }
            Self::Unreachable(Unreachable::Tls(TlsProblem::NotTls)) => {
                "the server does not speak TLS"
            }
            Self::Unreachable(Unreachable::Tls(TlsProblem::Other)) => {
                "no secure connection could be made"
            }
            Self::Unreachable(Unreachable::Broken) => "the connection broke",
            Self::Protocol => "the reply makes no sense",
            Self::Redirected { location } => {
                return write!(
                    formatter,
                    "the server redirects to {location}, which is not followed"
                );
            }
            Self::Ambiguous => "nobody knows whether the change took effect",
            Self::Settings => "the settings are wrong",
        };
        formatter.write_str(text)
    }
}

impl fmt::Display for MiroError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = &self.0;
        if let Some(route) = parts.route {
            write!(formatter, "{route}: ")?;
        }
        write!(formatter, "{}", parts.kind)?;
        if let Some(status) = parts.status {
            write!(formatter, " (status {status})")?;
        }
        if !parts.detail.is_empty() {
            write!(formatter, ": {}", parts.detail)?;
        }
        Ok(())
    }
}

impl fmt::Debug for MiroError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = &self.0;
        formatter
            .debug_struct("MiroError")
            .field("kind", &parts.kind)
            .field("route", &parts.route)
            .field("status", &parts.status)
            .field("code", &parts.code)
            .field("detail", &parts.detail)
            .field("request_id", &parts.request_id)
            .field("attempts", &parts.attempts)
            .field("source", &parts.source)
            .finish_non_exhaustive()
    }
}

impl std::error::Error for MiroError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        let source = self.0.source.as_deref()?;
        Some(source)
    }
}
