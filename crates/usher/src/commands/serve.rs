//! `usher serve`: Usher as a service.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use serde_json::json;
use tokio_util::sync::CancellationToken;
use usher_server::{Listening, Server, ServerError, ServerSettings, TlsFiles};

use crate::config::Layers;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::inventory;
use crate::output::note;
use crate::signals;

/// Arguments of `usher serve`.
#[derive(Args, Debug)]
#[command(
    after_help = "It listens on this machine only unless told otherwise, and ends with Ctrl-C or a termination signal once the \
requests under way are answered. /livez says that it lives, /readyz whether it can be used and why not.

Examples:
  usher serve
  usher serve --listen 0.0.0.0:8443 --tls-certificate server.pem --tls-key server-key.pem
  usher serve --public-url https://usher.example.org/      behind a proxy
  usher serve --database postgres://usher@db.internal/usher"
)]
pub struct Arguments {
    /// Where it listens [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Option<String>,
    /// How browsers and identity providers reach it, where that is not the address it listens on
    #[arg(long, value_name = "URL")]
    pub public_url: Option<String>,
    /// PEM file of its certificate chain; without one it speaks plain HTTP, as behind a proxy
    #[arg(long, value_name = "FILE")]
    pub tls_certificate: Option<String>,
    /// PEM file of the private key to it
    #[arg(long, value_name = "FILE")]
    pub tls_key: Option<String>,
}

impl Arguments {
    /// Lays the flags that were given over `layers`.
    pub fn layer(&self, layers: &mut Layers) {
        layers.set_flag("server.listen", self.listen.as_ref());
        layers.set_flag("server.public_url", self.public_url.as_ref());
        layers.set_flag("server.tls_certificate", self.tls_certificate.as_ref());
        layers.set_flag("server.tls_key", self.tls_key.as_ref());
    }
}

/// Runs `usher serve`.
pub async fn run(context: &Context) -> Result<Exit, Failure> {
    let settings = settings(context)?;
    let listening = Listening::bind(&settings)?;
    let store = inventory::open(context).await?;
    let server = Server::new(store, Arc::clone(&context.clock), settings);
    let url = listening.url();
    if context.output.is_json() {
        context
            .output
            .line(json!({"event": "serving", "url": url}).to_string())?;
    } else {
        context
            .output
            .line(format!("Usher is at {url}  (Ctrl-C ends it)"))?;
    }
    context.output.flush()?;
    let stop = CancellationToken::new();
    let serving = listening.serve(server, stop.clone());
    tokio::pin!(serving);
    tokio::select! {
        ended = &mut serving => return Ok(ended.map(|()| Exit::Success)?),
        () = signals::stop() => {
            note("stopping once the requests under way are answered");
            stop.cancel();
        }
    }
    serving.await?;
    Ok(Exit::Success)
}

/// What `[server]` says.
fn settings(context: &Context) -> Result<ServerSettings, Failure> {
    let server = &context.configuration.server;
    Ok(ServerSettings {
        listen: server.listen,
        tls: tls(server.tls_certificate.as_ref(), server.tls_key.as_ref())?,
        public_url: server.public_url.clone(),
        request_timeout: server.request_timeout.0,
        stop_patience: server.stop_patience.0,
    })
}

fn tls(certificate: Option<&PathBuf>, key: Option<&PathBuf>) -> Result<Option<TlsFiles>, Failure> {
    match (certificate, key) {
        (Some(certificate), Some(key)) => Ok(Some(TlsFiles {
            certificate: certificate.clone(),
            key: key.clone(),
        })),
        (None, None) => Ok(None),
        (Some(_), None) => Err(half("server.tls_certificate", "server.tls_key")),
        (None, Some(_)) => Err(half("server.tls_key", "server.tls_certificate")),
    }
}

fn half(set: &str, missing: &str) -> Failure {
    let message = format!("{set} is set, and {missing} is not");
    Failure::new(Exit::Usage, message).hint("TLS needs both the certificate and its key")
}

impl From<ServerError> for Failure {
    fn from(error: ServerError) -> Self {
        let (exit, hint) = match &error {
            ServerError::Listen { .. } => (
                Exit::Usage,
                "another program may have it, perhaps another Usher; `--listen` or USHER_LISTEN names another address",
            ),
            ServerError::Certificate { .. } => (
                Exit::File,
                "both files are PEM: the chain with the server's own certificate first, and its private key",
            ),
            _ => (Exit::Failure, "the log says more with --log-level debug"),
        };
        Self::new(exit, error.to_string())
            .because_of_source(&error)
            .hint(hint)
    }
}
