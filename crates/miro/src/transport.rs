//! The one place that builds HTTP clients.

use std::path::Path;
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, ClientBuilder};

use crate::base_url::BaseUrl;
use crate::{ErrorKind, MiroError, MiroSettings};

const USER_AGENT: &str = concat!("usher/", env!("CARGO_PKG_VERSION"));

/// Builds the HTTP client for one base address.
///
/// Trust: the machine's authorities and `ca_file`'s. On a machine without any (a bare container image), only
/// `ca_file`'s; and without that file too, no server is trusted, but plain HTTP to this machine works.
pub(crate) fn http_client(settings: &MiroSettings, base: &BaseUrl) -> Result<Client, MiroError> {
    // The binary installs it first; a second time is an error that says just that.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let authorities = match &settings.ca_file {
        Some(path) => read_authorities(path)?,
        None => Vec::new(),
    };
    let with_machines = builder(settings, base)
        .tls_certs_merge(authorities.clone())
        .build();
    match with_machines {
        Ok(client) => Ok(client),
        Err(error) => {
            tracing::warn!(%error, "this machine's CA certificates cannot be used");
            builder(settings, base)
                .tls_certs_only(authorities)
                .build()
                .map_err(|error| {
                    MiroError::new(ErrorKind::Settings, "no HTTP client can be made")
                        .caused_by(error)
                })
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the place that the ban points to"
)]
fn builder(settings: &MiroSettings, base: &BaseUrl) -> ClientBuilder {
    let builder = Client::builder()
        .user_agent(USER_AGENT)
        .redirect(Policy::none())
        .connect_timeout(settings.connect_timeout)
        .timeout(settings.timeout)
        .pool_idle_timeout(Duration::from_secs(90))
        .http2_keep_alive_interval(Duration::from_secs(20))
        .http2_keep_alive_timeout(Duration::from_secs(20))
        .http2_adaptive_window(true)
        .tcp_nodelay(true);
    if base.is_loopback() {
        builder.no_proxy()
    } else {
        builder
    }
}

fn read_authorities(path: &Path) -> Result<Vec<Certificate>, MiroError> {
    let refuse = |why: &str| {
        MiroError::new(
            ErrorKind::Settings,
            format!("ca_file {}: {why}", path.display()),
        )
    };
    let pem = std::fs::read(path).map_err(|error| refuse("cannot be read").caused_by(error))?;
    let found = Certificate::from_pem_bundle(&pem)
        .map_err(|error| refuse("is not a PEM file of certificates").caused_by(error))?;
    if found.is_empty() {
        return Err(refuse("holds no certificate"));
    }
    Ok(found)
}
