//! How a server runs.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use url::Url;
use usher_store::SessionLimits;

use crate::network::Network;
use crate::openid_connect::SignInSettings;

/// How a server runs.
#[derive(Clone, Debug)]
pub struct ServerSettings {
    /// Where it listens. Port 0: on any that is free.
    pub listen: SocketAddr,
    /// Its certificate; without one it speaks plain HTTP, as behind a proxy.
    pub tls: Option<TlsFiles>,
    /// How browsers and identity providers reach it, where that is not the address it listens on.
    pub public_url: Option<Url>,
    /// How long a request may take, its body included. Streams of events may take longer.
    pub request_timeout: Duration,
    /// Where proxies in front of it are. What they say of where a request comes from is believed.
    pub trusted_proxies: Vec<Network>,
    /// How administrators may sign in.
    pub sign_in: SignInSettings,
    /// How long sessions of administrators last.
    pub sessions: SessionLimits,
    /// How long a stop waits for requests under way.
    pub stop_patience: Duration,
}

/// A certificate chain and its key, both PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The chain, the server's own certificate first.
    pub certificate: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

impl ServerSettings {
    /// Where browsers find it, without a slash at its end: the public address, or the one it listens on.
    pub fn base_url(&self) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        let public = self.public_url.as_ref().map(Url::to_string);
        let base = public.unwrap_or_else(|| format!("{scheme}://{}", self.listen));
        base.trim_end_matches('/').to_owned()
    }

    /// Whether browsers reach it by https.
    pub fn is_https(&self) -> bool {
        let public = self.public_url.as_ref();
        public.map_or(self.tls.is_some(), |url| url.scheme() == "https")
    }
}

impl Default for ServerSettings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080),
            tls: None,
            public_url: None,
            trusted_proxies: Vec::new(),
            sign_in: SignInSettings::default(),
            sessions: SessionLimits {
                idle: Duration::from_secs(30 * 60),
                absolute: Duration::from_secs(12 * 3600),
            },
            request_timeout: Duration::from_secs(30),
            stop_patience: Duration::from_secs(20),
        }
    }
}
