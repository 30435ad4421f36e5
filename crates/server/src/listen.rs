//! Listening, and stopping without losing a request.

use std::net::SocketAddr;
use std::time::Duration;

use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;
use hyper_util::rt::TokioTimer;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::connections::{Gate, Limits, Seats};
use crate::{Server, ServerError, ServerSettings, tls};

/// How long a client may take for the head of a request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// The most bytes that the head of a request may have.
const HEAD_SIZE: usize = 64 * 1024;

/// A server that holds its address, and does not answer yet.
#[derive(Debug)]
pub struct Listening {
    socket: std::net::TcpListener,
    address: SocketAddr,
    tls: Option<RustlsConfig>,
    settings: ServerSettings,
}

impl Listening {
    /// Takes the address and reads the certificate.
    pub fn bind(settings: &ServerSettings) -> Result<Self, ServerError> {
        let refused = |source| ServerError::Listen {
            address: settings.listen,
            source,
        };
        let tls = settings.tls.as_ref().map(tls::config).transpose()?;
        let socket = std::net::TcpListener::bind(settings.listen).map_err(refused)?;
        socket.set_nonblocking(true).map_err(refused)?;
        let address = socket.local_addr().map_err(refused)?;
        Ok(Self {
            socket,
            address,
            tls: tls.map(RustlsConfig::from_config),
            settings: settings.clone(),
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How it is reached: the public address, or the one it listens on.
    pub fn url(&self) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        let public = self.settings.public_url.as_ref().map(Url::to_string);
        public.unwrap_or_else(|| format!("{scheme}://{}/", self.address))
    }

    /// Answers until `stop`; then takes no more connections, and ends when the requests under way are answered, or
    /// when its patience is over.
    pub async fn serve(self, server: Server, stop: CancellationToken) -> Result<(), ServerError> {
        let handle = Handle::new();
        let stopping = handle.clone();
        let patience = self.settings.stop_patience;
        let seats = Seats::new(Limits::default(), &self.settings.trusted_proxies);
        let service = server
            .router()
            .into_make_service_with_connect_info::<SocketAddr>();
        let answering = async {
            match self.tls {
                Some(config) => {
                    let mut listener = axum_server::from_tcp_rustls(self.socket, config)?
                        .map(|tls| Gate::new(tls, seats))
                        .handle(handle);
                    limit(listener.http_builder());
                    listener.serve(service).await
                }
                None => {
                    let mut listener = axum_server::from_tcp(self.socket)?
                        .map(|plain| Gate::new(plain, seats))
                        .handle(handle);
                    limit(listener.http_builder());
                    listener.serve(service).await
                }
            }
        };
        tokio::pin!(answering);
        tokio::select! {
            ended = &mut answering => return ended.map_err(ServerError::Stopped),
            () = stop.cancelled() => stopping.graceful_shutdown(Some(patience)),
        }
        answering.await.map_err(ServerError::Stopped)
    }
}

/// A client that does not go on, or says too much, is let go.
fn limit<E>(builder: &mut hyper_util::server::conn::auto::Builder<E>) {
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(HEAD_SIZE);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(Duration::from_secs(20))
        .max_header_list_size(u32::try_from(HEAD_SIZE).unwrap_or(u32::MAX));
}
