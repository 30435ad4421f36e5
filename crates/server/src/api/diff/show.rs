//! What changed between two times.

use axum::Json;
use futures::{StreamExt as _, TryStreamExt as _};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use usher_model::{OrganizationId, Right};
use usher_store::AccessChange;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::super::caller::Call;
use super::super::input::{Parameters, Segments};
use super::super::inventory::existing;
use super::super::operation::{Access, Operation};
use super::super::paging::{Page, Sight};
use crate::problem::Problem;

/// What changed between two times.
pub const OPERATION: Operation = Operation::reads(
    "diff.show",
    "/organizations/{organization}/diff",
    Access::Right(Right::InventoryRead),
    || routes!(show_diff),
);

/// From when to when.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// The inventory of this time,
    from: Timestamp,
    /// compared with that of this time; now if absent.
    to: Option<Timestamp>,
    /// The cursor of the page before.
    cursor: Option<String>,
    /// How many items the page has: 1 to 500; 50 unless said otherwise.
    limit: Option<u64>,
}

/// One difference. `change` says which kind; what else there is depends on it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(transparent)]
#[schema(as = AccessChange, value_type = Object)]
pub struct ChangeView(Value);

impl From<AccessChange> for ChangeView {
    fn from(change: AccessChange) -> Self {
        Self(serde_json::to_value(change).unwrap_or_default())
    }
}

/// Show what changed between two times
///
/// Teams, then user groups, accounts and grants, each by id. What came and went in between is no difference.
#[utoipa::path(
    get, path = "/organizations/{organization}/diff",
    params(("organization" = String, Path, description = "The organization's id"), Wanted),
    responses((status = 200, body = Page<ChangeView>))
)]
pub async fn show_diff(
    call: Call,
    Segments(organization): Segments<OrganizationId>,
    Parameters(wanted): Parameters<Wanted>,
) -> Result<Json<Page<ChangeView>>, Problem> {
    existing(&call, &organization).await?;
    let to = wanted.to.unwrap_or(call.now());
    let sight = Sight::new(wanted.cursor.as_deref(), wanted.limit, Some(to), call.now())?;
    let to = sight.as_of.unwrap_or(to);
    if wanted.from > to {
        return Err(Problem::invalid("it ends before it begins").at("from"));
    }
    let number = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
    let changes = call.store().diff(&organization, wanted.from, to);
    let changes = changes
        .skip(number(sight.offset))
        .take(number(sight.rows()));
    let changes: Vec<AccessChange> = changes.try_collect().await?;
    Ok(Json(sight.page(changes, ChangeView::from)))
}
