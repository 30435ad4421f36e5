//! Entitlements.

use axum::Json;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use usher_model::{Entitlement, EntitlementKind, OrganizationId, Right};
use usher_store::EntitlementRow;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::super::caller::Call;
use super::super::input::{Parameters, Segments};
use super::super::inventory::{all, existing};
use super::super::operation::{Access, Operation};
use super::super::paging::{Page, Sight};
use crate::problem::Problem;

/// Entitlements.
pub const OPERATION: Operation = Operation::reads(
    "entitlements.list",
    "/organizations/{organization}/entitlements",
    Access::Right(Right::InventoryRead),
    || routes!(list_entitlements),
);

/// Which entitlements.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// The inventory as it was at this time.
    as_of: Option<Timestamp>,
    /// `role`, `license`, `admin_role`, `team` or `user_group`.
    #[param(value_type = Option<String>)]
    kind: Option<EntitlementKind>,
    /// The cursor of the page before.
    cursor: Option<String>,
    /// How many items the page has: 1 to 500; 50 unless said otherwise.
    limit: Option<u64>,
}

/// One thing that an account can hold.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Entitlement)]
pub struct EntitlementView {
    /// The entitlement.
    #[schema(value_type = String, example = "team:3074457345700000000:member")]
    entitlement: Entitlement,
    /// The name of the team or user group.
    resource_name: Option<String>,
    /// How many accounts hold it.
    holders: u64,
}

impl From<EntitlementRow> for EntitlementView {
    fn from(row: EntitlementRow) -> Self {
        Self {
            entitlement: row.entitlement,
            resource_name: row.resource_name,
            holders: row.holders,
        }
    }
}

/// List entitlements
///
/// Those that somebody holds.
#[utoipa::path(
    get, path = "/organizations/{organization}/entitlements",
    params(("organization" = String, Path, description = "The organization's id"), Wanted),
    responses((status = 200, body = Page<EntitlementView>))
)]
pub async fn list_entitlements(
    call: Call,
    Segments(organization): Segments<OrganizationId>,
    Parameters(wanted): Parameters<Wanted>,
) -> Result<Json<Page<EntitlementView>>, Problem> {
    existing(&call, &organization).await?;
    let sight = Sight::new(
        wanted.cursor.as_deref(),
        wanted.limit,
        wanted.as_of,
        call.now(),
    )?;
    let mut rows = all(call.store().entitlements(&organization, sight.as_of)).await?;
    rows.retain(|row| {
        wanted
            .kind
            .is_none_or(|kind| row.entitlement.kind() == kind)
    });
    Ok(Json(sight.page(sight.cut(rows), EntitlementView::from)))
}
