//! Sending calls: lanes and retries.

mod reply;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Client;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, Span};
use usher_boxed::boxed;

use crate::base_url::BaseUrl;
use crate::call::Call;
use crate::lane::{Ended, Gate, ScimGates};
use crate::meter::Meter;
use crate::retry::Pauses;
use crate::route::{Cost, Route};
use crate::{ErrorKind, MiroError, Priority};
use reply::{Reply, no_reply};

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
    stop: CancellationToken,
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
            stop: CancellationToken::new(),
        })
    }

    pub fn stopping_with(&self, stop: &CancellationToken) -> Self {
        Self {
            stop: stop.clone(),
            ..self.clone()
        }
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
    #[boxed]
    pub async fn empty(&self, call: Call) -> Result<(), MiroError> {
        self.run(call, |_| Ok(())).await
    }

    /// Sends a call that removes something. Had an earlier attempt removed it already, it is gone.
    #[boxed]
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
                if self.stop.is_cancelled() {
                    return Err(attempts.last.take().unwrap_or_else(|| stopped(&call)));
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
        attempts.last = Some(error);
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = self.stop.cancelled() => {}
        }
        Ok(())
    }

    /// Sends the call once, when its lane has room.
    async fn attempt(&self, call: &Call, lane_wait: &mut Duration) -> Result<Reply, Failure> {
        let connection = &self.connection;
        let Some(gate) = connection.gates.of(call.cost()) else {
            let error = MiroError::new(ErrorKind::Settings, "the call belongs to the other API");
            return Err(Failure::never(named(call, error)));
        };
        let asked = Instant::now();
        let waiting = connection.meter.wait();
        let permit = tokio::select! {
            biased;
            () = self.stop.cancelled() => return Err(Failure::never(stopped(call))),
            permit = gate.pass(call.credits(), self.priority) => permit,
        };
        drop(waiting);
        *lane_wait += asked.elapsed();
        connection
            .meter
            .sent(call.route.name, gate.name, call.credits());
        match self.request(call).send().await {
            Ok(response) => self.receive(call, gate, permit, response).await,
            Err(error) => {
                let is_sent = !error.is_connect();
                permit.end(if is_sent {
                    Ended::Unknown
                } else {
                    Ended::NotSent
                });
                Err(no_reply(call, error, is_sent))
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

    fn secrets<'a>(&'a self, call: &'a Call) -> Vec<&'a str> {
        let tokens = self.connection.token.iter().chain(&call.secrets);
        tokens.map(ExposeSecret::expose_secret).collect()
    }
}

fn stopped(call: &Call) -> MiroError {
    named(call, MiroError::new(ErrorKind::Stopped, ""))
}

fn named(call: &Call, error: MiroError) -> MiroError {
    error.on_route(call.route.name, call.route.scopes)
}

/// Counts for one call.
#[derive(Default)]
struct Attempts {
    made: u32,
    failed: u32,
    limited: u32,
    lane_wait: Duration,
    /// What the attempt before met.
    last: Option<MiroError>,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_becomes_a_header_that_no_log_shows() {
        let header = bearer(&" canary\n".into()).unwrap();
        assert_eq!(header, "Bearer canary");
        assert!(header.is_sensitive());
        assert!(!format!("{header:?}").contains("canary"));
    }

    #[test]
    fn a_token_that_cannot_be_one_is_refused_without_showing_it() {
        for token in ["", " ", "can ary", "canary\u{7}", "can\nary"] {
            let error = bearer(&token.into()).unwrap_err();
            assert_eq!(error.kind(), &ErrorKind::Settings);
            assert!(!format!("{error} {error:?}").contains("ary"));
        }
    }
}
