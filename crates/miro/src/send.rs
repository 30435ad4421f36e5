//! Sending calls: lanes, retries, and what the replies mean.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION};
use reqwest::{Client, Response};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use tokio::time::Instant;
use tracing::{Instrument, Span};

use crate::base_url::{BaseUrl, shown};
use crate::call::Call;
use crate::error::{ErrorBody, from_reply, scrub, unreachable_kind};
use crate::lane::{Ended, Gate, Permit, RateHeaders, ScimGates};
use crate::meter::Meter;
use crate::retry::Pauses;
use crate::route::{Cost, Idempotency, Route};
use crate::{ErrorKind, MiroError, Priority, Unreachable};

/// The largest reply that is read. Miro's largest documented one, a group of 8000 members, has about 1 MB.
const REPLY_BYTES: usize = 64 * 1024 * 1024;

/// The longest that is waited because Miro asks to.
const LONGEST_RETRY_AFTER: Duration = Duration::from_mins(10);

/// What all calls of one API share.
pub(crate) struct Connection {
    pub http: Client,
    pub base: BaseUrl,
    pub gates: Gates,
    pub token: Option<SecretString>,
    pub meter: Arc<Meter>,
    pub pauses: Arc<Pauses>,
    pub max_retries: u32,
}

/// The lanes of one API.
#[derive(Clone, Debug)]
pub(crate) enum Gates {
    Rest(Arc<Gate>),
    Scim(Arc<ScimGates>),
}

impl Gates {
    fn of(&self, cost: Cost) -> Option<&Arc<Gate>> {
        match (self, cost) {
            (Self::Rest(gate), Cost::Rest(_)) => Some(gate),
            (Self::Scim(gates), Cost::Scim(class)) => gates.of(class),
            _ => None,
        }
    }
}

/// Sends calls. Cloning is cheap.
#[derive(Clone)]
pub(crate) struct Caller {
    connection: Arc<Connection>,
    authorization: Option<HeaderValue>,
    priority: Priority,
}

impl fmt::Debug for Caller {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Caller")
            .field("base", &self.connection.base)
            .field("priority", &self.priority)
            .finish_non_exhaustive()
    }
}

/// A reply that is a success.
struct Reply {
    body: Bytes,
    request_id: Option<String>,
    status: u16,
}

/// An attempt that failed, and what may be done about it.
struct Failure {
    error: MiroError,
    again: Again,
}

enum Again {
    /// Trying again is of no use, or unsafe.
    Never,
    /// After a pause; at least this long.
    Later(Duration),
    /// When the lane, which has been paused, lets it pass.
    WhenTheLaneOpens,
}

impl Failure {
    fn never(error: MiroError) -> Self {
        Self {
            error,
            again: Again::Never,
        }
    }
}

impl Caller {
    pub fn new(connection: Connection) -> Result<Self, MiroError> {
        let authorization = connection.token.as_ref().map(bearer).transpose()?;
        let connection = Arc::new(connection);
        Ok(Self {
            connection,
            authorization,
            priority: Priority::Normal,
        })
    }

    pub fn with_priority(&self, priority: Priority) -> Self {
        Self {
            priority,
            ..self.clone()
        }
    }

    /// A call of a route with ids for the places in its path.
    pub fn call(&self, route: &'static Route, ids: &[&str]) -> Result<Call, MiroError> {
        Ok(Call::new(route, self.connection.base.join(route, ids)?))
    }

    /// Sends a call and reads the reply.
    pub async fn json<T: DeserializeOwned>(&self, call: Call) -> Result<T, MiroError> {
        self.run(call, |body| serde_json::from_slice(body)).await
    }

    /// Sends a call whose reply says nothing.
    pub async fn empty(&self, call: Call) -> Result<(), MiroError> {
        self.run(call, |_| Ok(())).await
    }

    /// Sends a call that removes something. Had an earlier attempt removed it already, it is gone.
    pub async fn remove(&self, call: Call) -> Result<(), MiroError> {
        match self.empty(call).await {
            Err(error) if *error.kind() == ErrorKind::NotFound && error.attempts() > 1 => Ok(()),
            result => result,
        }
    }

    /// The send loop.
    async fn run<T>(
        &self,
        call: Call,
        read: impl Fn(&[u8]) -> Result<T, serde_json::Error>,
    ) -> Result<T, MiroError> {
        let span = tracing::debug_span!(
            "miro",
            route = call.route.name,
            lane_wait_ms = tracing::field::Empty,
            attempts = tracing::field::Empty,
            status = tracing::field::Empty,
        );
        let mut attempts = Attempts::default();
        let sending = async {
            loop {
                attempts.made += 1;
                let result = match self.attempt(&call, &mut attempts.lane_wait).await {
                    Ok(reply) => self.read(&call, &reply, &read),
                    Err(failure) => Err(failure),
                };
                match result {
                    Ok(value) => return Ok(value),
                    Err(failure) => self.before_trying_again(failure, &mut attempts).await?,
                }
            }
        };
        let result = sending.instrument(span.clone()).await;
        attempts.record(&span, result.as_ref().err());
        result
    }

    /// Waits for the next attempt, or gives up.
    async fn before_trying_again(
        &self,
        failure: Failure,
        attempts: &mut Attempts,
    ) -> Result<(), MiroError> {
        let Failure { error, again } = failure;
        let connection = &self.connection;
        let error = error.with_attempts(attempts.made);
        let pause = match again {
            Again::Later(at_least) if attempts.failed < connection.max_retries => {
                attempts.failed += 1;
                connection.pauses.after(attempts.failed).max(at_least)
            }
            Again::WhenTheLaneOpens if attempts.limited < connection.max_retries => {
                attempts.limited += 1;
                Duration::ZERO
            }
            _ => return Err(error),
        };
        connection.meter.retried();
        tracing::debug!(%error, pause_ms = pause.as_millis(), "trying again");
        tokio::time::sleep(pause).await;
        Ok(())
    }

    /// Sends the call once, when its lane has room.
    async fn attempt(&self, call: &Call, lane_wait: &mut Duration) -> Result<Reply, Failure> {
        let connection = &self.connection;
        let Some(gate) = connection.gates.of(call.cost()) else {
            let error = MiroError::new(ErrorKind::Settings, "the call belongs to the other API");
            return Err(Failure::never(self.named(call, error)));
        };
        let asked = Instant::now();
        let permit = gate.pass(call.credits(), self.priority).await;
        let waited = asked.elapsed();
        *lane_wait += waited;
        connection
            .meter
            .sent(call.route.name, gate.name, call.credits(), waited);
        match self.request(call).send().await {
            Ok(response) => self.receive(call, gate, permit, response).await,
            Err(error) => {
                let is_sent = !error.is_connect();
                permit.end(if is_sent {
                    Ended::Unknown
                } else {
                    Ended::NotSent
                });
                Err(self.no_reply(call, error, is_sent))
            }
        }
    }

    fn request(&self, call: &Call) -> reqwest::RequestBuilder {
        let accept = if call.route.is_scim() {
            "application/scim+json, application/json;q=0.9"
        } else {
            "application/json"
        };
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static(accept));
        if let Some(authorization) = &self.authorization {
            headers.insert(AUTHORIZATION, authorization.clone());
        }
        let request = self
            .connection
            .http
            .request(call.route.method(), call.url.clone());
        match &call.body {
            Some(body) => {
                headers.insert(CONTENT_TYPE, HeaderValue::from_static(body.content_type));
                request.headers(headers).body(body.bytes.clone())
            }
            None => request.headers(headers),
        }
    }

    /// Reads a reply, learns from its headers, and tells success from failure.
    async fn receive(
        &self,
        call: &Call,
        gate: &Gate,
        permit: Permit,
        mut response: Response,
    ) -> Result<Reply, Failure> {
        let status = response.status().as_u16();
        let rate = RateHeaders::read(response.headers());
        permit.observe(rate, call.credits() / call.items.max(1));
        let body = read_body(&mut response).await;
        // The server answered, so it has counted the call, whatever became of the body.
        permit.end(Ended::Answered);
        let request_id = request_id(response.headers());
        match (status, body) {
            (200..=299, Ok(body)) => Ok(Reply {
                body,
                request_id,
                status,
            }),
            (200..=299, Err(broken)) => Err(self.broken_reply(call, status, broken)),
            (300..=399, _) => Err(Failure::never(self.redirected(call, &response))),
            (_, body) => {
                let body = body.unwrap_or_default();
                let error_body = ErrorBody::read(&body, &self.secrets(call));
                let error = from_reply(call.route, status, error_body, rate.retry_after)
                    .with_request_id(request_id);
                Err(self.refused(call, gate, rate, error))
            }
        }
    }

    /// What may be done after a reply with an error status.
    fn refused(&self, call: &Call, gate: &Gate, rate: RateHeaders, error: MiroError) -> Failure {
        let is_safe = call.route.idempotency == Idempotency::Safe;
        match error.status() {
            Some(429) => {
                self.connection.meter.rate_limited();
                let wait = rate
                    .retry_after
                    .or(rate.reset_in)
                    .unwrap_or_else(|| gate.window());
                if wait > LONGEST_RETRY_AFTER {
                    return Failure::never(error);
                }
                let jitter = self.connection.pauses.jitter(gate.window());
                gate.pause(wait + jitter);
                tracing::warn!(lane = gate.name, ?wait, "Miro's rate limit is exceeded");
                Failure {
                    error,
                    again: Again::WhenTheLaneOpens,
                }
            }
            Some(500..=599) if is_safe => {
                let at_least = rate.retry_after.unwrap_or_default();
                if at_least > LONGEST_RETRY_AFTER {
                    return Failure::never(error);
                }
                Failure {
                    error,
                    again: Again::Later(at_least),
                }
            }
            // 501 and 503 mean that nothing was done; behind the others something may have been.
            Some(500 | 502 | 504..=599) => Failure::never(error.into_ambiguous()),
            _ => Failure::never(error),
        }
    }

    /// What may be done when no reply came.
    fn no_reply(&self, call: &Call, error: reqwest::Error, is_sent: bool) -> Failure {
        let why = unreachable_kind(&error);
        let error = MiroError::new(ErrorKind::Unreachable(why), "").caused_by(error.without_url());
        let error = self.named(call, error);
        let is_safe = call.route.idempotency == Idempotency::Safe;
        match why {
            Unreachable::Tls(_) => Failure::never(error),
            _ if is_safe || !is_sent => Failure {
                error,
                again: Again::Later(Duration::ZERO),
            },
            _ => Failure::never(error.into_ambiguous()),
        }
    }

    /// What may be done when a success came without its whole body.
    fn broken_reply(&self, call: &Call, status: u16, broken: BrokenBody) -> Failure {
        let (kind, detail) = match &broken {
            BrokenBody::Lost(error) => (ErrorKind::Unreachable(unreachable_kind(error)), ""),
            BrokenBody::TooLong => (ErrorKind::Protocol, "the reply is too long"),
        };
        let mut error = self
            .named(call, MiroError::new(kind, detail))
            .with_status(status);
        if let BrokenBody::Lost(cause) = broken {
            error = error.caused_by(cause.without_url());
        }
        match call.route.idempotency {
            Idempotency::Safe => Failure {
                error,
                again: Again::Later(Duration::ZERO),
            },
            Idempotency::Unsafe => Failure::never(error.into_ambiguous()),
        }
    }

    fn read<T>(
        &self,
        call: &Call,
        reply: &Reply,
        read: impl Fn(&[u8]) -> Result<T, serde_json::Error>,
    ) -> Result<T, Failure> {
        read(&reply.body).map_err(|error| {
            let detail = scrub(&error.to_string(), &self.secrets(call));
            let error = MiroError::new(ErrorKind::Protocol, detail)
                .with_status(reply.status)
                .with_request_id(reply.request_id.clone());
            let error = self.named(call, error);
            match call.route.idempotency {
                Idempotency::Safe => Failure {
                    error,
                    again: Again::Later(Duration::ZERO),
                },
                Idempotency::Unsafe => Failure::never(error.into_ambiguous()),
            }
        })
    }

    fn redirected(&self, call: &Call, response: &Response) -> MiroError {
        let location = response
            .headers()
            .get(LOCATION)
            .and_then(|value| value.to_str().ok());
        let location = location.and_then(|value| call.url.join(value).ok());
        let location = location
            .as_ref()
            .map_or_else(|| "nowhere".to_owned(), shown);
        let location = scrub(&location, &self.secrets(call));
        let error = MiroError::new(ErrorKind::Redirected { location }, "");
        self.named(call, error)
            .with_status(response.status().as_u16())
    }

    #[expect(clippy::unused_self, reason = "reads as the rest of the callers do")]
    fn named(&self, call: &Call, error: MiroError) -> MiroError {
        error.on_route(call.route.name, call.route.scopes)
    }

    fn secrets<'a>(&'a self, call: &'a Call) -> Vec<&'a str> {
        let tokens = self.connection.token.iter().chain(&call.secrets);
        tokens.map(ExposeSecret::expose_secret).collect()
    }
}

/// Counts for one call.
#[derive(Default)]
struct Attempts {
    made: u32,
    failed: u32,
    limited: u32,
    lane_wait: Duration,
}

impl Attempts {
    fn record(&self, span: &Span, error: Option<&MiroError>) {
        span.record("lane_wait_ms", self.lane_wait.as_millis());
        span.record("attempts", self.made);
        if let Some(status) = error.and_then(MiroError::status) {
            span.record("status", status);
        }
    }
}

enum BrokenBody {
    Lost(reqwest::Error),
    TooLong,
}

async fn read_body(response: &mut Response) -> Result<Bytes, BrokenBody> {
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(BrokenBody::Lost)? {
        if body.len() + chunk.len() > REPLY_BYTES {
            return Err(BrokenBody::TooLong);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// Miro's docs name no request id; these are the usual names, the last one CloudFront's.
fn request_id(headers: &HeaderMap) -> Option<String> {
    let names = [
        "x-request-id",
        "x-miro-request-id",
        "x-amzn-requestid",
        "x-amz-cf-id",
    ];
    let value = names
        .iter()
        .find_map(|name| headers.get(*name)?.to_str().ok())?;
    Some(scrub(value, &[]))
}

fn bearer(token: &SecretString) -> Result<HeaderValue, MiroError> {
    let refuse = || {
        MiroError::new(
            ErrorKind::Settings,
            "a token is empty or holds characters that no token has",
        )
    };
    let token = token.expose_secret().trim();
    if token.is_empty() || token.contains(char::is_whitespace) {
        return Err(refuse());
    }
    let mut value = HeaderValue::try_from(format!("Bearer {token}")).map_err(|_| refuse())?;
    value.set_sensitive(true);
    Ok(value)
}
