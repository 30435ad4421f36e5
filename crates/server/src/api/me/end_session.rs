//! Ending a session of yours.

use axum::http::StatusCode;
use serde_json::json;
use usher_model::{EventKind, SessionId};
use utoipa_axum::routes;

use super::super::administrators::view::end;
use super::super::caller::Call;
use super::super::input::Segments;
use super::super::operation::{Access, Operation, Verb};
use crate::problem::Problem;

/// Ending a session of yours.
pub const OPERATION: Operation = Operation::changes(
    "me.end_session",
    (Verb::Delete, "/me/sessions/{session}"),
    Access::InPerson,
    &[EventKind::SessionRevoked],
    || routes!(end_my_session),
);

/// End a session of yours
#[utoipa::path(
    delete, path = "/me/sessions/{session}",
    params(("session" = String, Path, description = "Its id")),
    responses((status = 204))
)]
pub async fn end_my_session(
    call: Call,
    Segments(session): Segments<SessionId>,
) -> Result<StatusCode, Problem> {
    let me = call.administrator()?.id.clone();
    end(&call, &me, &session, json!({"how": "in_person"})).await
}
