//! Ending sessions.

use axum::http::StatusCode;
use axum::response::IntoResponse as _;

use crate::rest::call::{Answer, Call};
use crate::rest::failure::RestFailure;

/// `POST /v2/sessions/reset_all?email=…`: signs a user out everywhere. The sandbox has no sessions; the audit log tells.
pub(crate) fn reset(call: &Call<'_>) -> Answer {
    let email = call
        .query("email")
        .ok_or_else(|| RestFailure::invalid("Parameter email is required"))?;
    let mut world = call.state.world.write();
    let user = world
        .find_user_by_email(email)
        .ok_or_else(|| RestFailure::not_found("User"))?;
    world.reset_sessions(&call.change(), user);
    Ok(StatusCode::OK.into_response())
}
