//! With what cycles run.

use std::time::Duration;

use tokio_util::sync::CancellationToken;
use usher_directory::{DirectoryError, OpenSource};
use usher_miro::MiroClient;
use usher_model::OrganizationId;
use usher_store::SourceRecord;

use crate::Acting;
use crate::apply::MassFailure;
use crate::cycle::{CycleKind, CycleObserver};
use crate::notify::Notifier;
use crate::provisioning::BoardCounts;
use crate::sync::ShrinkLimit;

/// With what a cycle runs.
#[derive(Clone, Debug)]
pub struct CycleContext<'a> {
    /// Who acts, with which database and clock.
    pub acting: Acting<'a>,
    /// The client; make it with a reserve of [`crate::apply::RESERVE`].
    pub client: &'a MiroClient,
    /// The organization.
    pub organization: &'a OrganizationId,
    /// The directory sources that are read, in order of precedence.
    pub sources: &'a [ReadySource],
    /// How people are told.
    pub notifier: &'a Notifier,
    /// Who listens.
    pub observer: &'a dyn CycleObserver,
    /// Cancelled when everything should stop.
    pub stop: CancellationToken,
}

/// A directory source that can be read, or why it cannot.
#[derive(Debug)]
pub struct ReadySource {
    /// The source.
    pub record: SourceRecord,
    /// What reads it.
    pub source: Result<OpenSource, DirectoryError>,
}

/// How a cycle runs.
#[derive(Clone, Copy, Debug)]
pub struct CycleOptions {
    /// What kind of cycle is asked for.
    pub kind: CycleKind,
    /// How often everything is read anew.
    pub full_pass_every: Duration,
    /// From when on failures are a mass failure.
    pub mass_failure: MassFailure,
    /// Whether boards are counted before a plan is shown.
    pub boards: BoardCounts,
    /// How far the inventory may shrink between two full passes.
    pub shrink_limit: ShrinkLimit,
    /// How often a change is tried again after a transient failure.
    pub retries: u32,
    /// How long to wait before the first retry.
    pub retry_pause: Duration,
}

impl Default for CycleOptions {
    /// A full pass daily, and the usual limits.
    fn default() -> Self {
        Self {
            kind: CycleKind::default(),
            full_pass_every: Duration::from_secs(24 * 3600),
            mass_failure: MassFailure::default(),
            boards: BoardCounts::default(),
            shrink_limit: ShrinkLimit::default(),
            retries: 3,
            retry_pause: Duration::from_secs(2),
        }
    }
}
