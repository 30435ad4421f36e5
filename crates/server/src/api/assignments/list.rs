//! Who should hold what.

use axum::Json;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use usher_model::{
    Assignment, AssignmentId, AssignmentOrigin, AssignmentTarget, GroupId, OrganizationId,
    PersonId, Right, Subject,
};
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::super::caller::Call;
use super::super::input::{Parameters, Segments};
use super::super::inventory::existing;
use super::super::operation::{Access, Operation};
use super::super::paging::{Page, limit, read_cursor};
use crate::problem::Problem;

/// Who should hold what.
pub const OPERATION: Operation = Operation::reads(
    "assignments.list",
    "/organizations/{organization}/assignments",
    Access::Right(Right::AssignmentsRead),
    || routes!(list_assignments),
);

/// Which assignments.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// One person's own: the person's id.
    person: Option<String>,
    /// One group's own: the group's id.
    group: Option<String>,
    /// The cursor of the page before.
    cursor: Option<String>,
    /// How many items the page has: 1 to 500; 50 unless said otherwise.
    limit: Option<u64>,
}

/// A person or group should hold something.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Assignment)]
pub struct AssignmentView {
    /// Its id.
    id: String,
    /// Who: `type` is `person` or `group`, `id` says which.
    #[schema(value_type = Object)]
    subject: Subject,
    /// What.
    #[schema(value_type = Object)]
    target: AssignmentTarget,
    /// Where it comes from.
    #[schema(value_type = Object)]
    origin: AssignmentOrigin,
    /// From when on; at once if null.
    starts_at: Option<Timestamp>,
    /// Until just before when; for good if null.
    expires_at: Option<Timestamp>,
    /// Why, in somebody's words.
    note: Option<String>,
}

impl From<Assignment> for AssignmentView {
    fn from(assignment: Assignment) -> Self {
        Self {
            id: assignment.id.to_string(),
            subject: assignment.subject,
            target: assignment.target,
            origin: assignment.origin,
            starts_at: assignment.starts_at,
            expires_at: assignment.expires_at,
            note: assignment.note,
        }
    }
}

/// List assignments
///
/// Those that were not taken back, by id; also those that do not hold now.
#[utoipa::path(
    get, path = "/organizations/{organization}/assignments",
    params(("organization" = String, Path, description = "The organization's id"), Wanted),
    responses((status = 200, body = Page<AssignmentView>))
)]
pub async fn list_assignments(
    call: Call,
    Segments(organization): Segments<OrganizationId>,
    Parameters(wanted): Parameters<Wanted>,
) -> Result<Json<Page<AssignmentView>>, Problem> {
    existing(&call, &organization).await?;
    let limit = limit(wanted.limit)?;
    let after: Option<AssignmentId> = read_cursor(wanted.cursor.as_deref())?;
    let subject = match (wanted.person, wanted.group) {
        (None, None) => None,
        (Some(person), None) => Some(Subject::Person(PersonId::from(person))),
        (None, Some(group)) => Some(Subject::Group(GroupId::from(group))),
        (Some(_), Some(_)) => {
            return Err(Problem::invalid("name a person or a group, and not both").at("group"));
        }
    };
    let range = (after.as_ref(), limit + 1);
    let rows = call
        .store()
        .assignments_after(&organization, subject.as_ref(), range)
        .await?;
    Ok(Json(Page::of(
        rows,
        limit,
        |last| last.id.clone(),
        AssignmentView::from,
    )))
}
