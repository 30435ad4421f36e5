//! Removing the second factor.

use axum::http::StatusCode;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::json;
use usher_model::EventKind;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::super::caller::Call;
use super::super::input::Body;
use super::super::operation::{Access, Operation, Verb};
use crate::administrators::verify_both_factors;
use crate::problem::{Problem, ProblemType};

/// Removing the second factor.
pub const OPERATION: Operation = Operation::changes(
    "me.remove_second_factor",
    (Verb::Post, "/me/second-factor/remove"),
    Access::InPerson,
    &[EventKind::SecondFactorRemoved, EventKind::SignInFailed],
    || routes!(remove_second_factor),
);

/// Proof that it is you.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RemoveSecondFactor {
    /// Your password.
    #[schema(value_type = String, format = Password)]
    password: SecretString,
    /// A code of the app, or a recovery code.
    #[schema(value_type = String)]
    code: SecretString,
}

/// Remove your second factor
///
/// Its recovery codes go with it.
#[utoipa::path(post, path = "/me/second-factor/remove", request_body = RemoveSecondFactor, responses((status = 204)))]
pub async fn remove_second_factor(
    call: Call,
    Body(body): Body<RemoveSecondFactor>,
) -> Result<StatusCode, Problem> {
    let me = call.administrator()?;
    if !me.has_second_factor {
        return Err(none_there());
    }
    let (actor, proof) = (call.caller.actor(), (&body.password, &body.code));
    verify_both_factors(&call.server, actor, me, proof).await?;
    let event = call.acting().event(
        EventKind::SecondFactorRemoved,
        format!("administrator:{}", me.id),
        json!({"how": "in_person"}),
    );
    let removed = call.store().remove_second_factor(&me.id, &[event]).await?;
    removed
        .then_some(StatusCode::NO_CONTENT)
        .ok_or_else(none_there)
}

fn none_there() -> Problem {
    Problem::new(ProblemType::Conflict, "there is no second factor")
        .hint("`POST /me/second-factor` begins to add one")
}
