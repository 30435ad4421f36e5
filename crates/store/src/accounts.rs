//! Looking at accounts.

use serde::Serialize;
use usher_model::{
    Account, AccountId, AccountStatus, License, OrganizationId, OrganizationRole, TeamId, Timestamp,
};

use crate::{Direction, Rows, Store, StoreError};

/// Which accounts to look at.
#[derive(Clone, Debug)]
pub struct AccountFilter {
    /// The organization.
    pub organization: OrganizationId,
    /// The inventory of which time; `None`: the current one.
    pub as_of: Option<Timestamp>,
    /// One account.
    pub account: Option<AccountId>,
    /// One e-mail address, whatever its letter case.
    pub email: Option<String>,
    /// Last used before this time, or never. Accounts whose activity is unknown are left out
    /// ([`Store::accounts_of_unknown_activity`] counts them).
    pub inactive_before: Option<Timestamp>,
    /// One role.
    pub role: Option<OrganizationRole>,
    /// One licence.
    pub license: Option<License>,
    /// In one team, in any role.
    pub team: Option<TeamId>,
    /// An e-mail domain.
    pub domain: Option<String>,
    /// Everybody, guests or admins.
    pub population: Population,
    /// One status.
    pub status: Option<AccountStatus>,
    /// Text that the e-mail address or the name contains, whatever its letter case.
    pub search: Option<String>,
    /// In which order.
    pub order: AccountOrder,
    /// In which direction.
    pub direction: Direction,
    /// At most so many.
    pub limit: Option<u64>,
}

impl AccountFilter {
    /// All accounts of an organization now, by e-mail address.
    pub fn of(organization: OrganizationId) -> Self {
        Self {
            organization,
            as_of: None,
            account: None,
            email: None,
            inactive_before: None,
            role: None,
            license: None,
            team: None,
            domain: None,
            population: Population::Everybody,
            status: None,
            search: None,
            order: AccountOrder::Email,
            direction: Direction::Ascending,
            limit: None,
        }
    }
}

/// A part of an organization's people.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Population {
    /// All.
    #[default]
    Everybody,
    /// Those known to be neither members nor company admins: guests, external users.
    Guests,
    /// Company admins and holders of an admin role.
    Admins,
}

/// What accounts are sorted by. What is unknown comes last in either direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AccountOrder {
    /// Account id.
    Id,
    /// E-mail address.
    #[default]
    Email,
    /// Name.
    Name,
    /// Role.
    Role,
    /// Licence.
    License,
    /// Last activity; never comes before every date.
    LastActivity,
    /// Number of teams.
    Teams,
    /// Since when the account is in the inventory.
    Since,
}

/// An account, and what goes with it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AccountRow {
    /// The account.
    #[serde(flatten)]
    pub account: Account,
    /// How many teams it is in.
    pub teams: u64,
    /// When it was first seen.
    pub since: Timestamp,
}

impl Store {
    /// The accounts that match.
    pub fn accounts(&self, _filter: &AccountFilter) -> Rows<AccountRow> {
        todo!()
    }

    /// How many accounts match, whatever the limit.
    pub async fn count_accounts(&self, _filter: &AccountFilter) -> Result<u64, StoreError> {
        todo!()
    }

    /// How many accounts match all of the filter but `inactive_before`, and were left out by that
    /// because their activity is unknown.
    pub async fn accounts_of_unknown_activity(
        &self,
        _filter: &AccountFilter,
    ) -> Result<u64, StoreError> {
        todo!()
    }
}
