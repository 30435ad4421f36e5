//! The API tokens of an administrator or service account.

use axum::Json;
use usher_model::{AdministratorId, Right};
use utoipa_axum::routes;

use super::super::caller::Call;
use super::super::input::{Parameters, Segments};
use super::super::operation::{Access, Operation};
use super::super::paging::{Page, Wanted};
use super::view::{TokenView, page};
use crate::problem::Problem;

/// The API tokens of an administrator or service account.
pub const OPERATION: Operation = Operation::reads(
    "tokens.list",
    "/administrators/{administrator}/tokens",
    Access::Right(Right::AdministratorsRead),
    || routes!(list_tokens),
);

/// List somebody's API tokens
///
/// Those that were taken back or have expired too.
#[utoipa::path(
    get, path = "/administrators/{administrator}/tokens",
    params(("administrator" = String, Path, description = "The id of an administrator or service account"), Wanted),
    responses((status = 200, body = Page<TokenView>))
)]
pub async fn list_tokens(
    call: Call,
    Segments(whose): Segments<AdministratorId>,
    Parameters(wanted): Parameters<Wanted>,
) -> Result<Json<Page<TokenView>>, Problem> {
    page(&call, whose, wanted.cursor.as_deref(), wanted.limit)
        .await
        .map(Json)
}
