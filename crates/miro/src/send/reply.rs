//! What replies mean, and what may be done after them.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::header::{HeaderMap, LOCATION};
use reqwest::{Method, Response};

use super::{Again, Caller, Failure, named};
use crate::base_url::shown;
use crate::call::Call;
use crate::error::{ErrorBody, from_reply, scrub, unreachable_kind};
use crate::lane::{Ended, Gate, Permit, RateHeaders, server_time};
use crate::request_id;
use crate::route::Idempotency;
use crate::{ErrorKind, MiroError, Unreachable};

/// The largest reply that is read. Miro's largest documented one, a group of 8000 members, has about 1 MB.
const REPLY_BYTES: usize = 64 * 1024 * 1024;

/// The longest that is waited because Miro asks to.
const LONGEST_RETRY_AFTER: Duration = Duration::from_mins(10);

/// A reply that is a success.
pub(super) struct Reply {
    body: Bytes,
    request_id: Option<String>,
    status: u16,
}

impl Caller {
    /// Reads a reply, learns from its headers, and tells success from failure.
    pub(super) async fn receive(
        &self,
        call: &Call,
        gate: &Gate,
        permit: Permit,
        mut response: Response,
    ) -> Result<Reply, Failure> {
        let status = response.status().as_u16();
        let rate = RateHeaders::read(response.headers());
        self.connection
            .meter
            .answered(server_time(response.headers()));
        permit.observe(rate, call.credits() / call.items.max(1));
        let body = read_body(&mut response).await;
        // The server answered, so it has counted the call, whatever became of the body.
        permit.end(Ended::Answered);
        let request_id = request_id(response.headers());
        if call.route.method() != Method::GET {
            request_id::note(request_id.as_deref());
        }
        match (status, body) {
            (200..=299, Ok(body)) => Ok(Reply {
                body,
                request_id,
                status,
            }),
            (200..=299, Err(broken)) => Err(broken_reply(call, status, broken)),
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
                // A reset is told in whole seconds, and no window lasts longer than itself.
                let window = gate.window();
                let rest = rate.reset_in.unwrap_or(window).min(window);
                let wait = rate.retry_after.unwrap_or(rest);
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

    /// Reads the body of a success.
    pub(super) fn read<T>(
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
            let error = named(call, error);
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
        named(call, error).with_status(response.status().as_u16())
    }
}

/// What may be done when no reply came.
pub(super) fn no_reply(call: &Call, error: reqwest::Error, is_sent: bool) -> Failure {
    let why = unreachable_kind(&error);
    let error = MiroError::new(ErrorKind::Unreachable(why), "").caused_by(error.without_url());
    let error = named(call, error);
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
fn broken_reply(call: &Call, status: u16, broken: BrokenBody) -> Failure {
    let (kind, detail) = match &broken {
        BrokenBody::Lost(error) => (ErrorKind::Unreachable(unreachable_kind(error)), ""),
        BrokenBody::TooLong => (ErrorKind::Protocol, "the reply is too long"),
    };
    let mut error = named(call, MiroError::new(kind, detail)).with_status(status);
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
