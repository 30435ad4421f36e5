//! Removing the ties of somebody to identity providers.

use axum::http::StatusCode;
use serde_json::json;
use usher_model::{AdministratorId, EventKind, Right};
use utoipa_axum::routes;

use super::super::caller::Call;
use super::super::input::Segments;
use super::super::operation::{Access, Operation, Verb};
use super::view::existing;
use crate::problem::Problem;

/// Removing the ties of somebody to identity providers.
pub const OPERATION: Operation = Operation::changes(
    "administrators.remove_identities",
    (Verb::Delete, "/administrators/{administrator}/identities"),
    Access::Right(Right::AdministratorsManage),
    &[EventKind::IdentityRemoved],
    || routes!(remove_identities),
);

/// Remove the ties of somebody to identity providers
///
/// For somebody who has a new account there: whoever signs in next with their verified e-mail address is tied anew. Sessions go
/// on.
#[utoipa::path(
    delete, path = "/administrators/{administrator}/identities",
    params(("administrator" = String, Path, description = "Their id")),
    responses((status = 204))
)]
pub async fn remove_identities(
    call: Call,
    Segments(id): Segments<AdministratorId>,
) -> Result<StatusCode, Problem> {
    let whose = existing(&call, &id).await?;
    let identities = call.store().identities(&whose.id).await?;
    let removed: Vec<_> = identities.iter().map(|one| &one.identity).collect();
    let event = call.acting().event(
        EventKind::IdentityRemoved,
        format!("administrator:{id}"),
        json!({"identities": removed}),
    );
    let count = call.store().forget_identities(&id, &[event]).await?;
    let nobody = || {
        Problem::not_found(format!(
            "administrator {id} has no tie to an identity provider"
        ))
    };
    (count > 0)
        .then_some(StatusCode::NO_CONTENT)
        .ok_or_else(nobody)
}
