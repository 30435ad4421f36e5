//! What can go wrong.

use std::fmt;
use std::time::Duration;

use crate::Scope;

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
    /// The call was not sent: the program was told to stop while the call waited for its lane.
    Stopped,
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

impl ErrorKind {
    /// Whether trying again can help.
    pub fn permanence(&self) -> Permanence {
        match self {
            Self::RateLimited { .. }
            | Self::Server
            | Self::Protocol
            | Self::Ambiguous
            | Self::Stopped
            | Self::Unreachable(
                Unreachable::Timeout
                | Unreachable::Broken
                | Unreachable::Refused
                | Unreachable::Dns,
            ) => Permanence::Transient,
            Self::BadCredentials
            | Self::MissingScope(_)
            | Self::Forbidden
            | Self::ScimDisabled
            | Self::Redirected { .. }
            | Self::Settings
            | Self::Unreachable(Unreachable::Tls(_))
            | Self::Conflict(
                ConflictKind::SeatsExhausted
                | ConflictKind::DomainNotAllowed
                | ConflictKind::LastAdmin,
            ) => Permanence::NeedsAdmin,
            _ => Permanence::Permanent,
        }
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
            Self::Stopped => "the call was not sent, because everything was told to stop",
        };
        formatter.write_str(text)
    }
}
