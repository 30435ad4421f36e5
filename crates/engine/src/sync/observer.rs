//! What a synchronization says while it runs. The engine never prints; views render these.

use std::time::Duration;

use serde::Serialize;
use usher_model::{Completeness, OrganizationId, Sources, SyncId};

use crate::milliseconds;
use crate::sync::SyncReport;

/// How far a synchronization is.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Progress {
    /// Accounts read so far: from REST, or from SCIM when that is all there is.
    pub accounts: u64,
    /// How many there will be: SCIM's total or the last inventory's count; a guess.
    pub accounts_expected: Option<u64>,
    /// People whose names were read from SCIM so far.
    pub names: u64,
    /// How many there will be.
    pub names_expected: Option<u64>,
    /// Teams whose member list was read to its end.
    pub teams_read: u64,
    /// Teams found so far.
    pub teams: u64,
    /// Whether more teams may still be found.
    pub teams_listed: Listed,
    /// Memberships read so far.
    pub memberships: u64,
    /// Requests sent to Miro.
    pub requests: u64,
    /// How long requests waited for Miro's rate limits; those that wait side by side count the time once.
    #[serde(rename = "lane_wait_ms", serialize_with = "milliseconds::of")]
    pub lane_wait: Duration,
    /// How long the next request waits for Miro's rate limits, when one does.
    #[serde(rename = "waiting_ms", serialize_with = "milliseconds::of_optional")]
    pub waiting: Option<Duration>,
    /// Estimated time to the end.
    #[serde(rename = "eta_ms", serialize_with = "milliseconds::of_optional")]
    pub eta: Option<Duration>,
}

/// Whether a list was read to its end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Listed {
    /// More may come.
    #[default]
    Partly,
    /// Read to its end.
    Fully,
}

/// Something that happened in a synchronization.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum SyncEvent {
    /// Reading begins.
    Started {
        /// The synchronization.
        sync: SyncId,
        /// The organization.
        organization: OrganizationId,
        /// Its name, when REST said.
        organization_name: Option<String>,
        /// What is read.
        sources: Sources,
        /// Pages that an interrupted run had already read, and that are not read again.
        pages_kept: u64,
    },
    /// A page was read and stored.
    Progressed(Progress),
    /// Something the reader should know, and that does not stop the synchronization.
    Noticed {
        /// In words.
        notice: String,
    },
    /// Everything was read; the views are being merged and compared with the inventory.
    Merging,
    /// The snapshot was judged.
    Judged {
        /// The verdict.
        verdict: Completeness,
    },
    /// It is over.
    Finished(Box<SyncReport>),
}

/// Who listens to a synchronization.
pub trait Observer: Send + Sync {
    /// Called in order, from one task at a time.
    fn event(&self, event: SyncEvent);
}

/// Listens to nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Observer for Silent {
    fn event(&self, _: SyncEvent) {}
}
