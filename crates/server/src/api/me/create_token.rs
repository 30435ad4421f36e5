//! An API token of yours.

use axum::Json;
use axum::http::StatusCode;
use usher_model::EventKind;
use utoipa_axum::routes;

use super::super::caller::Call;
use super::super::input::Body;
use super::super::operation::{Access, Operation, Verb};
use super::super::tokens::view::{CreateToken, CreatedToken, create};
use crate::problem::Problem;

/// An API token of yours.
pub const OPERATION: Operation = Operation::changes(
    "me.create_token",
    (Verb::Post, "/me/tokens"),
    Access::InPerson,
    &[EventKind::TokenCreated],
    || routes!(create_my_token),
)
.with_secret_answer();

/// Make an API token of yours
///
/// It may do what its scopes and your role allow, and ends with you. The token is shown in this answer only.
#[utoipa::path(post, path = "/me/tokens", request_body = CreateToken, responses((status = 201, body = CreatedToken)))]
pub async fn create_my_token(
    call: Call,
    Body(body): Body<CreateToken>,
) -> Result<(StatusCode, Json<CreatedToken>), Problem> {
    let created = create(&call, call.administrator()?, &body).await?;
    Ok((StatusCode::CREATED, Json(created)))
}
