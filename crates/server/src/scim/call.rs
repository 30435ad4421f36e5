//! Who calls, and with what.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use futures::StreamExt as _;
use serde_json::Value;
use usher_engine::people::{Expected, Push, Pushed, merge_if_behind, push, token_hash};
use usher_model::{Actor, Origin, SourceName, TokenId};
use usher_scim::ScimError;
use usher_store::{SourceToken, SourceTokenState, Store};

use super::answer::Refusal;
use super::{MAX_BODY, Scim};
use crate::api::address::address;

/// A call by the identity provider of a source.
#[derive(Clone, Debug)]
pub struct Call {
    scim: Scim,
    actor: Actor,
    source: SourceName,
    base: String,
    merging: Merging,
}

/// When the directory follows from a push that it does not follow from at once.
#[derive(Clone, Debug)]
enum Merging {
    /// Before it is answered.
    WithEach,
    /// Before all that came in one request are answered; whether some push needs it.
    AtTheEnd(Arc<AtomicBool>),
}

impl Call {
    /// The source that the token belongs to.
    pub fn source(&self) -> &SourceName {
        &self.source
    }

    /// The database.
    pub fn store(&self) -> &Store {
        self.scim.server.store()
    }

    /// The address of something below the base address.
    pub fn address(&self, endpoint: &str) -> String {
        format!("{}{endpoint}", self.base)
    }

    /// Takes in a push, and has the directory follow from it.
    pub async fn push(&self, what: &Push, expected: Expected) -> Result<Pushed, Refusal> {
        let acting = self.scim.server.acting(&self.actor, Origin::Directory);
        let pushed = push(acting, &self.source, what, expected).await?;
        match &self.merging {
            Merging::WithEach if pushed.is_behind => self.catch_up().await,
            Merging::AtTheEnd(is_behind) if pushed.is_behind => {
                is_behind.store(true, Ordering::Relaxed);
            }
            Merging::WithEach | Merging::AtTheEnd(_) => {}
        }
        Ok(pushed)
    }

    /// The same call with several pushes in it: everything is merged once, by [`Call::finish`].
    pub fn of_several(&self) -> Self {
        Self {
            merging: Merging::AtTheEnd(Arc::default()),
            ..self.clone()
        }
    }

    /// Has the directory follow from all pushes of the call.
    pub async fn finish(&self) {
        if let Merging::AtTheEnd(is_behind) = &self.merging
            && is_behind.load(Ordering::Relaxed)
        {
            self.catch_up().await;
        }
    }

    /// Merges everything. What was pushed is stored already: a failure here is made up for by the next push or cycle, and
    /// when it takes long the answer, which says that it was stored, does not wait for it.
    async fn catch_up(&self) {
        let (scim, actor) = (self.scim.clone(), self.actor.clone());
        let merging = self.scim.tasks.spawn(async move {
            let _alone = scim.merging.lock().await;
            let acting = scim.server.acting(&actor, Origin::Directory);
            if let Err(error) = merge_if_behind(acting).await {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "the directory does not follow from what was pushed yet"
                );
            }
        });
        let patience = self.scim.server.settings().request_timeout / 3;
        let _ = tokio::time::timeout(patience, merging).await;
    }
}

impl FromRequestParts<Scim> for Call {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, scim: &Scim) -> Result<Self, Refusal> {
        let token = token(&parts.headers, scim).await?;
        let proxies = &scim.server.settings().trusted_proxies;
        Ok(Self {
            actor: Actor::Source {
                name: token.source.clone(),
                token: Some(TokenId::new(&token.id)),
                address: address(parts, proxies),
            },
            source: token.source,
            base: base(parts, scim),
            merging: Merging::WithEach,
            scim: scim.clone(),
        })
    }
}

/// The token of a source that a request has.
async fn token(headers: &HeaderMap, scim: &Scim) -> Result<SourceToken, Refusal> {
    let token = bearer(headers).ok_or_else(|| {
        Refusal::unauthorized(
            r#"Bearer realm="usher""#,
            "send the source's token as `Authorization: Bearer …`",
        )
    })?;
    let store = scim.server.store();
    let found = store.source_token(&token_hash(token)).await?;
    let now = scim.server.clock().now();
    let found = found.filter(|found| found.state(now) == SourceTokenState::Valid);
    let found = found.ok_or_else(|| {
        Refusal::unauthorized(
            r#"Bearer realm="usher", error="invalid_token""#,
            "this token is unknown, expired or revoked",
        )
    })?;
    store.note_source_token_use(&found).await?;
    Ok(found)
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// How the client reached us: the public address, or the one it named.
fn base(parts: &Parts, scim: &Scim) -> String {
    let settings = scim.server.settings();
    if let Some(public) = &settings.public_url {
        return format!("{}/scim/v2", public.as_str().trim_end_matches('/'));
    }
    let scheme = if settings.tls.is_some() {
        "https"
    } else {
        "http"
    };
    let host = parts.headers.get(header::HOST);
    let host = host.and_then(|host| host.to_str().ok());
    let host = host.or_else(|| {
        parts
            .uri
            .authority()
            .map(axum::http::uri::Authority::as_str)
    });
    let host = host.map_or_else(|| settings.listen.to_string(), str::to_owned);
    format!("{scheme}://{host}/scim/v2")
}

/// The JSON of a body.
#[derive(Debug)]
pub struct Json(pub Value);

impl FromRequest<Scim> for Json {
    type Rejection = Refusal;

    async fn from_request(request: Request<Body>, _: &Scim) -> Result<Self, Refusal> {
        let announced = request.headers().get(header::CONTENT_LENGTH);
        let announced = announced.and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
        if announced.is_some_and(|length| length > MAX_BODY) {
            return Err(too_large());
        }
        let bytes = read(request.into_body()).await?;
        let parsed = serde_json::from_slice(&bytes).map_err(|error| {
            ScimError::invalid_syntax(format!("the body is not JSON that can be read: {error}"))
        })?;
        Ok(Self(parsed))
    }
}

fn too_large() -> Refusal {
    Refusal::new(413, format!("a body may have {MAX_BODY} bytes at the most"))
}

/// The whole body, as long as it stays within the limit.
async fn read(body: Body) -> Result<Vec<u8>, Refusal> {
    let mut stream = body.into_data_stream();
    let mut bytes = Vec::new();
    while let Some(piece) = stream.next().await {
        let piece = piece.map_err(|_| Refusal::new(400, "the body broke off"))?;
        if bytes.len() + piece.len() > MAX_BODY {
            return Err(too_large());
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}
