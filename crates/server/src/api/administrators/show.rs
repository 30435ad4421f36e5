//! One administrator.

use axum::Json;
use axum::http::HeaderMap;
use usher_model::{AdministratorId, Right};
use utoipa_axum::routes;

use super::super::caller::Call;
use super::super::etag::etag;
use super::super::input::Segments;
use super::super::operation::{Access, Operation};
use super::view::{AdministratorView, existing};
use crate::problem::Problem;

/// One administrator.
pub const OPERATION: Operation = Operation::reads(
    "administrators.show",
    "/administrators/{administrator}",
    Access::Right(Right::AdministratorsRead),
    || routes!(show_administrator),
);

/// Show an administrator or service account
#[utoipa::path(
    get, path = "/administrators/{administrator}",
    params(("administrator" = String, Path, description = "Their id")),
    responses((status = 200, body = AdministratorView))
)]
pub async fn show_administrator(
    call: Call,
    Segments(id): Segments<AdministratorId>,
) -> Result<(HeaderMap, Json<AdministratorView>), Problem> {
    let found = existing(&call, &id).await?;
    Ok((etag(found.version), Json(found.into())))
}
