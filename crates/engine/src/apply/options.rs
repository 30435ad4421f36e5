//! What an apply is asked to do, and with what.

use std::time::Duration;

use tokio_util::sync::CancellationToken;
use usher_miro::MiroClient;
use usher_model::{GroupModel, Known};
use usher_store::{Ceiling, RunningCycle};

use super::classify::MassFailure;
use super::observer::ApplyObserver;
use crate::Acting;

/// The share of every limit that is left to urgent calls while a plan is applied: for
/// [`usher_miro::LimitProfile::reserve`] of the client that is given to [`super::apply`].
pub const RESERVE: f64 = 0.02;

/// With what a plan is applied.
#[derive(Clone)]
pub struct ApplyContext<'a> {
    /// Who acts, with which database and clock.
    pub acting: Acting<'a>,
    /// The client; make it with a reserve of [`RESERVE`].
    pub client: &'a MiroClient,
    /// Who listens.
    pub observer: &'a dyn ApplyObserver,
    /// Cancelled when everything should stop: calls that were sent end, and everything else is left for later.
    pub stop: CancellationToken,
}

/// How a plan is applied.
#[derive(Clone, Debug)]
pub struct ApplyOptions<'a> {
    /// The cycle that it is part of; without one it takes the connector's lease itself.
    pub cycle: Option<&'a RunningCycle>,
    /// How much may have been taken away when it begins; no limit without one.
    pub ceiling: Option<Ceiling>,
    /// How often a change is tried again after a transient failure.
    pub retries: u32,
    /// How long to wait before the first retry; doubles each time.
    pub retry_pause: Duration,
    /// Calls of one lane that are under way or wait for it.
    pub in_flight: usize,
    /// When too much fails.
    pub mass_failure: MassFailure,
    /// What a SCIM group is, where the connector does not know.
    pub group_model: Known<GroupModel>,
    /// How often progress is told.
    pub progress_every: Duration,
}

impl Default for ApplyOptions<'_> {
    fn default() -> Self {
        Self {
            cycle: None,
            ceiling: None,
            retries: 3,
            retry_pause: Duration::from_secs(2),
            in_flight: 48,
            mass_failure: MassFailure::default(),
            group_model: Known::Unknown,
            progress_every: Duration::from_millis(500),
        }
    }
}
