//! Coming back from an identity provider.

use axum::http::header::{LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{AppendHeaders, IntoResponse, Response};
use secrecy::SecretString;
use serde::Deserialize;
use usher_model::EventKind;
use utoipa_axum::routes;

use super::super::caller::{Call, sign_in_token};
use super::super::input::{Parameters, Segments};
use super::super::operation::{Access, Operation, Verb};
use super::begin_openid_connect::home;
use super::cookies;
use super::refusal_page::{is_for_people, refuse};
use crate::administrators::{Secret, SignedIn};
use crate::openid_connect::{Arrival, Finished, PATIENCE, Provider, Refusal, finish};
use crate::problem::{Problem, ProblemType};

/// Coming back from an identity provider.
pub const OPERATION: Operation = Operation::changes(
    "auth.finish_openid_connect",
    (Verb::Return, "/auth/openid-connect/{provider}/callback"),
    Access::Anyone,
    &[
        EventKind::SignedIn,
        EventKind::SignInFailed,
        EventKind::IdentityTied,
        EventKind::AdministratorAdded,
        EventKind::AdministratorChanged,
    ],
    || routes!(finish_openid_connect),
);

/// What the provider gives a browser to bring along. Providers add members of their own.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct FinishParameters {
    /// Which sign-in it is.
    state: Option<String>,
    /// The code that Usher exchanges for an ID token.
    #[param(value_type = Option<String>)]
    code: Option<SecretString>,
    /// Why there is no code.
    error: Option<String>,
    /// The same in more words.
    error_description: Option<String>,
    /// The provider's issuer identifier.
    iss: Option<String>,
}

/// Come back from an identity provider
///
/// Ends the sign-in that `auth.begin_openid_connect` began in the same browser, and sets a cookie with a new session. Where a
/// second factor is asked for, a browser is sent to its page; programs get 401 with the type
/// `urn:usher:problem:second-factor-needed`, and go on with `auth.show_second_factor`.
#[utoipa::path(
    get, path = "/auth/openid-connect/{provider}/callback",
    params(("provider" = String, Path, description = "The provider's name"), FinishParameters),
    responses((status = 303, description = "To where the sign-in was to lead"))
)]
pub async fn finish_openid_connect(
    call: Call,
    Segments(name): Segments<String>,
    Parameters(parameters): Parameters<FinishParameters>,
    headers: HeaderMap,
) -> Response {
    let Some(provider) = call.server.providers().named(&name) else {
        let problem = Refusal::NoSuchProvider.into_problem(&name, call.now());
        return refuse(&headers, problem, None);
    };
    let finished = finished(&call, provider, &parameters, &headers).await;
    finished.unwrap_or_else(|problem| refuse(&headers, problem, Some(&provider.settings.name)))
}

async fn finished(
    call: &Call,
    provider: &Provider,
    parameters: &FinishParameters,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let server = &call.server;
    let browser = sign_in_token(server, headers).map(SecretString::from);
    let arrival = Arrival {
        state: parameters.state.as_deref().unwrap_or_default(),
        code: parameters.code.as_ref(),
        error: parameters.error.as_deref(),
        error_description: parameters.error_description.as_deref(),
        issuer: parameters.iss.as_deref(),
        browser: browser.as_ref(),
        address: call.caller.address(),
        user_agent: cookies::user_agent(headers),
        replaced: cookies::replaced(server, headers),
    };
    let outcome = finish(server, provider, arrival).await?;
    let title = &provider.settings.title;
    match outcome.map_err(|refusal| refusal.into_problem(title, call.now()))? {
        Finished::SignedIn {
            signed_in,
            return_to,
        } => let_in(call, &signed_in, &return_to),
        Finished::CodeNeeded { browser } => ask(call, &browser, headers),
    }
}

fn let_in(call: &Call, signed_in: &SignedIn, return_to: &str) -> Result<Response, Problem> {
    let location = HeaderValue::from_str(return_to).map_err(Problem::bug_of)?;
    let cookies = AppendHeaders([
        (
            SET_COOKIE,
            cookies::session(&call.server, &signed_in.token)?,
        ),
        (SET_COOKIE, cookies::no_sign_in(&call.server)?),
    ]);
    Ok((StatusCode::SEE_OTHER, cookies, [(LOCATION, location)]).into_response())
}

/// Asks for a second factor.
fn ask(call: &Call, browser: &Secret, headers: &HeaderMap) -> Result<Response, Problem> {
    let cookie = [(
        SET_COOKIE,
        cookies::sign_in(&call.server, browser, PATIENCE.as_secs())?,
    )];
    if !is_for_people(headers) {
        let problem = Problem::new(
            ProblemType::SecondFactorNeeded,
            "a code of the authenticator app is needed too",
        );
        let problem = problem.hint("send it to POST /api/v1/auth/second-factor");
        return Ok((cookie, problem).into_response());
    }
    let home = home(&call.server)?;
    let path = format!("{}/second-factor", home.path().trim_end_matches('/'));
    let location = HeaderValue::from_str(&path).map_err(Problem::bug_of)?;
    Ok((StatusCode::SEE_OTHER, cookie, [(LOCATION, location)]).into_response())
}
