//! Replies and refusals.

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;
use serde_json::json;
use usher_scim::{ScimError, ScimType};

use crate::http::refusal;
use crate::state::SandboxState;
use crate::switches::MethodNotAllowedBody;
use crate::world::{Conflict, Refusal};

const SCIM_JSON: HeaderValue = HeaderValue::from_static("application/scim+json");

/// What a handler gives back.
pub(super) type Answer = Result<Response, ScimError>;

/// Turns what a handler gave back into a reply.
pub(super) fn reply(answer: Answer) -> Response {
    answer.unwrap_or_else(|error| refused(&error))
}

/// A reply with a body.
pub(super) fn body<T: Serialize>(status: StatusCode, body: &T) -> Answer {
    let bytes = serde_json::to_vec(body)
        .map_err(|_| ScimError::new(500, "the sandbox could not write its reply"))?;
    Ok((status, [(header::CONTENT_TYPE, SCIM_JSON)], bytes).into_response())
}

/// A reply without body.
pub(super) fn no_content() -> Response {
    StatusCode::NO_CONTENT.into_response()
}

/// 201 with the new resource and where it is.
pub(super) fn created<T: Serialize>(resource: &T, location: &str) -> Answer {
    let mut response = body(StatusCode::CREATED, resource)?;
    if let Ok(location) = HeaderValue::from_str(location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

/// An error as RFC 7644 §3.12 has it.
pub(super) fn refused(error: &ScimError) -> Response {
    let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let bytes = serde_json::to_vec(error).unwrap_or_default();
    (status, [(header::CONTENT_TYPE, SCIM_JSON)], bytes).into_response()
}

/// The same reply for a caller who does not take `application/scim+json`.
pub(super) fn as_plain_json(mut response: Response) -> Response {
    if response.headers().get(header::CONTENT_TYPE) == Some(&SCIM_JSON) {
        let plain = HeaderValue::from_static("application/json");
        response.headers_mut().insert(header::CONTENT_TYPE, plain);
    }
    response
}

/// 405. Captured from Miro: not in SCIM's form.
pub(super) async fn method_not_allowed(State(state): State<SandboxState>) -> Response {
    not_allowed(&state)
}

/// The same for a handler that turns out not to be offered.
pub(super) fn not_allowed(state: &SandboxState) -> Response {
    let words = "Endpoint is found, but this method is not allowed";
    if state.world.read().switches.method_not_allowed_body == MethodNotAllowedBody::Scim {
        return refused(&ScimError::new(405, words));
    }
    let body = json!({"error": {"message": words, "reason": "methodNotAllowed", "code": 405}});
    (StatusCode::METHOD_NOT_ALLOWED, axum::Json(body)).into_response()
}

/// 404 for a path that SCIM does not have.
pub(super) async fn nothing_here(uri: Uri) -> Response {
    refused(&ScimError::not_found(format!(
        "There is nothing at {}",
        uri.path()
    )))
}

/// 404 for an id.
pub(super) fn not_found(kind: &str, id: &str) -> ScimError {
    ScimError::not_found(format!("{kind} {id} not found"))
}

/// The time-out of a gateway in front of Miro.
pub(super) fn timed_out() -> Response {
    refusal::injected(crate::http::gate::Api::Scim, 504, None)
}

/// What the organization refuses, in SCIM's words.
pub(super) fn refusal(refusal: &Refusal) -> ScimError {
    let detail = refusal.to_string();
    match refusal {
        Refusal::NotFound { .. } | Refusal::NoSuchMembers { .. } => ScimError::not_found(detail),
        Refusal::Invalid { .. } | Refusal::DuplicateUserName { .. } => {
            ScimError::invalid_value(detail)
        }
        Refusal::Conflict(Conflict::NameTaken { .. } | Conflict::UserNameTaken { .. }) => {
            ScimError::of(ScimType::Uniqueness, detail)
        }
        Refusal::Conflict(_) | Refusal::Frozen { .. } => ScimError::new(409, detail),
    }
}
