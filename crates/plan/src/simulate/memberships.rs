//! What happens to teams and user groups.

use usher_model::{
    AccountId, AccountStatus, Entitlement, GroupId, GroupLinkTarget, GroupModel, Known, License,
    LinkOrigin, Team, TeamId, TeamRole, UserGroup, UserGroupId,
};

use super::Model;
use crate::{AccountRef, TeamMember, TeamRef, TeamState, UserGroupRef, UserGroupState};

impl Model {
    fn team_mut(&mut self, id: &TeamId) -> Option<&mut TeamState> {
        let teams = self.inventory.teams.iter_mut();
        let mut found = teams.filter(|state| state.team.id == *id);
        found.next()
    }

    fn user_group_mut(&mut self, id: &UserGroupId) -> Option<&mut UserGroupState> {
        let groups = self.inventory.user_groups.iter_mut();
        let mut found = groups.filter(|state| state.user_group.id == *id);
        found.next()
    }

    pub(super) fn create_team(&mut self, name: &str, group: Option<&GroupId>) {
        let id = TeamId::new(self.new_id());
        self.inventory.teams.push(TeamState {
            team: Team {
                id: id.clone(),
                name: name.to_owned(),
            },
            members: Vec::new(),
        });
        self.teams.insert(name.to_owned(), id.clone());
        if let Some(group) = group {
            self.link_group(group, GroupLinkTarget::Team(id), LinkOrigin::Created);
        }
    }

    pub(super) fn create_user_group(&mut self, name: &str, group: Option<&GroupId>) {
        let id = UserGroupId::new(self.new_id());
        self.inventory.user_groups.push(UserGroupState {
            user_group: UserGroup {
                id: id.clone(),
                name: name.to_owned(),
                description: Known::Unknown,
            },
            members: Vec::new(),
        });
        self.user_groups.insert(name.to_owned(), id.clone());
        if let Some(group) = group {
            self.link_group(group, GroupLinkTarget::UserGroup(id), LinkOrigin::Created);
        }
    }

    pub(super) fn rename_team(&mut self, id: &TeamId, after: &str) {
        if let Some(state) = self.team_mut(id) {
            after.clone_into(&mut state.team.name);
        }
    }

    pub(super) fn rename_user_group(&mut self, id: &UserGroupId, after: &str) {
        if let Some(state) = self.user_group_mut(id) {
            after.clone_into(&mut state.user_group.name);
        }
    }

    pub(super) fn delete_user_group(&mut self, id: &UserGroupId) {
        self.inventory
            .user_groups
            .retain(|state| state.user_group.id != *id);
        let target = GroupLinkTarget::UserGroup(id.clone());
        self.desired
            .group_links
            .retain(|link| link.target != target);
        let held = Entitlement::UserGroup(id.clone());
        self.desired
            .provisioned
            .retain(|given| given.entitlement != held);
    }

    /// Puts an account into a team, unless it is there. Says whether it came in.
    pub(super) fn insert_member(&mut self, id: &AccountId, team: &TeamRef, role: TeamRole) -> bool {
        let Some(team) = self.team_id(team) else {
            return false;
        };
        let shows_roles = self
            .inventory
            .snapshot
            .as_ref()
            .is_some_and(|facts| facts.coverage.team_roles.is_seen());
        let active: Vec<AccountId> = self
            .inventory
            .accounts
            .iter()
            .filter(|account| account.status == AccountStatus::Active)
            .map(|account| account.id.clone())
            .collect();
        let Some(state) = self.team_mut(&team) else {
            return false;
        };
        let present = state
            .members
            .iter()
            .any(|member| member.account == *id && member.role != TeamRole::NonTeam);
        if present {
            return false;
        }
        state.members.retain(|member| member.account != *id);
        let has_admin = state.members.iter().any(|member| {
            matches!(member.role, TeamRole::Admin | TeamRole::Unknown)
                && active.contains(&member.account)
        });
        let role = match (shows_roles, has_admin) {
            (false, _) => TeamRole::Unknown,
            (true, true) => role,
            (true, false) => TeamRole::Admin,
        };
        state.members.push(TeamMember {
            account: id.clone(),
            role,
        });
        true
    }

    pub(super) fn add_to_team(&mut self, account: &AccountRef, team: &TeamRef) {
        let (Some(id), Some(team_id)) = (self.account_id(account), self.team_id(team)) else {
            return;
        };
        if self.insert_member(&id, team, TeamRole::Member) {
            self.give(
                &id,
                Entitlement::Team {
                    team: team_id,
                    role: TeamRole::Member,
                },
            );
        }
    }

    pub(super) fn remove_from_team(&mut self, id: &AccountId, team: &TeamId) {
        if let Some(state) = self.team_mut(team) {
            state.members.retain(|member| member.account != *id);
        }
        self.forget(
            id,
            |held| matches!(held, Entitlement::Team { team: other, .. } if other == team),
        );
    }

    pub(super) fn set_team_role(&mut self, account: &AccountRef, team: &TeamRef, after: &TeamRole) {
        let (Some(id), Some(team)) = (self.account_id(account), self.team_id(team)) else {
            return;
        };
        if let Some(state) = self.team_mut(&team) {
            let members = state.members.iter_mut();
            for member in members.filter(|member| member.account == id) {
                member.role = after.clone();
            }
        }
        let admin = Entitlement::Team {
            team,
            role: TeamRole::Admin,
        };
        if *after == TeamRole::Admin {
            self.give(&id, admin);
        } else {
            self.forget(&id, |held| *held == admin);
        }
    }

    pub(super) fn add_to_user_group(&mut self, account: &AccountRef, group: &UserGroupRef) {
        let (Some(id), Some(group)) = (self.account_id(account), self.user_group_id(group)) else {
            return;
        };
        let Some(state) = self.user_group_mut(&group) else {
            return;
        };
        if state.members.contains(&id) {
            return;
        }
        state.members.push(id.clone());
        self.give(&id, Entitlement::UserGroup(group));
        if self.inventory.group_model == Known::Known(GroupModel::UserGroup) {
            self.raise_to_full(&id);
        }
    }

    /// In the user-group model whoever comes into a group gets a Full licence.
    fn raise_to_full(&mut self, id: &AccountId) {
        if let Some(account) = self.account_mut(id)
            && let Known::Known(license) = &account.license
            && !license.takes_seat()
        {
            account.license = Known::Known(License::Full);
        }
    }

    pub(super) fn remove_from_user_group(&mut self, id: &AccountId, group: &UserGroupId) {
        if let Some(state) = self.user_group_mut(group) {
            state.members.retain(|member| member != id);
        }
        self.forget(id, |held| *held == Entitlement::UserGroup(group.clone()));
    }
}
