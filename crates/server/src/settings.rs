//! How a server runs.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use url::Url;

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

impl Default for ServerSettings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080),
            tls: None,
            public_url: None,
            request_timeout: Duration::from_secs(30),
            stop_patience: Duration::from_secs(20),
        }
    }
}
