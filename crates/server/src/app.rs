//! What every request has at hand, and which way it takes.

use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use usher_engine::Acting;
use usher_engine::secrets::Vault;
use usher_model::{Actor, Clock, Origin};
use usher_store::Store;

use crate::administrators::Passwords;
use crate::health::{Checks, LastLook};
use crate::openid_connect::Providers;
use crate::problem::{Problem, ProblemType};
use crate::{Metrics, ServerSettings, api, health, metrics, scim, welcome};

/// What every request has at hand. Clones are one server.
#[derive(Clone)]
pub struct Server(Arc<Parts>);

struct Parts {
    store: Store,
    clock: Arc<dyn Clock>,
    settings: ServerSettings,
    passwords: Passwords,
    providers: Providers,
    checks: Checks,
    last_look: LastLook,
    metrics: Metrics,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Server({:?})", self.0.store)
    }
}

impl Server {
    /// A server of what is in `store`.
    pub fn new(store: Store, clock: Arc<dyn Clock>, settings: ServerSettings) -> Self {
        let watched = (Checks::default(), Metrics::default());
        Self::watched(store, clock, settings, watched)
    }

    /// [`Server::new`], with more that has to be well before it is ready, and with what counts how it fares.
    pub fn watched(
        store: Store,
        clock: Arc<dyn Clock>,
        settings: ServerSettings,
        (checks, metrics): (Checks, Metrics),
    ) -> Self {
        Self(Arc::new(Parts {
            store,
            clock,
            providers: Providers::new(&settings.sign_in.providers),
            settings,
            passwords: Passwords::default(),
            checks,
            last_look: LastLook::default(),
            metrics,
        }))
    }

    /// What has to be well before it is ready.
    pub(crate) fn checks(&self) -> &Checks {
        &self.0.checks
    }

    /// What was found out last about the key for secrets.
    pub(crate) fn last_look(&self) -> &LastLook {
        &self.0.last_look
    }

    /// The database.
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    /// The time.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.0.clock
    }

    /// Somebody who acts here, by some way.
    pub(crate) fn acting<'a>(&'a self, actor: &'a Actor, origin: Origin) -> Acting<'a> {
        Acting {
            store: &self.0.store,
            clock: &*self.0.clock,
            actor,
            origin,
        }
    }

    /// How it runs.
    pub fn settings(&self) -> &ServerSettings {
        &self.0.settings
    }

    /// What hashes and verifies passwords.
    pub fn passwords(&self) -> &Passwords {
        &self.0.passwords
    }

    /// The identity providers at which administrators sign in.
    pub fn providers(&self) -> &Providers {
        &self.0.providers
    }

    /// What seals and opens secrets. Without a key it says so.
    pub(crate) fn vault(&self) -> Vault {
        let vault = self.0.checks.secrets.clone();
        vault.unwrap_or_else(|| Vault::new(self.0.store.clone(), None))
    }

    /// How it fares.
    pub(crate) fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// Every way a request can take.
    pub fn router(&self) -> Router {
        Router::new()
            .merge(health::routes())
            .merge(welcome::routes())
            .merge(api::routes(self))
            .nest("/scim/v2", scim::routes(self))
            .merge(metrics::routes())
            .fallback(no_such_page)
            .with_state(self.clone())
            .layer(from_fn_with_state(self.settings().request_timeout, in_time))
            .layer(CatchPanicLayer::custom(panicked))
            .layer(from_fn_with_state(self.clone(), metrics::observe))
            .layer(header_that_is_always_there(
                header::X_CONTENT_TYPE_OPTIONS,
                "nosniff",
            ))
            .layer(header_that_is_always_there(
                header::REFERRER_POLICY,
                "no-referrer",
            ))
            .layer(header_that_is_always_there(header::X_FRAME_OPTIONS, "DENY"))
    }
}

/// An answer that takes too long is given up.
async fn in_time(State(patience): State<Duration>, request: Request, next: Next) -> Response {
    let is_scim = request.uri().path().starts_with("/scim/");
    let Ok(answer) = tokio::time::timeout(patience, next.run(request)).await else {
        let detail = format!("there was no answer within {} seconds", patience.as_secs());
        if is_scim {
            return scim::unavailable(detail);
        }
        return Problem::new(ProblemType::Unavailable, detail)
            .hint("look whether it was done, and else try again")
            .retry_after(1)
            .into_response();
    };
    answer
}

#[expect(clippy::needless_pass_by_value, reason = "the layer hands over a box")]
fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    Problem::bug_of(text.unwrap_or("a panic without a word")).into_response()
}

fn header_that_is_always_there(
    name: HeaderName,
    value: &'static str,
) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
}

async fn no_such_page() -> Problem {
    Problem::not_found("there is nothing at this address")
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use tower::ServiceExt as _;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_takes_too_long_is_given_up_in_the_form_of_the_protocol() {
        for (path, form) in [
            ("/api/v1/me", "application/problem+json"),
            ("/scim/v2/Users", "application/scim+json"),
        ] {
            let router = Router::<()>::new()
                .fallback(std::future::pending::<Response>)
                .layer(from_fn_with_state(Duration::from_secs(30), in_time));
            let request = Request::get(path).body(Body::empty()).unwrap();
            let late = router.oneshot(request).await.unwrap();
            assert_eq!(late.status(), 503, "{path}");
            assert_eq!(late.headers()[header::CONTENT_TYPE], form, "{path}");
        }
    }
}
