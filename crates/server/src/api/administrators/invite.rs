//! A link with which an administrator sets a password.

use axum::Json;
use axum::http::StatusCode;
use usher_model::{AdministratorId, EventKind, Right};
use usher_store::{AdministratorKind, AdministratorState};
use utoipa_axum::routes;

use super::super::caller::Call;
use super::super::input::Segments;
use super::super::operation::{Access, Operation, Verb};
use super::view::{InvitationView, existing};
use crate::administrators::invite;
use crate::problem::{Problem, ProblemType};

/// A link with which an administrator sets a password.
pub const OPERATION: Operation = Operation::changes(
    "administrators.invite",
    (Verb::Post, "/administrators/{administrator}/invitation"),
    Access::Right(Right::AdministratorsManage),
    &[EventKind::InvitationIssued],
    || routes!(invite_administrator),
)
.with_secret_answer();

/// Make a link with which an administrator sets a password
///
/// Their first one, or another if they forgot it. Earlier links end. It is shown in this answer only.
#[utoipa::path(
    post, path = "/administrators/{administrator}/invitation",
    params(("administrator" = String, Path, description = "Their id")),
    responses((status = 201, body = InvitationView))
)]
pub async fn invite_administrator(
    call: Call,
    Segments(id): Segments<AdministratorId>,
) -> Result<(StatusCode, Json<InvitationView>), Problem> {
    let administrator = existing(&call, &id).await?;
    let refused = |why: &str, hint: &str| Err(Problem::new(ProblemType::Conflict, why).hint(hint));
    if administrator.kind != AdministratorKind::Person {
        let hint = "make an API token for it with `POST /administrators/{administrator}/tokens`";
        return refused("a service account does not sign in", hint);
    }
    if administrator.state != AdministratorState::Active {
        let hint = "set their state to `active` first";
        return refused("the administrator is disabled", hint);
    }
    // Whoever has the link is the administrator.
    call.caller.gives_no_more(administrator.role.rights())?;
    let link = invite(call.acting(), &administrator).await?;
    Ok((StatusCode::CREATED, Json(InvitationView::new(&call, &link))))
}
