//! What is: one organization as last observed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use usher_model::{
    Account, AccountId, Completeness, Coverage, GroupModel, Known, Organization, SyncId, Team,
    TeamId, TeamRole, Timestamp, UserGroup,
};

/// One organization as last observed. Whatever a token could not show is [`Known::Unknown`] or named in
/// [`SnapshotFacts::coverage`], and leads to no removal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Inventory {
    /// The organization.
    pub organization: Organization,
    /// What a SCIM Group means there.
    pub group_model: Known<GroupModel>,
    /// The snapshot this comes from; none if the organization was never read.
    pub snapshot: Option<SnapshotFacts>,
    /// All accounts, sorted by id.
    pub accounts: Vec<Account>,
    /// All teams, sorted by id.
    pub teams: Vec<TeamState>,
    /// All user groups, sorted by id.
    pub user_groups: Vec<UserGroupState>,
    /// The team that every new account joins. Memberships of it are nobody's to manage.
    pub default_team: Known<TeamId>,
    /// How many boards accounts own, where somebody counted them.
    pub boards: BTreeMap<AccountId, u64>,
}

/// What is known of the snapshot behind an inventory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotFacts {
    /// The synchronization.
    pub sync: SyncId,
    /// When what it says was last confirmed: by it, or by an incremental cycle that read all changes since.
    pub confirmed_at: Timestamp,
    /// Whether it can be believed.
    pub verdict: Completeness,
    /// What its tokens could see.
    pub coverage: Coverage,
}

/// A team and who is in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TeamState {
    /// The team.
    pub team: Team,
    /// Its members, sorted by account.
    pub members: Vec<TeamMember>,
}

/// A member of a team.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TeamMember {
    /// The account.
    pub account: AccountId,
    /// Its role; [`TeamRole::Unknown`] where the tokens do not show it.
    pub role: TeamRole,
}

/// A user group and who is in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserGroupState {
    /// The user group.
    pub user_group: UserGroup,
    /// Its members, sorted.
    pub members: Vec<AccountId>,
}

impl Inventory {
    /// The account with this id.
    pub fn account(&self, id: &AccountId) -> Option<&Account> {
        let at = self
            .accounts
            .binary_search_by(|account| account.id.cmp(id))
            .ok()?;
        self.accounts.get(at)
    }

    /// The team with this id.
    pub fn team(&self, id: &TeamId) -> Option<&TeamState> {
        let at = self
            .teams
            .binary_search_by(|state| state.team.id.cmp(id))
            .ok()?;
        self.teams.get(at)
    }
}
