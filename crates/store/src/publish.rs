//! Making a snapshot the inventory.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use usher_model::{Completeness, Coverage, Event, SyncId, Timestamp};

use crate::{RunningSync, Store, StoreError};

/// How a synchronization ended.
#[derive(Clone, Debug)]
pub struct Finish {
    /// The verdict.
    pub verdict: Completeness,
    /// What it could see.
    pub coverage: Coverage,
    /// When it ended: the time from which the inventory is what it saw.
    pub at: Timestamp,
    /// What was read, as the engine counts it.
    pub counts: Value,
    /// The requests that were sent, as the engine counts them.
    pub requests: Value,
}

/// How many things of one kind changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delta {
    /// New.
    pub added: u64,
    /// Still there, and different.
    pub changed: u64,
    /// Gone.
    pub removed: u64,
}

impl Delta {
    /// Whether nothing changed.
    pub fn is_empty(self) -> bool {
        self == Self::default()
    }
}

/// What a snapshot changed in the inventory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishOutcome {
    /// The time from which the inventory is what the synchronization saw: `Finish::at`, or a
    /// millisecond after the one before if that is not earlier.
    pub effective_at: Timestamp,
    /// Inventory rows that were inserted or closed, those of activity included. 0 when nothing changed.
    pub rows_written: u64,
    /// Accounts.
    pub accounts: Delta,
    /// Accounts of which the last activity is another one now; no change of access.
    pub activity: u64,
    /// Teams.
    pub teams: Delta,
    /// User groups.
    pub user_groups: Delta,
    /// Grants. One that gives way to another, as a team role does, counts as removed and added.
    pub grants: Delta,
}

impl Store {
    /// Makes the merged snapshot the inventory, in one transaction, and ends the synchronization.
    ///
    /// Rows that differ are closed at [`PublishOutcome::effective_at`] and inserted anew; rows that are
    /// equal are not touched. What the synchronization could not see stays as it was:
    ///
    /// * an attribute that is unknown keeps the value that was known, and the grants that follow from it;
    /// * a team role that is unknown keeps the role that the account had in the team;
    /// * without `coverage.guests`, accounts that are known to be guests or external users stay with
    ///   what they hold;
    /// * without `coverage.teams`, `user_groups` or `admin_roles`, no team, user group or grant of that
    ///   kind is closed, except with its account.
    ///
    /// `events` makes the log entries from the outcome; they commit with it.
    pub async fn publish(
        &self,
        _sync: &RunningSync,
        _finish: &Finish,
        _events: impl FnOnce(&PublishOutcome) -> Vec<Event> + Send,
    ) -> Result<PublishOutcome, StoreError> {
        todo!()
    }

    /// Makes a suspect snapshot the inventory at `at`, as [`Store::publish`] does. Only the newest one of
    /// an organization can be accepted, and only while no later synchronization became the inventory.
    pub async fn accept(
        &self,
        _sync: &SyncId,
        _at: Timestamp,
        _events: impl FnOnce(&PublishOutcome) -> Vec<Event> + Send,
    ) -> Result<PublishOutcome, StoreError> {
        todo!()
    }
}
