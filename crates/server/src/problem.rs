//! Refusals as `application/problem+json` (RFC 9457).

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use usher_engine::{EngineError, ErrorClass};
use usher_store::StoreError;
use utoipa::ToSchema;

/// What kind of refusal it is. The text forms are part of the interface and never change meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProblemType {
    /// The request makes no sense.
    Invalid,
    /// Nobody is signed in, or the token is not accepted.
    Unauthorized,
    /// The password is right, and a second factor is needed too.
    SecondFactorNeeded,
    /// Whoever is there may not do this.
    Forbidden,
    /// There is no such thing.
    NotFound,
    /// The address knows other methods.
    MethodNotAllowed,
    /// It contradicts the state of things.
    Conflict,
    /// The thing has changed since it was read.
    PreconditionFailed,
    /// More than a request may carry.
    TooLarge,
    /// The body is in a form that is not understood.
    UnsupportedMediaType,
    /// Too many attempts.
    TooManyRequests,
    /// Miro or a source of people does not answer, or not usefully.
    Unavailable,
    /// Usher is at fault.
    Bug,
}

impl ProblemType {
    /// The last part of the type's URI: `urn:usher:problem:NAME`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::Unauthorized => "unauthorized",
            Self::SecondFactorNeeded => "second-factor-needed",
            Self::Forbidden => "forbidden",
            Self::MethodNotAllowed => "method-not-allowed",
            Self::UnsupportedMediaType => "unsupported-media-type",
            Self::NotFound => "not-found",
            Self::Conflict => "conflict",
            Self::PreconditionFailed => "precondition-failed",
            Self::TooLarge => "too-large",
            Self::TooManyRequests => "too-many-requests",
            Self::Unavailable => "unavailable",
            Self::Bug => "bug",
        }
    }

    /// A few words for people, the same for every problem of the type.
    pub fn title(self) -> &'static str {
        match self {
            Self::Invalid => "The request makes no sense",
            Self::Unauthorized => "Sign in first",
            Self::SecondFactorNeeded => "A second factor is needed",
            Self::Forbidden => "Not allowed",
            Self::MethodNotAllowed => "Not this way",
            Self::UnsupportedMediaType => "In a form that is not understood",
            Self::NotFound => "Not found",
            Self::Conflict => "In conflict with how things are",
            Self::PreconditionFailed => "Changed since it was read",
            Self::TooLarge => "Too large",
            Self::TooManyRequests => "Too many attempts",
            Self::Unavailable => "Not available now",
            Self::Bug => "Usher is at fault",
        }
    }

    /// The HTTP status.
    pub fn status(self) -> StatusCode {
        match self {
            Self::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Unauthorized | Self::SecondFactorNeeded => StatusCode::UNAUTHORIZED,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Conflict => StatusCode::CONFLICT,
            Self::PreconditionFailed => StatusCode::PRECONDITION_FAILED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Bug => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

/// A refusal: what failed, and what to do.
#[derive(Clone, Debug)]
pub struct Problem {
    kind: ProblemType,
    detail: String,
    hint: Option<String>,
    at: Option<String>,
    retry_after: Option<u64>,
}

/// Why a request was refused (RFC 9457).
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemSchema {
    /// What kind of refusal it is: `urn:usher:problem:` and a word that never changes meaning.
    #[schema(example = "urn:usher:problem:not-found")]
    r#type: String,
    /// The kind in a few words for people.
    title: String,
    /// The HTTP status.
    status: u16,
    /// What failed, and for what.
    detail: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
    /// Where in the request the mistake is: a JSON pointer or the name of a parameter.
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<String>,
}

impl Problem {
    /// A problem of this type with these words.
    pub fn new(kind: ProblemType, detail: impl Into<String>) -> Self {
        Self {
            kind,
            detail: detail.into(),
            hint: None,
            at: None,
            retry_after: None,
        }
    }

    /// There is no such thing.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(ProblemType::NotFound, detail)
    }

    /// Whoever is there may not do this.
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(ProblemType::Forbidden, detail)
    }

    /// The request makes no sense.
    pub fn invalid(detail: impl Into<String>) -> Self {
        Self::new(ProblemType::Invalid, detail)
    }

    /// Usher is at fault. What exactly goes to the log, not to whoever asked.
    pub fn bug() -> Self {
        Self::new(ProblemType::Bug, "something went wrong inside Usher")
            .hint("the server's log has the details")
    }

    /// The same, and into the log with what it is.
    pub fn bug_of(what: impl std::fmt::Display) -> Self {
        tracing::error!(%what, "a request failed");
        Self::bug()
    }

    /// What to do about it.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Where in the request the mistake is: a JSON pointer or the name of a parameter.
    pub fn at(mut self, at: impl Into<String>) -> Self {
        self.at = Some(at.into());
        self
    }

    /// After how many seconds to try again.
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// What kind of refusal it is.
    pub fn kind(&self) -> ProblemType {
        self.kind
    }

    /// What failed, and for what.
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// Where in the request the mistake is, if it is in one place.
    pub fn place(&self) -> Option<&str> {
        self.at.as_deref()
    }

    /// What to do about it, if there is something.
    pub fn remedy(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// As an answer.
    pub fn into_answer(self) -> axum::http::Response<Body> {
        let status = self.kind.status();
        let document = ProblemSchema {
            r#type: format!("urn:usher:problem:{}", self.kind.as_str()),
            title: self.kind.title().to_owned(),
            status: status.as_u16(),
            detail: self.detail,
            hint: self.hint,
            at: self.at,
        };
        let body = serde_json::to_vec(&document).unwrap_or_default();
        let mut answer = axum::http::Response::new(Body::from(body));
        *answer.status_mut() = status;
        let headers = answer.headers_mut();
        let json = HeaderValue::from_static("application/problem+json");
        headers.insert(header::CONTENT_TYPE, json);
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if status == StatusCode::UNAUTHORIZED {
            let how = HeaderValue::from_static("Bearer realm=\"usher\"");
            headers.insert(header::WWW_AUTHENTICATE, how);
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        answer
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        self.into_answer()
    }
}

impl From<EngineError> for Problem {
    fn from(error: EngineError) -> Self {
        if matches!(&error, EngineError::Store(store) if store.is_passing()) {
            return away(&error);
        }
        let (kind, retry_after) = match error.class() {
            ErrorClass::Invalid => (ProblemType::Invalid, None),
            ErrorClass::NotFound => (ProblemType::NotFound, None),
            // Miro refuses Usher's token: nobody who asks Usher can sign in better.
            ErrorClass::Forbidden => (ProblemType::Unavailable, None),
            ErrorClass::Conflict => (ProblemType::Conflict, None),
            ErrorClass::Unavailable { retry_after } => (ProblemType::Unavailable, retry_after),
            ErrorClass::Database | ErrorClass::File | ErrorClass::Bug => return told(&error),
        };
        let mut problem = Self::new(kind, error.to_string());
        problem.hint = error.hint();
        problem.retry_after = retry_after.map(|wait| wait.as_secs().max(1));
        problem
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        Self::from(EngineError::from(error))
    }
}

/// The database is away for now. Where it is goes to the log, not to whoever asked.
fn away(error: &EngineError) -> Problem {
    tracing::warn!(
        error = error as &(dyn std::error::Error + 'static),
        "the database does not answer"
    );
    Problem::new(ProblemType::Unavailable, "the database does not answer now")
        .hint("try again in a moment; /readyz says when it is back")
        .retry_after(1)
}

/// Into the log; whoever asked learns that it was not their fault.
fn told(error: &EngineError) -> Problem {
    tracing::error!(
        error = error as &(dyn std::error::Error + 'static),
        "a request failed"
    );
    Problem::bug()
}
