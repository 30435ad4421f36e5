//! User groups.

use axum::Json;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use usher_model::{OrganizationId, Right};
use usher_store::UserGroupRow;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::super::caller::Call;
use super::super::input::{Parameters, Segments};
use super::super::inventory::{Unknowns, all, existing};
use super::super::operation::{Access, Operation};
use super::super::paging::{Page, Sight};
use crate::problem::Problem;

/// User groups.
pub const OPERATION: Operation = Operation::reads(
    "user_groups.list",
    "/organizations/{organization}/user-groups",
    Access::Right(Right::InventoryRead),
    || routes!(list_user_groups),
);

/// Which page, as of when.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// The inventory as it was at this time.
    as_of: Option<Timestamp>,
    /// The cursor of the page before.
    cursor: Option<String>,
    /// How many items the page has: 1 to 500; 50 unless said otherwise.
    limit: Option<u64>,
}

/// A user group.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UserGroup)]
pub struct UserGroupView {
    /// Its id in Miro.
    id: String,
    /// Its name.
    name: String,
    /// What it is for.
    description: Option<String>,
    /// How many accounts are in it.
    members: u64,
    /// When it was first seen.
    since: Timestamp,
    /// Which of the above Usher could not see; they are null.
    unknown: Vec<&'static str>,
}

impl From<UserGroupRow> for UserGroupView {
    fn from(row: UserGroupRow) -> Self {
        let mut unknown = Unknowns::default();
        Self {
            id: row.user_group.id.to_string(),
            name: row.user_group.name,
            description: unknown.known("description", row.user_group.description),
            members: row.members,
            since: row.since,
            unknown: unknown.names(),
        }
    }
}

/// List user groups
///
/// By name. All pages show the inventory of the time of the first one.
#[utoipa::path(
    get, path = "/organizations/{organization}/user-groups",
    params(("organization" = String, Path, description = "The organization's id"), Wanted),
    responses((status = 200, body = Page<UserGroupView>))
)]
pub async fn list_user_groups(
    call: Call,
    Segments(organization): Segments<OrganizationId>,
    Parameters(wanted): Parameters<Wanted>,
) -> Result<Json<Page<UserGroupView>>, Problem> {
    existing(&call, &organization).await?;
    let sight = Sight::new(
        wanted.cursor.as_deref(),
        wanted.limit,
        wanted.as_of,
        call.now(),
    )?;
    let rows = all(call.store().user_groups(&organization, sight.as_of)).await?;
    Ok(Json(sight.page(sight.cut(rows), UserGroupView::from)))
}
