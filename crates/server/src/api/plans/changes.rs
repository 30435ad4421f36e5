//! The changes of a plan.

use axum::Json;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use usher_model::{PersonId, PlanId, Right};
use usher_store::{ChangeFilter, PlannedChange, Removes, Undo};
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::super::caller::Call;
use super::super::input::{Parameters, Segments};
use super::super::inventory::all;
use super::super::operation::{Access, Operation};
use super::super::paging::{Page, limit, read_cursor};
use super::view::existing;
use crate::problem::Problem;

/// The changes of a plan.
pub const OPERATION: Operation = Operation::reads(
    "plans.changes",
    "/plans/{plan}/changes",
    Access::Right(Right::PlansRead),
    || routes!(list_changes),
);

/// Which changes.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// Those of these kinds, with commas between them.
    kind: Option<String>,
    /// Those about one person: the person's id.
    person: Option<String>,
    /// The cursor of the page before.
    cursor: Option<String>,
    /// How many items the page has: 1 to 500; 50 unless said otherwise.
    limit: Option<u64>,
}

/// One change of a plan.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PlannedChange)]
pub struct ChangeView {
    /// Its number in the plan, from 1.
    number: u32,
    /// Names the change whatever plan it is in.
    key: String,
    /// What kind of action it is.
    kind: String,
    /// The id of the person it is about.
    person: Option<String>,
    /// The id of the account it is about, if it is there.
    account: Option<String>,
    /// How its subject is named to people.
    label: String,
    /// Whether it takes something away from somebody.
    removes_access: bool,
    /// Whether it cannot be undone.
    irreversible: bool,
    /// The change itself: what before, what after, why, and with which consequences.
    #[schema(value_type = Object)]
    document: Value,
}

impl From<PlannedChange> for ChangeView {
    fn from(change: PlannedChange) -> Self {
        Self {
            number: change.number,
            key: change.key,
            kind: change.kind,
            person: change.person.map(|person| person.to_string()),
            account: change.account.map(|account| account.to_string()),
            label: change.label,
            removes_access: change.removes == Removes::Access,
            irreversible: change.undo == Undo::Impossible,
            document: change.document,
        }
    }
}

/// List the changes of a plan
///
/// By number.
#[utoipa::path(
    get, path = "/plans/{plan}/changes",
    params(("plan" = String, Path, description = "The plan's id"), Wanted),
    responses((status = 200, body = Page<ChangeView>))
)]
pub async fn list_changes(
    call: Call,
    Segments(id): Segments<PlanId>,
    Parameters(wanted): Parameters<Wanted>,
) -> Result<Json<Page<ChangeView>>, Problem> {
    existing(&call, &id).await?;
    let limit = limit(wanted.limit)?;
    let after: Option<u32> = read_cursor(wanted.cursor.as_deref())?;
    let kinds = wanted.kind.as_deref().unwrap_or_default();
    let kinds = kinds
        .split(',')
        .map(str::trim)
        .filter(|kind| !kind.is_empty());
    let filter = ChangeFilter {
        kinds: kinds.map(str::to_owned).collect(),
        person: wanted.person.map(PersonId::from),
        after: after.unwrap_or(0),
        limit: Some(limit + 1),
    };
    let rows = all(call.store().plan_changes(&id, &filter)).await?;
    Ok(Json(Page::of(
        rows,
        limit,
        |last| last.number,
        ChangeView::from,
    )))
}
