//! One person.

use axum::Json;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use usher_model::{PersonId, Right};
use usher_store::PersonDetails;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::super::caller::Call;
use super::super::input::Segments;
use super::super::operation::{Access, Operation};
use super::list::PersonView;
use crate::problem::Problem;

/// One person.
pub const OPERATION: Operation = Operation::reads(
    "people.show",
    "/people/{person}",
    Access::Right(Right::DirectoryRead),
    || routes!(show_person),
);

/// A person, and what goes with it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PersonDetails)]
pub struct DetailsView {
    /// The person.
    person: PersonView,
    /// Which source each attribute comes from.
    #[schema(value_type = Option<Object>)]
    provenance: Option<Value>,
    /// When the person was seen first.
    created_at: Timestamp,
    /// When something about the person was changed last.
    changed_at: Timestamp,
    /// The ids of the groups that the person is in directly.
    groups: Vec<String>,
}

impl From<PersonDetails> for DetailsView {
    fn from(details: PersonDetails) -> Self {
        Self {
            person: details.person.into(),
            provenance: details.provenance,
            created_at: details.created_at,
            changed_at: details.changed_at,
            groups: details.groups.iter().map(ToString::to_string).collect(),
        }
    }
}

/// Show a person
///
/// With the source of each attribute.
#[utoipa::path(
    get, path = "/people/{person}",
    params(("person" = String, Path, description = "The person's id")),
    responses((status = 200, body = DetailsView))
)]
pub async fn show_person(
    call: Call,
    Segments(id): Segments<PersonId>,
) -> Result<Json<DetailsView>, Problem> {
    let found = call.store().person_details(&id).await?;
    let found = found.ok_or_else(|| Problem::not_found(format!("there is no person {id}")))?;
    Ok(Json(found.into()))
}
