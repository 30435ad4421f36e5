//! Approving a plan.

use axum::Json;
use serde::Deserialize;
use usher_engine::provisioning::{Verdict, decide};
use usher_model::{EventKind, PlanId, Right};
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::super::caller::Call;
use super::super::input::{Body, Segments};
use super::super::operation::{Access, Operation, Verb};
use super::view::PlanView;
use crate::problem::Problem;

/// Approving a plan.
pub const OPERATION: Operation = Operation::changes(
    "plans.approve",
    (Verb::Post, "/plans/{plan}/approve"),
    Access::Right(Right::PlansDecide),
    &[EventKind::PlanApproved],
    || routes!(approve_plan),
);

/// Why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ApprovePlan)]
pub struct Why {
    /// In your words.
    reason: Option<String>,
}

/// Approve a plan
///
/// An approval is for a plan that still fits the world; one that the world has moved away from is refused.
#[utoipa::path(
    post, path = "/plans/{plan}/approve",
    params(("plan" = String, Path, description = "Its id")),
    request_body = Why, responses((status = 200, body = PlanView))
)]
pub async fn approve_plan(
    call: Call,
    Segments(plan): Segments<PlanId>,
    Body(why): Body<Why>,
) -> Result<Json<PlanView>, Problem> {
    let by = call.caller.actor().label();
    let reason = why.reason.as_deref();
    let decided = decide(call.acting(), &plan, Verdict::Approve, &by, reason).await?;
    Ok(Json(decided.into()))
}
