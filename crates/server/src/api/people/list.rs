//! People of the directory.

use axum::Json;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use usher_model::{Person, PersonId, PersonStatus, Right};
use usher_store::PersonFilter;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::super::caller::Call;
use super::super::input::Parameters;
use super::super::inventory::{all, one_of, searched};
use super::super::operation::{Access, Operation};
use super::super::paging::{Page, limit, read_cursor};
use crate::problem::Problem;

/// People of the directory.
pub const OPERATION: Operation = Operation::reads(
    "people.list",
    "/people",
    Access::Right(Right::DirectoryRead),
    || routes!(list_people),
);

/// Which people.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// `active`, `disabled` or `gone`.
    status: Option<String>,
    /// Text that the e-mail address, user name or display name contains.
    search: Option<String>,
    /// Those of whom something was changed at this time or later.
    changed_since: Option<Timestamp>,
    /// The cursor of the page before.
    cursor: Option<String>,
    /// How many items the page has: 1 to 500; 50 unless said otherwise.
    limit: Option<u64>,
}

/// A person.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Person)]
pub struct PersonView {
    /// The person's id.
    id: String,
    /// `active`, `disabled` or `gone`.
    status: &'static str,
    /// How the person is named.
    label: String,
    /// The person's e-mail address.
    email: Option<String>,
    /// The id of the person's manager.
    manager: Option<String>,
    /// What is known of the person, by attribute.
    #[schema(value_type = Object)]
    attributes: Value,
}

impl From<Person> for PersonView {
    fn from(person: Person) -> Self {
        Self {
            id: person.id.to_string(),
            status: person.status.as_str(),
            label: person.label(),
            email: person.email().map(|email| email.to_string()),
            manager: person.manager.as_ref().map(ToString::to_string),
            attributes: serde_json::to_value(&person.attributes).unwrap_or_default(),
        }
    }
}

const STATUSES: &[(&str, PersonStatus)] = &[
    ("active", PersonStatus::Active),
    ("disabled", PersonStatus::Disabled),
    ("gone", PersonStatus::Gone),
];

/// List people
///
/// By id: in the order in which they were first seen.
#[utoipa::path(get, path = "/people", params(Wanted), responses((status = 200, body = Page<PersonView>)))]
pub async fn list_people(
    call: Call,
    Parameters(wanted): Parameters<Wanted>,
) -> Result<Json<Page<PersonView>>, Problem> {
    let limit = limit(wanted.limit)?;
    let status = wanted.status.as_deref();
    let after: Option<PersonId> = read_cursor(wanted.cursor.as_deref())?;
    let filter = PersonFilter {
        status: status
            .map(|word| one_of(word, STATUSES, "status"))
            .transpose()?,
        search: searched(wanted.search)?,
        changed_since: wanted.changed_since,
        after,
        limit: Some(limit + 1),
    };
    let rows = all(call.store().people(&filter)).await?;
    Ok(Json(Page::of(
        rows,
        limit,
        |last| last.id.clone(),
        PersonView::from,
    )))
}
