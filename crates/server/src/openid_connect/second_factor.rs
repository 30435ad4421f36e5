//! The second factor behind a provider: the code of an authenticator app, or a recovery code.

use std::net::IpAddr;

use secrecy::{ExposeSecret as _, SecretString};
use usher_model::Actor;
use usher_store::{Credentials, ProvenFlow, SignInFlow, SignInMethod};

use super::kept;
use crate::Server;
use crate::administrators::{
    AtProvider, Factor, NewSignIn, SignInRefusal, SignedIn, begin, check_factor, count,
    fingerprint, may_sign_in, note_failure,
};
use crate::problem::Problem;

/// Somebody who shows a code.
#[derive(Debug)]
pub struct Shown<'a> {
    /// What the browser holds since the provider said who it is.
    pub browser: &'a SecretString,
    /// The code.
    pub code: &'a SecretString,
    /// Where they come from.
    pub address: Option<IpAddr>,
    /// What their browser calls itself.
    pub user_agent: Option<&'a str>,
    /// The hash of the session's token that they came with, which ends.
    pub replaced: Option<String>,
}

/// Signs in whoever shows the right code behind a provider, and says where their browser goes. `None`: nothing is under way.
/// A wrong code may be followed by another try, as often as with a password.
pub async fn confirm(
    server: &Server,
    shown: Shown<'_>,
) -> Result<Option<Result<(SignedIn, String), SignInRefusal>>, Problem> {
    let key = fingerprint(shown.browser.expose_secret());
    let Some(flow) = server.store().flow(&key).await? else {
        return Ok(None);
    };
    let Some(found) = whose(server, &flow).await? else {
        return Ok(None);
    };
    let email = found.administrator.email.clone().unwrap_or_default();
    let visitor = Actor::Visitor {
        address: shown.address,
    };
    if let Some(refusal) = count(server, &visitor, &email, shown.address).await? {
        return Ok(Some(Err(refusal)));
    }
    let factor = check_factor(server, &found, Some(shown.code)).await?;
    let method = match factor {
        Ok(Factor::Code) => SignInMethod::OpenIdConnectAndCode,
        Ok(Factor::RecoveryCode) => SignInMethod::OpenIdConnectAndRecoveryCode,
        // It was removed meanwhile.
        Ok(Factor::None) => return Ok(None),
        Err(refusal) => {
            note_failure(server, &visitor, Some(&found.administrator), refusal).await?;
            return Ok(Some(Err(refusal)));
        }
    };
    let Some(flow) = server.store().take_flow(&key).await? else {
        return Ok(None);
    };
    let come = come_in(server, shown, (flow, &found), method).await?;
    if let Err(refusal) = &come {
        note_failure(server, &visitor, Some(&found.administrator), *refusal).await?;
    }
    Ok(Some(come))
}

/// The administrator whom the provider named, if they may still come in.
async fn whose(server: &Server, flow: &SignInFlow) -> Result<Option<Credentials>, Problem> {
    let Some(proven) = &flow.proven else {
        return Ok(None);
    };
    let found = server.store().credentials(&proven.administrator).await?;
    Ok(found.filter(|found| may_sign_in(&found.administrator)))
}

async fn come_in(
    server: &Server,
    shown: Shown<'_>,
    (flow, found): (SignInFlow, &Credentials),
    method: SignInMethod,
) -> Result<Result<(SignedIn, String), SignInRefusal>, Problem> {
    let sealed = flow.proven.and_then(|ProvenFlow { kept, .. }| kept);
    let id_token = sealed.and_then(|sealed| kept::open(shown.browser, &sealed));
    let new = NewSignIn {
        administrator: found.administrator.clone(),
        method,
        password: None,
        counted: Some(found.administrator.email.as_deref().unwrap_or_default()),
        address: shown.address,
        user_agent: shown.user_agent,
        replaced: shown.replaced,
        at: Some(AtProvider {
            provider: flow.provider,
            id_token,
        }),
    };
    let begun = begin(server, new).await?;
    Ok(begun.map(|signed_in| (signed_in, flow.return_to)))
}
