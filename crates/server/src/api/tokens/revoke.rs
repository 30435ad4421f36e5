//! Taking somebody's API token back.

use axum::http::StatusCode;
use usher_model::{AdministratorId, EventKind, Right, TokenId};
use utoipa_axum::routes;

use super::super::caller::Call;
use super::super::input::Segments;
use super::super::operation::{Access, Operation, Verb};
use super::view::revoke;
use crate::problem::Problem;

/// Taking somebody's API token back.
pub const OPERATION: Operation = Operation::changes(
    "tokens.revoke",
    (
        Verb::Delete,
        "/administrators/{administrator}/tokens/{token}",
    ),
    Access::Right(Right::AdministratorsManage),
    &[EventKind::TokenRevoked],
    || routes!(revoke_token),
);

/// Take somebody's API token back
#[utoipa::path(
    delete, path = "/administrators/{administrator}/tokens/{token}",
    params(
        ("administrator" = String, Path, description = "The id of an administrator or service account"),
        ("token" = String, Path, description = "The token's id"),
    ),
    responses((status = 204))
)]
pub async fn revoke_token(
    call: Call,
    Segments((whose, token)): Segments<(AdministratorId, TokenId)>,
) -> Result<StatusCode, Problem> {
    revoke(&call, &whose, &token).await
}
