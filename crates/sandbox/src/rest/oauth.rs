//! OAuth: authorize, exchange, refresh, revoke, and what a token stands for.

use std::borrow::Cow;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::IntoResponse as _;
use secrecy::ExposeSecret as _;
use url::{Url, form_urlencoded};
use usher_miro_wire::{OAuthToken, TokenRevocation};

use crate::acting;
use crate::http::tokens::{ACCESS_TOKEN_LIFE, Grant, TokenPair, TokenRefusal};
use crate::rest::call::{Answer, Call, no_content, ok};
use crate::rest::failure::RestFailure;
use crate::settings::OAuthClient;

/// `GET /oauth/authorize`: the user is taken to have agreed, and is sent back with a code.
pub(crate) fn authorize(call: &Call<'_>) -> Answer {
    if call.query("response_type") != Some("code") {
        return Err(RestFailure::invalid("Parameter response_type must be code"));
    }
    let id = required(call.query("client_id"), "client_id")?;
    let client = client(call, id)?;
    let redirect = required(call.query("redirect_uri"), "redirect_uri")?;
    let mut target: Url = redirect
        .parse()
        .map_err(|_| RestFailure::invalid("Parameter redirect_uri is not a URL"))?;
    let mut grant = default_grant(call, client)?;
    if let Some(team) = call.query("team_id") {
        grant.team = team.into();
    }
    let team = grant.team.clone();
    let code = call
        .state
        .tokens
        .lock()
        .authorize(grant, redirect, call.now);
    {
        let mut answer = target.query_pairs_mut();
        answer.append_pair("code", &code);
        if let Some(state) = call.query("state") {
            answer.append_pair("state", state);
        }
        answer
            .append_pair("client_id", id)
            .append_pair("team_id", &team);
    }
    let location = HeaderValue::from_str(target.as_str())
        .map_err(|_| RestFailure::invalid("Parameter redirect_uri is not a URL"))?;
    Ok((StatusCode::FOUND, [(header::LOCATION, location)]).into_response())
}

/// `POST /v1/oauth/token`: parameters in the form body, in the query, or mixed.
pub(crate) fn token(call: &Call<'_>) -> Answer {
    let form: Vec<(Cow<'_, str>, Cow<'_, str>)> = if call.form {
        form_urlencoded::parse(call.body).collect()
    } else {
        Vec::new()
    };
    let parameter = |name: &str| {
        let in_form = form.iter().find(|(key, _)| key == name);
        let in_form = in_form.map(|(_, value)| value.as_ref());
        required(
            in_form
                .filter(|value| !value.is_empty())
                .or_else(|| call.query(name)),
            name,
        )
    };
    let client = client(call, parameter("client_id")?)?;
    check_secret(client, parameter("client_secret")?)?;
    let pair = match parameter("grant_type")? {
        "authorization_code" => {
            let (code, redirect) = (parameter("code")?, parameter("redirect_uri")?);
            let terms = (call.now, client.expiring);
            call.state
                .tokens
                .lock()
                .exchange(code, &client.id, redirect, terms)
        }
        "refresh_token" => {
            let refresh = parameter("refresh_token")?;
            call.state
                .tokens
                .lock()
                .refresh(refresh, &client.id, call.now)
        }
        _ => {
            return Err(RestFailure::invalid(
                "Parameter grant_type must be authorization_code or refresh_token",
            ));
        }
    };
    ok(&wire(pair.map_err(invalid_grant)?))
}

/// `POST /v1/oauth/revoke?access_token=…`.
pub(crate) fn revoke_v1(call: &Call<'_>) -> Answer {
    let token = required(call.query("access_token"), "access_token")?;
    let revoked = call.state.tokens.lock().revoke(token, None);
    revoked.map_err(|_| RestFailure::invalid("Invalid token provided"))?;
    Ok(no_content())
}

/// `POST /v2/oauth/revoke`: every failure is a 404.
pub(crate) fn revoke_v2(call: &Call<'_>) -> Answer {
    let unknown = || RestFailure::not_found("Access token");
    let body: TokenRevocation = call.json().map_err(|_| unknown())?;
    let client = client(call, &body.client_id).map_err(|_| unknown())?;
    check_secret(client, &body.client_secret).map_err(|_| unknown())?;
    let mut tokens = call.state.tokens.lock();
    tokens
        .revoke(&body.access_token, Some(&client.id))
        .map_err(|_| unknown())?;
    Ok(no_content())
}

/// What a user who agrees gives the app: a company admin does, as the sandbox has nobody to ask.
fn default_grant(call: &Call<'_>, client: &OAuthClient) -> Result<Grant, RestFailure> {
    let world = call.state.world.read();
    let acting = acting::user_and_team(&world, None);
    let (user, team) =
        acting.ok_or_else(|| RestFailure::forbidden("The organization has no company admin"))?;
    Ok(Grant {
        owner: call.state.tokens.lock().new_owner(),
        user,
        team,
        client: client.id.as_str().into(),
        scopes: client.scopes.clone(),
        expires_at: None,
    })
}

fn required<'a>(value: Option<&'a str>, name: &str) -> Result<&'a str, RestFailure> {
    value.ok_or_else(|| RestFailure::invalid(format!("Parameter {name} is required")))
}

fn client<'a>(call: &'a Call<'_>, id: &str) -> Result<&'a OAuthClient, RestFailure> {
    let known = call
        .state
        .oauth_clients
        .iter()
        .find(|client| client.id == id);
    known.ok_or_else(|| RestFailure::unauthorized("Unknown client_id"))
}

fn check_secret(client: &OAuthClient, secret: &str) -> Result<(), RestFailure> {
    if client.secret.expose_secret() == secret {
        return Ok(());
    }
    Err(RestFailure::unauthorized("Wrong client_secret"))
}

fn invalid_grant(why: TokenRefusal) -> RestFailure {
    RestFailure::invalid(match why {
        TokenRefusal::Unknown => "invalid_grant: the code or refresh token is unknown or was used",
        TokenRefusal::Expired => "invalid_grant: the code or refresh token has expired",
        TokenRefusal::NotYours => "invalid_grant: the code was given to another app or address",
    })
}

fn wire(pair: TokenPair) -> OAuthToken {
    // Published samples say 3599, one second less than the hour.
    let life = ACCESS_TOKEN_LIFE.as_secs() - 1;
    OAuthToken {
        user_id: Some(pair.grant.user.to_string()),
        team_id: Some(pair.grant.team.to_string()),
        token_type: "bearer".to_owned(),
        scope: Some(pair.grant.scope_text()),
        expires_in: pair.refresh.as_ref().map(|_| life),
        access_token: pair.access,
        refresh_token: pair.refresh,
    }
}
