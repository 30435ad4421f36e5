//! What the handlers of all APIs share.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::{Mutex, RwLock};
use secrecy::{ExposeSecret as _, SecretString};

use crate::clock::SandboxClock;
use crate::http::faults::FaultBook;
use crate::http::limits::{Limiter, Windows};
use crate::http::request_log::RequestLog;
use crate::http::tokens::TokenBook;
use crate::settings::{OAuthClient, OrganizationSource};
use crate::switches::Switches;
use crate::world::World;

/// A handle on everything a running sandbox knows; cheap to clone.
///
/// Handlers take `state.world.read()` or `.write()` for as short as they can, never across an `await`.
#[derive(Clone, Debug)]
pub struct SandboxState(Arc<Shared>);

impl Deref for SandboxState {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl SandboxState {
    pub(crate) fn new(shared: Shared) -> Self {
        Self(Arc::new(shared))
    }
}

/// What [`SandboxState`] points to.
#[derive(Debug)]
pub struct Shared {
    /// The organization.
    pub world: RwLock<World>,
    pub(crate) source: OrganizationSource,
    pub(crate) snapshots: Mutex<BTreeMap<String, World>>,
    pub(crate) changed: AtomicBool,
    /// The sandbox's time.
    pub clock: SandboxClock,
    /// Readings of what Miro's documents leave open.
    pub switches: Switches,
    /// Lengths of the rate-limit windows.
    pub windows: Windows,
    /// Counts credits; absent when limits are switched off.
    pub limiter: Option<Mutex<Limiter>>,
    /// What goes wrong on purpose.
    pub faults: FaultBook,
    /// What was asked.
    pub log: RequestLog,
    /// REST access tokens.
    pub tokens: Mutex<TokenBook>,
    /// Apps that may ask for tokens.
    pub oauth_clients: Vec<OAuthClient>,
    pub(crate) secrets: Secrets,
    pub(crate) state_file: Option<PathBuf>,
}

/// The tokens that are not OAuth tokens.
#[derive(Clone, Debug)]
pub(crate) struct Secrets {
    pub(crate) scim: SecretString,
    pub(crate) control: Option<SecretString>,
}

impl Shared {
    /// Whether this is the organization's SCIM token.
    pub(crate) fn is_scim_token(&self, token: &str) -> bool {
        self.secrets.scim.expose_secret() == token
    }

    /// Whether this is the token of the control API.
    pub(crate) fn is_control_token(&self, token: &str) -> bool {
        let control = self.secrets.control.as_ref();
        control.is_some_and(|control| control.expose_secret() == token)
    }

    /// Notes that the organization may have changed, so that it is written to the state file.
    pub(crate) fn touch(&self) {
        self.changed.store(true, Ordering::Release);
    }
}
