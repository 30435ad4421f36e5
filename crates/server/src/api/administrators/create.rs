//! Adding an administrator.

use axum::Json;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;
use usher_model::{EventKind, Right, Role};
use usher_store::{AdministratorKind, NewAdministrator};
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::super::caller::Call;
use super::super::input::Body;
use super::super::operation::{Access, Operation, Verb};
use super::view::{AdministratorView, InvitationView, check_email, check_name};
use crate::administrators::add_and_invite;
use crate::problem::Problem;

/// Adding an administrator.
pub const OPERATION: Operation = Operation::changes(
    "administrators.create",
    (Verb::Post, "/administrators"),
    Access::Right(Right::AdministratorsManage),
    &[EventKind::AdministratorAdded],
    || routes!(create_administrator),
)
.with_secret_answer();

/// An administrator to add.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateAdministrator {
    /// Their e-mail address, with which they will sign in.
    #[schema(example = "ada@example.org")]
    email: String,
    /// Their name.
    name: String,
    /// What they are there for.
    #[schema(value_type = String, example = "auditor")]
    role: Role,
}

/// An administrator who was just added.
#[derive(Serialize, ToSchema)]
pub struct CreatedAdministrator {
    /// Who.
    administrator: AdministratorView,
    /// The one-time link with which they set their password.
    invitation: InvitationView,
}

/// Add an administrator
///
/// Gives a one-time link with which they set their password; it is shown in this answer only.
#[utoipa::path(post, path = "/administrators", request_body = CreateAdministrator, responses((status = 201, body = CreatedAdministrator)))]
pub async fn create_administrator(
    call: Call,
    Body(body): Body<CreateAdministrator>,
) -> Result<(StatusCode, Json<CreatedAdministrator>), Problem> {
    call.caller.gives_no_more(body.role.rights())?;
    let new = NewAdministrator {
        id: call.store().new_administrator_id(),
        kind: AdministratorKind::Person,
        name: check_name(&body.name)?,
        email: Some(check_email(&body.email)?),
        role: body.role,
        password: None,
    };
    let event = call.acting().event(
        EventKind::AdministratorAdded,
        format!("administrator:{}", new.id),
        json!({"email": new.email, "role": new.role, "how": "invited"}),
    );
    let (added, link) = add_and_invite(call.acting(), &new, event).await?;
    let invitation = InvitationView::new(&call, &link);
    let administrator = added.into();
    Ok((
        StatusCode::CREATED,
        Json(CreatedAdministrator {
            administrator,
            invitation,
        }),
    ))
}
