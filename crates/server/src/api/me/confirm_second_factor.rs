//! Adding a second factor.

use axum::Json;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::json;
use usher_model::EventKind;
use usher_store::{KeptSeed, ProvedSeed};
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::super::caller::Call;
use super::super::input::Body;
use super::super::operation::{Access, Operation, Verb};
use crate::administrators::{RecoveryCodes, TotpSecret};
use crate::problem::{Problem, ProblemType};

/// Adding a second factor.
pub const OPERATION: Operation = Operation::changes(
    "me.confirm_second_factor",
    (Verb::Post, "/me/second-factor/confirm"),
    Access::InPerson,
    &[EventKind::SecondFactorAdded],
    || routes!(confirm_second_factor),
)
.with_secret_answer();

/// Proof that the app has the secret.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmSecondFactor {
    /// The code that it shows.
    #[schema(value_type = String)]
    code: SecretString,
}

/// Codes that stand for the app when it is lost, each once. Shown once.
#[derive(Serialize, ToSchema)]
pub struct RecoveryCodesView {
    /// The codes.
    recovery_codes: Vec<String>,
}

/// Add a second factor
///
/// From now on a code is needed to sign in. Gives ten recovery codes.
#[utoipa::path(post, path = "/me/second-factor/confirm", request_body = ConfirmSecondFactor, responses((status = 200, body = RecoveryCodesView)))]
pub async fn confirm_second_factor(
    call: Call,
    Body(body): Body<ConfirmSecondFactor>,
) -> Result<Json<RecoveryCodesView>, Problem> {
    let me = call.administrator()?;
    let found = call.store().credentials(&me.id).await?;
    let begun = found.and_then(|found| found.totp_begun);
    let begun = begun.ok_or_else(not_begun)?;
    let kept = KeptSeed::Sealed(begun.clone());
    let secret = TotpSecret::open(&call.server.vault(), &kept).await?;
    let step = secret.step_of(body.code.expose_secret().trim(), call.now());
    let wrong = || {
        Problem::invalid("the code is not right")
            .hint("send the code that the app shows now, and see that its clock is right")
            .at("/code")
    };
    let step = step.ok_or_else(wrong)?;
    let codes = RecoveryCodes::new()?;
    let event = call.acting().event(
        EventKind::SecondFactorAdded,
        format!("administrator:{}", me.id),
        json!({}),
    );
    let proved = ProvedSeed {
        secret: &begun,
        step,
    };
    let confirmed = call
        .store()
        .confirm_second_factor(&me.id, proved, &codes.hashes(), &[event])
        .await?;
    let recovery_codes = codes.reveal().to_vec();
    confirmed
        .then_some(Json(RecoveryCodesView { recovery_codes }))
        .ok_or_else(not_begun)
}

fn not_begun() -> Problem {
    Problem::new(ProblemType::Conflict, "no second factor is being added")
        .hint("begin with `POST /me/second-factor`")
}
