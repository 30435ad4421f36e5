//! Beginning to add a second factor.

use axum::Json;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::json;
use usher_engine::EngineError;
use usher_engine::secrets::SecretError;
use usher_model::EventKind;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::super::caller::Call;
use super::super::input::Body;
use super::super::operation::{Access, Operation, Verb};
use crate::administrators::{TotpSecret, verify_password};
use crate::problem::{Problem, ProblemType};

/// Beginning to add a second factor.
pub const OPERATION: Operation = Operation::changes(
    "me.begin_second_factor",
    (Verb::Post, "/me/second-factor"),
    Access::InPerson,
    &[EventKind::SecondFactorBegun, EventKind::SignInFailed],
    || routes!(begin_second_factor),
)
.with_secret_answer();

/// Proof that it is you.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BeginSecondFactor {
    /// Your password.
    #[schema(value_type = String, format = Password)]
    password: SecretString,
}

/// What an authenticator app needs. Shown once.
#[derive(Serialize, ToSchema)]
pub struct SecondFactorSecret {
    /// For typing it in: base 32, SHA-1, 6 digits, 30 seconds.
    secret: String,
    /// For a QR code.
    url: String,
}

/// Begin to add a second factor
///
/// Gives the secret for an authenticator app (RFC 6238). Codes are asked for once one has been confirmed. The secret is stored
/// encrypted, so that this needs a key for secrets.
#[utoipa::path(post, path = "/me/second-factor", request_body = BeginSecondFactor, responses((status = 200, body = SecondFactorSecret)))]
pub async fn begin_second_factor(
    call: Call,
    Body(body): Body<BeginSecondFactor>,
) -> Result<Json<SecondFactorSecret>, Problem> {
    let me = call.administrator()?;
    if me.has_second_factor {
        return Err(there_already());
    }
    let actor = call.caller.actor();
    verify_password(&call.server, actor, me, &body.password).await?;
    let secret = TotpSecret::new()?;
    let event = call.acting().event(
        EventKind::SecondFactorBegun,
        format!("administrator:{}", me.id),
        json!({}),
    );
    let text = secret.to_text();
    let vault = call.server.vault();
    let begun = vault.begin_second_factor(&me.id, &text, &[event]).await;
    if !begun.map_err(not_kept)? {
        return Err(there_already());
    }
    let url = secret.to_url(me.email.as_deref().unwrap_or_default());
    Ok(Json(SecondFactorSecret {
        secret: text.expose_secret().to_owned(),
        url: url.expose_secret().to_owned(),
    }))
}

fn there_already() -> Problem {
    Problem::new(ProblemType::Conflict, "a second factor is there already")
        .hint("remove it first, with a code of it")
}

/// The secret is stored sealed or not at all: without a key there are no second factors.
fn not_kept(error: EngineError) -> Problem {
    match &error {
        EngineError::Secret(why @ (SecretError::NotConfigured | SecretError::NotBegun)) => {
            let detail = format!("second factors cannot be kept here: {why}");
            Problem::new(ProblemType::Conflict, detail)
                .hint(format!("an operator has to {}", why.hint()))
        }
        EngineError::Secret(_) => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                hint = error.hint(),
                "a second factor cannot be kept"
            );
            Problem::new(
                ProblemType::Unavailable,
                "second factors cannot be kept now",
            )
            .hint("an operator finds the reason at /readyz and in the log")
        }
        _ => error.into(),
    }
}
