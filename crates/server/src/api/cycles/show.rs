//! One cycle.

use axum::Json;
use usher_model::{CycleId, Right};
use utoipa_axum::routes;

use super::super::caller::Call;
use super::super::input::Segments;
use super::super::operation::{Access, Operation};
use super::view::CycleView;
use crate::problem::Problem;

/// One cycle.
pub const OPERATION: Operation = Operation::reads(
    "cycles.show",
    "/cycles/{cycle}",
    Access::Right(Right::PlansRead),
    || routes!(show_cycle),
);

/// Show a cycle
#[utoipa::path(
    get, path = "/cycles/{cycle}",
    params(("cycle" = String, Path, description = "Its id")),
    responses((status = 200, body = CycleView))
)]
pub async fn show_cycle(
    call: Call,
    Segments(id): Segments<CycleId>,
) -> Result<Json<CycleView>, Problem> {
    let found = call.store().cycle(&id).await?;
    let found = found.ok_or_else(|| Problem::not_found(format!("there is no cycle {id}")))?;
    Ok(Json(found.into()))
}
