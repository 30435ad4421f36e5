//! Access tokens, their scopes, and the OAuth codes and refresh tokens behind them.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rand::{Rng as _, SeedableRng};
use rand_chacha::ChaCha12Rng;
use smol_str::{SmolStr, format_smolstr};
use thiserror::Error;

/// How long an access token of an app with expiring tokens lives: Miro's guide for OAuth 2.0 says one hour.
pub const ACCESS_TOKEN_LIFE: Duration = Duration::from_secs(3600);
/// How long a refresh token lives: 60 days.
pub const REFRESH_TOKEN_LIFE: Duration = Duration::from_secs(60 * 86_400);
/// How long an authorization code lives: ten minutes.
pub const CODE_LIFE: Duration = Duration::from_secs(600);

macro_rules! scopes {
    ($($(#[$meta:meta])* $name:ident = $text:literal),+ $(,)?) => {
        /// What a token may be allowed to do, in Miro's words.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Scope { $($(#[$meta])* $name),+ }

        impl Scope {
            /// All scopes.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The scope as Miro writes it.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text),+ }
            }
        }
    };
}

scopes! {
    /// Read the organization and its members.
    OrganizationsRead = "organizations:read",
    /// Read teams.
    TeamsRead = "organizations:teams:read",
    /// Change teams.
    TeamsWrite = "organizations:teams:write",
    /// Read user groups.
    GroupsRead = "organizations:groups:read",
    /// Change user groups.
    GroupsWrite = "organizations:groups:write",
    /// Read the audit log.
    AuditLogsRead = "auditlogs:read",
    /// End sessions.
    SessionsDelete = "sessions:delete",
    /// Read projects.
    ProjectsRead = "projects:read",
    /// Change projects.
    ProjectsWrite = "projects:write",
    /// Read boards.
    BoardsRead = "boards:read",
    /// Change boards.
    BoardsWrite = "boards:write",
}

/// A scope that the sandbox does not know.
#[derive(Debug, Error, PartialEq, Eq)]
#[error(
    "unknown scope {0:?}; known are organizations:read, organizations:teams:read and the like (docs/sandbox.md)"
)]
pub struct UnknownScope(String);

impl FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL.iter().find(|scope| scope.as_str() == text);
        known.copied().ok_or_else(|| UnknownScope(text.to_owned()))
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What an access token stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Whose limits the token's calls count on: an app for a user. A refreshed token keeps it.
    pub owner: SmolStr,
    /// The user for whom the token acts.
    pub user: SmolStr,
    /// The team in which the app is installed.
    pub team: SmolStr,
    /// The app.
    pub client: SmolStr,
    /// What it may do.
    pub scopes: BTreeSet<Scope>,
    /// When it stops working.
    pub expires_at: Option<Timestamp>,
}

impl Grant {
    /// The scopes as Miro writes them, separated by spaces.
    pub fn scope_text(&self) -> String {
        let scopes: Vec<_> = self.scopes.iter().map(|scope| scope.as_str()).collect();
        scopes.join(" ")
    }
}

/// A new access token and, for an app with expiring tokens, its refresh token.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenPair {
    /// The access token.
    pub access: String,
    /// The refresh token.
    pub refresh: Option<String>,
    /// What they stand for.
    pub grant: Grant,
}

/// Why no token was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenRefusal {
    /// No such token or code, or it was used before.
    Unknown,
    /// Its time is over.
    Expired,
    /// It belongs to another app, or the redirect address differs.
    NotYours,
}

#[derive(Debug)]
struct Code {
    grant: Grant,
    redirect: String,
    expires_at: Timestamp,
}

#[derive(Debug)]
struct Refresh {
    access: String,
    grant: Grant,
    expires_at: Timestamp,
}

/// All tokens and codes in force.
pub struct TokenBook {
    random: ChaCha12Rng,
    access: HashMap<String, Grant>,
    refresh: HashMap<String, Refresh>,
    codes: HashMap<String, Code>,
    issued: u64,
}

impl fmt::Debug for TokenBook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenBook({} access tokens)", self.access.len())
    }
}

impl Default for TokenBook {
    fn default() -> Self {
        Self {
            random: ChaCha12Rng::from_rng(&mut rand::rng()),
            access: HashMap::new(),
            refresh: HashMap::new(),
            codes: HashMap::new(),
            issued: 0,
        }
    }
}

fn after(now: Timestamp, life: Duration) -> Timestamp {
    let life = SignedDuration::try_from(life).unwrap_or(SignedDuration::MAX);
    now.saturating_add(life).unwrap_or(Timestamp::MAX)
}

impl TokenBook {
    /// A new secret that begins as Miro's tokens do, with the region's name in base64.
    pub fn secret(&mut self) -> String {
        use base64::Engine as _;
        let mut bytes = [0_u8; 24];
        self.random.fill_bytes(&mut bytes);
        let engine = base64::engine::general_purpose::URL_SAFE_NO_PAD;
        let region = engine.encode(r#"{"miro.origin":"sandbox"}"#);
        format!("{region}_{}", engine.encode(bytes))
    }

    /// A name for limits that no other token has.
    pub fn new_owner(&mut self) -> SmolStr {
        self.issued += 1;
        format_smolstr!("grant-{}", self.issued)
    }

    /// Puts a token in force.
    pub fn insert(&mut self, token: impl Into<String>, grant: Grant) {
        self.access.insert(token.into(), grant);
    }

    /// What a token stands for.
    pub fn find(&self, token: &str, now: Timestamp) -> Result<&Grant, TokenRefusal> {
        let grant = self.access.get(token).ok_or(TokenRefusal::Unknown)?;
        match grant.expires_at {
            Some(end) if end <= now => Err(TokenRefusal::Expired),
            _ => Ok(grant),
        }
    }

    /// A code to be exchanged once, within [`CODE_LIFE`].
    pub fn authorize(&mut self, grant: Grant, redirect: &str, now: Timestamp) -> String {
        let code = self.secret();
        let expires_at = after(now, CODE_LIFE);
        let redirect = redirect.to_owned();
        self.codes.insert(
            code.clone(),
            Code {
                grant,
                redirect,
                expires_at,
            },
        );
        code
    }

    /// Exchanges a code for tokens. A wrong exchange uses the code up too.
    pub fn exchange(
        &mut self,
        code: &str,
        client: &str,
        redirect: &str,
        (now, expiring): (Timestamp, bool),
    ) -> Result<TokenPair, TokenRefusal> {
        let code = self.codes.remove(code).ok_or(TokenRefusal::Unknown)?;
        if code.expires_at <= now {
            return Err(TokenRefusal::Expired);
        }
        if code.grant.client != client || code.redirect != redirect {
            return Err(TokenRefusal::NotYours);
        }
        Ok(self.issue(code.grant, now, expiring))
    }

    /// Exchanges a refresh token for a new pair; the old pair dies.
    pub fn refresh(
        &mut self,
        refresh: &str,
        client: &str,
        now: Timestamp,
    ) -> Result<TokenPair, TokenRefusal> {
        let known = self.refresh.get(refresh).ok_or(TokenRefusal::Unknown)?;
        if known.grant.client != client {
            return Err(TokenRefusal::NotYours);
        }
        let old = self.refresh.remove(refresh).ok_or(TokenRefusal::Unknown)?;
        self.access.remove(&old.access);
        if old.expires_at <= now {
            return Err(TokenRefusal::Expired);
        }
        Ok(self.issue(old.grant, now, true))
    }

    fn issue(&mut self, mut grant: Grant, now: Timestamp, expiring: bool) -> TokenPair {
        let access = self.secret();
        grant.expires_at = expiring.then(|| after(now, ACCESS_TOKEN_LIFE));
        let refresh = expiring.then(|| self.secret());
        if let Some(token) = &refresh {
            let entry = Refresh {
                access: access.clone(),
                grant: grant.clone(),
                expires_at: after(now, REFRESH_TOKEN_LIFE),
            };
            self.refresh.insert(token.clone(), entry);
        }
        self.access.insert(access.clone(), grant.clone());
        TokenPair {
            access,
            refresh,
            grant,
        }
    }

    /// Ends an access token and its refresh token. `client` limits it to that app's tokens.
    pub fn revoke(&mut self, access: &str, client: Option<&str>) -> Result<(), TokenRefusal> {
        let grant = self.access.get(access).ok_or(TokenRefusal::Unknown)?;
        if client.is_some_and(|client| grant.client != client) {
            return Err(TokenRefusal::NotYours);
        }
        self.access.remove(access);
        self.refresh.retain(|_, refresh| refresh.access != access);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant(book: &mut TokenBook) -> Grant {
        Grant {
            owner: book.new_owner(),
            user: "1".into(),
            team: "2".into(),
            client: "app".into(),
            scopes: Scope::ALL.iter().copied().collect(),
            expires_at: None,
        }
    }

    #[test]
    fn a_refresh_gives_a_new_pair_and_kills_the_old_one() {
        let now = Timestamp::UNIX_EPOCH;
        let mut book = TokenBook::default();
        let grant = grant(&mut book);
        let code = book.authorize(grant, "https://x/", now);
        let first = book
            .exchange(&code, "app", "https://x/", (now, true))
            .unwrap_or_else(|_| panic!());
        let old = first.refresh.unwrap();
        let second = book.refresh(&old, "app", now).unwrap_or_else(|_| panic!());
        assert_eq!(book.find(&first.access, now), Err(TokenRefusal::Unknown));
        assert_eq!(
            book.refresh(&old, "app", now).err(),
            Some(TokenRefusal::Unknown)
        );
        assert_eq!(
            book.find(&second.access, now).unwrap().owner,
            first.grant.owner
        );
        let hour_later = after(now, ACCESS_TOKEN_LIFE);
        assert_eq!(
            book.find(&second.access, hour_later),
            Err(TokenRefusal::Expired)
        );
    }

    #[test]
    fn a_code_works_once_and_for_ten_minutes() {
        let now = Timestamp::UNIX_EPOCH;
        let mut book = TokenBook::default();
        let grant = grant(&mut book);
        let code = book.authorize(grant.clone(), "https://x/", now);
        assert!(
            book.exchange(&code, "app", "https://x/", (now, false))
                .is_ok()
        );
        let again = book.exchange(&code, "app", "https://x/", (now, false));
        assert_eq!(again.err(), Some(TokenRefusal::Unknown));
        let code = book.authorize(grant, "https://x/", now);
        let late = book.exchange(&code, "app", "https://x/", (after(now, CODE_LIFE), false));
        assert_eq!(late.err(), Some(TokenRefusal::Expired));
    }

    #[test]
    fn scopes_read_as_they_are_written() {
        for scope in Scope::ALL {
            assert_eq!(scope.as_str().parse(), Ok(*scope));
        }
        assert!("organizations:team:read".parse::<Scope>().is_err());
    }
}
