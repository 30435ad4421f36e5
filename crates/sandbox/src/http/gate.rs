//! What every request passes before a handler sees it: token, scopes, limits, faults, log.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{OriginalUri, Request};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use smol_str::SmolStr;

use crate::clock::machine_time;
use crate::http::connection::ConnectionReset;
use crate::http::cost::{Level, Pool, ScimClass};
use crate::http::fault_rule::{Effect, ResetPoint};
use crate::http::faults::{Fault, HalfDone};
use crate::http::limits::Verdict;
use crate::http::request_log::LoggedRequest;
use crate::http::tokens::{Grant, Scope, TokenRefusal};
use crate::http::{refusal, truncated};
use crate::state::SandboxState;
use crate::switches::RateBuckets;

/// The largest body that is read at all. Miro's own limit for SCIM, 800,000 bytes, is the handler's business.
const MAX_BODY_BYTES: usize = 4 << 20;

/// Where SCIM is served.
pub(crate) const SCIM_BASE: &str = "/api/v1/scim";

/// Whose rules a request is under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Api {
    /// REST with an access token.
    Rest,
    /// SCIM with the organization's SCIM token.
    Scim,
    /// REST calls that need no token: getting and giving back tokens.
    Open,
}

/// What is known of a route before its request is read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts {
    pub(crate) api: Api,
    pub(crate) scopes: &'static [Scope],
    pub(crate) price: Price,
}

/// What a request costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Price {
    /// Nothing.
    Free,
    /// The credits of a level, from the REST pool.
    Rest(Level),
    /// Level 1 for each user named in a bulk edit, from the REST pool.
    RestPerItem,
    /// What the SCIM endpoint costs.
    Scim,
}

impl Price {
    fn of(self, state: &SandboxState, parts: &Parts, body: &Bytes) -> Option<(Pool, u32)> {
        match self {
            Self::Free => None,
            Self::Rest(level) => Some((Pool::Rest, level.credits())),
            Self::RestPerItem => {
                let items = bulk_items(body).max(1);
                let items = u32::try_from(items).unwrap_or(u32::MAX);
                Some((Pool::Rest, items.saturating_mul(Level::One.credits())))
            }
            Self::Scim => {
                let path = full_path(&parts.extensions, &parts.uri);
                let path = path.strip_prefix(SCIM_BASE).unwrap_or(path);
                let class = ScimClass::of(parts.method.as_str(), path, body.len())?;
                let pool = if state.switches.rate_buckets == RateBuckets::Shared {
                    Pool::ScimShared
                } else {
                    Pool::Scim(class)
                };
                Some((pool, class.level().credits()))
            }
        }
    }
}

/// The path as it was asked for: routers below the root see only what is left of it.
fn full_path<'a>(extensions: &'a Extensions, uri: &'a Uri) -> &'a str {
    extensions
        .get::<OriginalUri>()
        .map_or(uri, |original| &original.0)
        .path()
}

fn bulk_items(body: &Bytes) -> usize {
    let edit: Option<usher_miro_wire::BulkEdit> = serde_json::from_slice(body).ok();
    edit.map_or(0, |edit| {
        edit.members_to_add.len() + edit.members_to_remove.len()
    })
}

/// Who asked.
#[derive(Clone, Debug)]
pub(crate) enum Caller {
    /// An app, for a user.
    Rest(Grant),
    /// The identity provider.
    Scim,
    /// Nobody known.
    Anonymous,
}

/// A request that may go on.
pub(crate) struct Admitted {
    pub(crate) caller: Caller,
    pub(crate) parts: Parts,
    pub(crate) body: Bytes,
    pub(crate) half_done: Option<HalfDone>,
}

/// Takes a request through all checks, has it handled, and notes what came of it.
pub(crate) async fn pass<H, R>(
    state: &SandboxState,
    facts: Facts,
    route: SmolStr,
    request: Request,
    handle: H,
) -> Response
where
    H: FnOnce(Admitted) -> R,
    R: Future<Output = Response>,
{
    let mut note = Note::begin(state, route, &request);
    let mut limit_headers = None;
    let checked = check(state, facts, request, &mut note, &mut limit_headers).await;
    let (mut response, fault) = match checked {
        Err(refused) => (refused, Fault::default()),
        Ok((admitted, fault)) => (run(state, facts.api, admitted, fault, handle).await, fault),
    };
    if let Some(headers) = limit_headers {
        response.headers_mut().extend(headers);
    }
    note.end(state, &response, fault.latency.unwrap_or_default());
    if let Some(latency) = fault.latency {
        tokio::time::sleep(latency).await;
    }
    response
}

async fn check(
    state: &SandboxState,
    facts: Facts,
    request: Request,
    note: &mut Note,
    limit_headers: &mut Option<HeaderMap>,
) -> Result<(Admitted, Fault), Response> {
    let (parts, body) = request.into_parts();
    let body = read_body(facts.api, body).await?;
    let caller = identify(state, facts, &parts.headers)?;
    if let Some((pool, cost)) = facts.price.of(state, &parts, &body) {
        let owner = match &caller {
            Caller::Rest(grant) => grant.owner.clone(),
            Caller::Scim | Caller::Anonymous => SmolStr::new_static("scim"),
        };
        let admission = weigh(state, facts.api, (&owner, pool, cost), note.arrived);
        *limit_headers = admission.headers;
        if !admission.admitted {
            return Err(refusal::too_many_requests(facts.api, admission.retry_after));
        }
        note.credits = cost;
    }
    let fault = state.faults.choose(
        parts.method.as_str(),
        full_path(&parts.extensions, &parts.uri),
    );
    let half_done = fault.half_done.map(|members| HalfDone { members });
    let admitted = Admitted {
        caller,
        parts,
        body,
        half_done,
    };
    Ok((admitted, fault))
}

async fn read_body(api: Api, body: Body) -> Result<Bytes, Response> {
    if hyper::body::Body::is_end_stream(&body) {
        return Ok(Bytes::new());
    }
    axum::body::to_bytes(body, MAX_BODY_BYTES)
        .await
        .map_err(|_| refusal::payload_too_large(api))
}

#[expect(
    clippy::result_large_err,
    reason = "what is refused here is sent at once"
)]
fn identify(state: &SandboxState, facts: Facts, headers: &HeaderMap) -> Result<Caller, Response> {
    let token = bearer(headers);
    match facts.api {
        Api::Open => Ok(Caller::Anonymous),
        Api::Scim => match token {
            Some(token) if state.is_scim_token(token) && !state.switches.scim.is_on() => {
                Err(refusal::scim_is_off())
            }
            Some(token) if state.is_scim_token(token) => Ok(Caller::Scim),
            _ => Err(refusal::unauthorized(facts.api, None)),
        },
        Api::Rest => {
            let token = token.ok_or_else(|| refusal::unauthorized(facts.api, None))?;
            let grant = state.tokens.lock().find(token, state.clock.now()).cloned();
            let grant = grant.map_err(|why| refusal::unauthorized(facts.api, Some(why)))?;
            match facts
                .scopes
                .iter()
                .find(|scope| !grant.scopes.contains(scope))
            {
                Some(missing) => Err(refusal::missing_scope(*missing)),
                None => Ok(Caller::Rest(grant)),
            }
        }
    }
}

/// The token of an `Authorization: Bearer` header.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

struct Admission {
    admitted: bool,
    headers: Option<HeaderMap>,
    retry_after: Option<u64>,
}

fn weigh(
    state: &SandboxState,
    api: Api,
    (owner, pool, cost): (&SmolStr, Pool, u32),
    now: Duration,
) -> Admission {
    let window = state.windows.length(pool);
    state.log.weigh(owner, pool, cost, (now, window));
    let verdict = state
        .limiter
        .as_ref()
        .map(|limiter| limiter.lock().admit(owner, pool, cost, now));
    let admitted = verdict.is_none_or(|verdict| verdict.admitted);
    if admitted {
        state.log.charge(pool, cost);
    }
    let with_headers = api != Api::Scim || state.switches.rate_headers.is_on();
    let wait = verdict.map_or(Duration::ZERO, |verdict| {
        verdict.resets_at.saturating_sub(now)
    });
    Admission {
        admitted,
        headers: verdict
            .filter(|_| with_headers)
            .map(|verdict| headers_of(verdict, wait)),
        retry_after: state.switches.retry_after.is_on().then(|| seconds_up(wait)),
    }
}

fn headers_of(verdict: Verdict, wait: Duration) -> HeaderMap {
    let now = machine_time().as_millisecond();
    let wait = i64::try_from(wait.as_millis()).unwrap_or(i64::MAX);
    let reset = now.saturating_add(wait).saturating_add(999) / 1000;
    let mut headers = HeaderMap::with_capacity(3);
    let mut put = |name, value| headers.insert(HeaderName::from_static(name), value);
    put("x-ratelimit-limit", HeaderValue::from(verdict.limit));
    put(
        "x-ratelimit-remaining",
        HeaderValue::from(verdict.remaining),
    );
    put("x-ratelimit-reset", HeaderValue::from(reset));
    headers
}

fn seconds_up(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

async fn run<H, R>(
    state: &SandboxState,
    api: Api,
    admitted: Admitted,
    fault: Fault,
    handle: H,
) -> Response
where
    H: FnOnce(Admitted) -> R,
    R: Future<Output = Response>,
{
    match fault.effect {
        Some(Effect::Status {
            status,
            retry_after,
        }) => {
            return refusal::injected(api, status, retry_after);
        }
        Some(Effect::Reset(ResetPoint::Before)) => return reset(),
        _ => {}
    }
    let writes = admitted.parts.method != Method::GET;
    let response = handle(admitted).await;
    if writes {
        state.touch();
    }
    match fault.effect {
        Some(Effect::Reset(ResetPoint::After)) => reset(),
        Some(Effect::Truncate(bytes)) => truncated::after(response, bytes).await,
        _ if fault.half_done.is_some() => refusal::injected(api, 504, None),
        _ => response,
    }
}

fn reset() -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    response.extensions_mut().insert(ConnectionReset);
    response
}

/// The log entry of a request, while it is handled.
struct Note {
    arrived: Duration,
    credits: u32,
    entry: LoggedRequest,
}

impl Note {
    fn begin(state: &SandboxState, route: SmolStr, request: &Request) -> Self {
        let full = full_path(request.extensions(), request.uri());
        // Tokens and client secrets travel in the queries of the OAuth calls.
        let path = match request.uri().query() {
            Some(query) if !full.contains("oauth") => format!("{full}?{query}"),
            _ => full.to_owned(),
        };
        Self {
            arrived: state.clock.elapsed(),
            credits: 0,
            entry: LoggedRequest {
                number: 0,
                at: state.clock.now(),
                method: request.method().to_string(),
                path,
                route,
                status: 0,
                credits: 0,
                milliseconds: 0.0,
            },
        }
    }

    fn end(self, state: &SandboxState, response: &Response, latency: Duration) {
        let was_reset = response.extensions().get::<ConnectionReset>().is_some();
        let mut entry = self.entry;
        entry.status = if was_reset {
            0
        } else {
            response.status().as_u16()
        };
        entry.credits = self.credits;
        let took = state.clock.elapsed().saturating_sub(self.arrived) + latency;
        entry.milliseconds = took.as_secs_f64() * 1000.0;
        state.log.add(entry);
    }
}

/// Why a token is not accepted, in words for the reply.
pub(crate) fn token_words(why: TokenRefusal) -> &'static str {
    match why {
        TokenRefusal::Expired => "The access token has expired",
        TokenRefusal::Unknown | TokenRefusal::NotYours => "The access token is not valid",
    }
}
