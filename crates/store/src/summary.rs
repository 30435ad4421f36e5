//! Counting.

use serde::{Deserialize, Serialize};
use usher_model::{License, Organization, OrganizationId, Timestamp};

use crate::{Store, StoreError};

/// How much is in an inventory or a snapshot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InventoryCounts {
    /// Accounts.
    pub accounts: u64,
    /// Those that SCIM shows too: company admins, members, and those of unknown role.
    pub internal_accounts: u64,
    /// Teams.
    pub teams: u64,
    /// User groups.
    pub user_groups: u64,
    /// Grants of every kind.
    pub grants: u64,
    /// Grants of team roles.
    pub team_grants: u64,
    /// Grants of team roles to accounts that SCIM shows too.
    pub internal_team_grants: u64,
}

/// How many accounts have a licence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LicenseCount {
    /// The licence.
    pub license: License,
    /// How many accounts have it.
    pub accounts: u64,
}

/// An organization at a glance.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// The organization; its purchased licences are in here.
    pub organization: Organization,
    /// From when the inventory is; `None` before the first synchronization.
    pub effective_at: Option<Timestamp>,
    /// Accounts.
    pub accounts: u64,
    /// Those that can be used.
    pub active: u64,
    /// Those that are switched off.
    pub deactivated: u64,
    /// Company admins.
    pub company_admins: u64,
    /// Holders of another admin role who are no company admins.
    pub other_admins: u64,
    /// Members who are no company admins.
    pub members: u64,
    /// Guests and external users.
    pub guests: u64,
    /// Accounts per licence, most first.
    pub licenses: Vec<LicenseCount>,
    /// Accounts whose licence takes a seat.
    pub seats_taken: u64,
    /// Accounts last used more than 90 days ago.
    pub idle: u64,
    /// Accounts that were never used.
    pub never_active: u64,
    /// Accounts of which nobody knows when they were last used.
    pub unknown_activity: u64,
    /// Seats that could be freed: taken by accounts that are switched off, or idle, or never used, and
    /// whose licence is known not to have been given within those 90 days.
    pub seats_freeable: u64,
    /// Teams.
    pub teams: u64,
    /// Teams with nobody in them.
    pub empty_teams: u64,
    /// Teams with members whose roles are all known, and none of them an admin.
    pub teams_without_admin: u64,
    /// User groups.
    pub user_groups: u64,
    /// Grants of every kind.
    pub grants: u64,
}

impl Store {
    /// How much is in the current inventory.
    pub async fn current_counts(
        &self,
        _organization: &OrganizationId,
    ) -> Result<InventoryCounts, StoreError> {
        todo!()
    }

    /// The organization at a glance; *idle* is counted back from `now`. `None` when it was never
    /// synchronized.
    pub async fn summary(
        &self,
        _organization: &OrganizationId,
        _now: Timestamp,
    ) -> Result<Option<Summary>, StoreError> {
        todo!()
    }
}
