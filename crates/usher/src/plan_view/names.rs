//! Names of what a plan knows by id only.

use std::collections::BTreeMap;

use usher_model::{GroupId, TeamId, UserGroupId};
use usher_plan::{TeamRef, UserGroupRef};

/// Names of what a plan knows by id only. What has no name here is shown by its id.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// The organization.
    pub organization: Option<String>,
    /// Teams.
    pub teams: BTreeMap<TeamId, String>,
    /// User groups.
    pub user_groups: BTreeMap<UserGroupId, String>,
    /// Groups of the directory.
    pub groups: BTreeMap<GroupId, String>,
}

impl Names {
    /// A team's name.
    pub fn team(&self, team: &TeamId) -> String {
        named(self.teams.get(team), team.as_str())
    }

    /// A user group's name.
    pub fn user_group(&self, group: &UserGroupId) -> String {
        named(self.user_groups.get(group), group.as_str())
    }

    /// A directory group's name.
    pub fn group(&self, group: &GroupId) -> String {
        named(self.groups.get(group), group.as_str())
    }

    /// The name of a team that is there or will be.
    pub fn team_ref(&self, team: &TeamRef) -> String {
        match team {
            TeamRef::Existing(id) => self.team(id),
            TeamRef::New(name) => name.clone(),
        }
    }

    /// The name of a user group that is there or will be.
    pub fn user_group_ref(&self, group: &UserGroupRef) -> String {
        match group {
            UserGroupRef::Existing(id) => self.user_group(id),
            UserGroupRef::New(name) => name.clone(),
        }
    }
}

fn named(name: Option<&String>, id: &str) -> String {
    name.map_or_else(|| id.to_owned(), Clone::clone)
}
