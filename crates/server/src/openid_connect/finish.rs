//! A browser comes back from a provider: who is it, and may they come in?

use std::net::IpAddr;

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use subtle::ConstantTimeEq as _;
use usher_model::{Actor, EventKind, Origin};
use usher_store::{AdministratorRecord, Identity, ProvenFlow, SignInFlow, SignInMethod};

use super::claims::{self, Person};
use super::decision::{Asked, asked, check_domain};
use super::id_token::{self, Expected};
use super::kept;
use super::keys::Claims;
use super::provider::Provider;
use super::refusal::{Outcome, Refusal, passed, tame};
use super::start::{PATIENCE, Proofs, redirect_uri};
use super::visit::Visit;
use crate::Server;
use crate::administrators::{
    AtProvider, NewSignIn, Purpose, Secret, SignedIn, begin, count_address, fingerprint, uncount,
};
use crate::problem::Problem;

/// A browser that comes back from a provider.
#[derive(Debug)]
pub struct Arrival<'a> {
    /// What it brings: which sign-in it is.
    pub state: &'a str,
    /// What it brings: the code.
    pub code: Option<&'a SecretString>,
    /// What it brings: why there is no code.
    pub error: Option<&'a str>,
    /// In more words.
    pub error_description: Option<&'a str>,
    /// What it brings: which provider it comes from (RFC 9207).
    pub issuer: Option<&'a str>,
    /// What the browser holds since the sign-in began.
    pub browser: Option<&'a SecretString>,
    /// Where it comes from.
    pub address: Option<IpAddr>,
    /// What it calls itself.
    pub user_agent: Option<&'a str>,
    /// The hash of the session's token that it came with, which ends.
    pub replaced: Option<String>,
}

/// What became of a sign-in.
#[derive(Debug)]
pub enum Finished {
    /// They are in.
    SignedIn {
        /// Who.
        signed_in: Box<SignedIn>,
        /// Where the browser goes.
        return_to: String,
    },
    /// A code is asked for.
    CodeNeeded {
        /// What the browser holds until then.
        browser: Secret,
    },
}

/// What somebody was found to be.
struct Found {
    administrator: AdministratorRecord,
    person: Person,
    id_token: SecretString,
}

/// Finishes a sign-in. Whatever comes of it, it cannot be finished again.
pub async fn finish(
    server: &Server,
    provider: &Provider,
    arrival: Arrival<'_>,
) -> Outcome<Finished> {
    let flow = match take(server, provider, &arrival).await? {
        Ok(flow) => flow,
        // What was made up is no event, and what can be sent again and again is counted: anybody could fill the log.
        Err(Refusal::NotUnderWay) => return Ok(Err(Refusal::NotUnderWay)),
        Err(refusal) => {
            if let Some(until) = count_address(server, arrival.address).await? {
                return Ok(Err(Refusal::TooOften { until }));
            }
            note(server, provider, &arrival, &refusal).await?;
            return Ok(Err(refusal));
        }
    };
    let found = identify(server, provider, &arrival).await?;
    let finished = match found {
        Ok(found) => come_in(server, provider, (arrival, flow), found).await?,
        Err(refusal) => {
            note(server, provider, &arrival, &refusal).await?;
            Err(refusal)
        }
    };
    Ok(finished)
}

/// The sign-in that a browser comes back to, if it is this browser's and this provider's.
async fn take(server: &Server, provider: &Provider, arrival: &Arrival<'_>) -> Outcome<SignInFlow> {
    let key = fingerprint(arrival.state);
    let flow = server.store().flow(&key).await?;
    let Some(flow) = flow.filter(|flow| flow.proven.is_none()) else {
        return Ok(Err(Refusal::NotUnderWay));
    };
    let held = arrival
        .browser
        .map(|token| fingerprint(token.expose_secret()));
    let is_same =
        held.is_some_and(|held| bool::from(held.as_bytes().ct_eq(flow.browser.as_bytes())));
    if !is_same {
        return Ok(Err(Refusal::AnotherBrowser));
    }
    if flow.provider != provider.settings.name.as_str() {
        return Ok(Err(Refusal::AnotherProvider));
    }
    let taken = server.store().take_flow(&key).await?;
    Ok(taken.ok_or(Refusal::NotUnderWay))
}

/// Who it is: the code, the ID token, its claims, and the administrator behind them.
async fn identify(server: &Server, provider: &Provider, arrival: &Arrival<'_>) -> Outcome<Found> {
    let told = passed!(told(server, provider, arrival).await?);
    let settings = &provider.settings;
    let identity = Identity {
        issuer: settings.issuer.to_string(),
        subject: told.subject,
    };
    let person = claims::read(&told.claims, &settings.claims);
    passed!(check_domain(settings, &person));
    let visit = Visit {
        server,
        provider,
        address: arrival.address,
        identity: &identity,
        person: &person,
    };
    let administrator = passed!(visit.administrator().await?);
    Ok(Ok(Found {
        administrator,
        person,
        id_token: told.id_token,
    }))
}

/// What a provider told of somebody.
struct Told {
    subject: String,
    claims: Claims,
    id_token: SecretString,
}

async fn told(server: &Server, provider: &Provider, arrival: &Arrival<'_>) -> Outcome<Told> {
    let (settings, now) = (&provider.settings, server.clock().now());
    let metadata = passed!(provider.metadata(now).await);
    let issuer = arrival.issuer;
    if issuer.is_some_and(|issuer| issuer != settings.issuer.as_str())
        || (issuer.is_none() && metadata.says_issuer)
    {
        return Ok(Err(Refusal::AnotherProvider));
    }
    let (Some(code), Some(browser)) = (arrival.code, arrival.browser) else {
        return Ok(Err(Refusal::ProviderSaid {
            error: arrival.error.map_or_else(|| "no code".to_owned(), tame),
            description: arrival.error_description.map(tame),
        }));
    };
    let proofs = Proofs::of(browser, arrival.state);
    let redirect_uri = redirect_uri(server, provider)?;
    let exchanged = provider.exchange(code, &proofs.verifier, &redirect_uri, now);
    let exchanged = passed!(exchanged.await);
    let claims = passed!(provider.verify(&exchanged.id_token, now).await);
    let expected = Expected {
        issuer: settings.issuer.as_str(),
        client_id: &settings.client_id,
        nonce: &proofs.nonce,
        now,
    };
    let subject = passed!(id_token::check(&claims, expected).map_err(Refusal::IdToken));
    let person = claims::read(&claims, &settings.claims);
    let mut all = claims;
    if claims::lacks_something(&person, settings) {
        let token = exchanged.access_token.as_ref();
        let more = passed!(provider.userinfo(token, &subject, now).await);
        if let Some(more) = more {
            all = claims::complete(&all, &more, &settings.claims);
        }
    }
    Ok(Ok(Told {
        subject,
        claims: all,
        id_token: exchanged.id_token,
    }))
}

/// Begins a session, or asks for a second factor first.
async fn come_in(
    server: &Server,
    provider: &Provider,
    (arrival, flow): (Arrival<'_>, SignInFlow),
    found: Found,
) -> Outcome<Finished> {
    match asked(&provider.settings, &found.person, &found.administrator) {
        Ok(Asked::Nothing) => {}
        Ok(Asked::Code) => {
            let asked = ask_for_code(server, flow, &found).await?;
            uncount(server, None, arrival.address).await;
            return Ok(Ok(asked));
        }
        Err(refusal) => {
            note(server, provider, &arrival, &refusal).await?;
            return Ok(Err(refusal));
        }
    }
    let new = NewSignIn {
        administrator: found.administrator,
        method: SignInMethod::OpenIdConnect,
        password: None,
        counted: None,
        address: arrival.address,
        user_agent: arrival.user_agent,
        replaced: arrival.replaced.clone(),
        at: Some(AtProvider {
            provider: provider.settings.name.to_string(),
            id_token: Some(found.id_token),
        }),
    };
    let Ok(signed_in) = begin(server, new).await? else {
        // Disabled while the provider was asked.
        note(server, provider, &arrival, &Refusal::Disabled).await?;
        return Ok(Err(Refusal::Disabled));
    };
    Ok(Ok(Finished::SignedIn {
        signed_in: Box::new(signed_in),
        return_to: flow.return_to,
    }))
}

/// The sign-in goes on under another token, which nobody but this browser has ever had.
async fn ask_for_code(
    server: &Server,
    flow: SignInFlow,
    found: &Found,
) -> Result<Finished, Problem> {
    let browser = Secret::new(Purpose::SignIn)?;
    let flow = SignInFlow {
        browser: browser.hash.clone(),
        proven: Some(ProvenFlow {
            administrator: found.administrator.id.clone(),
            kept: Some(kept::seal(&browser.token, &found.id_token)?),
        }),
        ..flow
    };
    let now = server.clock().now();
    let expires_at = now.saturating_add(PATIENCE).unwrap_or(now);
    server
        .store()
        .begin_flow(&browser.hash, &flow, expires_at)
        .await?;
    Ok(Finished::CodeNeeded { browser })
}

/// The log says that somebody was refused.
async fn note(
    server: &Server,
    provider: &Provider,
    arrival: &Arrival<'_>,
    refusal: &Refusal,
) -> Result<(), Problem> {
    let actor = Actor::Visitor {
        address: arrival.address,
    };
    let name = provider.settings.name.as_str();
    let data = json!({"why": refusal.word(), "provider": name});
    let acting = server.acting(&actor, Origin::Http);
    let event = acting.event(EventKind::SignInFailed, "administrator:unknown", data);
    Ok(server.store().append_events(&[event]).await?)
}
