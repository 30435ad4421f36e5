//! The snapshot: one row per thing that was seen, after the engine has merged what the APIs showed.

use usher_model::{Account, Grant, Team, UserGroup};

use crate::{InventoryCounts, RunningSync, Store, StoreError};

/// A piece of a snapshot.
#[derive(Clone, Debug, Default)]
pub struct Merged {
    /// Accounts.
    pub accounts: Vec<Account>,
    /// Teams.
    pub teams: Vec<Team>,
    /// User groups.
    pub user_groups: Vec<UserGroup>,
    /// Grants: team roles, organization roles, licences, admin roles, user groups.
    pub grants: Vec<Grant>,
}

impl Store {
    /// Begins the snapshot of a synchronization anew: forgets what was merged before.
    pub async fn begin_merge(&self, _sync: &RunningSync) -> Result<(), StoreError> {
        todo!()
    }

    /// Adds a piece to the snapshot, and renews the lease. Pieces of some thousand rows are best; the
    /// same thing twice is one thing, and its first showing counts.
    pub async fn merge(&self, _sync: &RunningSync, _merged: &Merged) -> Result<(), StoreError> {
        todo!()
    }

    /// How much is in the snapshot.
    pub async fn merged_counts(&self, _sync: &RunningSync) -> Result<InventoryCounts, StoreError> {
        todo!()
    }
}
