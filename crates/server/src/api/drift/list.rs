//! What somebody changed in Miro by hand.

use axum::Json;
use serde::Serialize;
use serde_json::Value;
use usher_engine::provisioning::drift;
use usher_model::{OrganizationId, Right};
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::super::caller::Call;
use super::super::input::{Parameters, Segments};
use super::super::inventory::existing;
use super::super::operation::{Access, Operation};
use super::super::paging::{Page, Sight, Wanted};
use crate::problem::Problem;

/// What somebody changed in Miro by hand.
pub const OPERATION: Operation = Operation::reads(
    "drift.list",
    "/organizations/{organization}/drift",
    Access::Right(Right::PlansRead),
    || routes!(list_drift),
);

/// A difference that somebody made in Miro by hand: `account`, `what`, `desired`, `observed`, `by` and `outcome`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(transparent)]
#[schema(as = Drift, value_type = Object)]
pub struct DriftView(Value);

/// List drift
///
/// What Usher set and what is something else in Miro now, as of the last sync.
#[utoipa::path(
    get, path = "/organizations/{organization}/drift",
    params(("organization" = String, Path, description = "The organization's id"), Wanted),
    responses((status = 200, body = Page<DriftView>))
)]
pub async fn list_drift(
    call: Call,
    Segments(organization): Segments<OrganizationId>,
    Parameters(wanted): Parameters<Wanted>,
) -> Result<Json<Page<DriftView>>, Problem> {
    existing(&call, &organization).await?;
    let sight = Sight::new(wanted.cursor.as_deref(), wanted.limit, None, call.now())?;
    let found = sight.cut(drift(call.acting(), &organization).await?);
    let show = |one| DriftView(serde_json::to_value(one).unwrap_or_default());
    Ok(Json(sight.page(found, show)))
}
