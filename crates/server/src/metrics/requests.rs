//! Each request: counted, logged, and with an id that the answer tells.

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use tokio::time::Instant;
use tracing::Instrument as _;

use super::{RequestLabels, RouteLabels};
use crate::Server;

/// The header that carries a request's id, both ways.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The longest id that is taken over from whoever asks.
const LONGEST: usize = 100;

/// Sees a request through. The log has its route and never its query, which may hold what is nobody's business.
pub(crate) async fn observe(
    State(server): State<Server>,
    request: Request,
    next: Next,
) -> Response {
    let id = request_id(&request).unwrap_or_else(|| server.store().new_work_name());
    let method = known_method(request.method().as_str());
    let route = request.extensions().get::<MatchedPath>();
    let route = route.map_or("unmatched", MatchedPath::as_str).to_owned();
    let began = Instant::now();
    let span = tracing::info_span!(
        "request", otel.name = format!("{method} {route}"), otel.kind = "server", request.id = %id,
        http.request.method = method, http.route = route, http.response.status_code = tracing::field::Empty,
    );
    let mut answer = next.run(request).instrument(span.clone()).await;
    span.record("http.response.status_code", answer.status().as_u16());
    let took = began.elapsed();
    let status = answer.status().as_u16();
    tracing::info!(
        request.id = %id, method, route, status, duration_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        "answered {method} {route} with {status}"
    );
    let parts = &server.metrics().0;
    let labels = RouteLabels {
        method: method.to_owned(),
        route,
    };
    parts
        .request_seconds
        .get_or_create(&labels)
        .observe(took.as_secs_f64());
    let RouteLabels { method, route } = labels;
    let labels = RequestLabels {
        method,
        route,
        status,
    };
    parts.requests.get_or_create(&labels).inc();
    if let Ok(id) = HeaderValue::from_str(&id) {
        answer.headers_mut().insert(REQUEST_ID, id);
    }
    answer
}

/// Methods are what anybody likes to send; those that are counted one by one are few.
fn known_method(method: &str) -> &'static str {
    const KNOWN: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    let known = KNOWN.into_iter().find(|known| *known == method);
    known.unwrap_or("other")
}

/// The id that whoever asks gave, where it can be taken over as it is.
fn request_id(request: &Request) -> Option<String> {
    let id = request.headers().get(REQUEST_ID)?.to_str().ok()?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.:".contains(c);
    let is_sane = !id.is_empty() && id.len() <= LONGEST && id.chars().all(is_plain);
    is_sane.then(|| id.to_owned())
}
