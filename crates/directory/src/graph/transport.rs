//! The one place of this crate that builds HTTP clients.

use std::path::Path;
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, ClientBuilder};
use url::Url;

use super::settings::GraphSettings;
use crate::settings::refuse;
use crate::{DirectoryError, ErrorKind};

const USER_AGENT: &str = concat!("usher/", env!("CARGO_PKG_VERSION"));

/// Builds the HTTP client of a source.
///
/// Trust: the machine's authorities and `ca_file`'s. On a machine without any, only `ca_file`'s; and without that
/// file too, no server is trusted, but plain HTTP to this machine works.
pub(super) fn http_client(settings: &GraphSettings) -> Result<Client, DirectoryError> {
    // The binary installs it first; a second time is an error that says just that.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let authorities = match &settings.ca_file {
        Some(path) => read_authorities(path)?,
        None => Vec::new(),
    };
    let with_machines = builder(settings)
        .tls_certs_merge(authorities.clone())
        .build();
    match with_machines {
        Ok(client) => Ok(client),
        Err(error) => {
            tracing::warn!(%error, "this machine's CA certificates cannot be used");
            builder(settings)
                .tls_certs_only(authorities)
                .build()
                .map_err(|error| {
                    DirectoryError::new(ErrorKind::Settings, "no HTTP client can be made")
                        .caused_by(error)
                        .with_hint("install the machine's CA certificates, or name a file of them in `ca_file`")
                })
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the place of this crate that builds HTTP clients"
)]
fn builder(settings: &GraphSettings) -> ClientBuilder {
    let timeout = Duration::from_secs(settings.timeout_seconds.max(1).into());
    let builder = Client::builder()
        .user_agent(USER_AGENT)
        .redirect(Policy::none())
        .connect_timeout(timeout.min(Duration::from_secs(10)))
        .timeout(timeout)
        .pool_idle_timeout(Duration::from_secs(90))
        .tcp_nodelay(true);
    if is_loopback(&settings.graph_url) {
        builder.no_proxy()
    } else {
        builder
    }
}

fn read_authorities(path: &Path) -> Result<Vec<Certificate>, DirectoryError> {
    let place = path.display();
    let pem = std::fs::read(path)
        .map_err(|error| refuse("ca_file", format!("{place} cannot be read")).caused_by(error))?;
    let found = Certificate::from_pem_bundle(&pem).map_err(|error| {
        refuse(
            "ca_file",
            format!("{place} is not a PEM file of certificates"),
        )
        .caused_by(error)
    })?;
    if found.is_empty() {
        return Err(refuse("ca_file", format!("{place} holds no certificate")));
    }
    Ok(found)
}

/// Whether an address leads to this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    url.host_str().is_some_and(usher_model::is_loopback)
}
