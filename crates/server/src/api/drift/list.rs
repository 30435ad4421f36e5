//! What somebody changed in Miro by hand.

use axum::Json;
use serde::Serialize;
use serde_json::Value;
use usher_engine::provisioning::drift;
use usher_model::{OrganizationId, Right};
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::super::caller::Call;
use super::super::input::Segments;
use super::super::inventory::existing;
use super::super::operation::{Access, Operation};
use super::super::paging::Page;
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
    params(("organization" = String, Path, description = "The organization's id")),
    responses((status = 200, body = Page<DriftView>))
)]
pub async fn list_drift(
    call: Call,
    Segments(organization): Segments<OrganizationId>,
) -> Result<Json<Page<DriftView>>, Problem> {
    existing(&call, &organization).await?;
    let found = drift(call.acting(), &organization).await?;
    let items = found
        .iter()
        .map(|one| DriftView(serde_json::to_value(one).unwrap_or_default()));
    Ok(Json(Page {
        items: items.collect(),
        next: None,
    }))
}
