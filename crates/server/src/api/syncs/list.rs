//! Synchronizations.

use axum::Json;
use usher_model::{OrganizationId, Right, SyncId};
use utoipa_axum::routes;

use super::super::caller::Call;
use super::super::input::{Parameters, Segments};
use super::super::inventory::existing;
use super::super::operation::{Access, Operation};
use super::super::paging::{Page, Wanted, limit, read_cursor};
use super::view::SyncView;
use crate::problem::Problem;

/// Synchronizations.
pub const OPERATION: Operation = Operation::reads(
    "syncs.list",
    "/organizations/{organization}/syncs",
    Access::Right(Right::InventoryRead),
    || routes!(list_syncs),
);

/// List syncs
///
/// Newest first.
#[utoipa::path(
    get, path = "/organizations/{organization}/syncs",
    params(("organization" = String, Path, description = "The organization's id"), Wanted),
    responses((status = 200, body = Page<SyncView>))
)]
pub async fn list_syncs(
    call: Call,
    Segments(organization): Segments<OrganizationId>,
    Parameters(wanted): Parameters<Wanted>,
) -> Result<Json<Page<SyncView>>, Problem> {
    existing(&call, &organization).await?;
    let limit = limit(wanted.limit)?;
    let before: Option<SyncId> = read_cursor(wanted.cursor.as_deref())?;
    let rows = call
        .store()
        .syncs_before(&organization, before.as_ref(), limit + 1)
        .await?;
    Ok(Json(Page::of(
        rows,
        limit,
        |last| last.id.clone(),
        SyncView::from,
    )))
}
