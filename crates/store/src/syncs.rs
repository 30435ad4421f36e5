//! Synchronizations: their states, and the lease that lets one at a time run for an organization.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use usher_model::{
    Completeness, Coverage, Event, Organization, OrganizationId, Sources, SyncId, Timestamp,
};

use crate::{Finish, Part, PublishOutcome, Store, StoreError};

/// Names one process that synchronizes, such as `host:pid:random`. Two processes must never have the same.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LeaseOwner(String);

impl LeaseOwner {
    /// Wraps a name.
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for LeaseOwner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The right to synchronize an organization, for a time.
///
/// Every [`Store::stage_page`] and [`Store::merge`] renews it; a process that waits longer than the
/// lease between two of them calls [`Store::renew_lease`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// Who has it.
    pub owner: LeaseOwner,
    /// How long it holds after the last renewal.
    pub duration: Duration,
}

/// A synchronization that is about to begin.
#[derive(Clone, Debug)]
pub struct NewSync {
    /// Its id, from [`Store::new_sync_id`].
    pub id: SyncId,
    /// The organization, which is stored too; what is unknown of it does not overwrite what was known.
    pub organization: Organization,
    /// What will be read.
    pub sources: Sources,
    /// The lease to take.
    pub lease: Lease,
}

/// A synchronization that this process runs.
#[derive(Clone, Debug)]
pub struct RunningSync {
    /// Its id.
    pub id: SyncId,
    /// The organization.
    pub organization: OrganizationId,
    /// What is read.
    pub sources: Sources,
    /// When it began.
    pub started_at: Timestamp,
    /// How far it had come when it was begun (nowhere) or resumed.
    pub parts: Vec<Part>,
    pub(crate) number: i64,
    pub(crate) organization_number: i64,
    pub(crate) lease: Lease,
}

impl RunningSync {
    /// The lease it runs under.
    pub fn lease(&self) -> &Lease {
        &self.lease
    }
}

/// Where a synchronization stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SyncState {
    /// It runs, or was interrupted and can be resumed.
    Running,
    /// It became the inventory.
    Complete,
    /// It was not believed; its data wait for somebody to accept them.
    Suspect,
    /// It was not believed at first, and became the inventory when somebody accepted it.
    Accepted,
    /// It ended without a snapshot.
    Failed,
    /// A later synchronization took its place before it became the inventory.
    Superseded,
}

impl SyncState {
    /// The state as text.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Complete => "complete",
            Self::Suspect => "suspect",
            Self::Accepted => "accepted",
            Self::Failed => "failed",
            Self::Superseded => "superseded",
        }
    }
}

impl fmt::Display for SyncState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What is remembered of a synchronization.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SyncRecord {
    /// Its id.
    pub id: SyncId,
    /// The organization.
    pub organization: OrganizationId,
    /// What was read.
    pub sources: Sources,
    /// Where it stands.
    pub state: SyncState,
    /// When it began.
    pub started_at: Timestamp,
    /// When it last stored a page or renewed its lease.
    pub active_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// The time from which the inventory is what it saw: the `valid_from` of what it wrote. Only for
    /// complete and accepted ones. Later for each one of an organization.
    pub effective_at: Option<Timestamp>,
    /// What it could see, once it has ended with a snapshot.
    pub coverage: Option<Coverage>,
    /// The verdict, once it has ended with a snapshot.
    pub verdict: Option<Completeness>,
    /// What was read, as the engine counts it.
    pub counts: Value,
    /// The requests that were sent, as the engine counts them.
    pub requests: Value,
    /// What it changed in the inventory. Only for complete and accepted ones.
    pub outcome: Option<PublishOutcome>,
    /// Why it failed, in words.
    pub failure: Option<String>,
}

impl Store {
    /// Begins a synchronization and takes the organization's lease.
    ///
    /// Unfinished ones of the organization are superseded and what they had staged is dropped. Refused
    /// with [`StoreError::SyncRunning`] while another owner's lease holds.
    pub async fn begin_sync(
        &self,
        _new: &NewSync,
        _events: &[Event],
    ) -> Result<RunningSync, StoreError> {
        todo!()
    }

    /// The newest unfinished synchronization of the organization, if it reads the same sources and was
    /// active at `not_before` or later. Says nothing of its lease.
    pub async fn resumable(
        &self,
        _organization: &OrganizationId,
        _sources: Sources,
        _not_before: Timestamp,
    ) -> Result<Option<SyncRecord>, StoreError> {
        todo!()
    }

    /// Takes an unfinished synchronization over, with the parts it has stored. Other unfinished ones of
    /// the organization are superseded. Refused with [`StoreError::SyncRunning`] while another owner's
    /// lease holds, and with [`StoreError::WrongState`] when it has ended meanwhile.
    pub async fn resume_sync(
        &self,
        _sync: &SyncId,
        _lease: &Lease,
        _events: &[Event],
    ) -> Result<RunningSync, StoreError> {
        todo!()
    }

    /// Renews the lease. Fails with [`StoreError::LeaseLost`] when another process has taken over.
    pub async fn renew_lease(&self, _sync: &RunningSync) -> Result<(), StoreError> {
        todo!()
    }

    /// Ends the lease that `owner` has on the organization, for a process that is known to be dead.
    /// Returns whether there was one.
    pub async fn end_lease(
        &self,
        _organization: &OrganizationId,
        _owner: &LeaseOwner,
    ) -> Result<bool, StoreError> {
        todo!()
    }

    /// Ends a synchronization without a snapshot. What it had staged is dropped.
    pub async fn fail_sync(
        &self,
        _sync: &RunningSync,
        _failure: &str,
        _events: &[Event],
    ) -> Result<(), StoreError> {
        todo!()
    }

    /// Stores the snapshot as suspect: the merged rows are kept for [`Store::accept`], and the inventory
    /// is left alone. Older suspects of the organization are superseded.
    pub async fn hold_as_suspect(
        &self,
        _sync: &RunningSync,
        _finish: &Finish,
        _events: &[Event],
    ) -> Result<(), StoreError> {
        todo!()
    }

    /// The synchronizations of an organization, newest first.
    pub async fn syncs(
        &self,
        _organization: &OrganizationId,
    ) -> Result<Vec<SyncRecord>, StoreError> {
        todo!()
    }

    /// One synchronization.
    pub async fn sync(&self, _id: &SyncId) -> Result<Option<SyncRecord>, StoreError> {
        todo!()
    }

    /// The synchronization whose snapshot is the inventory.
    pub async fn last_published(
        &self,
        _organization: &OrganizationId,
    ) -> Result<Option<SyncRecord>, StoreError> {
        todo!()
    }
}
