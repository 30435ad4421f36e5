//! A session begins, however somebody proved who they are.

use std::net::IpAddr;

use secrecy::SecretString;
use serde_json::json;
use usher_model::{Event, EventKind, Origin};
use usher_store::{
    AdministratorRecord, NewSession, ProviderSession, SessionRecord, SignInMethod, StoreError,
};

use super::secret::{Purpose, Secret};
use super::sign_in::{SignInRefusal, uncount};
use crate::Server;
use crate::openid_connect::seal_kept;
use crate::problem::Problem;

/// Somebody who has proved who they are.
#[derive(Debug)]
pub struct NewSignIn<'a> {
    /// Who.
    pub administrator: AdministratorRecord,
    /// How.
    pub method: SignInMethod,
    /// The text of the hash of the password that they proved it with. `None` where a provider says who they are: then only
    /// whether they are active is looked at again when the session begins.
    pub password: Option<String>,
    /// The e-mail address under which attempts at their account were counted, which are forgotten now.
    pub counted: Option<&'a str>,
    /// Where they come from.
    pub address: Option<IpAddr>,
    /// What their browser calls itself.
    pub user_agent: Option<&'a str>,
    /// The hash of the session's token that they came with, which ends.
    pub replaced: Option<String>,
    /// The provider that said who they are, if one did.
    pub at: Option<AtProvider>,
}

/// The provider that said who somebody is.
#[derive(Debug)]
pub struct AtProvider {
    /// Its name in the settings.
    pub provider: String,
    /// What it said, which is needed to sign out there.
    pub id_token: Option<SecretString>,
}

/// Somebody who signed in.
#[derive(Debug)]
pub struct SignedIn {
    /// Who.
    pub administrator: AdministratorRecord,
    /// Their session.
    pub session: SessionRecord,
    /// Its token.
    pub token: Secret,
}

/// Begins a session with a token that nobody has seen before, and counts the attempt no longer.
///
/// Refused as wrong when they were disabled, or got another password, while they proved who they are.
pub async fn begin(
    server: &Server,
    request: NewSignIn<'_>,
) -> Result<Result<SignedIn, SignInRefusal>, Problem> {
    let (store, token) = (server.store(), Secret::new(Purpose::Session)?);
    let administrator = request.administrator;
    let at = request.at.map(|at| kept(&token, at)).transpose()?;
    let user_agent = request.user_agent;
    let new = NewSession {
        id: store.new_session_id(),
        hash: token.hash.clone(),
        administrator: administrator.id.clone(),
        method: request.method,
        password: request.password,
        address: request.address.map(|address| address.to_string()),
        user_agent: user_agent.map(|text| text.chars().take(200).collect()),
        at,
    };
    let event = signed_in(server, &administrator, (request.address, &new));
    let replaced = request.replaced.as_deref();
    let session = match store.begin_session(&new, replaced, &[event]).await {
        Err(StoreError::AdministratorMoved(_)) => return Ok(Err(SignInRefusal::Wrong)),
        begun => begun?,
    };
    uncount(server, request.counted, request.address).await;
    Ok(Ok(SignedIn {
        administrator,
        session,
        token,
    }))
}

fn signed_in(
    server: &Server,
    administrator: &AdministratorRecord,
    (address, new): (Option<IpAddr>, &NewSession),
) -> Event {
    let actor = administrator.actor(None, address);
    let mut data = json!({"session": new.id, "method": new.method});
    if let Some(at) = &new.at {
        data["provider"] = at.provider.as_str().into();
    }
    server.acting(&actor, Origin::Http).event(
        EventKind::SignedIn,
        format!("administrator:{}", administrator.id),
        data,
    )
}

fn kept(token: &Secret, at: AtProvider) -> Result<ProviderSession, Problem> {
    let id_token = at.id_token.as_ref();
    Ok(ProviderSession {
        provider: at.provider,
        kept: id_token
            .map(|id_token| seal_kept(&token.token, id_token))
            .transpose()?,
    })
}
