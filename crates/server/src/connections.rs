//! How many connections there may be, and how long one may say nothing.
//!
//! What HTTP itself limits begins with the first bytes of a request; before them a connection costs memory and a file
//! descriptor all the same.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv6Addr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum_server::accept::Accept;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Sleep;

use crate::network::Network;

/// How long a client may take until it is known which HTTP it speaks.
pub const FIRST_WORDS: Duration = Duration::from_secs(10);

/// What a client that speaks HTTP/2 begins with (RFC 9113 §3.4). Whoever begins otherwise speaks HTTP/1.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// How many connections there may be at a time.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// In all. Less than the 1024 files that systems let a process open unasked.
    pub in_all: usize,
    /// From one network address. Many people may be behind one, each with some.
    pub from_one: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            in_all: 900,
            from_one: 200,
        }
    }
}

/// The places of connections.
#[derive(Debug)]
pub struct Seats {
    limits: Limits,
    /// Networks from which everybody comes.
    proxies: Vec<Network>,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    in_all: usize,
    by_origin: HashMap<IpAddr, usize>,
}

impl Seats {
    /// With these limits; that of one address does not hold for `proxies`.
    pub fn new(limits: Limits, proxies: &[Network]) -> Arc<Self> {
        Arc::new(Self {
            limits,
            proxies: proxies.to_vec(),
            taken: Mutex::default(),
        })
    }

    /// A place for a connection from this address, if there is one.
    pub fn take(self: &Arc<Self>, address: IpAddr) -> Option<Seat> {
        let address = address.to_canonical();
        let from = origin(address);
        let mut taken = self.taken();
        let here = taken.by_origin.get(&from).copied().unwrap_or(0);
        let is_proxy = self.proxies.iter().any(|proxy| proxy.contains(address));
        let too_many_here = here >= self.limits.from_one && !is_proxy;
        if taken.in_all >= self.limits.in_all || too_many_here {
            return None;
        }
        taken.in_all += 1;
        taken.by_origin.insert(from, here + 1);
        Some(Seat {
            of: Arc::clone(self),
            from,
        })
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whoever has an IPv6 address has the rest of its /64 too.
fn origin(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => {
            let network = address.to_bits() & !u128::from(u64::MAX);
            IpAddr::V6(Ipv6Addr::from_bits(network))
        }
    }
}

/// The place of one connection, until it is dropped.
#[derive(Debug)]
pub struct Seat {
    of: Arc<Seats>,
    from: IpAddr,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.of.taken();
        taken.in_all = taken.in_all.saturating_sub(1);
        if let Some(here) = taken.by_origin.get_mut(&self.from) {
            *here -= 1;
            if *here == 0 {
                taken.by_origin.remove(&self.from);
            }
        }
    }
}

/// Lets connections in as long as there are places, and out again when they say nothing.
#[derive(Clone, Debug)]
pub struct Gate<A> {
    inner: A,
    seats: Arc<Seats>,
}

impl<A> Gate<A> {
    /// In front of what `inner` does with a connection.
    pub fn new(inner: A, seats: Arc<Seats>) -> Self {
        Self { inner, seats }
    }
}

impl<A, S> Accept<TcpStream, S> for Gate<A>
where
    A: Accept<TcpStream, S>,
    A::Future: Send + 'static,
    A::Stream: Send + 'static,
    A::Service: Send + 'static,
{
    type Stream = Heard<A::Stream>;
    type Service = A::Service;
    type Future = BoxFuture<'static, io::Result<(Self::Stream, Self::Service)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let seat = stream
            .peer_addr()
            .map(|address| self.seats.take(address.ip()));
        let seat = match seat {
            Ok(Some(seat)) => seat,
            Ok(None) => return refuse("there are too many connections"),
            Err(_) => return refuse("the connection is gone already"),
        };
        let accepted = self.inner.accept(stream, service);
        async move {
            let (stream, service) = accepted.await?;
            Ok((Heard::new(stream, seat), service))
        }
        .boxed()
    }
}

fn refuse<T: Send + 'static>(why: &'static str) -> BoxFuture<'static, io::Result<T>> {
    tracing::debug!(why, "a connection was refused");
    async move { Err(io::Error::other(why)) }.boxed()
}

/// A connection that ends unless it is known in time which HTTP it speaks. From there on HTTP has limits of its own.
#[derive(Debug)]
pub struct Heard<S> {
    stream: S,
    patience: Option<Pin<Box<Sleep>>>,
    /// How much of the preface has come.
    preface: usize,
    _seat: Seat,
}

impl<S> Heard<S> {
    fn new(stream: S, seat: Seat) -> Self {
        Self {
            stream,
            patience: Some(Box::pin(tokio::time::sleep(FIRST_WORDS))),
            preface: 0,
            _seat: seat,
        }
    }

    fn hear(&mut self, bytes: &[u8]) {
        for byte in bytes {
            if PREFACE.get(self.preface) != Some(byte) {
                self.patience = None;
                return;
            }
            self.preface += 1;
        }
        if self.preface == PREFACE.len() {
            self.patience = None;
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Heard<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        let read = Pin::new(&mut this.stream).poll_read(context, buffer);
        let Some(patience) = &mut this.patience else {
            return read;
        };
        if read.is_pending() {
            return patience
                .as_mut()
                .poll(context)
                .map(|()| Err(io::ErrorKind::TimedOut.into()));
        }
        this.hear(buffer.filled().get(before..).unwrap_or_default());
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Heard<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};

    use super::*;

    const FEW: Limits = Limits {
        in_all: 4,
        from_one: 2,
    };

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn one_address_takes_its_share_of_places_and_no_more() {
        let seats = Seats::new(FEW, &[]);
        let take = |text| seats.take(address(text));
        let (one, two) = (take("192.0.2.1").unwrap(), take("::ffff:192.0.2.1"));
        assert!(two.is_some() && take("192.0.2.1").is_none());
        let others = [take("2001:db8::1"), take("2001:db8::2")];
        assert!(others.iter().all(Option::is_some) && take("192.0.2.9").is_none());
        drop(one);
        assert!(take("2001:db8::3").is_none());
        assert!(take("192.0.2.1").is_some());
    }

    #[test]
    fn a_proxy_may_have_all_places() {
        let seats = Seats::new(FEW, &[address("10.0.0.1").into()]);
        let all: Vec<_> = (0..5).map(|_| seats.take(address("10.0.0.1"))).collect();
        assert_eq!(all.iter().filter(|seat| seat.is_some()).count(), 4);
    }

    #[tokio::test]
    async fn a_connection_too_many_is_closed_and_its_place_is_free_when_another_ends() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let here = listener.local_addr().unwrap();
        let gate = Gate::new(
            axum_server::accept::DefaultAcceptor::new(),
            Seats::new(FEW, &[]),
        );
        let mut clients = Vec::new();
        let mut connect = async || {
            clients.push(TcpStream::connect(here).await.unwrap());
            let (stream, _) = listener.accept().await.unwrap();
            gate.accept(stream, ()).await
        };
        let (one, two) = (connect().await, connect().await);
        assert!(one.is_ok() && two.is_ok());
        assert!(connect().await.is_err());
        drop(one);
        assert!(connect().await.is_ok());
    }

    /// A connection of which nothing was heard yet, and the client's end of it.
    fn silent() -> (Heard<DuplexStream>, DuplexStream) {
        let seat = Seats::new(FEW, &[]).take(address("192.0.2.1")).unwrap();
        let (here, there) = tokio::io::duplex(1024);
        (Heard::new(here, seat), there)
    }

    async fn read(heard: &mut Heard<DuplexStream>) -> io::Result<usize> {
        heard.read(&mut [0; 64]).await
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_that_says_nothing_or_half_a_preface_is_let_go() {
        for begun in [&b""[..], b"P", b"PRI * HTTP/2.0\r\n"] {
            let (mut heard, mut client) = silent();
            client.write_all(begun).await.unwrap();
            if !begun.is_empty() {
                assert_eq!(read(&mut heard).await.unwrap(), begun.len());
            }
            let error = read(&mut heard).await.unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_whose_language_is_known_may_wait() {
        for begun in [&b"POST"[..], b"G", PREFACE] {
            let (mut heard, mut client) = silent();
            client.write_all(begun).await.unwrap();
            assert_eq!(read(&mut heard).await.unwrap(), begun.len());
            let waited = tokio::time::timeout(FIRST_WORDS * 9, read(&mut heard)).await;
            assert!(waited.is_err(), "{waited:?}");
        }
    }
}
