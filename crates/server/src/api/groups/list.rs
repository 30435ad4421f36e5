//! Groups of the directory.

use axum::Json;
use serde::{Deserialize, Serialize};
use usher_model::{GroupId, Right};
use usher_store::GroupSummary;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::super::caller::Call;
use super::super::input::Parameters;
use super::super::inventory::searched;
use super::super::operation::{Access, Operation};
use super::super::paging::{Page, limit, read_cursor};
use crate::problem::Problem;

/// Groups of the directory.
pub const OPERATION: Operation = Operation::reads(
    "groups.list",
    "/groups",
    Access::Right(Right::DirectoryRead),
    || routes!(list_groups),
);

/// Which groups.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// Text that the name contains.
    search: Option<String>,
    /// The cursor of the page before.
    cursor: Option<String>,
    /// How many items the page has: 1 to 500; 50 unless said otherwise.
    limit: Option<u64>,
}

/// A group.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Group)]
pub struct GroupView {
    /// Its id.
    id: String,
    /// Its name.
    name: String,
    /// What it is for.
    description: Option<String>,
    /// How many people and groups are in it directly.
    members: u64,
}

impl From<GroupSummary> for GroupView {
    fn from(group: GroupSummary) -> Self {
        Self {
            id: group.id.to_string(),
            members: group.members,
            name: group.name,
            description: group.description,
        }
    }
}

/// List groups
///
/// By id: in the order in which they were first seen.
#[utoipa::path(get, path = "/groups", params(Wanted), responses((status = 200, body = Page<GroupView>)))]
pub async fn list_groups(
    call: Call,
    Parameters(wanted): Parameters<Wanted>,
) -> Result<Json<Page<GroupView>>, Problem> {
    let limit = limit(wanted.limit)?;
    let after: Option<GroupId> = read_cursor(wanted.cursor.as_deref())?;
    let search = searched(wanted.search)?;
    let range = (after.as_ref(), limit + 1);
    let rows = call.store().groups_after(search.as_deref(), range).await?;
    Ok(Json(Page::of(
        rows,
        limit,
        |last| last.id.clone(),
        GroupView::from,
    )))
}
