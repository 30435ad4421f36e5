//! Why a source could not be read.

use std::time::Duration;

/// What kind of failure it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The settings make no sense.
    Settings,
    /// A file is missing or cannot be read.
    File,
    /// What came cannot be understood as a whole.
    Unreadable,
    /// The server cannot be reached, or did not answer in time.
    Unreachable,
    /// The server's certificate is not trusted.
    Untrusted,
    /// The name or the password is wrong.
    BadCredentials,
    /// The account may not read this.
    Forbidden,
    /// The server limits how much may be read.
    TooMuch,
    /// The server asks to come back later.
    Throttled {
        /// When, if it said.
        retry_after: Option<Duration>,
    },
    /// The server failed.
    Server,
}

/// Why a source could not be read: what failed, why, and what to do next.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct DirectoryError {
    kind: ErrorKind,
    message: String,
    hint: Option<String>,
    #[source]
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl DirectoryError {
    /// An error with its message.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            hint: None,
            source: None,
        }
    }

    /// Adds what to do next.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds why.
    #[must_use]
    pub fn caused_by(
        mut self,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        self.source = Some(source.into());
        self
    }

    /// What kind of failure it was.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// What to do next.
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}
