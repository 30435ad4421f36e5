//! Signing in.

use axum::Json;
use axum::http::header::{SET_COOKIE, USER_AGENT};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use secrecy::SecretString;
use serde::Deserialize;
use usher_model::EventKind;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::super::caller::{Call, cookie_name};
use super::super::input::Body;
use super::super::me::view::MeView;
use super::super::operation::{Access, Operation, Verb};
use crate::Server;
use crate::administrators::{Secret, SignIn, fingerprint, sign_in as signing_in};
use crate::problem::Problem;

/// Signing in.
pub const OPERATION: Operation = Operation::changes(
    "auth.sign_in",
    (Verb::Post, "/auth/sign-in"),
    Access::Anyone,
    &[EventKind::SignedIn, EventKind::SignInFailed],
    || routes!(sign_in),
);

/// Who signs in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignInBody {
    /// Their e-mail address.
    email: String,
    /// Their password.
    #[schema(value_type = String, format = Password)]
    password: SecretString,
    /// The code of their authenticator app, or one of their recovery codes.
    #[schema(value_type = Option<String>)]
    code: Option<SecretString>,
}

/// The session's token that a browser came with, which ends when it signs in anew.
fn replaced(server: &Server, headers: &HeaderMap) -> Option<String> {
    super::super::caller::session_token(server, headers).map(fingerprint)
}

/// Sign in
///
/// Sets a cookie with a new session. Where a second factor is needed and `code` is missing, the answer is 401 with the type
/// `urn:usher:problem:second-factor-needed`. Attempts are limited per account and per network address.
#[utoipa::path(post, path = "/auth/sign-in", request_body = SignInBody, responses((status = 200, body = MeView)))]
pub async fn sign_in(
    call: Call,
    headers: HeaderMap,
    Body(body): Body<SignInBody>,
) -> Result<Response, Problem> {
    let user_agent = headers
        .get(USER_AGENT)
        .and_then(|value| value.to_str().ok());
    let request = SignIn {
        email: body.email.trim(),
        password: &body.password,
        code: body.code.as_ref(),
        address: call.caller.address(),
        user_agent,
        replaced: replaced(&call.server, &headers),
    };
    let outcome = signing_in(&call.server, request).await?;
    let signed_in = outcome.map_err(|refusal| refusal.into_problem(call.now()))?;
    let cookie = cookie(&call.server, &signed_in.token)?;
    let me = MeView::in_person(&signed_in.administrator, &signed_in.session);
    Ok(([(SET_COOKIE, cookie)], Json(me)).into_response())
}

fn cookie(server: &Server, token: &Secret) -> Result<HeaderValue, Problem> {
    let age = server.settings().sessions.absolute.as_secs();
    cookie_value(server, token.reveal(), age)
}

/// The cookie that holds a session's token for so many seconds.
pub fn cookie_value(server: &Server, token: &str, seconds: u64) -> Result<HeaderValue, Problem> {
    let name = cookie_name(server);
    let secure = if server.settings().is_https() {
        "; Secure"
    } else {
        ""
    };
    let text = format!("{name}={token}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}");
    let mut value = HeaderValue::from_str(&text).map_err(Problem::bug_of)?;
    value.set_sensitive(true);
    Ok(value)
}
