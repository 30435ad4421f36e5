//! Setting a password with a one-time link.

use axum::Json;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::json;
use usher_model::EventKind;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::super::administrators::view::AdministratorView;
use super::super::caller::Call;
use super::super::input::Body;
use super::super::operation::{Access, Operation, Verb};
use super::{check_password, no_such_link};
use crate::administrators::{fingerprint, forget_attempts};
use crate::problem::Problem;

/// Setting a password with a one-time link.
pub const OPERATION: Operation = Operation::changes(
    "auth.accept_invitation",
    (Verb::Post, "/auth/accept-invitation"),
    Access::Anyone,
    &[EventKind::PasswordSet],
    || routes!(accept_invitation),
);

/// A password, and the link that allows to set it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AcceptInvitation {
    /// The token of the link: what stands behind its `#`.
    #[schema(value_type = String)]
    token: SecretString,
    /// The password, of at least 12 characters.
    #[schema(value_type = String, format = Password)]
    password: SecretString,
}

/// Set a password with a one-time link
///
/// The link works once. Sessions that the administrator had end.
#[utoipa::path(post, path = "/auth/accept-invitation", request_body = AcceptInvitation, responses((status = 200, body = AdministratorView)))]
pub async fn accept_invitation(
    call: Call,
    Body(body): Body<AcceptInvitation>,
) -> Result<Json<AdministratorView>, Problem> {
    let hash = fingerprint(body.token.expose_secret());
    let invitation = call.store().invitation(&hash).await?;
    let invited = invitation.and_then(|invitation| invitation.administrator);
    let invited = invited.ok_or_else(no_such_link)?;
    let record = call.store().administrator(&invited).await?;
    let email = record.and_then(|record| record.email).unwrap_or_default();
    check_password(&body.password, &email, "/password")?;
    let password = call.server.passwords().hash(&body.password).await?;
    let event = call.acting().event(
        EventKind::PasswordSet,
        format!("administrator:{invited}"),
        json!({"how": "invitation"}),
    );
    let set = call
        .store()
        .set_invited_password(&hash, &password, &[event])
        .await?
        .ok_or_else(no_such_link)?;
    forget_attempts(&call.server, &email).await?;
    Ok(Json(set.into()))
}
