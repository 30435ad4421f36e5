//! One group.

use axum::Json;
use serde::Serialize;
use usher_model::{Group, GroupId, GroupMember, Right};
use usher_store::GroupSummary;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::super::caller::Call;
use super::super::input::Segments;
use super::super::operation::{Access, Operation};
use super::list::GroupView;
use crate::problem::Problem;

/// One group.
pub const OPERATION: Operation = Operation::reads(
    "groups.show",
    "/groups/{group}",
    Access::Right(Right::DirectoryRead),
    || routes!(show_group),
);

/// A group, and who is in it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = GroupDetails)]
pub struct DetailsView {
    /// The group.
    group: GroupView,
    /// The ids of the people who are in it directly.
    people: Vec<String>,
    /// The ids of the groups that are in it directly.
    groups: Vec<String>,
}

impl From<Group> for DetailsView {
    fn from(group: Group) -> Self {
        let (mut people, mut groups) = (Vec::new(), Vec::new());
        for member in &group.members {
            match member {
                GroupMember::Person(person) => people.push(person.to_string()),
                GroupMember::Group(group) => groups.push(group.to_string()),
            }
        }
        let summary = GroupSummary {
            members: group.members.len() as u64,
            id: group.id,
            name: group.name,
            description: group.description,
        };
        Self {
            group: summary.into(),
            people,
            groups,
        }
    }
}

/// Show a group
///
/// With its direct members.
#[utoipa::path(
    get, path = "/groups/{group}",
    params(("group" = String, Path, description = "Its id")),
    responses((status = 200, body = DetailsView))
)]
pub async fn show_group(
    call: Call,
    Segments(id): Segments<GroupId>,
) -> Result<Json<DetailsView>, Problem> {
    let found = call.store().group(&id).await?;
    let found = found.ok_or_else(|| Problem::not_found(format!("there is no group {id}")))?;
    Ok(Json(found.into()))
}
