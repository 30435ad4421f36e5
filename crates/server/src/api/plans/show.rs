//! One plan.

use axum::Json;
use serde::Serialize;
use serde_json::Value;
use usher_model::{PlanId, Right};
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::super::caller::Call;
use super::super::input::Segments;
use super::super::operation::{Access, Operation};
use super::view::{PlanView, existing};
use crate::problem::Problem;

/// One plan.
pub const OPERATION: Operation = Operation::reads(
    "plans.show",
    "/plans/{plan}",
    Access::Right(Right::PlansRead),
    || routes!(show_plan),
);

/// A plan, and how it came about.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PlanDetails)]
pub struct DetailsView {
    /// The plan.
    plan: PlanView,
    /// What goes with it: its guards, and what they say.
    #[schema(value_type = Object)]
    document: Value,
    /// What was looked at and left alone, and why.
    #[schema(value_type = Object)]
    report: Value,
}

/// Show a plan
///
/// With its guards and its report; `plans.changes` lists its changes.
#[utoipa::path(
    get, path = "/plans/{plan}",
    params(("plan" = String, Path, description = "Its id")),
    responses((status = 200, body = DetailsView))
)]
pub async fn show_plan(
    call: Call,
    Segments(id): Segments<PlanId>,
) -> Result<Json<DetailsView>, Problem> {
    let mut found = existing(&call, &id).await?;
    let (document, report) = (found.document.take(), found.report.take());
    Ok(Json(DetailsView {
        plan: found.into(),
        document,
        report,
    }))
}
