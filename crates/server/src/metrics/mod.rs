//! `/metrics`: how the server fares, for Prometheus.

mod requests;
mod sample;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;
use usher_engine::jobs::{JobEvent, JobObserver};
use usher_model::Timestamp;

use crate::Server;

pub(crate) use requests::observe;
pub use sample::{LaneUse, MiroUse};

/// How long what is counted in the database is not counted again.
const FRESH: Duration = Duration::from_secs(15);

type Histograms<L> = Family<L, Histogram, fn() -> Histogram>;

/// Everything that is counted. Clones are one.
#[derive(Clone)]
pub struct Metrics(Arc<Parts>);

struct Parts {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    request_seconds: Histograms<RouteLabels>,
    jobs: Family<JobLabels, Counter>,
    job_seconds: Histograms<KindLabels>,
    open_jobs: Family<StateLabels, Gauge>,
    accounts: Family<OrganizationLabels, Gauge>,
    people: Family<StatusLabels, Gauge>,
    connections: Family<ConnectionLabels, Gauge>,
    miro: sample::MiroMetrics,
    miro_use: Box<dyn Fn() -> Option<MiroUse> + Send + Sync>,
    counted_at: Mutex<Option<Timestamp>>,
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics")
    }
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RequestLabels {
    method: String,
    route: String,
    status: u16,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RouteLabels {
    method: String,
    route: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct JobLabels {
    kind: &'static str,
    outcome: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct KindLabels {
    kind: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct StateLabels {
    kind: String,
    state: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OrganizationLabels {
    organization: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct StatusLabels {
    status: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ConnectionLabels {
    state: &'static str,
}

/// From a millisecond to half a minute.
fn request_buckets() -> Histogram {
    Histogram::new([
        0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
    ])
}

/// From a tenth of a second to four hours.
fn job_buckets() -> Histogram {
    Histogram::new([
        0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0, 14_400.0,
    ])
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new(|| None)
    }
}

impl Metrics {
    /// Nothing is counted yet. `miro_use` tells of the requests to Miro that this process has sent.
    pub fn new(miro_use: impl Fn() -> Option<MiroUse> + Send + Sync + 'static) -> Self {
        let mut parts = Parts {
            registry: Registry::with_prefix("usher"),
            requests: Family::default(),
            request_seconds: Family::new_with_constructor(request_buckets),
            jobs: Family::default(),
            job_seconds: Family::new_with_constructor(job_buckets),
            open_jobs: Family::default(),
            accounts: Family::default(),
            people: Family::default(),
            connections: Family::default(),
            miro: sample::MiroMetrics::default(),
            miro_use: Box::new(miro_use),
            counted_at: Mutex::default(),
        };
        parts.register();
        Self(Arc::new(parts))
    }

    /// Brings what is looked up, and not counted along the way, up to date.
    async fn look(&self, server: &Server) {
        let parts = &self.0;
        if let Some(used) = (parts.miro_use)() {
            parts.miro.take(&used);
        }
        let pool = server.store().pool_use();
        parts.set_connections("used", pool.open.saturating_sub(pool.idle));
        parts.set_connections("idle", pool.idle);
        if self.is_time(server.clock().now()) {
            self.count(server).await;
        }
    }

    /// Whether what the database holds is to be counted again.
    fn is_time(&self, now: Timestamp) -> bool {
        let mut counted = self
            .0
            .counted_at
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let is_fresh = counted.is_some_and(|at| now.duration_since(at).unsigned_abs() < FRESH);
        if !is_fresh {
            *counted = Some(now);
        }
        !is_fresh
    }

    async fn count(&self, server: &Server) {
        let gauges = match server.store().gauges().await {
            Ok(gauges) => gauges,
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "nothing could be counted"
                );
                return;
            }
        };
        let parts = &self.0;
        parts.accounts.clear();
        for (organization, count) in gauges.accounts {
            let organization = organization.to_string();
            set(
                &parts
                    .accounts
                    .get_or_create(&OrganizationLabels { organization }),
                count,
            );
        }
        parts.people.clear();
        for (status, count) in gauges.people {
            set(&parts.people.get_or_create(&StatusLabels { status }), count);
        }
        parts.open_jobs.clear();
        for (kind, state, count) in gauges.jobs {
            set(
                &parts.open_jobs.get_or_create(&StateLabels { kind, state }),
                count,
            );
        }
    }
}

fn set(gauge: &Gauge, count: u64) {
    gauge.set(i64::try_from(count).unwrap_or(i64::MAX));
}

impl Parts {
    fn set_connections(&self, state: &'static str, count: u64) {
        set(
            &self.connections.get_or_create(&ConnectionLabels { state }),
            count,
        );
    }

    fn register(&mut self) {
        let version = vec![("version".to_owned(), env!("CARGO_PKG_VERSION").to_owned())];
        let all = &mut self.registry;
        all.register("build", "What runs", Info::new(version));
        all.register("http_requests", "Requests answered", self.requests.clone());
        all.register(
            "http_request_seconds",
            "How long answering took",
            self.request_seconds.clone(),
        );
        all.register(
            "jobs",
            "Jobs that ended or were given back",
            self.jobs.clone(),
        );
        all.register(
            "job_seconds",
            "How long jobs took",
            self.job_seconds.clone(),
        );
        all.register("open_jobs", "Jobs that wait or run", self.open_jobs.clone());
        all.register(
            "accounts",
            "Accounts in the inventory",
            self.accounts.clone(),
        );
        all.register("people", "People of the directory", self.people.clone());
        all.register(
            "database_connections",
            "Open connections to the database",
            self.connections.clone(),
        );
        self.miro.register(all);
    }
}

impl JobObserver for Metrics {
    fn event(&self, event: &JobEvent<'_>) {
        if let JobEvent::Ended { job, ending, took } = event {
            let kind = job.task.kind().as_str();
            let outcome = ending.as_str();
            self.0
                .jobs
                .get_or_create(&JobLabels { kind, outcome })
                .inc();
            let seconds = self.0.job_seconds.get_or_create(&KindLabels { kind });
            seconds.observe(took.as_secs_f64());
        }
    }
}

/// The one address. It does not ask who is there: what it tells are numbers.
pub(crate) fn routes() -> Router<Server> {
    Router::new().route("/metrics", get(show))
}

async fn show(State(server): State<Server>) -> Response {
    let metrics = server.metrics();
    metrics.look(&server).await;
    let mut text = String::new();
    let encoded = prometheus_client::encoding::text::encode(&mut text, &metrics.0.registry);
    if let Err(error) = encoded {
        return crate::Problem::bug_of(error).into_response();
    }
    let form = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, form)], text).into_response()
}
