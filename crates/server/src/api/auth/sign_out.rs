//! Signing out.

use axum::Json;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::json;
use url::Url;
use usher_model::EventKind;
use usher_store::ProviderSession;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::super::caller::{Call, session_token};
use super::super::operation::{Access, Operation, Verb};
use super::cookies;
use crate::openid_connect::{open_kept, sign_out_url};
use crate::problem::Problem;

/// Signing out.
pub const OPERATION: Operation = Operation::changes(
    "auth.sign_out",
    (Verb::Post, "/auth/sign-out"),
    Access::InPerson,
    &[EventKind::SignedOut],
    || routes!(sign_out),
);

/// Where signing out goes on.
#[derive(Serialize, ToSchema)]
pub struct SignOutElsewhere {
    /// Where a browser ends the session at the identity provider too.
    location: String,
}

/// Sign out
///
/// Ends the session, and removes its cookie. Where it began at an identity provider that can end its own session too, the
/// answer is 200, and says where a browser does that.
#[utoipa::path(post, path = "/auth/sign-out", responses((status = 204), (status = 200, body = SignOutElsewhere)))]
pub async fn sign_out(call: Call, headers: HeaderMap) -> Result<Response, Problem> {
    let (administrator, session) = (call.administrator()?, call.session()?);
    let at = call.store().session_provider(&session.id).await?;
    let event = call.acting().event(
        EventKind::SignedOut,
        format!("administrator:{}", administrator.id),
        json!({"session": session.id}),
    );
    call.store()
        .end_session(&administrator.id, &session.id, &[event])
        .await?;
    let cookie = [(SET_COOKIE, cookies::no_session(&call.server)?)];
    let elsewhere = match at {
        Some(at) => elsewhere(&call, &headers, at).await,
        None => None,
    };
    Ok(match elsewhere.map(|url| url.to_string()) {
        Some(location) => (cookie, Json(SignOutElsewhere { location })).into_response(),
        None => (StatusCode::NO_CONTENT, cookie).into_response(),
    })
}

/// Where a browser signs out at the provider; `None` where it cannot, or cannot now: they are signed out here in any case.
async fn elsewhere(call: &Call, headers: &HeaderMap, at: ProviderSession) -> Option<Url> {
    let provider = call.server.providers().named(&at.provider)?;
    let token = session_token(&call.server, headers)?;
    let id_token = at.kept.and_then(|kept| open_kept(&token.into(), &kept));
    sign_out_url(&call.server, provider, id_token.as_ref()).await
}
