//! Rejecting a plan.

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

/// Rejecting a plan.
pub const OPERATION: Operation = Operation::changes(
    "plans.reject",
    (Verb::Post, "/plans/{plan}/reject"),
    Access::Right(Right::PlansDecide),
    &[EventKind::PlanRejected],
    || routes!(reject_plan),
);

/// Why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RejectPlan)]
pub struct Why {
    /// In your words.
    reason: Option<String>,
}

/// Reject a plan
///
/// It is never applied, and a later plan with the same changes waits for somebody's yes.
#[utoipa::path(
    post, path = "/plans/{plan}/reject",
    params(("plan" = String, Path, description = "Its id")),
    request_body = Why, responses((status = 200, body = PlanView))
)]
pub async fn reject_plan(
    call: Call,
    Segments(plan): Segments<PlanId>,
    Body(why): Body<Why>,
) -> Result<Json<PlanView>, Problem> {
    let by = call.caller.actor().label();
    let reason = why.reason.as_deref();
    let decided = decide(call.acting(), &plan, Verdict::Reject, &by, reason).await?;
    Ok(Json(decided.into()))
}
