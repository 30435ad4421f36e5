//! Plans.

use axum::Json;
use usher_model::{OrganizationId, PlanId, Right};
use utoipa_axum::routes;

use super::super::caller::Call;
use super::super::input::{Parameters, Segments};
use super::super::inventory::existing;
use super::super::operation::{Access, Operation};
use super::super::paging::{Page, Wanted, limit, read_cursor};
use super::view::PlanView;
use crate::problem::Problem;

/// Plans.
pub const OPERATION: Operation = Operation::reads(
    "plans.list",
    "/organizations/{organization}/plans",
    Access::Right(Right::PlansRead),
    || routes!(list_plans),
);

/// List plans
///
/// Newest first.
#[utoipa::path(
    get, path = "/organizations/{organization}/plans",
    params(("organization" = String, Path, description = "The organization's id"), Wanted),
    responses((status = 200, body = Page<PlanView>))
)]
pub async fn list_plans(
    call: Call,
    Segments(organization): Segments<OrganizationId>,
    Parameters(wanted): Parameters<Wanted>,
) -> Result<Json<Page<PlanView>>, Problem> {
    existing(&call, &organization).await?;
    let limit = limit(wanted.limit)?;
    let before: Option<PlanId> = read_cursor(wanted.cursor.as_deref())?;
    let rows = call
        .store()
        .plans_before(&organization, before.as_ref(), limit + 1)
        .await?;
    Ok(Json(Page::of(
        rows,
        limit,
        |last| last.id.clone(),
        PlanView::from,
    )))
}
