//! `/livez` and `/readyz`: for whoever restarts it, and for whoever sends it requests.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;

use crate::Server;

/// The two addresses. Neither asks who is there.
pub fn routes() -> Router<Server> {
    Router::new()
        .route("/livez", get(alive))
        .route("/readyz", get(ready))
}

/// It answers, so it lives: a database that is away is no reason to restart it.
async fn alive() -> &'static str {
    "ok\n"
}

/// Whether requests can be answered now, and if not, why.
#[derive(Debug, Serialize)]
struct Readiness {
    /// Whether.
    ready: bool,
    /// One entry for each thing that a request needs.
    checks: Vec<Checked>,
}

/// One thing that a request needs.
#[derive(Debug, Serialize)]
struct Checked {
    name: &'static str,
    ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

async fn ready(State(server): State<Server>) -> Response {
    let database = match server.store().ping().await {
        Ok(()) => Checked {
            name: "database",
            ok: true,
            reason: None,
        },
        Err(error) => Checked {
            name: "database",
            ok: false,
            reason: Some(error.to_string()),
        },
    };
    let readiness = Readiness {
        ready: database.ok,
        checks: vec![database],
    };
    let status = if readiness.ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, Json(readiness)).into_response()
}
