//! Teams and who is in them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use smol_str::SmolStr;

use crate::switches::{UnknownWord, words};
use crate::world::keys::{BoardKey, GroupKey, Identified, UserKey};
use crate::world::moment::Moment;

words! {
    /// What a user is in a team, written as REST has it.
    TeamRole {
        /// A member.
        #[default]
        Member = "member",
        /// A team admin.
        Admin = "admin",
        /// A guest.
        Guest = "team_guest",
        /// Somebody who only reaches boards of the team.
        NonTeam = "non_team",
    }
}

/// One user in one team.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Membership {
    /// The user.
    pub user: UserKey,
    /// What the user is in the team.
    pub role: TeamRole,
    /// When the user came into the team.
    pub created_at: Moment,
    /// Who brought the user in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<UserKey>,
    /// When and by whom the role was last changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified: Option<Box<(Moment, Option<UserKey>)>>,
}

/// A team.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Team {
    /// The id.
    pub id: u64,
    /// The name; several teams may have the same.
    pub name: SmolStr,
    /// When it was created.
    pub created_at: Moment,
    /// Whether it is gone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deleted: bool,
    /// Settings that were changed, as REST writes them; what is not there has Miro's default.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub settings: Value,
    /// Members in the order of their ids.
    pub(crate) members: Vec<Membership>,
    /// User groups that are attached, ascending.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) groups: Vec<GroupKey>,
    /// Its boards, ascending.
    #[serde(skip)]
    pub(crate) boards: Vec<BoardKey>,
    /// How many active admins it has.
    #[serde(skip)]
    pub(crate) active_admins: u32,
    /// How many members SCIM shows.
    #[serde(skip)]
    pub(crate) internal_members: u32,
}

impl Identified for Team {
    fn id(&self) -> u64 {
        self.id
    }
}

impl Team {
    pub(crate) fn new(id: u64, name: SmolStr, created_at: Moment) -> Self {
        Self {
            id,
            name,
            created_at,
            deleted: false,
            settings: Value::Null,
            members: Vec::new(),
            groups: Vec::new(),
            boards: Vec::new(),
            active_admins: 0,
            internal_members: 0,
        }
    }

    /// Sets who is in the team, in the order of their keys.
    pub(crate) fn fill(&mut self, members: Vec<Membership>) {
        self.members = members;
    }

    /// Attaches a user group.
    pub(crate) fn attach(&mut self, group: GroupKey) {
        if let Err(place) = self.groups.binary_search(&group) {
            self.groups.insert(place, group);
        }
    }

    /// Everybody in the team, guests too, in the order of their ids.
    pub fn members(&self) -> &[Membership] {
        &self.members
    }

    /// One user's membership.
    pub fn membership(&self, user: UserKey) -> Option<&Membership> {
        let place = self.place(user).ok()?;
        self.members.get(place)
    }

    /// The memberships of users behind `user`, in the order of their ids.
    pub fn members_after(&self, user: UserKey) -> &[Membership] {
        let first = self
            .members
            .partition_point(|membership| membership.user <= user);
        self.members.get(first..).unwrap_or_default()
    }

    /// The attached user groups, in the order of their ids.
    pub fn groups(&self) -> &[GroupKey] {
        &self.groups
    }

    /// The boards, in the order of their ids.
    pub fn boards(&self) -> &[BoardKey] {
        &self.boards
    }

    /// How many active admins it has.
    pub fn active_admins(&self) -> u32 {
        self.active_admins
    }

    pub(crate) fn place(&self, user: UserKey) -> Result<usize, usize> {
        self.members
            .binary_search_by_key(&user, |membership| membership.user)
    }

    pub(crate) fn membership_mut(&mut self, user: UserKey) -> Option<&mut Membership> {
        let place = self.place(user).ok()?;
        self.members.get_mut(place)
    }
}
