//! Looking at teams and user groups.

use serde::Serialize;
use usher_model::{OrganizationId, Team, TeamId, Timestamp, UserGroup};

use crate::{Direction, Rows, Store};

/// Which teams to look at.
#[derive(Clone, Debug)]
pub struct TeamFilter {
    /// The organization.
    pub organization: OrganizationId,
    /// The inventory of which time; `None`: the current one.
    pub as_of: Option<Timestamp>,
    /// One team.
    pub team: Option<TeamId>,
    /// Text that the name contains, whatever its letter case.
    pub search: Option<String>,
    /// At most so many members.
    pub members_at_most: Option<u64>,
    /// At least so many members.
    pub members_at_least: Option<u64>,
    /// In which order.
    pub order: TeamOrder,
    /// In which direction.
    pub direction: Direction,
    /// At most so many.
    pub limit: Option<u64>,
}

impl TeamFilter {
    /// All teams of an organization now, by name.
    pub fn of(organization: OrganizationId) -> Self {
        Self {
            organization,
            as_of: None,
            team: None,
            search: None,
            members_at_most: None,
            members_at_least: None,
            order: TeamOrder::Name,
            direction: Direction::Ascending,
            limit: None,
        }
    }
}

/// What teams are sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TeamOrder {
    /// Team id.
    Id,
    /// Name.
    #[default]
    Name,
    /// Number of members.
    Members,
    /// Since when the team is in the inventory.
    Since,
}

/// A team, and what goes with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TeamRow {
    /// The team.
    #[serde(flatten)]
    pub team: Team,
    /// How many accounts are in it, in any role but `non_team`.
    pub members: u64,
    /// How many of them are team admins, as far as known.
    pub admins: u64,
    /// Of how many of them the role is unknown.
    pub unknown_roles: u64,
    /// How many accounts see shared boards without being in the team (role `non_team`).
    pub outsiders: u64,
    /// When it was first seen.
    pub since: Timestamp,
}

/// A user group, and what goes with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UserGroupRow {
    /// The user group.
    #[serde(flatten)]
    pub user_group: UserGroup,
    /// How many accounts are in it.
    pub members: u64,
    /// When it was first seen.
    pub since: Timestamp,
}

impl Store {
    /// The teams that match.
    pub fn teams(&self, _filter: &TeamFilter) -> Rows<TeamRow> {
        todo!()
    }

    /// The user groups, by name.
    pub fn user_groups(
        &self,
        _organization: &OrganizationId,
        _as_of: Option<Timestamp>,
    ) -> Rows<UserGroupRow> {
        todo!()
    }
}
