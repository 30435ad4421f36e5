//! Looking at grants and entitlements.

use serde::Serialize;
use usher_model::{
    AccountId, Email, Entitlement, EntitlementKind, Grant, Known, OrganizationId, Timestamp,
};

use crate::{Direction, Rows, Store};

/// Which grants to look at.
#[derive(Clone, Debug)]
pub struct GrantFilter {
    /// The organization.
    pub organization: OrganizationId,
    /// The inventory of which time; `None`: the current one.
    pub as_of: Option<Timestamp>,
    /// One account's.
    pub account: Option<AccountId>,
    /// The account's with this e-mail address, whatever its letter case.
    pub email: Option<String>,
    /// One kind.
    pub kind: Option<EntitlementKind>,
    /// One entitlement.
    pub entitlement: Option<Entitlement>,
    /// One resource: a team's or user group's id, a role, a licence (with `kind`).
    pub resource: Option<String>,
    /// In which order.
    pub order: GrantOrder,
    /// In which direction.
    pub direction: Direction,
    /// At most so many.
    pub limit: Option<u64>,
}

impl GrantFilter {
    /// All grants of an organization now, by account id.
    pub fn of(organization: OrganizationId) -> Self {
        Self {
            organization,
            as_of: None,
            account: None,
            email: None,
            kind: None,
            entitlement: None,
            resource: None,
            order: GrantOrder::Account,
            direction: Direction::Ascending,
            limit: None,
        }
    }
}

/// What grants are sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GrantOrder {
    /// Account id, then entitlement.
    #[default]
    Account,
    /// E-mail address, then entitlement.
    Email,
    /// Entitlement, then account id.
    Entitlement,
    /// Since when it is held.
    Since,
}

/// A grant, and what goes with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GrantRow {
    /// The grant.
    #[serde(flatten)]
    pub grant: Grant,
    /// The account's e-mail address; `None` when a team shows somebody whom no list of accounts shows.
    pub email: Option<Email>,
    /// The account's name.
    pub display_name: Known<String>,
    /// The name of the team or user group.
    pub resource_name: Option<String>,
    /// Since when it is held without a break, as far as Usher saw.
    pub since: Timestamp,
}

/// An entitlement, and who has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EntitlementRow {
    /// The entitlement.
    pub entitlement: Entitlement,
    /// The name of the team or user group.
    pub resource_name: Option<String>,
    /// How many accounts hold it.
    pub holders: u64,
}

impl Store {
    /// The grants that match.
    pub fn grants(&self, _filter: &GrantFilter) -> Rows<GrantRow> {
        todo!()
    }

    /// The entitlements that somebody holds, by their text form.
    pub fn entitlements(
        &self,
        _organization: &OrganizationId,
        _as_of: Option<Timestamp>,
    ) -> Rows<EntitlementRow> {
        todo!()
    }
}
