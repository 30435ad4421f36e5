//! An organization without what is derived, and putting it together.

use serde::Deserialize;
use thiserror::Error;

use crate::switches::Switches;
use crate::world::World;
use crate::world::audit::AuditEvent;
use crate::world::board::Board;
use crate::world::group::{Share, UserGroup};
use crate::world::indexes::Indexes;
use crate::world::keys::{BoardKey, GroupKey, Identified, Key, Slots, TeamKey, UserKey};
use crate::world::organization::Organization;
use crate::world::team::Team;
use crate::world::user::User;

/// What an organization is made of. Objects ascend by id and name each other by place.
#[derive(Clone, Debug, Deserialize)]
pub struct Parts {
    /// Its own facts and settings.
    pub organization: Organization,
    /// Readings of what Miro's documents leave open.
    #[serde(default)]
    pub switches: Switches,
    /// The team in which every new member begins.
    pub default_team: TeamKey,
    /// Users, also deleted ones.
    pub users: Vec<User>,
    /// Teams.
    pub teams: Vec<Team>,
    /// User groups.
    #[serde(default)]
    pub groups: Vec<UserGroup>,
    /// Boards.
    #[serde(default)]
    pub boards: Vec<Board>,
    /// What is shared with user groups.
    #[serde(default)]
    pub shares: Vec<Share>,
    /// The audit log, oldest first.
    #[serde(default)]
    pub audit: Vec<AuditEvent>,
    /// No id is larger than this.
    pub last_id: u64,
}

/// Parts that do not fit together: a state file that was edited by hand, or written by another version.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the organization does not fit together: {0}")]
pub struct BrokenWorld(String);

impl TryFrom<Parts> for World {
    type Error = BrokenWorld;

    fn try_from(parts: Parts) -> Result<Self, BrokenWorld> {
        parts.check()?;
        let users = Slots::from_sorted(parts.users);
        let mut world = Self {
            indexes: Indexes::of(&users),
            organization: parts.organization,
            switches: parts.switches,
            default_team: parts.default_team,
            users,
            teams: Slots::from_sorted(parts.teams),
            groups: Slots::from_sorted(parts.groups),
            boards: Slots::from_sorted(parts.boards),
            shares: parts.shares,
            audit: parts.audit,
            last_id: parts.last_id,
            revision: 0,
        };
        world.derive_teams();
        world.derive_groups();
        world.derive_boards();
        Ok(world)
    }
}

impl Parts {
    fn check(&self) -> Result<(), BrokenWorld> {
        ascending("users", &self.users)?;
        ascending("teams", &self.teams)?;
        ascending("user groups", &self.groups)?;
        ascending("boards", &self.boards)?;
        let user = |key: &UserKey| key.index() < self.users.len();
        let team = |key: &TeamKey| key.index() < self.teams.len();
        let group = |key: &GroupKey| key.index() < self.groups.len();
        let ordered = |team: &Team| {
            team.members
                .is_sorted_by(|left, right| left.user < right.user)
        };
        let by = |key: &Option<UserKey>| key.as_ref().is_none_or(user);
        let members = self.teams.iter().flat_map(|team| &team.members);
        let mut known = members.map(|membership| {
            let modified = membership
                .modified
                .as_deref()
                .is_none_or(|(_, who)| by(who));
            user(&membership.user) && by(&membership.created_by) && modified
        });
        let fits = team(&self.default_team)
            && known.all(|known| known)
            && self
                .teams
                .iter()
                .all(|team| ordered(team) && team.groups.is_sorted())
            && self.teams.iter().flat_map(|team| &team.groups).all(group)
            && self.groups.iter().all(|group| group.members.is_sorted())
            && self
                .groups
                .iter()
                .flat_map(|group| &group.members)
                .all(user)
            && self
                .boards
                .iter()
                .all(|board| team(&board.team) && user(&board.owner))
            && self.shares.iter().all(|share| group(&share.group));
        if fits {
            return Ok(());
        }
        Err(BrokenWorld(
            "an object names another that is not there".to_owned(),
        ))
    }
}

fn ascending<T: Identified>(what: &str, items: &[T]) -> Result<(), BrokenWorld> {
    if items.is_sorted_by(|left, right| left.id() < right.id()) {
        return Ok(());
    }
    Err(BrokenWorld(format!(
        "the {what} are not in the order of their ids, or an id comes twice"
    )))
}

impl World {
    /// The organization without what is derived.
    pub fn to_parts(&self) -> Parts {
        Parts {
            organization: self.organization.clone(),
            switches: self.switches.clone(),
            default_team: self.default_team,
            users: self.users.as_slice().to_vec(),
            teams: self.teams.as_slice().to_vec(),
            groups: self.groups.as_slice().to_vec(),
            boards: self.boards.as_slice().to_vec(),
            shares: self.shares.clone(),
            audit: self.audit.clone(),
            last_id: self.last_id,
        }
    }

    fn derive_teams(&mut self) {
        for user in self.users.keys::<UserKey>() {
            self.users.get_mut(user).teams.clear();
        }
        for key in self.teams.keys::<TeamKey>() {
            let (mut admins, mut internal) = (0, 0);
            for membership in &self.teams[key].members {
                let user = self.users.get_mut(membership.user);
                user.teams.push(key);
                admins +=
                    u32::from(membership.role == crate::world::TeamRole::Admin && user.active);
                internal += u32::from(user.is_visible_to_scim());
            }
            let team = self.teams.get_mut(key);
            team.active_admins = admins;
            team.internal_members = internal;
            team.boards.clear();
            for group in team.groups.clone() {
                self.groups.get_mut(group).teams.push(key);
            }
        }
    }

    fn derive_groups(&mut self) {
        for key in self.groups.keys::<GroupKey>() {
            if self.groups[key].deleted {
                continue;
            }
            for member in self.groups[key].members.clone() {
                self.users.get_mut(member).groups.push(key);
            }
            let name = self.groups[key].name.clone();
            self.indexes.name_group(&name, key);
        }
    }

    fn derive_boards(&mut self) {
        for key in self.boards.keys::<BoardKey>() {
            let board = &self.boards[key];
            if !board.deleted {
                let (owner, team) = (board.owner, board.team);
                self.users.get_mut(owner).boards.push(key);
                self.teams.get_mut(team).boards.push(key);
            }
        }
    }
}
