//! `usher serve`: Usher as a service.

mod performing;

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use serde_json::json;
use tokio_util::sync::CancellationToken;
use url::Url;
use usher_engine::Acting;
use usher_engine::jobs::{Pulse, Worker, WorkerSettings, keep_tidy};
use usher_engine::secrets::Vault;
use usher_model::{Actor, Origin};
use usher_server::administrators::{InvitationLink, set_up_link};
use usher_server::{Checks, Listening, Metrics, Server, ServerError, ServerSettings, TlsFiles};
use usher_store::SessionLimits;

use crate::config::Layers;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::inventory;
use crate::keeping::vault;
use crate::output::{humanize, note};
use crate::sign_in;
use crate::signals;
use performing::Hands;

/// Arguments of `usher serve`.
#[derive(Args, Debug)]
#[command(
    after_help = "It listens on this machine only unless told otherwise, and does the jobs that are due: `usher schedules set` says \
when. It ends with Ctrl-C or a termination signal once the requests under way are answered and the jobs under way have come \
to a stop; another one on the same database goes on with them. /livez says that it lives, /readyz whether it can be used and \
why not, /metrics how it fares.

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
    Box::pin(serving(context, |url, link| announce(url, link, context))).await
}

/// Serves until somebody says stop. `tell` is called once it listens, with its address and, as long as nobody uses it, the
/// link to set it up.
pub async fn serving(
    context: &Context,
    tell: impl FnOnce(&str, Option<&InvitationLink>) -> Result<(), Failure>,
) -> Result<Exit, Failure> {
    let settings = settings(context)?;
    let (listening, sessions) = (Listening::bind(&settings)?, settings.sessions);
    let store = inventory::open(context).await?;
    let working = worker_settings(context);
    let pulse = Pulse::new(working.poll);
    let hands = Hands::new(store.clone(), context);
    let vault = vault(&store, context)?;
    seal_what_is_not(&vault).await;
    let checks = Checks {
        worker: (working.at_once > 0).then(|| pulse.clone()),
        secrets: Some(vault),
    };
    let link = set_up_link(Acting {
        store: &store,
        clock: &*context.clock,
        actor: &Actor::System,
        origin: Origin::CommandLine,
    })
    .await?;
    let metrics = Metrics::new(hands.miro_use());
    let clock = Arc::clone(&context.clock);
    let watched = (checks, metrics.clone());
    let server = Server::watched(store.clone(), clock, settings, watched);
    tell(&listening.url(), link.as_ref())?;
    let stop = CancellationToken::new();
    let worker = Worker {
        store: &store,
        clock: &*context.clock,
        perform: &hands,
        observer: &metrics,
        pulse: &pulse,
        settings: working,
    };
    let both = serve_and_work(listening.serve(server, stop.clone()), &worker, &stop);
    tokio::select! {
        ended = until_told_to_stop(both, &stop) => ended,
        () = hands.share_limits() => Ok(Exit::Success),
        () = keep_tidy(&store, &*context.clock, sessions) => Ok(Exit::Success),
    }
}

/// Seals what earlier versions stored as it is. A key that cannot be used is no reason not to serve: /readyz says so.
async fn seal_what_is_not(vault: &Vault) {
    match vault.seal_second_factors().await {
        Ok(0) => {}
        Ok(sealed) => tracing::info!(
            sealed,
            "second factors were stored unencrypted, and are encrypted now"
        ),
        Err(error) => tracing::warn!(
            error = &error as &dyn std::error::Error,
            "second factors that are stored unencrypted stay so"
        ),
    }
}

/// Answers requests and does jobs; where one ends, the other does.
async fn serve_and_work(
    serving: impl Future<Output = Result<(), ServerError>>,
    worker: &Worker<'_>,
    stop: &CancellationToken,
) -> Result<(), ServerError> {
    let serving = async {
        let served = serving.await;
        stop.cancel();
        served
    };
    let working = async {
        if worker.settings.at_once > 0 {
            worker.work(stop).await;
        }
    };
    let (served, ()) = tokio::join!(serving, working);
    served
}

async fn until_told_to_stop(
    both: impl Future<Output = Result<(), ServerError>>,
    stop: &CancellationToken,
) -> Result<Exit, Failure> {
    tokio::pin!(both);
    tokio::select! {
        ended = &mut both => return Ok(ended.map(|()| Exit::Success)?),
        () = signals::stop() => {}
    }
    note(
        "stopping once the requests and jobs under way have come to a stop; Ctrl-C again does not wait for them",
    );
    stop.cancel();
    tokio::select! {
        ended = both => Ok(ended.map(|()| Exit::Success)?),
        () = signals::stop() => Err(Failure::new(Exit::Interrupted, "interrupted")
            .hint("the jobs that were under way go on when their lease has ended")),
    }
}

/// What `[jobs]` says.
fn worker_settings(context: &Context) -> WorkerSettings {
    let jobs = &context.configuration.jobs;
    WorkerSettings {
        at_once: usize::try_from(jobs.at_once).unwrap_or(usize::MAX),
        lease: jobs.lease.0,
        poll: jobs.poll.0,
        stop_patience: context.configuration.server.stop_patience.0,
    }
}

/// Says where Usher is and, as long as nobody uses it, how to set it up.
fn announce(url: &str, link: Option<&InvitationLink>, context: &Context) -> Result<(), Failure> {
    let output = &context.output;
    let set_up = match (link, Url::parse(url)) {
        (Some(link), Ok(base)) => Some((link.url(&base, "set-up"), link)),
        _ => None,
    };
    if output.is_json() {
        let (address, link) = set_up.unzip();
        let expires_at = link.map(|link| link.expires_at);
        output.line(
            json!({"event": "serving", "url": url, "set_up_link": address, "set_up_until": expires_at})
                .to_string(),
        )?;
        return output.flush();
    }
    output.line(format!("Usher is at {url}  (Ctrl-C ends it)"))?;
    if let Some((address, link)) = set_up {
        let until = humanize::exact(link.expires_at);
        output.line(format!(
            "Set it up with this one-time link, until {until}:\n{address}"
        ))?;
    }
    output.flush()
}

/// What `[server]` says.
fn settings(context: &Context) -> Result<ServerSettings, Failure> {
    let server = &context.configuration.server;
    Ok(ServerSettings {
        listen: server.listen,
        tls: tls(server.tls_certificate.as_ref(), server.tls_key.as_ref())?,
        public_url: server.public_url.clone(),
        trusted_proxies: server
            .trusted_proxies
            .as_ref()
            .map(|addresses| addresses.0.clone())
            .unwrap_or_default(),
        sign_in: sign_in::settings(context)?,
        sessions: SessionLimits {
            idle: server.session_idle.0,
            absolute: server.session_length.0,
        },
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
