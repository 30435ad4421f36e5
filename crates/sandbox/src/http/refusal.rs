//! Replies to requests that no handler sees, in the shape of the API that was called.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse as _, Response};
use serde_json::{Value, json};

use crate::http::gate::{Api, token_words};
use crate::http::tokens::{Scope, TokenRefusal};

/// The error body of REST: Miro's `OpenAPI` description, `BasicError`.
pub(crate) fn rest(status: StatusCode, code: &str, message: &str) -> Response {
    let body = json!({
        "type": "error",
        "status": status.as_u16(),
        "code": code,
        "message": message,
        "context": null,
    });
    (status, Json(body)).into_response()
}

/// The error body of SCIM: RFC 7644 §3.12, with the status as text.
fn scim(status: StatusCode, scim_type: Option<&str>, detail: &str) -> Response {
    let mut body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
        "status": status.as_u16().to_string(),
        "detail": detail,
    });
    if let (Some(kind), Value::Object(fields)) = (scim_type, &mut body) {
        fields.insert("scimType".to_owned(), kind.into());
    }
    let media_type = HeaderValue::from_static("application/scim+json");
    (
        status,
        [(header::CONTENT_TYPE, media_type)],
        body.to_string(),
    )
        .into_response()
}

pub(crate) fn unauthorized(api: Api, why: Option<TokenRefusal>) -> Response {
    let status = StatusCode::UNAUTHORIZED;
    let words = why.map_or("No access token was given", token_words);
    match api {
        Api::Scim => scim(status, None, "The SCIM token is missing or not valid"),
        Api::Rest | Api::Open => rest(status, "tokenNotProvided", words),
    }
}

/// The organization has not switched SCIM on.
pub(crate) fn scim_is_off() -> Response {
    let words = "The SCIM integration is disabled in the organization";
    scim(StatusCode::FORBIDDEN, None, words)
}

pub(crate) fn missing_scope(scope: Scope) -> Response {
    let message = format!("The access token lacks the scope {scope}");
    rest(StatusCode::FORBIDDEN, "forbiddenAccess", &message)
}

pub(crate) fn payload_too_large(api: Api) -> Response {
    let status = StatusCode::PAYLOAD_TOO_LARGE;
    let words = "The request body is too large";
    match api {
        Api::Scim => scim(status, None, words),
        Api::Rest | Api::Open => rest(status, "payloadTooLarge", words),
    }
}

/// The 429 of each API, in Miro's words.
pub(crate) fn too_many_requests(api: Api, retry_after: Option<u64>) -> Response {
    let status = StatusCode::TOO_MANY_REQUESTS;
    let mut response = match api {
        Api::Scim => scim(
            status,
            Some("tooManyRequests"),
            "The user has sent too many requests in a given amount of time",
        ),
        Api::Rest | Api::Open => rest(status, "tooManyRequests", "Request rate limit exceed"),
    };
    if let Some(seconds) = retry_after {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, seconds.into());
    }
    response
}

/// A failure that a fault rule asks for: 5xx come from the content delivery network in front of Miro, as HTML.
pub(crate) fn injected(api: Api, status: u16, retry_after: Option<u64>) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if status == StatusCode::TOO_MANY_REQUESTS {
        return too_many_requests(api, retry_after);
    }
    let reason = status.canonical_reason().unwrap_or("Error");
    let mut response = if status.is_server_error() {
        let page = format!(
            "<!DOCTYPE html>\n<html><head><title>{0} {reason}</title></head>\n<body><h1>{0} {reason}</h1>\
             <p>The request could not be satisfied.</p></body></html>\n",
            status.as_u16()
        );
        (status, Html(page)).into_response()
    } else if api == Api::Scim {
        scim(status, None, reason)
    } else {
        rest(status, "injected", reason)
    };
    if let Some(seconds) = retry_after {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, seconds.into());
    }
    response
}
