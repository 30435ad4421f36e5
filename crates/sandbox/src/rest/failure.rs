//! Errors of the REST API.

use axum::http::StatusCode;
use axum::response::Response;

use crate::http::refusal;
use crate::world::Refusal;

/// A reply that refuses a REST call. The messages are ours: Miro's are not published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RestFailure {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl RestFailure {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        let message = message.into();
        Self {
            status,
            code,
            message,
        }
    }

    /// 400: a parameter or the body is wrong.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalidParameters", message)
    }

    /// 401: the app could not prove who it is.
    pub(crate) fn unauthorized(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "tokenNotProvided", message)
    }

    /// 403: not this caller.
    pub(crate) fn forbidden(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbiddenAccess", message)
    }

    /// 404: no such object.
    pub(crate) fn not_found(what: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "notFound",
            format!("{what} not found"),
        )
    }

    /// 409: the organization's state forbids it.
    pub(crate) fn conflict(message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "conflict", message)
    }

    /// 413: too many items.
    pub(crate) fn too_large(message: impl Into<String>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "payloadTooLarge", message)
    }

    /// The reply.
    pub(crate) fn into_response(self) -> Response {
        refusal::rest(self.status, self.code, &self.message)
    }
}

impl From<Refusal> for RestFailure {
    fn from(refusal: Refusal) -> Self {
        let message = refusal.to_string();
        match refusal {
            Refusal::NotFound { .. } | Refusal::NoSuchMembers { .. } => {
                Self::new(StatusCode::NOT_FOUND, "notFound", message)
            }
            Refusal::Invalid { .. } => Self::invalid(message),
            Refusal::DuplicateUserName { .. } | Refusal::Conflict(_) | Refusal::Frozen { .. } => {
                Self::conflict(message)
            }
        }
    }
}
