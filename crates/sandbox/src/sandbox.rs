//! Starting and stopping a sandbox.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use axum::Router;
use jiff::{SignedDuration, Timestamp};
use parking_lot::{Mutex, RwLock};
use secrecy::{ExposeSecret as _, SecretString};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;
use url::Url;

use crate::acting;
use crate::clock::SandboxClock;
use crate::error::SandboxError;
use crate::generate::generate;
use crate::http::connection::ConnectionContext;
use crate::http::faults::FaultBook;
use crate::http::gate::SCIM_BASE;
use crate::http::limits::{Limiter, Windows};
use crate::http::listener;
use crate::http::request_log::RequestLog;
use crate::http::server;
use crate::http::tokens::{Grant, Scope, TokenBook};
use crate::organization_file;
use crate::settings::{ExtraToken, OrganizationSource, SandboxSettings};
use crate::state::{SandboxState, Secrets, Shared};
use crate::state_file;
use crate::switches::Switches;
use crate::world::World;

/// How often a changed organization is written to the state file.
const SAVE_EVERY: Duration = Duration::from_secs(5);
/// How long a stop waits for connections to end.
const STOP_PATIENCE: Duration = Duration::from_secs(3);

/// Miro in a box.
#[derive(Debug)]
pub struct Sandbox;

impl Sandbox {
    /// Starts a sandbox in the current tokio runtime. It ends with [`RunningSandbox::shutdown`], or when the
    /// returned value is dropped.
    pub async fn start(settings: SandboxSettings) -> Result<RunningSandbox, SandboxError> {
        if settings.listen.is_empty() {
            let message = "a sandbox needs at least one address to listen on".to_owned();
            return Err(SandboxError::Settings(message));
        }
        let tls = settings
            .tls
            .as_ref()
            .map(|tls| tls.server_config().map(Arc::new));
        let tls = tls.transpose()?;
        let listen = settings.listen.clone();
        let (state, tokens) = build(settings).await?;
        let router: Router = server::router(state.clone());
        let stop = CancellationToken::new();
        let tracker = TaskTracker::new();
        let mut addresses = Vec::new();
        for address in listen {
            let (bound, address) = listener::bind(address).await?;
            let context = ConnectionContext {
                router: router.clone(),
                tracker: tracker.clone(),
                stop: stop.clone(),
            };
            tracker.spawn(listener::accept(bound, tls.clone(), context));
            addresses.push(address);
        }
        if state.state_file.is_some() {
            tracker.spawn(save_regularly(state.clone(), stop.clone()));
        }
        Ok(RunningSandbox {
            addresses,
            access_token: tokens.access,
            scim_token: state.secrets.scim.clone(),
            state,
            secure: tls.is_some(),
            tracker,
            stop: stop.drop_guard(),
        })
    }
}

struct StartTokens {
    access: SecretString,
}

async fn build(settings: SandboxSettings) -> Result<(SandboxState, StartTokens), SandboxError> {
    let world = first_world(&settings).await?;
    let mut book = TokenBook::default();
    let access = match settings.access_token {
        Some(token) => token,
        None => SecretString::from(book.secret()),
    };
    let scim = match settings.scim_token {
        Some(token) => token,
        None => SecretString::from(book.secret()),
    };
    let all = ExtraToken {
        token: access.clone(),
        user: None,
        scopes: Scope::ALL.iter().copied().collect(),
        expires_in: None,
    };
    for token in std::iter::once(all).chain(settings.extra_tokens) {
        put_in_force(&mut book, &world, token, &settings.clock)?;
    }
    let windows = Windows::scaled(settings.switches.window_kind(), settings.limits.time_scale);
    let limiter = settings
        .limits
        .enforced
        .then(|| Mutex::new(Limiter::new(windows)));
    let state = SandboxState::new(Shared {
        source: settings.organization,
        snapshots: Mutex::default(),
        changed: AtomicBool::new(false),
        world: RwLock::new(world),
        clock: settings.clock,
        switches: settings.switches,
        windows,
        limiter,
        faults: FaultBook::new(settings.faults),
        log: RequestLog::default(),
        tokens: Mutex::new(book),
        oauth_clients: settings.oauth_clients,
        secrets: Secrets {
            scim,
            control: settings.control_token,
        },
        state_file: settings.state_file,
    });
    Ok((state, StartTokens { access }))
}

fn put_in_force(
    book: &mut TokenBook,
    world: &World,
    token: ExtraToken,
    clock: &SandboxClock,
) -> Result<(), SandboxError> {
    let unknown = || {
        let message = match &token.user {
            Some(user) => format!(
                "the organization has no {user} for an access token to act for; name somebody who is in it"
            ),
            None => "the organization has no active company admin for the access token to act for; give it one"
                .to_owned(),
        };
        SandboxError::Settings(message)
    };
    let (user, team) = acting::user_and_team(world, token.user.as_deref()).ok_or_else(unknown)?;
    let life = token
        .expires_in
        .and_then(|life| SignedDuration::try_from(life).ok());
    let grant = Grant {
        owner: book.new_owner(),
        user,
        team,
        client: "sandbox".into(),
        scopes: token.scopes,
        expires_at: life.and_then(|life| clock.now().saturating_add(life).ok()),
    };
    book.insert(token.token.expose_secret(), grant);
    Ok(())
}

async fn first_world(settings: &SandboxSettings) -> Result<World, SandboxError> {
    if let Some(path) = &settings.state_file
        && let Some(mut world) = state_file::load(path)?
    {
        world.switches = settings.switches.clone();
        return Ok(world);
    }
    let (source, switches) = (settings.organization.clone(), settings.switches.clone());
    let now = settings.clock.now();
    let built = tokio::task::spawn_blocking(move || build_world(&source, &switches, now)).await;
    built.unwrap_or_else(|error| Err(SandboxError::Organization(error.to_string())))
}

/// Builds the organization that the settings describe.
pub(crate) fn build_world(
    source: &OrganizationSource,
    switches: &Switches,
    now: Timestamp,
) -> Result<World, SandboxError> {
    let read = |text: &str, name: &str| {
        let world = organization_file::read(text, switches, now);
        world.map_err(|error| SandboxError::Organization(format!("{name}: {error}")))
    };
    match source {
        OrganizationSource::Generated(invention) => Ok(generate(invention, switches, now)),
        OrganizationSource::Given(world) => {
            let mut world = World::clone(world);
            world.switches = switches.clone();
            Ok(world)
        }
        OrganizationSource::Text(text) => read(text, "the organization's description"),
        OrganizationSource::File(path) => {
            let text = std::fs::read_to_string(path).map_err(|source| {
                let path = path.clone();
                SandboxError::File { path, source }
            })?;
            read(&text, &path.display().to_string())
        }
    }
}

/// Writes the organization to its file whenever it has changed.
async fn save_regularly(state: SandboxState, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(SAVE_EVERY) => {}
            () = stop.cancelled() => return,
        }
        if let Err(error) = state_file::save(&state) {
            tracing::error!(%error, "the organization was not saved");
        }
    }
}

/// A sandbox that listens.
#[derive(Debug)]
pub struct RunningSandbox {
    /// Where it listens, with the ports that were taken.
    pub addresses: Vec<SocketAddr>,
    /// The REST access token of a company admin with all scopes.
    pub access_token: SecretString,
    /// The organization's SCIM token.
    pub scim_token: SecretString,
    state: SandboxState,
    secure: bool,
    tracker: TaskTracker,
    stop: DropGuard,
}

impl RunningSandbox {
    /// The base address of REST, ending in a slash.
    pub fn rest_url(&self) -> Url {
        self.url("/")
    }

    /// The base address of SCIM, ending in a slash.
    pub fn scim_url(&self) -> Url {
        self.url(&format!("{SCIM_BASE}/"))
    }

    /// The base address of the control API, ending in a slash. The page is at [`RunningSandbox::rest_url`].
    pub fn control_url(&self) -> Url {
        self.url("/_sandbox/")
    }

    /// The state that its handlers share: the organization, the log, the faults, the clock.
    pub fn state(&self) -> &SandboxState {
        &self.state
    }

    /// Stops listening, lets requests end, and writes the state file.
    pub async fn shutdown(self) -> Result<(), SandboxError> {
        self.tracker.close();
        drop(self.stop);
        if tokio::time::timeout(STOP_PATIENCE, self.tracker.wait())
            .await
            .is_err()
        {
            tracing::warn!("some connections did not end in time");
        }
        state_file::save(&self.state)
    }

    fn url(&self, path: &str) -> Url {
        let port = self.addresses.first().map_or(0, SocketAddr::port);
        let address = self
            .addresses
            .first()
            .map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), SocketAddr::ip);
        // A certificate is for names; and an address that means all of them is nobody's destination.
        let host = match address {
            _ if self.secure => "localhost".to_owned(),
            IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.to_string(),
            IpAddr::V6(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.to_string(),
            IpAddr::V4(ip) => ip.to_string(),
            IpAddr::V6(ip) => format!("[{ip}]"),
        };
        let scheme = if self.secure { "https" } else { "http" };
        let text = format!("{scheme}://{host}:{port}{path}");
        Url::parse(&text).unwrap_or_else(|_| unreachable!("{text} is a URL"))
    }
}
