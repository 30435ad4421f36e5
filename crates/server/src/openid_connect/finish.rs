//! A browser comes back from a provider: who is it, and may they come in?

use std::net::IpAddr;

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use subtle::ConstantTimeEq as _;
use usher_model::{Actor, AdministratorId, EventKind, Role};
use usher_store::{
    AdministratorKind, AdministratorRecord, Identity, NewAdministrator, ProvenFlow, SignInFlow,
    SignInMethod, StoreError, Tied,
};

use super::claims::{self, Person};
use super::decision::{Asked, IsLast, Mapped, asked, check_domain, mapped, role_of};
use super::id_token::{self, Expected};
use super::kept;
use super::keys::Claims;
use super::provider::Provider;
use super::refusal::{Refusal, tame};
use super::settings::UnknownPeople;
use super::start::{PATIENCE, Proofs, redirect_uri};
use crate::Server;
use crate::administrators::{
    AtProvider, NewSignIn, Purpose, Secret, SignedIn, acting, begin, count_address, fingerprint,
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

type Outcome<T> = Result<Result<T, Refusal>, Problem>;

/// What somebody was found to be.
struct Found {
    administrator: AdministratorRecord,
    person: Person,
    id_token: SecretString,
}

/// Unwraps the inner result, or hands its refusal on.
macro_rules! passed {
    ($outcome:expr) => {
        match $outcome {
            Ok(passed) => passed,
            Err(refusal) => return Ok(Err(refusal)),
        }
    };
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

/// Somebody at the door.
struct Visit<'a> {
    server: &'a Server,
    provider: &'a Provider,
    address: Option<IpAddr>,
    identity: &'a Identity,
    person: &'a Person,
}

impl Visit<'_> {
    /// The administrator they are, with the role that they have from now on.
    async fn administrator(&self) -> Outcome<AdministratorRecord> {
        let store = self.server.store();
        if let Some(known) = store.administrator_by_identity(self.identity).await? {
            let role = passed!(self.role(&known).await?);
            return self.follow(known, role).await;
        }
        let email = passed!(self.verified_email());
        let Some(known) = store.administrator_by_email(email).await? else {
            return self.add(email).await;
        };
        let role = passed!(self.role(&known).await?);
        let event = self.event(&known, EventKind::IdentityTied, json!({"email": email}));
        match store
            .tie_identity(&known.id, self.identity, &[event])
            .await?
        {
            Tied::Now => self.follow(known, role).await,
            Tied::ToAnother => Ok(Err(Refusal::TiedToAnother)),
        }
    }

    /// The address by which somebody is found the first time: only one that is really theirs.
    fn verified_email(&self) -> Result<&str, Refusal> {
        let email = self.person.email.as_ref().ok_or(Refusal::NoEmail)?;
        if !email.is_verified {
            return Err(Refusal::EmailNotVerified);
        }
        Ok(&email.address)
    }

    async fn role(&self, known: &AdministratorRecord) -> Outcome<Role> {
        let is_last = self
            .server
            .store()
            .is_last_super_administrator(known)
            .await?;
        let is_last = if is_last { IsLast::Yes } else { IsLast::No };
        let mapped = mapped(&self.provider.settings, self.person);
        Ok(role_of(known, mapped, is_last))
    }

    /// Gives a known administrator the role that the claims mean.
    async fn follow(&self, known: AdministratorRecord, role: Role) -> Outcome<AdministratorRecord> {
        if known.role == role {
            return Ok(Ok(known));
        }
        let what = |role: Role| json!({"name": known.name, "email": known.email, "role": role});
        let data = json!({"before": what(known.role), "after": what(role)});
        let event = self.event(&known, EventKind::AdministratorChanged, data);
        let changed = AdministratorRecord {
            role,
            ..known.clone()
        };
        match self
            .server
            .store()
            .change_administrator(&changed, &[event])
            .await
        {
            Ok(changed) => Ok(Ok(changed)),
            // Meanwhile, they became the last one.
            Err(StoreError::LastSuperAdministrator) => Ok(Ok(known)),
            Err(error) => Err(error.into()),
        }
    }

    /// Adds somebody whom Usher does not know, where that is wanted.
    async fn add(&self, email: &str) -> Outcome<AdministratorRecord> {
        let settings = &self.provider.settings;
        let role = match mapped(settings, self.person) {
            Ok(Mapped::Role(role)) => Some(role),
            Ok(Mapped::Own { at_first }) => at_first,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let (UnknownPeople::Add, Some(role)) = (settings.unknown_people, role) else {
            return Ok(Err(Refusal::Unknown));
        };
        let store = self.server.store();
        let new = NewAdministrator {
            id: store.new_administrator_id(),
            kind: AdministratorKind::Person,
            name: self
                .person
                .name
                .as_deref()
                .map_or_else(|| email.to_owned(), tame),
            email: Some(email.to_owned()),
            role,
            password: None,
        };
        let data = json!({"email": email, "role": role});
        let event = self.event_of(&new.id, email, (EventKind::AdministratorAdded, data));
        let added = store.add_identified_administrator(&new, self.identity, &[event]);
        Ok(added.await?.ok_or(Refusal::TiedToAnother))
    }

    fn event(
        &self,
        of: &AdministratorRecord,
        kind: EventKind,
        data: serde_json::Value,
    ) -> usher_model::Event {
        self.event_of(
            &of.id,
            of.email.as_deref().unwrap_or_default(),
            (kind, data),
        )
    }

    /// An event of what a sign-in changes: by whoever signs in, because of what the provider says of them.
    fn event_of(
        &self,
        id: &AdministratorId,
        email: &str,
        (kind, mut data): (EventKind, serde_json::Value),
    ) -> usher_model::Event {
        if let Some(data) = data.as_object_mut() {
            data.insert("how".into(), "open_id_connect".into());
            data.insert(
                "provider".into(),
                self.provider.settings.name.as_str().into(),
            );
            data.insert("issuer".into(), self.identity.issuer.as_str().into());
            data.insert("subject".into(), self.identity.subject.as_str().into());
        }
        let actor = Actor::Administrator {
            id: id.clone(),
            email: email.to_owned(),
            token: None,
            address: self.address,
        };
        acting(self.server, &actor).event(kind, format!("administrator:{id}"), data)
    }
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
        Ok(Asked::Code) => return ask_for_code(server, flow, &found).await.map(Ok),
        Err(refusal) => {
            note(server, provider, &arrival, &refusal).await?;
            return Ok(Err(refusal));
        }
    }
    let new = NewSignIn {
        administrator: found.administrator,
        method: SignInMethod::OpenIdConnect,
        address: arrival.address,
        user_agent: arrival.user_agent,
        replaced: arrival.replaced,
        at: Some(AtProvider {
            provider: provider.settings.name.to_string(),
            id_token: Some(found.id_token),
        }),
    };
    let signed_in = Box::new(begin(server, new).await?);
    Ok(Ok(Finished::SignedIn {
        signed_in,
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
    let event =
        acting(server, &actor).event(EventKind::SignInFailed, "administrator:unknown", data);
    Ok(server.store().append_events(&[event]).await?)
}
