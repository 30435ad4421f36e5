//! The control API under `/_sandbox`, and the page.

mod edit;
mod guard;

use std::collections::BTreeMap;

use axum::extract::{DefaultBodyLimit, Query, State};
use axum::http::{StatusCode, header};
use axum::middleware::from_fn_with_state;
use axum::response::{Html, IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::control::edit::Edit;
use crate::http::fault_rule::{FaultRule, duration};
use crate::state::SandboxState;
use crate::world::World;
use crate::{sandbox, state_file};

type Parameters = Query<BTreeMap<String, String>>;

/// The routes of the control API.
pub(crate) fn router(state: &SandboxState) -> Router<SandboxState> {
    let guarded = Router::new()
        .route("/_sandbox/organization", get(organization))
        .route("/_sandbox/requests", get(requests).delete(forget_requests))
        .route(
            "/_sandbox/faults",
            get(faults).post(add_fault).delete(clear_faults),
        )
        .route("/_sandbox/reset", post(reset))
        .route("/_sandbox/snapshot", post(snapshot))
        .route("/_sandbox/restore", post(restore))
        .route(
            "/_sandbox/state",
            get(read_state)
                .put(write_state)
                .layer(DefaultBodyLimit::disable()),
        )
        .route("/_sandbox/clock", get(clock).post(advance))
        .route("/_sandbox/edit", post(edit))
        .route_layer(from_fn_with_state(state.clone(), guard::check));
    guarded.route("/", get(page))
}

/// The page itself tells nothing; what it shows comes from the guarded calls.
async fn page() -> Response {
    let policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; img-src data:";
    (
        [(header::CONTENT_SECURITY_POLICY, policy)],
        Html(include_str!("page.html")),
    )
        .into_response()
}

/// An error of the control API.
fn refuse(status: StatusCode, message: impl Into<String>) -> Response {
    (status, Json(json!({"error": message.into()}))).into_response()
}

async fn organization(State(state): State<SandboxState>) -> Json<Value> {
    let now = state.clock.now();
    Json(crate::rest::view::summary(&state.world.read(), now))
}

async fn requests(State(state): State<SandboxState>, Query(parameters): Parameters) -> Response {
    let after = parameters
        .get("after")
        .and_then(|after| after.parse().ok())
        .unwrap_or(0);
    let mut report = serde_json::to_value(state.log.report()).unwrap_or_default();
    if let Value::Object(fields) = &mut report {
        fields.insert("recent".to_owned(), json!(state.log.recent(after)));
    }
    Json(report).into_response()
}

async fn forget_requests(State(state): State<SandboxState>) -> StatusCode {
    state.log.reset();
    StatusCode::NO_CONTENT
}

async fn faults(State(state): State<SandboxState>) -> Json<Value> {
    let rules = state.faults.report();
    let rules = rules.iter().map(|report| {
        json!({"rule": report.rule.to_string(), "seen": report.seen, "fired": report.fired})
    });
    Json(rules.collect())
}

async fn add_fault(State(state): State<SandboxState>, text: String) -> Response {
    match text.trim().parse::<FaultRule>() {
        Ok(rule) => {
            let reply = json!({"rule": rule.to_string()});
            state.faults.add(rule);
            (StatusCode::CREATED, Json(reply)).into_response()
        }
        Err(error) => refuse(StatusCode::BAD_REQUEST, error.to_string()),
    }
}

async fn clear_faults(State(state): State<SandboxState>) -> StatusCode {
    state.faults.clear();
    StatusCode::NO_CONTENT
}

async fn reset(State(state): State<SandboxState>) -> Response {
    let source = state.source.clone();
    let switches = state.switches.clone();
    let now = state.clock.now();
    let built =
        tokio::task::spawn_blocking(move || sandbox::build_world(&source, &switches, now)).await;
    let world = match built {
        Ok(Ok(world)) => world,
        Ok(Err(error)) => return refuse(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
        Err(error) => return refuse(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
    };
    put_world(&state, world);
    state.log.reset();
    state.faults.clear();
    if let Some(limiter) = &state.limiter {
        limiter.lock().reset();
    }
    saved(&state)
}

/// Replaces the organization.
fn put_world(state: &SandboxState, world: World) {
    *state.world.write() = world;
    state.touch();
}

fn saved(state: &SandboxState) -> Response {
    match state_file::save(state) {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => refuse(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
    }
}

fn name_of(parameters: &BTreeMap<String, String>) -> String {
    parameters
        .get("name")
        .cloned()
        .unwrap_or_else(|| "default".to_owned())
}

async fn snapshot(State(state): State<SandboxState>, Query(parameters): Parameters) -> StatusCode {
    let world = state.world.read().clone();
    state.snapshots.lock().insert(name_of(&parameters), world);
    StatusCode::NO_CONTENT
}

async fn restore(State(state): State<SandboxState>, Query(parameters): Parameters) -> Response {
    let name = name_of(&parameters);
    let world = state.snapshots.lock().get(&name).cloned();
    let Some(world) = world else {
        return refuse(
            StatusCode::NOT_FOUND,
            format!("there is no snapshot {name}"),
        );
    };
    put_world(&state, world);
    saved(&state)
}

async fn read_state(State(state): State<SandboxState>) -> Response {
    let bytes = serde_json::to_vec(&*state.world.read());
    match bytes {
        Ok(bytes) => ([(header::CONTENT_TYPE, "application/json")], bytes).into_response(),
        Err(error) => refuse(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
    }
}

async fn write_state(State(state): State<SandboxState>, body: axum::body::Bytes) -> Response {
    match serde_json::from_slice(&body) {
        Ok(world) => {
            put_world(&state, world);
            saved(&state)
        }
        Err(error) => refuse(
            StatusCode::BAD_REQUEST,
            format!("this is no state: {error}"),
        ),
    }
}

async fn clock(State(state): State<SandboxState>) -> Json<Value> {
    Json(json!({"now": state.clock.now().to_string()}))
}

async fn advance(state: State<SandboxState>, Query(parameters): Parameters) -> Response {
    let Some(span) = parameters.get("advance").and_then(|span| duration(span)) else {
        let message = "say how far: ?advance=250ms, 2s, 5m, 3h or 91d";
        return refuse(StatusCode::BAD_REQUEST, message);
    };
    state.clock.advance(span);
    clock(state).await.into_response()
}

async fn edit(State(state): State<SandboxState>, Json(edit): Json<Edit>) -> Response {
    let now = state.clock.now();
    let done = edit.carry_out(&mut state.world.write(), now);
    match done {
        Ok(()) => {
            state.touch();
            StatusCode::NO_CONTENT.into_response()
        }
        Err(message) => refuse(StatusCode::BAD_REQUEST, message),
    }
}
