//! The cookies of signing in.

use axum::http::header::USER_AGENT;
use axum::http::{HeaderMap, HeaderValue};

use super::super::caller::{cookie_name, session_token, sign_in_cookie_name};
use crate::Server;
use crate::administrators::{Secret, fingerprint};
use crate::problem::Problem;

/// The cookie with a new session.
pub fn session(server: &Server, token: &Secret) -> Result<HeaderValue, Problem> {
    let age = server.settings().sessions.absolute.as_secs();
    set(server, cookie_name(server), (token.reveal(), age))
}

/// What removes the cookie of a session.
pub fn no_session(server: &Server) -> Result<HeaderValue, Problem> {
    set(server, cookie_name(server), ("", 0))
}

/// The cookie with what a sign-in at an identity provider is finished with. It comes along when the provider sends the browser
/// back (`SameSite=Lax`), and with no request that another site makes by itself.
pub fn sign_in(server: &Server, token: &Secret, seconds: u64) -> Result<HeaderValue, Problem> {
    set(
        server,
        sign_in_cookie_name(server),
        (token.reveal(), seconds),
    )
}

/// What removes that cookie.
pub fn no_sign_in(server: &Server) -> Result<HeaderValue, Problem> {
    set(server, sign_in_cookie_name(server), ("", 0))
}

fn set(server: &Server, name: &str, (value, seconds): (&str, u64)) -> Result<HeaderValue, Problem> {
    let secure = if server.settings().is_https() {
        "; Secure"
    } else {
        ""
    };
    let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}");
    let mut value = HeaderValue::from_str(&text).map_err(Problem::bug_of)?;
    value.set_sensitive(true);
    Ok(value)
}

/// The hash of the session's token that a browser came with, which ends when it signs in anew.
pub fn replaced(server: &Server, headers: &HeaderMap) -> Option<String> {
    session_token(server, headers).map(fingerprint)
}

/// What a browser calls itself.
pub fn user_agent(headers: &HeaderMap) -> Option<&str> {
    headers.get(USER_AGENT)?.to_str().ok()
}
