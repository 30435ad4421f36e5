//! `/livez` and `/readyz`: for whoever restarts it, and for whoever sends it requests.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use usher_engine::jobs::Pulse;
use usher_engine::secrets::Vault;

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

/// What has to be well, besides the database, before requests are sent here.
#[derive(Clone, Debug, Default)]
pub struct Checks {
    /// The worker, where one works in this process.
    pub worker: Option<Pulse>,
    /// The vault, where secrets may be stored.
    pub secrets: Option<Vault>,
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

impl Checked {
    fn new(name: &'static str, trouble: Option<String>) -> Self {
        Self {
            name,
            ok: trouble.is_none(),
            reason: trouble,
        }
    }
}

async fn ready(State(server): State<Server>) -> Response {
    let checks = checked(&server).await;
    let readiness = Readiness {
        ready: checks.iter().all(|check| check.ok),
        checks,
    };
    let status = if readiness.ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, Json(readiness)).into_response()
}

async fn checked(server: &Server) -> Vec<Checked> {
    let database = server.store().ping().await.err();
    let is_away = database.is_some();
    let mut checks = vec![Checked::new(
        "database",
        database.map(|error| error.to_string()),
    )];
    if !is_away {
        let schema = server.store().schema_trouble().await;
        let schema = schema.unwrap_or_else(|error| Some(error.to_string()));
        checks.push(Checked::new("schema", schema));
        if let Some(vault) = &server.checks().secrets {
            let trouble = vault.trouble().await;
            let trouble = trouble.unwrap_or_else(|error| Some(error.to_string()));
            checks.push(Checked::new("secrets", trouble));
        }
    }
    if let Some(pulse) = &server.checks().worker {
        checks.push(Checked::new("worker", pulse.trouble(server.clock().now())));
    }
    checks
}
