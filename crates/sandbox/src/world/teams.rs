//! Creating, naming and deleting teams.

use serde_json::{Value, json};

use crate::world::World;
use crate::world::audit::{AuditKind, Change};
use crate::world::keys::{GroupKey, TeamKey, UserKey};
use crate::world::log::Entry;
use crate::world::names::{NAME_LIMIT, check_length};
use crate::world::refusal::{Conflict, ObjectKind, Refusal};
use crate::world::team::{Team, TeamRole};

impl World {
    /// Creates a team. The acting user becomes its admin; Miro does not say so, but its user interface does it.
    pub fn create_team(&mut self, change: &Change, name: &str) -> Result<TeamKey, Refusal> {
        Self::check_team_name(name)?;
        let id = self.next_id();
        let team: TeamKey = self
            .teams
            .push(Team::new(id, name.into(), change.at.into()));
        self.record(
            change,
            Entry::new(AuditKind::TeamCreated, self.named_team(team)),
        );
        if let Some(creator) = self.acting_user(change) {
            self.insert_membership(change, team, creator, TeamRole::Admin);
        }
        Ok(team)
    }

    /// Renames a team.
    pub fn rename_team(
        &mut self,
        change: &Change,
        team: TeamKey,
        name: &str,
    ) -> Result<(), Refusal> {
        Self::check_team_name(name)?;
        let old = std::mem::replace(&mut self.teams.get_mut(team).name, name.into());
        if old != name {
            let entry = Entry::new(AuditKind::TeamUpdated, self.named_team(team));
            self.record(change, entry.with(json!({"oldName": old, "newName": name})));
        }
        Ok(())
    }

    /// Deletes a team with its boards. Members stay in the organization.
    ///
    /// # Errors
    /// The default team cannot be deleted.
    pub fn delete_team(&mut self, change: &Change, team: TeamKey) -> Result<(), Refusal> {
        if team == self.default_team {
            return Err(Conflict::DefaultTeam.into());
        }
        self.delete_boards_of(team);
        let object = self.named_team(team);
        let gone = self.teams.get_mut(team);
        gone.deleted = true;
        gone.active_admins = 0;
        gone.internal_members = 0;
        let members = std::mem::take(&mut gone.members);
        for group in std::mem::take(&mut gone.groups) {
            self.groups
                .get_mut(group)
                .teams
                .retain(|other| *other != team);
        }
        for membership in members {
            self.users
                .get_mut(membership.user)
                .teams
                .retain(|other| *other != team);
        }
        self.record(change, Entry::new(AuditKind::TeamDeleted, object));
        Ok(())
    }

    /// Keeps changed settings of a team: `settings` is what [`Team::settings`] is to be from now on.
    pub fn set_team_settings(&mut self, change: &Change, team: TeamKey, settings: Value) {
        let details = settings.clone();
        self.teams.get_mut(team).settings = settings;
        let entry = Entry::new(AuditKind::TeamSettingsChanged, self.named_team(team));
        self.record(change, entry.with(details));
    }

    /// Attaches a user group to a team.
    ///
    /// # Errors
    /// When it is attached already.
    pub fn attach_group(
        &mut self,
        change: &Change,
        team: TeamKey,
        group: GroupKey,
    ) -> Result<(), Refusal> {
        let groups = &mut self.teams.get_mut(team).groups;
        let Err(place) = groups.binary_search(&group) else {
            return Err(Conflict::AlreadyAttached.into());
        };
        groups.insert(place, group);
        let teams = &mut self.groups.get_mut(group).teams;
        teams.push(team);
        teams.sort_unstable();
        let entry = Entry::new(AuditKind::GroupAttached, self.named_group(group));
        self.record(change, entry.in_team(self.named_team(team)));
        Ok(())
    }

    /// Detaches a user group from a team.
    ///
    /// # Errors
    /// When it is not attached.
    pub fn detach_group(
        &mut self,
        change: &Change,
        team: TeamKey,
        group: GroupKey,
    ) -> Result<(), Refusal> {
        let groups = &mut self.teams.get_mut(team).groups;
        let Ok(place) = groups.binary_search(&group) else {
            let id = self.group(group).id;
            return Err(Refusal::not_found(ObjectKind::UserGroup, &id));
        };
        groups.remove(place);
        self.groups
            .get_mut(group)
            .teams
            .retain(|other| *other != team);
        let entry = Entry::new(AuditKind::GroupDetached, self.named_group(group));
        self.record(change, entry.in_team(self.named_team(team)));
        Ok(())
    }

    /// Notes that all sessions of a user were ended.
    pub fn reset_sessions(&mut self, change: &Change, user: UserKey) {
        self.users.get_mut(user).sessions_reset_at = Some(change.at.into());
        self.record(
            change,
            Entry::new(AuditKind::SessionsReset, self.named_user(user)),
        );
    }

    /// Notes that a user was seen, and by signing in completed the registration.
    pub fn sign_in(&mut self, change: &Change, user: UserKey) {
        let seen = self.users.get_mut(user);
        seen.last_activity_at = Some(change.at.into());
        seen.registration = crate::world::Registration::Complete;
        self.record(
            change,
            Entry::new(AuditKind::SignInSucceeded, self.named_user(user)),
        );
    }

    /// Refuses what cannot be the name of a team.
    pub(crate) fn check_team_name(name: &str) -> Result<(), Refusal> {
        if name.trim().is_empty() {
            return Err(Refusal::invalid("name", "it must not be empty"));
        }
        check_length("name", name, NAME_LIMIT)
    }
}
