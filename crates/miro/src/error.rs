//! The one error of this crate.

mod body;
mod classify;
mod connection;
mod hint;
mod kind;
#[cfg(test)]
mod tests;

use std::fmt;

use crate::Scope;

pub(crate) use body::{ErrorBody, scrub};
pub(crate) use classify::from_reply;
pub(crate) use connection::unreachable_kind;
pub use kind::{ConflictKind, ErrorKind, Permanence, TlsProblem, Unreachable};

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
        self.0.kind.permanence()
    }

    /// What to do about it.
    pub fn hint(&self) -> String {
        hint::of(&self.0)
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
