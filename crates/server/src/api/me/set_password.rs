//! Another password.

use axum::http::StatusCode;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::json;
use usher_model::EventKind;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::super::auth::check_password;
use super::super::caller::Call;
use super::super::input::Body;
use super::super::operation::{Access, Operation, Verb};
use crate::administrators::verify_password;
use crate::problem::Problem;

/// Another password.
pub const OPERATION: Operation = Operation::changes(
    "me.set_password",
    (Verb::Post, "/me/password"),
    Access::InPerson,
    &[EventKind::PasswordSet, EventKind::SignInFailed],
    || routes!(set_password),
);

/// Another password.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetPassword {
    /// The password until now.
    #[schema(value_type = String, format = Password)]
    password: SecretString,
    /// The password from now on, of at least 12 characters.
    #[schema(value_type = String, format = Password)]
    new_password: SecretString,
}

/// Set another password
///
/// All other sessions of yours end.
#[utoipa::path(post, path = "/me/password", request_body = SetPassword, responses((status = 204)))]
pub async fn set_password(
    call: Call,
    Body(body): Body<SetPassword>,
) -> Result<StatusCode, Problem> {
    let me = call.administrator()?;
    let email = me.email.as_deref().unwrap_or_default();
    check_password(&body.new_password, email, "/new_password")?;
    let actor = call.caller.actor();
    verify_password(&call.server, actor, me, &body.password).await?;
    let hash = call.server.passwords().hash(&body.new_password).await?;
    let event = call.acting().event(
        EventKind::PasswordSet,
        format!("administrator:{}", me.id),
        json!({"how": "in_person"}),
    );
    let keep = &call.session()?.id;
    call.store()
        .set_password(&me.id, &hash, Some(keep), &[event])
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
