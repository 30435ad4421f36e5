//! `Idempotency-Key`: a request that is sent again, because its answer got lost, is not carried out again.

use axum::body::{Body, Bytes, to_bytes};
use axum::http::header::{CONTENT_TYPE, ETAG};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use usher_model::AdministratorId;
use usher_store::{IdempotentAnswer, KeyedRequest, Reserved};

use super::caller::Caller;
use super::guard::{BODY, Guarded};
use super::operation::{AnswerKind, Operation};
use crate::problem::{Problem, ProblemType};

/// The header with the key.
const KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// The header of an answer that was given before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// The most characters of a key.
const LONGEST: usize = 255;

/// A key and who sent it.
#[derive(Debug)]
pub struct Key {
    actor: AdministratorId,
    text: String,
}

/// A request with a key.
#[derive(Debug)]
pub struct Keyed {
    key: Key,
    body: Bytes,
    hash: String,
}

/// The key of a request, if it has one and the operation changes something.
pub fn key(operation: &Operation, caller: &Caller, parts: &Parts) -> Result<Option<Key>, Problem> {
    let (Some(value), Some(administrator)) = (parts.headers.get(&KEY), caller.administrator())
    else {
        return Ok(None);
    };
    if !operation.takes_key() {
        return Ok(None);
    }
    let text = value.to_str().unwrap_or_default().trim();
    if text.is_empty() || text.len() > LONGEST {
        let problem = format!("an idempotency key has 1 to {LONGEST} plain characters");
        return Err(Problem::invalid(problem).at("Idempotency-Key"));
    }
    Ok(Some(Key {
        actor: administrator.id.clone(),
        text: text.to_owned(),
    }))
}

impl Keyed {
    /// Reads the body, and tells the request from others.
    pub async fn read(
        key: Key,
        credential: &SecretString,
        parts: &Parts,
        body: Body,
    ) -> Result<Self, Problem> {
        let body = to_bytes(body, BODY)
            .await
            .map_err(|_| Problem::new(ProblemType::TooLarge, "the body is too large"))?;
        // With the caller's credential, which is nowhere in the database: a body may hold a password, and nobody who reads the
        // hash is to be able to guess it.
        let mut hash = Sha256::new();
        hash.update(credential.expose_secret());
        hash.update(format!("\n{} {}\n", parts.method, parts.uri));
        hash.update(&body);
        let hash = data_encoding::HEXLOWER.encode(&hash.finalize());
        Ok(Self { key, body, hash })
    }

    fn of(&self) -> KeyedRequest<'_> {
        KeyedRequest {
            actor: self.key.actor.as_str(),
            key: &self.key.text,
            request: &self.hash,
        }
    }
}

/// Carries a request out unless that was done already; then the answer is the one that was given.
pub async fn once<F>(
    guarded: &Guarded,
    keyed: Keyed,
    run: impl FnOnce(Body) -> F,
) -> Result<Response, Problem>
where
    F: Future<Output = Response>,
{
    let store = guarded.server.store();
    match store.reserve_key(keyed.of()).await? {
        Reserved::New => {}
        Reserved::Answered(answer) => return replay(answer),
        Reserved::UnderWay => return Err(under_way()),
        Reserved::OtherRequest => return Err(other_request()),
    }
    let answer = run(Body::from(keyed.body.clone())).await;
    if !is_final(answer.status()) {
        store.settle_key(keyed.of(), None).await?;
        return Ok(answer);
    }
    let (parts, body) = answer.into_parts();
    let body = to_bytes(body, usize::MAX).await.map_err(Problem::bug_of)?;
    let kept = match guarded.operation.answer {
        AnswerKind::Secret if parts.status.is_success() => None,
        _ => Some(String::from_utf8_lossy(&body).into_owned()),
    };
    let answer = IdempotentAnswer {
        status: parts.status.as_u16(),
        body: kept,
        etag: text_of(parts.headers.get(ETAG)),
    };
    store.settle_key(keyed.of(), Some(&answer)).await?;
    Ok(Response::from_parts(parts, Body::from(body)))
}

/// Whether the same request is answered in the same way whenever it is sent: it was carried out, or what it says cannot be
/// meant. Anything else may be another one by then: who asks, how things stand, how often it was tried.
fn is_final(status: StatusCode) -> bool {
    status.is_success()
        || matches!(
            status,
            StatusCode::BAD_REQUEST
                | StatusCode::PAYLOAD_TOO_LARGE
                | StatusCode::UNSUPPORTED_MEDIA_TYPE
                | StatusCode::UNPROCESSABLE_ENTITY
        )
}

fn text_of(value: Option<&HeaderValue>) -> Option<String> {
    value
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned)
}

fn replay(answer: IdempotentAnswer) -> Result<Response, Problem> {
    let Some(body) = answer.body else {
        return Err(Problem::new(
            ProblemType::Conflict,
            "this was done already, and its answer held a secret that is shown once and not kept",
        )
        .hint("take back what was made, and make another one with another key"));
    };
    let status = StatusCode::from_u16(answer.status).map_err(Problem::bug_of)?;
    let etag = answer.etag.and_then(|etag| etag.parse().ok());
    let json = if status.is_success() {
        "application/json"
    } else {
        "application/problem+json"
    };
    let mut answer = Response::new(Body::from(body));
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(json));
    headers.insert(REPLAYED, HeaderValue::from_static("true"));
    if let Some(etag) = etag {
        headers.insert(ETAG, etag);
    }
    Ok(answer)
}

fn under_way() -> Problem {
    Problem::new(
        ProblemType::Conflict,
        "a request with this key is being carried out, or was interrupted",
    )
    .hint("look whether it was done; to do it anyway, send another key")
}

fn other_request() -> Problem {
    Problem::invalid("this key was sent with another request, or in another session or with another token")
        .hint("send a new key with each new request; after a new sign-in, look first whether the earlier one was carried out")
        .at("Idempotency-Key")
}
