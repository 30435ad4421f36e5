//! Teams.

use axum::Json;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use usher_model::{OrganizationId, Right};
use usher_store::{TeamFilter, TeamOrder, TeamRow};
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::super::caller::Call;
use super::super::input::{Parameters, Segments};
use super::super::inventory::{all, existing, searched, sort};
use super::super::operation::{Access, Operation};
use super::super::paging::{Page, Sight};
use crate::problem::Problem;

/// Teams.
pub const OPERATION: Operation = Operation::reads(
    "teams.list",
    "/organizations/{organization}/teams",
    Access::Right(Right::InventoryRead),
    || routes!(list_teams),
);

/// Which teams.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// The inventory as it was at this time.
    as_of: Option<Timestamp>,
    /// Text that the name contains.
    search: Option<String>,
    /// At most so many members.
    members_at_most: Option<u64>,
    /// At least so many members.
    members_at_least: Option<u64>,
    /// `id`, `name`, `members` or `since`; with `-` in front of it, the largest first.
    sort: Option<String>,
    /// The cursor of the page before.
    cursor: Option<String>,
    /// How many items the page has: 1 to 500; 50 unless said otherwise.
    limit: Option<u64>,
}

/// A team.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Team)]
pub struct TeamView {
    /// Its id in Miro.
    id: String,
    /// Its name.
    name: String,
    /// How many accounts are in it, in any role but `non_team`.
    members: u64,
    /// How many of them are team admins, as far as known.
    admins: u64,
    /// Of how many of them the role is unknown.
    unknown_roles: u64,
    /// How many accounts see shared boards without being in the team.
    outsiders: u64,
    /// When it was first seen.
    since: Timestamp,
}

impl From<TeamRow> for TeamView {
    fn from(row: TeamRow) -> Self {
        Self {
            id: row.team.id.to_string(),
            name: row.team.name,
            members: row.members,
            admins: row.admins,
            unknown_roles: row.unknown_roles,
            outsiders: row.outsiders,
            since: row.since,
        }
    }
}

const ORDERS: &[(&str, TeamOrder)] = &[
    ("id", TeamOrder::Id),
    ("name", TeamOrder::Name),
    ("members", TeamOrder::Members),
    ("since", TeamOrder::Since),
];

/// List teams
///
/// By name unless sorted otherwise. All pages show the inventory of the time of the first one.
#[utoipa::path(
    get, path = "/organizations/{organization}/teams",
    params(("organization" = String, Path, description = "The organization's id"), Wanted),
    responses((status = 200, body = Page<TeamView>))
)]
pub async fn list_teams(
    call: Call,
    Segments(organization): Segments<OrganizationId>,
    Parameters(wanted): Parameters<Wanted>,
) -> Result<Json<Page<TeamView>>, Problem> {
    existing(&call, &organization).await?;
    let sight = Sight::new(
        wanted.cursor.as_deref(),
        wanted.limit,
        wanted.as_of,
        call.now(),
    )?;
    let (order, direction) = sort(wanted.sort.as_deref(), ORDERS)?;
    let filter = TeamFilter {
        as_of: sight.as_of,
        search: searched(wanted.search)?,
        members_at_most: wanted.members_at_most,
        members_at_least: wanted.members_at_least,
        order,
        direction,
        after: sight.after.clone(),
        offset: sight.offset,
        limit: Some(sight.rows()),
        ..TeamFilter::of(organization)
    };
    let rows = all(call.store().teams(&filter)).await?;
    let page = sight.page_behind(rows, |last| last.place(order), TeamView::from);
    Ok(Json(page))
}
