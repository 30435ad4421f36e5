//! What an assignment gives, and to whom, in words.

use std::collections::BTreeMap;

use usher_model::{
    AppRole, AssignmentTarget, Group, GroupId, Person, PersonId, Subject, TeamId, TeamTarget,
    UserGroupId, UserGroupTarget,
};

use crate::role_words::{organization_role, team_role};

/// Names of people, groups, teams and user groups by their ids.
#[derive(Debug, Default)]
pub struct Labels {
    /// People.
    pub people: BTreeMap<PersonId, String>,
    /// Groups of the directory.
    pub groups: BTreeMap<GroupId, String>,
    /// Teams.
    pub teams: BTreeMap<TeamId, String>,
    /// User groups.
    pub user_groups: BTreeMap<UserGroupId, String>,
}

impl Labels {
    /// With these people and groups.
    pub fn of(people: &[Person], groups: &[Group]) -> Self {
        let label = |person: &Person| {
            let email = person.email().map(|email| email.to_string());
            (person.id.clone(), email.unwrap_or_else(|| person.label()))
        };
        let name = |group: &Group| (group.id.clone(), group.name.clone());
        Self {
            people: people.iter().map(label).collect(),
            groups: groups.iter().map(name).collect(),
            ..Self::default()
        }
    }

    /// Who an assignment is for.
    pub fn subject(&self, subject: &Subject) -> String {
        match subject {
            Subject::Person(id) => named(self.people.get(id), id.as_str()),
            Subject::Group(id) => format!("group {}", named(self.groups.get(id), id.as_str())),
        }
    }

    /// What an assignment gives.
    pub fn target(&self, target: &AssignmentTarget) -> String {
        match target {
            AssignmentTarget::Application { role } => application(role),
            AssignmentTarget::Team { team, role } => {
                let name = match team {
                    TeamTarget::Id(id) => named(self.teams.get(id), id.as_str()),
                    TeamTarget::Name(name) => name.clone(),
                };
                format!("team {name} as {}", team_role(role))
            }
            AssignmentTarget::UserGroup { user_group } => {
                let name = match user_group {
                    UserGroupTarget::Id(id) => named(self.user_groups.get(id), id.as_str()),
                    UserGroupTarget::Name(name) => name.clone(),
                };
                format!("user group {name}")
            }
            AssignmentTarget::Role { role } => {
                format!("organization role {}", organization_role(role))
            }
            AssignmentTarget::AdminRole { name } => format!("admin role {name}"),
            AssignmentTarget::License { license } => format!("licence {license}"),
        }
    }
}

fn application(role: &AppRole) -> String {
    if role.is_default_access() {
        return format!("app role {role}, which gives nothing");
    }
    format!("app role {role}")
}

fn named(name: Option<&String>, id: &str) -> String {
    name.map_or_else(|| id.to_owned(), Clone::clone)
}
