//! One connection: its socket, which a fault can reset, and the HTTP spoken on it.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response};
use hyper::body::Incoming;
use hyper::rt::Executor;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;

/// In a request's extensions: who called, and over what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Peer(pub(crate) SocketAddr, pub(crate) Transport);

/// What a connection is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    /// Plain TCP.
    Plain,
    /// TLS.
    Tls,
}

/// In a reply's extensions: do not send it, reset the connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ConnectionReset;

/// Ends the connection without a reply.
#[derive(Debug, Error)]
#[error("connection reset by a fault rule")]
struct Cut;

/// A TCP stream that is reset, not closed, when it is dropped after a fault said so.
pub(crate) struct Socket {
    stream: TcpStream,
    cut: Arc<AtomicBool>,
}

impl Socket {
    pub(crate) fn new(stream: TcpStream) -> Self {
        // A reply must not wait for the acknowledgement of the one before; failing to say so only slows it.
        let _ = stream.set_nodelay(true);
        let cut = Arc::new(AtomicBool::new(false));
        Self { stream, cut }
    }

    pub(crate) fn cut_switch(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.cut)
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        if self.cut.load(Ordering::Acquire) {
            let _ = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.cut.load(Ordering::Acquire) {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

/// Runs hyper's tasks where the sandbox can wait for them.
#[derive(Clone)]
struct Tracked(TaskTracker);

impl<F> Executor<F> for Tracked
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    fn execute(&self, future: F) {
        self.0.spawn(future);
    }
}

/// What every connection needs.
#[derive(Clone)]
pub(crate) struct ConnectionContext {
    pub(crate) router: Router,
    pub(crate) tracker: TaskTracker,
    pub(crate) stop: CancellationToken,
}

/// Serves HTTP/1.1 or HTTP/2 until the peer leaves, a fault cuts the connection, or the sandbox stops.
pub(crate) async fn serve<S>(
    stream: S,
    peer: Peer,
    cut: Arc<AtomicBool>,
    context: ConnectionContext,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let router = context.router;
    let service = hyper::service::service_fn(move |request: Request<Incoming>| {
        answer(router.clone(), request, peer, Arc::clone(&cut))
    });
    let mut builder = auto::Builder::new(Tracked(context.tracker));
    builder.http1().timer(TokioTimer::new());
    builder.http2().timer(TokioTimer::new());
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = context.stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            let patience = tokio::time::timeout(Duration::from_secs(1), connection);
            patience.await.unwrap_or(Ok(()))
        }
    };
    if let Err(error) = ended {
        tracing::debug!(peer = %peer.0, error, "connection ended");
    }
}

async fn answer(
    router: Router,
    request: Request<Incoming>,
    peer: Peer,
    cut: Arc<AtomicBool>,
) -> Result<Response<Body>, Cut> {
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(peer);
    let response = match router.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    if response.extensions().get::<ConnectionReset>().is_some() {
        cut.store(true, Ordering::Release);
        return Err(Cut);
    }
    Ok(response)
}
