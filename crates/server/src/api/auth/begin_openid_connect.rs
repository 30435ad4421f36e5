//! Beginning to sign in at an identity provider.

use axum::http::header::{LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use url::Url;
use utoipa_axum::routes;

use super::super::caller::Call;
use super::super::input::{Parameters, Segments};
use super::super::operation::{Access, Operation};
use super::cookies;
use super::refusal_page::refuse;
use crate::Server;
use crate::openid_connect::{PATIENCE, Refusal, ReturnTo, Started, start};
use crate::problem::Problem;

/// Beginning to sign in at an identity provider. It changes nothing but what it remembers of itself for ten minutes; only that an
/// address tried too often comes to the log.
pub const OPERATION: Operation = Operation::reads(
    "auth.begin_openid_connect",
    "/auth/openid-connect/{provider}",
    Access::Anyone,
    || routes!(begin_openid_connect),
);

/// Where to go behind it.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct BeginParameters {
    /// The path of Usher to which the browser goes once it is signed in, such as `/plans`.
    return_to: Option<String>,
}

/// Sign in at an identity provider
///
/// Sends a browser to the provider, with a cookie by which it is known when it comes back. It has ten minutes for that.
#[utoipa::path(
    get, path = "/auth/openid-connect/{provider}",
    params(("provider" = String, Path, description = "The provider's name, from `auth.methods`"), BeginParameters),
    responses((status = 303, description = "To the provider"))
)]
pub async fn begin_openid_connect(
    call: Call,
    Segments(name): Segments<String>,
    Parameters(parameters): Parameters<BeginParameters>,
    headers: HeaderMap,
) -> Response {
    let begun = begin(&call, &name, parameters.return_to.as_deref()).await;
    begun.unwrap_or_else(|problem| refuse(&headers, problem, None))
}

async fn begin(call: &Call, name: &str, return_to: Option<&str>) -> Result<Response, Problem> {
    let server = &call.server;
    let unknown = || Refusal::NoSuchProvider.into_problem(name, call.now());
    let provider = server.providers().named(name).ok_or_else(unknown)?;
    let return_to = match return_to {
        Some(text) => ReturnTo::parse(text)?,
        None => ReturnTo::home(&home(server)?),
    };
    let started = start(server, provider, &return_to, call.caller.address()).await?;
    let title = &provider.settings.title;
    let Started { location, browser } =
        started.map_err(|refusal| refusal.into_problem(title, call.now()))?;
    let location = HeaderValue::from_str(location.as_str()).map_err(Problem::bug_of)?;
    let cookie = cookies::sign_in(server, &browser, PATIENCE.as_secs())?;
    let headers = [(SET_COOKIE, cookie), (LOCATION, location)];
    Ok((StatusCode::SEE_OTHER, headers).into_response())
}

/// Where browsers find Usher.
pub fn home(server: &Server) -> Result<Url, Problem> {
    Url::parse(&server.settings().base_url()).map_err(Problem::bug_of)
}
