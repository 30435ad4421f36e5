//! Somebody's sessions.

use axum::Json;
use usher_model::{AdministratorId, Right};
use utoipa_axum::routes;

use super::super::caller::Call;
use super::super::input::Segments;
use super::super::operation::{Access, Operation};
use super::super::paging::Page;
use super::view::{SessionView, existing};
use crate::problem::Problem;

/// Somebody's sessions.
pub const OPERATION: Operation = Operation::reads(
    "administrators.sessions",
    "/administrators/{administrator}/sessions",
    Access::Right(Right::AdministratorsManage),
    || routes!(list_sessions),
);

/// List somebody's sessions
///
/// Those that have not ended, newest first.
#[utoipa::path(
    get, path = "/administrators/{administrator}/sessions",
    params(("administrator" = String, Path, description = "Their id")),
    responses((status = 200, body = Page<SessionView>))
)]
pub async fn list_sessions(
    call: Call,
    Segments(id): Segments<AdministratorId>,
) -> Result<Json<Page<SessionView>>, Problem> {
    let whose = existing(&call, &id).await?;
    let limits = call.server.settings().sessions;
    let sessions = call.store().sessions(&whose.id, limits).await?;
    let current = call.session().ok().map(|session| session.id.clone());
    let items = sessions
        .into_iter()
        .map(|one| SessionView::new(one, current.as_ref()));
    Ok(Json(Page {
        items: items.collect(),
        next: None,
    }))
}
