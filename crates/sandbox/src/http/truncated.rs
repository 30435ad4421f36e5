//! Replies that break off.

use std::io;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::header;
use axum::response::Response;
use futures::{StreamExt as _, stream};

/// How long the part that is sent may take to leave.
const FLUSH_TIME: Duration = Duration::from_millis(20);

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
    let cut = async {
        // Lets what is there be sent before the connection ends.
        tokio::time::sleep(FLUSH_TIME).await;
        Err(io::Error::new(
            io::ErrorKind::ConnectionAborted,
            "cut off by a fault rule",
        ))
    };
    let first = stream::once(async { Ok::<Bytes, io::Error>(kept) });
    let broken = first.chain(stream::once(cut));
    Response::from_parts(parts, Body::from_stream(broken))
}
