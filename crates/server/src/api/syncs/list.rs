//! Synchronizations.

use axum::Json;
use serde::Deserialize;
use usher_model::{OrganizationId, Right, SyncId};
use utoipa_axum::routes;

use super::super::caller::Call;
use super::super::input::{Parameters, Segments};
use super::super::inventory::existing;
use super::super::operation::{Access, Operation};
use super::super::paging::{Page, limit, read_cursor};
use super::view::SyncView;
use crate::problem::Problem;

/// Synchronizations.
pub const OPERATION: Operation = Operation::reads(
    "syncs.list",
    "/organizations/{organization}/syncs",
    Access::Right(Right::InventoryRead),
    || routes!(list_syncs),
);

/// Which page.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// The cursor of the page before.
    cursor: Option<String>,
    /// How many items the page has: 1 to 500; 50 unless said otherwise.
    limit: Option<u64>,
}

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
