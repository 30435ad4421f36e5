//! Signing in.

use axum::Json;
use axum::http::HeaderMap;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse, Response};
use secrecy::SecretString;
use serde::Deserialize;
use usher_model::EventKind;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::super::caller::Call;
use super::super::input::Body;
use super::super::me::view::MeView;
use super::super::operation::{Access, Operation, Verb};
use super::cookies;
use crate::administrators::{SignIn, sign_in as signing_in};
use crate::openid_connect::PasswordSignIn;
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
    if call.server.settings().sign_in.passwords == PasswordSignIn::Off {
        return Err(Problem::forbidden("passwords are not taken here")
            .hint("sign in at your identity provider; GET /api/v1/auth/methods lists it"));
    }
    let request = SignIn {
        email: body.email.trim(),
        password: &body.password,
        code: body.code.as_ref(),
        address: call.caller.address(),
        user_agent: cookies::user_agent(&headers),
        replaced: cookies::replaced(&call.server, &headers),
    };
    let outcome = signing_in(&call.server, request).await?;
    let signed_in = outcome.map_err(|refusal| refusal.into_problem(call.now()))?;
    let cookie = cookies::session(&call.server, &signed_in.token)?;
    let me = MeView::in_person(&signed_in.administrator, &signed_in.session);
    Ok(([(SET_COOKIE, cookie)], Json(me)).into_response())
}
