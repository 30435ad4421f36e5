//! An organization at a glance.

use axum::Json;
use serde::Serialize;
use usher_model::{OrganizationId, Right};
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::super::caller::Call;
use super::super::input::Segments;
use super::super::inventory::existing;
use super::super::operation::{Access, Operation};
use super::list::OrganizationView;
use crate::problem::Problem;

/// An organization at a glance.
pub const OPERATION: Operation = Operation::reads(
    "organizations.show",
    "/organizations/{organization}",
    Access::Right(Right::InventoryRead),
    || routes!(show_organization),
);

/// An organization at a glance.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OrganizationSummary)]
pub struct SummaryView {
    /// The organization.
    organization: OrganizationView,
    /// As of when the inventory is; null before the first sync that was believed.
    effective_at: Option<jiff::Timestamp>,
    /// How many accounts there are.
    accounts: u64,
    /// How many teams.
    teams: u64,
    /// How many user groups.
    user_groups: u64,
    /// How many grants, of every kind.
    grants: u64,
}

/// Show an organization
///
/// With how much is in its inventory now.
#[utoipa::path(
    get, path = "/organizations/{organization}",
    params(("organization" = String, Path, description = "Its id")),
    responses((status = 200, body = SummaryView))
)]
pub async fn show_organization(
    call: Call,
    Segments(id): Segments<OrganizationId>,
) -> Result<Json<SummaryView>, Problem> {
    let organization = existing(&call, &id).await?;
    let published = call.store().last_published(&id).await?;
    let counts = call.store().current_counts(&id).await?;
    Ok(Json(SummaryView {
        organization: organization.into(),
        effective_at: published.and_then(|sync| sync.effective_at),
        accounts: counts.accounts,
        teams: counts.teams,
        user_groups: counts.user_groups,
        grants: counts.grants,
    }))
}
