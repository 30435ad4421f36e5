//! Replies that break off.

use std::io;

use axum::body::{Body, Bytes};
use axum::http::header;
use axum::response::Response;
use futures::stream;

/// The reply with a body that breaks off after so many bytes while its head promises all of it.
pub(crate) async fn after(response: Response, bytes: usize) -> Response {
    let (mut parts, body) = response.into_parts();
    let whole = axum::body::to_bytes(body, usize::MAX)
        .await
        .unwrap_or_default();
    let kept = whole.slice(..bytes.min(whole.len().saturating_sub(1)));
    parts
        .headers
        .insert(header::CONTENT_LENGTH, whole.len().into());
    let broken: [Result<Bytes, io::Error>; 2] = [
        Ok(kept),
        Err(io::Error::new(
            io::ErrorKind::ConnectionAborted,
            "cut off by a fault rule",
        )),
    ];
    Response::from_parts(parts, Body::from_stream(stream::iter(broken)))
}
