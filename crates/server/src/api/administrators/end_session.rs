//! Ending somebody's session.

use axum::http::StatusCode;
use serde_json::json;
use usher_model::{AdministratorId, EventKind, Right, SessionId};
use utoipa_axum::routes;

use super::super::caller::Call;
use super::super::input::Segments;
use super::super::operation::{Access, Operation, Verb};
use super::view::end;
use crate::problem::Problem;

/// Ending somebody's session.
pub const OPERATION: Operation = Operation::changes(
    "administrators.end_session",
    (
        Verb::Delete,
        "/administrators/{administrator}/sessions/{session}",
    ),
    Access::Right(Right::AdministratorsManage),
    &[EventKind::SessionRevoked],
    || routes!(end_somebodys_session),
);

/// End somebody's session
#[utoipa::path(
    delete, path = "/administrators/{administrator}/sessions/{session}",
    params(
        ("administrator" = String, Path, description = "Their id"),
        ("session" = String, Path, description = "The session's id"),
    ),
    responses((status = 204))
)]
pub async fn end_somebodys_session(
    call: Call,
    Segments((whose, session)): Segments<(AdministratorId, SessionId)>,
) -> Result<StatusCode, Problem> {
    end(&call, &whose, &session, json!({"administrator": whose})).await
}
