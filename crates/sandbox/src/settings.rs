//! How a sandbox is set up.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;

use crate::clock::SandboxClock;
use crate::generate::GenerateSettings;
use crate::http::fault_rule::FaultRule;
use crate::http::tls::TlsSource;
use crate::http::tokens::Scope;
use crate::switches::Switches;
use crate::world::World;

/// Everything that can be chosen about a sandbox. The default is a generated organization behind plain HTTP on a
/// free port of 127.0.0.1, with Miro's rate limits in force.
#[derive(Clone, Debug)]
pub struct SandboxSettings {
    /// Where the organization comes from, unless the state file has one.
    pub organization: OrganizationSource,
    /// Readings of what Miro's documents leave open.
    pub switches: Switches,
    /// Addresses to listen on; port 0 takes a free one.
    pub listen: Vec<SocketAddr>,
    /// TLS on every address; plain HTTP without.
    pub tls: Option<TlsSource>,
    /// The REST access token of a company admin with all scopes; generated when absent.
    pub access_token: Option<SecretString>,
    /// The organization's SCIM token; generated when absent.
    pub scim_token: Option<SecretString>,
    /// The token of the control API for callers off loopback; without one they are refused.
    pub control_token: Option<SecretString>,
    /// Further REST access tokens.
    pub extra_tokens: Vec<ExtraToken>,
    /// Apps that may ask for tokens by OAuth.
    pub oauth_clients: Vec<OAuthClient>,
    /// Rate limits.
    pub limits: LimitSettings,
    /// Fault rules in force from the start.
    pub faults: Vec<FaultRule>,
    /// Where the organization is kept across runs.
    pub state_file: Option<PathBuf>,
    /// The sandbox's time.
    pub clock: SandboxClock,
}

impl Default for SandboxSettings {
    fn default() -> Self {
        Self {
            organization: OrganizationSource::default(),
            switches: Switches::default(),
            listen: vec![SocketAddr::from((Ipv4Addr::LOCALHOST, 0))],
            tls: None,
            access_token: None,
            scim_token: None,
            control_token: None,
            extra_tokens: Vec::new(),
            oauth_clients: vec![OAuthClient::default()],
            limits: LimitSettings::default(),
            faults: Vec::new(),
            state_file: None,
            clock: SandboxClock::default(),
        }
    }
}

/// Where the organization comes from.
#[derive(Clone, Debug)]
pub enum OrganizationSource {
    /// Invented, the same for the same settings.
    Generated(GenerateSettings),
    /// Given as it is.
    Given(Box<World>),
    /// Described in a YAML file.
    File(PathBuf),
    /// Described in YAML text.
    Text(String),
}

impl Default for OrganizationSource {
    fn default() -> Self {
        Self::Generated(GenerateSettings::default())
    }
}

/// The rate limits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LimitSettings {
    /// Whether limits are enforced at all.
    pub enforced: bool,
    /// How many times shorter than Miro's the windows are: 100 makes a minute 0.6 seconds.
    pub time_scale: f64,
}

impl Default for LimitSettings {
    fn default() -> Self {
        Self {
            enforced: true,
            time_scale: 1.0,
        }
    }
}

/// A further REST access token.
#[derive(Clone, Debug)]
pub struct ExtraToken {
    /// The token.
    pub token: SecretString,
    /// The e-mail address or id of the user for whom it acts; the first company admin when absent.
    pub user: Option<String>,
    /// What it may do.
    pub scopes: BTreeSet<Scope>,
    /// How long it works from the start; for good when absent.
    pub expires_in: Option<Duration>,
}

/// An app that may ask for tokens by OAuth.
#[derive(Clone, Debug)]
pub struct OAuthClient {
    /// The client id.
    pub id: String,
    /// The client secret.
    pub secret: SecretString,
    /// What its tokens may do: ticked in the app's settings at Miro, not asked for in the URL.
    pub scopes: BTreeSet<Scope>,
    /// Whether its access tokens expire and come with a refresh token.
    pub expiring: bool,
}

impl Default for OAuthClient {
    fn default() -> Self {
        Self {
            id: "sandbox-client".to_owned(),
            secret: SecretString::from("sandbox-secret"),
            scopes: Scope::ALL.iter().copied().collect(),
            expiring: true,
        }
    }
}
