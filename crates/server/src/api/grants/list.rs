//! Grants.

use axum::Json;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use usher_model::{AccountId, Entitlement, EntitlementKind, OrganizationId, Right};
use usher_store::{GrantFilter, GrantOrder, GrantRow};
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::super::caller::Call;
use super::super::input::{Parameters, Segments};
use super::super::inventory::{all, existing, sort};
use super::super::operation::{Access, Operation};
use super::super::paging::{Page, Sight};
use crate::problem::Problem;

/// Grants.
pub const OPERATION: Operation = Operation::reads(
    "grants.list",
    "/organizations/{organization}/grants",
    Access::Right(Right::InventoryRead),
    || routes!(list_grants),
);

/// Which grants.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// The inventory as it was at this time.
    as_of: Option<Timestamp>,
    /// One account's: its id.
    account: Option<String>,
    /// The account's with this e-mail address.
    email: Option<String>,
    /// `role`, `license`, `admin_role`, `team` or `user_group`.
    #[param(value_type = Option<String>)]
    kind: Option<EntitlementKind>,
    /// One entitlement, such as `team:3074457345700000000:member`.
    #[param(value_type = Option<String>)]
    entitlement: Option<Entitlement>,
    /// One resource: a team's or user group's id, a role, a licence.
    resource: Option<String>,
    /// `account`, `email`, `entitlement` or `since`; with `-` in front of it, the largest first.
    sort: Option<String>,
    /// The cursor of the page before.
    cursor: Option<String>,
    /// How many items the page has: 1 to 500; 50 unless said otherwise.
    limit: Option<u64>,
}

/// An account holds an entitlement.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Grant)]
pub struct GrantView {
    /// The account's id.
    account: String,
    /// The account's e-mail address; null when a team shows somebody whom no list of accounts shows.
    email: Option<String>,
    /// The account's name; null where Usher could not see it.
    display_name: Option<String>,
    /// What it holds.
    #[schema(value_type = String, example = "team:3074457345700000000:member")]
    entitlement: Entitlement,
    /// The name of the team or user group.
    resource_name: Option<String>,
    /// Since when it is held without a break, as far as Usher saw.
    since: Timestamp,
}

impl From<GrantRow> for GrantView {
    fn from(row: GrantRow) -> Self {
        Self {
            account: row.grant.account.to_string(),
            email: row.email.map(|email| email.to_string()),
            display_name: row.display_name.known(),
            entitlement: row.grant.entitlement,
            resource_name: row.resource_name,
            since: row.since,
        }
    }
}

const ORDERS: &[(&str, GrantOrder)] = &[
    ("account", GrantOrder::Account),
    ("email", GrantOrder::Email),
    ("entitlement", GrantOrder::Entitlement),
    ("since", GrantOrder::Since),
];

/// List grants
///
/// Who holds what. All pages show the inventory of the time of the first one.
#[utoipa::path(
    get, path = "/organizations/{organization}/grants",
    params(("organization" = String, Path, description = "The organization's id"), Wanted),
    responses((status = 200, body = Page<GrantView>))
)]
pub async fn list_grants(
    call: Call,
    Segments(organization): Segments<OrganizationId>,
    Parameters(wanted): Parameters<Wanted>,
) -> Result<Json<Page<GrantView>>, Problem> {
    existing(&call, &organization).await?;
    let sight = Sight::new(
        wanted.cursor.as_deref(),
        wanted.limit,
        wanted.as_of,
        call.now(),
    )?;
    let (order, direction) = sort(wanted.sort.as_deref(), ORDERS)?;
    let filter = GrantFilter {
        as_of: sight.as_of,
        account: wanted.account.map(AccountId::from),
        email: wanted.email,
        kind: wanted.kind,
        entitlement: wanted.entitlement,
        resource: wanted.resource,
        order,
        direction,
        after: sight.after.clone(),
        limit: Some(sight.rows()),
        ..GrantFilter::of(organization)
    };
    let rows = all(call.store().grants(&filter)).await?;
    let page = sight.page_behind(rows, |last| Some(last.place(order)), GrantView::from);
    Ok(Json(page))
}
