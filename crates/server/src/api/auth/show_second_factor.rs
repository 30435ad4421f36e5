//! Showing a second factor behind an identity provider.

use axum::Json;
use axum::http::HeaderMap;
use axum::http::header::SET_COOKIE;
use axum::response::{AppendHeaders, IntoResponse, Response};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use usher_model::EventKind;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::super::caller::{Call, sign_in_token};
use super::super::input::Body;
use super::super::me::view::MeView;
use super::super::operation::{Access, Operation, Verb};
use super::cookies;
use crate::openid_connect::{Refusal, Shown, confirm};
use crate::problem::Problem;

/// Showing a second factor behind an identity provider.
pub const OPERATION: Operation = Operation::changes(
    "auth.show_second_factor",
    (Verb::Post, "/auth/second-factor"),
    Access::Anyone,
    &[EventKind::SignedIn, EventKind::SignInFailed],
    || routes!(show_second_factor),
);

/// A second factor.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ShowSecondFactor {
    /// The code of an authenticator app, or a recovery code.
    #[schema(value_type = String)]
    code: SecretString,
}

/// Who is in, and where they wanted to go.
#[derive(Serialize, ToSchema)]
pub struct SecondFactorShown {
    /// Who is in.
    me: MeView,
    /// The path of Usher to which the sign-in was to lead.
    return_to: String,
}

/// Show a second factor behind an identity provider
///
/// Goes on where `auth.finish_openid_connect` asked for it, in the same browser. Sets a cookie with a new session. Attempts are
/// limited as with passwords.
#[utoipa::path(post, path = "/auth/second-factor", request_body = ShowSecondFactor, responses((status = 200, body = SecondFactorShown)))]
pub async fn show_second_factor(
    call: Call,
    headers: HeaderMap,
    Body(body): Body<ShowSecondFactor>,
) -> Result<Response, Problem> {
    let server = &call.server;
    let nothing = || Refusal::NotUnderWay.into_problem("", call.now());
    let browser = sign_in_token(server, &headers).map(SecretString::from);
    let shown = Shown {
        browser: &browser.ok_or_else(nothing)?,
        code: &body.code,
        address: call.caller.address(),
        user_agent: cookies::user_agent(&headers),
        replaced: cookies::replaced(server, &headers),
    };
    let outcome = confirm(server, shown).await?.ok_or_else(nothing)?;
    let (signed_in, return_to) = outcome.map_err(|refusal| refusal.into_problem(call.now()))?;
    let cookies = AppendHeaders([
        (SET_COOKIE, cookies::session(server, &signed_in.token)?),
        (SET_COOKIE, cookies::no_sign_in(server)?),
    ]);
    let me = MeView::in_person(&signed_in.administrator, &signed_in.session);
    Ok((cookies, Json(SecondFactorShown { me, return_to })).into_response())
}
