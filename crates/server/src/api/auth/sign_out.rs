//! Signing out.

use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use usher_model::EventKind;
use utoipa_axum::routes;

use super::super::caller::Call;
use super::super::operation::{Access, Operation, Verb};
use super::sign_in::cookie_value;
use crate::problem::Problem;

/// Signing out.
pub const OPERATION: Operation = Operation::changes(
    "auth.sign_out",
    (Verb::Post, "/auth/sign-out"),
    Access::InPerson,
    &[EventKind::SignedOut],
    || routes!(sign_out),
);

/// Sign out
///
/// Ends the session, and removes its cookie.
#[utoipa::path(post, path = "/auth/sign-out", responses((status = 204)))]
pub async fn sign_out(call: Call) -> Result<Response, Problem> {
    let (administrator, session) = (call.administrator()?, call.session()?);
    let event = call.acting().event(
        EventKind::SignedOut,
        format!("administrator:{}", administrator.id),
        json!({"session": session.id}),
    );
    call.store()
        .end_session(&administrator.id, &session.id, &[event])
        .await?;
    let cookie = cookie_value(&call.server, "", 0)?;
    Ok((StatusCode::NO_CONTENT, [(SET_COOKIE, cookie)]).into_response())
}
