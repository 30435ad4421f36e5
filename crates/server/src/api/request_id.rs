//! A name for each request, in the answer and in the log.

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument as _;

use crate::Server;

/// The header.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The most characters of a name that came with the request.
const LONGEST: usize = 64;

/// Gives the request a name, unless it has a usable one.
pub async fn name(State(server): State<Server>, request: Request, next: Next) -> Response {
    let given = request
        .headers()
        .get(&REQUEST_ID)
        .filter(|value| is_usable(value));
    let name = given
        .cloned()
        .or_else(|| HeaderValue::from_str(&server.store().new_work_name()).ok());
    let shown = name
        .as_ref()
        .and_then(|name| name.to_str().ok())
        .unwrap_or_default();
    let span = tracing::info_span!("request", request.id = shown, method = %request.method(), path = request.uri().path());
    let mut answer = next.run(request).instrument(span).await;
    if let Some(name) = name {
        answer.headers_mut().insert(REQUEST_ID, name);
    }
    answer
}

fn is_usable(value: &HeaderValue) -> bool {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (1..=LONGEST).contains(&value.len()) && value.as_bytes().iter().all(plain)
}
