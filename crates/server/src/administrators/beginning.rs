//! A session begins, however somebody proved who they are.

use std::net::IpAddr;

use secrecy::SecretString;
use serde_json::json;
use usher_engine::Acting;
use usher_model::{Actor, EventKind, Origin};
use usher_store::{AdministratorRecord, NewSession, ProviderSession, SessionRecord, SignInMethod};

use super::secret::{Purpose, Secret};
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

/// Begins a session with a token that nobody has seen before.
pub async fn begin(server: &Server, request: NewSignIn<'_>) -> Result<SignedIn, Problem> {
    let (store, token) = (server.store(), Secret::new(Purpose::Session)?);
    let administrator = request.administrator;
    let at = request.at.map(|at| kept(&token, at)).transpose()?;
    let provider = at.as_ref().map(|at| at.provider.clone());
    let user_agent = request.user_agent;
    let new = NewSession {
        id: store.new_session_id(),
        hash: token.hash.clone(),
        administrator: administrator.id.clone(),
        method: request.method,
        address: request.address.map(|address| address.to_string()),
        user_agent: user_agent.map(|text| text.chars().take(200).collect()),
        at,
    };
    let actor = Actor::Administrator {
        id: administrator.id.clone(),
        email: administrator.email.clone().unwrap_or_default(),
        token: None,
        address: request.address,
    };
    let mut data = json!({"session": new.id, "method": new.method});
    if let Some(provider) = provider {
        data["provider"] = provider.into();
    }
    let event = acting(server, &actor).event(
        EventKind::SignedIn,
        format!("administrator:{}", administrator.id),
        data,
    );
    let replaced = request.replaced.as_deref();
    let session = store.begin_session(&new, replaced, &[event]).await?;
    store
        .tidy_administrators(server.settings().sessions)
        .await?;
    Ok(SignedIn {
        administrator,
        session,
        token,
    })
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

/// Who acts by a request to a server.
pub fn acting<'a>(server: &'a Server, actor: &'a Actor) -> Acting<'a> {
    Acting {
        store: server.store(),
        clock: &**server.clock(),
        actor,
        origin: Origin::Http,
    }
}
