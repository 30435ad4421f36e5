//! Adding a service account.

use axum::Json;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::json;
use usher_model::{EventKind, Right, Role};
use usher_store::{AdministratorKind, NewAdministrator};
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::super::administrators::view::{AdministratorView, check_name};
use super::super::caller::Call;
use super::super::input::Body;
use super::super::operation::{Access, Operation, Verb};
use crate::problem::Problem;

/// Adding a service account.
pub const OPERATION: Operation = Operation::changes(
    "service_accounts.create",
    (Verb::Post, "/service-accounts"),
    Access::Right(Right::AdministratorsManage),
    &[EventKind::AdministratorAdded],
    || routes!(create_service_account),
);

/// A service account to add.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateServiceAccount {
    /// Its name.
    #[schema(example = "report builder")]
    name: String,
    /// What it is there for.
    #[schema(value_type = String, example = "auditor")]
    role: Role,
}

/// Add a service account
///
/// It never signs in: it has API tokens only, which `tokens.create` makes.
#[utoipa::path(post, path = "/service-accounts", request_body = CreateServiceAccount, responses((status = 201, body = AdministratorView)))]
pub async fn create_service_account(
    call: Call,
    Body(body): Body<CreateServiceAccount>,
) -> Result<(StatusCode, Json<AdministratorView>), Problem> {
    call.caller.gives_no_more(body.role.rights())?;
    let new = NewAdministrator {
        id: call.store().new_administrator_id(),
        kind: AdministratorKind::ServiceAccount,
        name: check_name(&body.name)?,
        email: None,
        role: body.role,
        password: None,
    };
    let event = call.acting().event(
        EventKind::AdministratorAdded,
        format!("administrator:{}", new.id),
        json!({"name": new.name, "role": new.role, "how": "service_account"}),
    );
    let added = call.store().add_administrator(&new, &[event]).await?;
    Ok((StatusCode::CREATED, Json(added.into())))
}
