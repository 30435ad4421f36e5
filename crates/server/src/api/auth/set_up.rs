//! Setting Usher up: the first Super Administrator.

use axum::Json;
use axum::http::StatusCode;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::json;
use usher_model::{EventKind, Role};
use usher_store::{AdministratorKind, NewAdministrator};
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::super::administrators::view::{AdministratorView, check_email, check_name};
use super::super::caller::Call;
use super::super::input::Body;
use super::super::operation::{Access, Operation, Verb};
use super::{check_password, no_such_link};
use crate::administrators::fingerprint;
use crate::problem::Problem;

/// Setting Usher up.
pub const OPERATION: Operation = Operation::changes(
    "auth.set_up",
    (Verb::Post, "/auth/set-up"),
    Access::Anyone,
    &[EventKind::AdministratorAdded],
    || routes!(set_up),
);

/// Who is to be the first Super Administrator.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetUp {
    /// The token of the set-up link: what stands behind its `#`.
    #[schema(value_type = String)]
    token: SecretString,
    /// Their e-mail address, with which they will sign in.
    #[schema(example = "ada@example.org")]
    email: String,
    /// Their name.
    name: String,
    /// Their password, of at least 12 characters.
    #[schema(value_type = String, format = Password)]
    password: SecretString,
}

/// Set Usher up
///
/// With the one-time link that the first start printed. It makes the first Super Administrator, and works once.
#[utoipa::path(post, path = "/auth/set-up", request_body = SetUp, responses((status = 201, body = AdministratorView)))]
pub async fn set_up(
    call: Call,
    Body(body): Body<SetUp>,
) -> Result<(StatusCode, Json<AdministratorView>), Problem> {
    let new = first(&call, &body)?;
    let hash = fingerprint(body.token.expose_secret());
    // Whoever has no link is not worth the hashing of a password.
    if call.store().invitation(&hash).await?.is_none() {
        return Err(no_such_link());
    }
    let password = call.server.passwords().hash(&body.password).await?;
    let new = NewAdministrator {
        password: Some(password),
        ..new
    };
    let event = call.acting().event(
        EventKind::AdministratorAdded,
        format!("administrator:{}", new.id),
        json!({"email": new.email, "role": new.role, "how": "set_up"}),
    );
    let added = call.store().set_up(&hash, &new, &[event]).await?;
    let added = added.ok_or_else(no_such_link)?;
    Ok((StatusCode::CREATED, Json(added.into())))
}

fn first(call: &Call, body: &SetUp) -> Result<NewAdministrator, Problem> {
    let email = check_email(&body.email)?;
    check_password(&body.password, &email, "/password")?;
    Ok(NewAdministrator {
        id: call.store().new_administrator_id(),
        kind: AdministratorKind::Person,
        name: check_name(&body.name)?,
        email: Some(email),
        role: Role::SuperAdministrator,
        password: None,
    })
}
