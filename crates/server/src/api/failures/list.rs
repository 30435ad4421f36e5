//! Changes that could not be made.

use axum::Json;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use usher_model::{OrganizationId, PersonId, Right};
use usher_store::{FailureClass, FailureFilter, FailureRecord, Resolution, ShowFailures};
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::super::caller::Call;
use super::super::input::{Parameters, Segments};
use super::super::inventory::{existing, one_of};
use super::super::operation::{Access, Operation};
use super::super::paging::{Page, Sight};
use crate::problem::Problem;

/// Changes that could not be made.
pub const OPERATION: Operation = Operation::reads(
    "failures.list",
    "/organizations/{organization}/failures",
    Access::Right(Right::PlansRead),
    || routes!(list_failures),
);

/// Which failures.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// `open` or `all`; open ones unless said otherwise.
    show: Option<String>,
    /// Those about one person: the person's id.
    person: Option<String>,
    /// The cursor of the page before.
    cursor: Option<String>,
    /// How many items the page has: 1 to 500; 50 unless said otherwise.
    limit: Option<u64>,
}

/// A change that could not be made.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Failure)]
pub struct FailureView {
    /// The change's key, which is the same in every plan.
    key: String,
    /// The id of the plan in which it failed last.
    plan: String,
    /// Its number there.
    number: u32,
    /// What kind of action it is.
    kind: String,
    /// The id of the person it is about.
    person: Option<String>,
    /// The id of the account it is about.
    account: Option<String>,
    /// How its subject is named to people.
    label: String,
    /// As far as trying again is concerned.
    #[schema(value_type = String)]
    class: FailureClass,
    /// Why, in words.
    error: String,
    /// How often it failed since `first_at`.
    attempts: u32,
    /// When it failed first.
    first_at: Timestamp,
    /// When it failed last.
    last_at: Timestamp,
    /// When it is tried again; null: at once.
    next_try_at: Option<Timestamp>,
    /// When it was resolved.
    resolved_at: Option<Timestamp>,
    /// How.
    #[schema(value_type = Option<Object>)]
    resolution: Option<Resolution>,
}

impl From<FailureRecord> for FailureView {
    fn from(record: FailureRecord) -> Self {
        Self {
            key: record.key,
            plan: record.plan.to_string(),
            number: record.number,
            kind: record.kind,
            person: record.person.map(|person| person.to_string()),
            account: record.account.map(|account| account.to_string()),
            label: record.label,
            class: record.class,
            error: record.error,
            attempts: record.attempts,
            first_at: record.first_at,
            last_at: record.last_at,
            next_try_at: record.next_try_at,
            resolved_at: record.resolved_at,
            resolution: record.resolution,
        }
    }
}

const SHOWN: &[(&str, ShowFailures)] = &[("open", ShowFailures::Open), ("all", ShowFailures::All)];

/// List failures
///
/// The latest first.
#[utoipa::path(
    get, path = "/organizations/{organization}/failures",
    params(("organization" = String, Path, description = "The organization's id"), Wanted),
    responses((status = 200, body = Page<FailureView>))
)]
pub async fn list_failures(
    call: Call,
    Segments(organization): Segments<OrganizationId>,
    Parameters(wanted): Parameters<Wanted>,
) -> Result<Json<Page<FailureView>>, Problem> {
    existing(&call, &organization).await?;
    let sight = Sight::new(wanted.cursor.as_deref(), wanted.limit, None, call.now())?;
    let show = wanted
        .show
        .as_deref()
        .map(|word| one_of(word, SHOWN, "show"))
        .transpose()?;
    let filter = FailureFilter {
        show: show.unwrap_or_default(),
        person: wanted.person.map(PersonId::from),
        limit: Some(sight.offset + sight.rows()),
    };
    let rows = call.store().failures(&organization, &filter).await?;
    Ok(Json(sight.page(sight.cut(rows), FailureView::from)))
}
