//! Accepting connections.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::error::SandboxError;
use crate::http::connection::{ConnectionContext, Peer, Socket, Transport, serve};

/// How long a peer may take for the TLS handshake.
const HANDSHAKE_TIME: Duration = Duration::from_secs(10);

/// Listens on an address.
pub(crate) async fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), SandboxError> {
    let failed = |source| SandboxError::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}

/// Accepts connections until the sandbox stops.
pub(crate) async fn accept(
    listener: TcpListener,
    tls: Option<Arc<rustls::ServerConfig>>,
    context: ConnectionContext,
) {
    let acceptor = tls.map(TlsAcceptor::from);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = context.stop.cancelled() => return,
        };
        match accepted {
            Ok((stream, peer)) => {
                let one = connection(stream, peer, acceptor.clone(), context.clone());
                context.tracker.spawn(one);
            }
            Err(error) => {
                // Out of file descriptors: wait for some connections to end.
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    acceptor: Option<TlsAcceptor>,
    context: ConnectionContext,
) {
    let socket = Socket::new(stream);
    let cut = socket.cut_switch();
    let Some(acceptor) = acceptor else {
        return serve(socket, Peer(peer, Transport::Plain), cut, context).await;
    };
    match tokio::time::timeout(HANDSHAKE_TIME, acceptor.accept(socket)).await {
        Ok(Ok(stream)) => serve(stream, Peer(peer, Transport::Tls), cut, context).await,
        Ok(Err(error)) => tracing::debug!(%peer, %error, "TLS handshake failed"),
        Err(_) => tracing::debug!(%peer, "TLS handshake took too long"),
    }
}
