//! An API token of a service account.

use axum::Json;
use axum::http::StatusCode;
use usher_model::{AdministratorId, EventKind, Right};
use usher_store::{AdministratorKind, AdministratorState};
use utoipa_axum::routes;

use super::super::administrators::view::existing;
use super::super::caller::Call;
use super::super::input::{Body, Segments};
use super::super::operation::{Access, Operation, Verb};
use super::view::{CreateToken, CreatedToken, create};
use crate::problem::{Problem, ProblemType};

/// An API token of a service account.
pub const OPERATION: Operation = Operation::changes(
    "tokens.create",
    (Verb::Post, "/administrators/{administrator}/tokens"),
    Access::Right(Right::AdministratorsManage),
    &[EventKind::TokenCreated],
    || routes!(create_token),
)
.with_secret_answer();

/// Make an API token of a service account
///
/// It may do what its scopes and the service account's role allow. The token is shown in this answer only. People make
/// their tokens themselves.
#[utoipa::path(
    post, path = "/administrators/{administrator}/tokens",
    params(("administrator" = String, Path, description = "The id of a service account")),
    request_body = CreateToken, responses((status = 201, body = CreatedToken))
)]
pub async fn create_token(
    call: Call,
    Segments(whose): Segments<AdministratorId>,
    Body(body): Body<CreateToken>,
) -> Result<(StatusCode, Json<CreatedToken>), Problem> {
    let whose = existing(&call, &whose).await?;
    let refused = |why: &str| Err(Problem::new(ProblemType::Conflict, why));
    if whose.kind != AdministratorKind::ServiceAccount {
        return refused("people make their tokens themselves");
    }
    if whose.state != AdministratorState::Active {
        return refused("the service account is disabled");
    }
    let created = create(&call, &whose, &body).await?;
    Ok((StatusCode::CREATED, Json(created)))
}
