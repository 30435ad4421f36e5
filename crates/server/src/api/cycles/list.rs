//! Provisioning cycles.

use axum::Json;
use usher_model::{CycleId, OrganizationId, Right};
use utoipa_axum::routes;

use super::super::caller::Call;
use super::super::input::{Parameters, Segments};
use super::super::inventory::existing;
use super::super::operation::{Access, Operation};
use super::super::paging::{Page, Wanted, limit, read_cursor};
use super::view::CycleView;
use crate::problem::Problem;

/// Provisioning cycles.
pub const OPERATION: Operation = Operation::reads(
    "cycles.list",
    "/organizations/{organization}/cycles",
    Access::Right(Right::PlansRead),
    || routes!(list_cycles),
);

/// List cycles
///
/// Newest first.
#[utoipa::path(
    get, path = "/organizations/{organization}/cycles",
    params(("organization" = String, Path, description = "The organization's id"), Wanted),
    responses((status = 200, body = Page<CycleView>))
)]
pub async fn list_cycles(
    call: Call,
    Segments(organization): Segments<OrganizationId>,
    Parameters(wanted): Parameters<Wanted>,
) -> Result<Json<Page<CycleView>>, Problem> {
    existing(&call, &organization).await?;
    let limit = limit(wanted.limit)?;
    let before: Option<CycleId> = read_cursor(wanted.cursor.as_deref())?;
    let rows = call
        .store()
        .cycles_before(&organization, before.as_ref(), limit + 1)
        .await?;
    Ok(Json(Page::of(
        rows,
        limit,
        |last| last.id.clone(),
        CycleView::from,
    )))
}
