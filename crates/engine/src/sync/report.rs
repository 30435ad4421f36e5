//! What a synchronization did.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;
use usher_model::{Completeness, Coverage, OrganizationId, Sources, SyncId, Timestamp};
use usher_store::{InventoryCounts, PublishOutcome};

use crate::milliseconds;
use crate::sync::{Oddities, Workload};

/// What became of the snapshot.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "ending", rename_all = "snake_case")]
pub enum Ending {
    /// It is the inventory now.
    Published {
        /// What it changed.
        outcome: PublishOutcome,
    },
    /// It was not believed; the inventory is as it was.
    HeldAsSuspect,
}

/// The requests that a synchronization cost.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct RequestReport {
    /// Requests sent, those that were refused or sent again counted too.
    pub total: u64,
    /// The fewest with which the same data could have been read. `None` for a resumed run, whose earlier
    /// part paid for some of the pages.
    pub floor: Option<u64>,
    /// What the floor is made of.
    pub workload: Workload,
    /// Requests by route.
    pub by_route: BTreeMap<String, u64>,
    /// Credits paid, by lane.
    pub credits: BTreeMap<String, u64>,
    /// Requests that Miro refused because of its limits.
    pub refused: u64,
    /// Requests that were sent again after a failure.
    pub retries: u64,
    /// How long requests waited for Miro's limits; those that wait side by side count the time once.
    #[serde(rename = "lane_wait_ms", serialize_with = "milliseconds::of")]
    pub lane_wait: Duration,
}

impl RequestReport {
    /// Requests over floor: 1 is perfect.
    pub fn ratio(&self) -> Option<f64> {
        self.floor
            .filter(|floor| *floor > 0)
            .map(|floor| self.total as f64 / floor as f64)
    }
}

/// What a synchronization did.
#[derive(Clone, Debug, Serialize)]
pub struct SyncReport {
    /// The synchronization.
    pub sync: SyncId,
    /// The organization.
    pub organization: OrganizationId,
    /// Its name, when REST said.
    pub organization_name: Option<String>,
    /// What was read.
    pub sources: Sources,
    /// What could be seen.
    pub coverage: Coverage,
    /// Whether the snapshot can be believed.
    pub verdict: Completeness,
    /// What became of it.
    #[serde(flatten)]
    pub ending: Ending,
    /// How much there is in the snapshot.
    pub counts: InventoryCounts,
    /// What it cost.
    pub requests: RequestReport,
    /// Values that Miro has not published, which were kept.
    pub oddities: Oddities,
    /// What the reader should know.
    pub notices: Vec<String>,
    /// Pages that were kept from an interrupted run.
    pub pages_kept: u64,
    /// When it began, an interrupted run's beginning included.
    pub started_at: Timestamp,
    /// When it ended.
    pub finished_at: Timestamp,
}
