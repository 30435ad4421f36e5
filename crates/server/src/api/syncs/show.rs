//! One sync.

use axum::Json;
use usher_model::{Right, SyncId};
use utoipa_axum::routes;

use super::super::caller::Call;
use super::super::input::Segments;
use super::super::operation::{Access, Operation};
use super::view::SyncView;
use crate::problem::Problem;

/// One sync.
pub const OPERATION: Operation = Operation::reads(
    "syncs.show",
    "/syncs/{sync}",
    Access::Right(Right::InventoryRead),
    || routes!(show_sync),
);

/// Show a sync
#[utoipa::path(
    get, path = "/syncs/{sync}",
    params(("sync" = String, Path, description = "Its id")),
    responses((status = 200, body = SyncView))
)]
pub async fn show_sync(
    call: Call,
    Segments(id): Segments<SyncId>,
) -> Result<Json<SyncView>, Problem> {
    let found = call.store().sync(&id).await?;
    let found = found.ok_or_else(|| Problem::not_found(format!("there is no sync {id}")))?;
    Ok(Json(found.into()))
}
