//! Taking an API token of yours back.

use axum::http::StatusCode;
use usher_model::{EventKind, TokenId};
use utoipa_axum::routes;

use super::super::caller::Call;
use super::super::input::Segments;
use super::super::operation::{Access, Operation, Verb};
use super::super::tokens::view::revoke;
use crate::problem::Problem;

/// Taking an API token of yours back.
pub const OPERATION: Operation = Operation::changes(
    "me.revoke_token",
    (Verb::Delete, "/me/tokens/{token}"),
    Access::InPerson,
    &[EventKind::TokenRevoked],
    || routes!(revoke_my_token),
);

/// Take an API token of yours back
#[utoipa::path(
    delete, path = "/me/tokens/{token}",
    params(("token" = String, Path, description = "Its id")),
    responses((status = 204))
)]
pub async fn revoke_my_token(
    call: Call,
    Segments(token): Segments<TokenId>,
) -> Result<StatusCode, Problem> {
    let me = call.administrator()?.id.clone();
    revoke(&call, &me, &token).await
}
