//! Who is in which team.

use serde_json::json;

use crate::switches::{FullWithoutSeats, LastAdmin};
use crate::world::World;
use crate::world::audit::{AuditKind, Change};
use crate::world::keys::{TeamKey, UserKey};
use crate::world::log::Entry;
use crate::world::refusal::{Conflict, ObjectKind, Refusal};
use crate::world::team::{Membership, TeamRole};
use crate::world::user::{License, OrganizationRole, Presence, Registration, User};

/// Who comes and who goes. Whoever is there already, or is not there anyway, is passed over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemberEdit {
    /// Users to add; also deleted and deactivated ones, and guests.
    pub add: Vec<UserKey>,
    /// Users to remove.
    pub remove: Vec<UserKey>,
}

/// How much of an edit is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// All of it.
    Whole,
    /// So many members of it, those who go first: what a time-out on Miro's side leaves behind.
    UpTo(usize),
}

impl Progress {
    fn limit(self) -> usize {
        match self {
            Self::Whole => usize::MAX,
            Self::UpTo(members) => members,
        }
    }
}

/// What coming into a group by SCIM does to a user's licence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Welcome {
    /// Guests get `Full`; members keep what they have (teams).
    FullForGuests,
    /// Everybody gets at least `Full` (user groups).
    FullForAll,
}

/// Team members as REST changes them: one at a time, without effects on the user.
impl World {
    /// Brings somebody of the organization into a team.
    ///
    /// # Errors
    /// When the user is in the team already, or deactivated.
    pub fn add_team_member(
        &mut self,
        change: &Change,
        team: TeamKey,
        user: UserKey,
        role: TeamRole,
    ) -> Result<(), Refusal> {
        let id = self.user(user).id;
        if !self.user(user).is_present() {
            return Err(Refusal::not_found(ObjectKind::User, &id));
        }
        if self.team(team).membership(user).is_some() {
            return Err(Conflict::AlreadyMember { user: id }.into());
        }
        if !self.user(user).active {
            return Err(Conflict::Deactivated { user: id }.into());
        }
        let role = if self.user(user).role.is_internal() {
            role
        } else {
            TeamRole::Guest
        };
        self.insert_membership(change, team, user, role);
        Ok(())
    }

    /// Makes a member a team admin or the other way round.
    ///
    /// # Errors
    /// When the user is not in the team, or is its last admin.
    pub fn set_team_role(
        &mut self,
        change: &Change,
        team: TeamKey,
        user: UserKey,
        role: TeamRole,
    ) -> Result<(), Refusal> {
        let id = self.user(user).id;
        let not_there = || Refusal::not_found(ObjectKind::Member, &id);
        let old = self.team(team).membership(user).ok_or_else(not_there)?.role;
        if old == role {
            return Ok(());
        }
        if old == TeamRole::Admin {
            self.check_team_keeps_admin(team, &[user])?;
        }
        self.weigh(user, -1);
        let by = self.acting_user(change);
        if let Some(membership) = self.teams.get_mut(team).membership_mut(user) {
            membership.role = role;
            membership.modified = Some(Box::new((change.at.into(), by)));
        }
        self.weigh(user, 1);
        let entry = Entry::new(AuditKind::TeamRoleChanged, self.named_user(user))
            .in_team(self.named_team(team));
        let details = json!({"oldRole": old.as_str(), "newRole": role.as_str()});
        self.record(change, entry.with(details));
        Ok(())
    }

    /// Takes a member out of a team; the member's boards there go to the heir.
    ///
    /// # Errors
    /// When the user is not in the team, or is its last admin.
    pub fn remove_team_member(
        &mut self,
        change: &Change,
        team: TeamKey,
        user: UserKey,
    ) -> Result<(), Refusal> {
        if self.team(team).membership(user).is_none() {
            let id = self.user(user).id;
            return Err(Refusal::not_found(ObjectKind::Member, &id));
        }
        let edit = MemberEdit {
            add: Vec::new(),
            remove: vec![user],
        };
        self.edit_team_members(change, team, &edit, Progress::Whole)
    }
}

/// Team members as SCIM changes them in the team model.
impl World {
    /// Adds and removes members of a team, all or nobody.
    ///
    /// Whoever comes in is brought back if deleted, activated if deactivated, and made a member with the licence
    /// `Full` if a guest. Whoever goes leaves the boards there to the heir, and leaves the organization too if this
    /// was the last team and the registration never completed (Miro's SCIM description of `PATCH /Groups/{id}`).
    ///
    /// # Errors
    /// When the team would lose its last admin, or seats run out for guests.
    pub fn edit_team_members(
        &mut self,
        change: &Change,
        team: TeamKey,
        edit: &MemberEdit,
        progress: Progress,
    ) -> Result<(), Refusal> {
        let there = |world: &Self, user: UserKey| {
            let membership = world.team(team).membership(user);
            membership.is_some_and(|_| world.user(user).is_visible_to_scim())
        };
        let in_team = |user: &&UserKey| self.team(team).membership(**user).is_some();
        let going: Vec<UserKey> = edit.remove.iter().filter(in_team).copied().collect();
        let coming = edit
            .add
            .iter()
            .filter(|user| !there(self, **user) || !self.user(**user).active);
        let coming: Vec<UserKey> = coming.copied().collect();
        self.check_team_keeps_admin(team, &going)?;
        self.check_vanishing(team, &going)?;
        self.check_seats_for(&coming, Welcome::FullForGuests)?;
        let mut left = progress.limit();
        for user in going.into_iter().take(left) {
            left -= 1;
            self.delete_membership(change, team, user);
            if self.vanishes(user) {
                self.erase_user(change, user);
            }
        }
        for user in self
            .neediest_first(coming, Welcome::FullForGuests)
            .into_iter()
            .take(left)
        {
            self.welcome(change, user, Welcome::FullForGuests);
            if self.team(team).membership(user).is_none() {
                self.insert_membership(change, team, user, TeamRole::Member);
            }
        }
        Ok(())
    }

    /// Whether a user without teams was only ever invited.
    fn vanishes(&self, user: UserKey) -> bool {
        let user = self.user(user);
        user.registration == Registration::Pending && user.teams.is_empty() && user.is_present()
    }

    fn check_vanishing(&self, team: TeamKey, going: &[UserKey]) -> Result<(), Refusal> {
        let last_team = |user: &&UserKey| {
            let user = self.user(**user);
            user.registration == Registration::Pending && user.teams == [team]
        };
        self.check_company_keeps_admin(&going.iter().filter(last_team).copied().collect::<Vec<_>>())
    }
}

/// Rules that several changes share.
impl World {
    /// Refuses to leave a team without an active admin.
    pub(crate) fn check_team_keeps_admin(
        &self,
        team: TeamKey,
        leaving: &[UserKey],
    ) -> Result<(), Refusal> {
        if self.switches.last_team_admin == LastAdmin::Allowed {
            return Ok(());
        }
        let here = self.team(team);
        let admin = |user: &&UserKey| {
            let admin = here
                .membership(**user)
                .is_some_and(|membership| membership.role == TeamRole::Admin);
            admin && self.user(**user).active
        };
        let going: Vec<UserKey> = leaving.iter().filter(admin).copied().collect();
        match going.first() {
            Some(first) if going.len() >= here.active_admins as usize => {
                let user = self.user(*first).id;
                Err(Conflict::LastTeamAdmin {
                    user,
                    team: here.id,
                }
                .into())
            }
            _ => Ok(()),
        }
    }

    /// Refuses to leave the organization without an active company admin.
    pub(crate) fn check_company_keeps_admin(&self, leaving: &[UserKey]) -> Result<(), Refusal> {
        if self.switches.last_company_admin == LastAdmin::Allowed {
            return Ok(());
        }
        let admin = |user: &&UserKey| self.user(**user).is_acting_company_admin();
        let going: Vec<&UserKey> = leaving.iter().filter(admin).collect();
        match going.first() {
            Some(first) if going.len() >= self.company_admins() as usize => {
                let user = self.user(**first).id;
                Err(Conflict::LastCompanyAdmin { user }.into())
            }
            _ => Ok(()),
        }
    }

    /// Refuses to bring in more people with the right to a seat than there are seats.
    pub(crate) fn check_seats_for(
        &self,
        coming: &[UserKey],
        welcome: Welcome,
    ) -> Result<(), Refusal> {
        let entitled = coming
            .iter()
            .filter(|user| needs_seat(self.user(**user), welcome))
            .count();
        let enough = self
            .seats_left()
            .is_none_or(|left| entitled <= left as usize);
        match self.switches.full_without_seats {
            FullWithoutSeats::Conflict if !enough => Err(Conflict::NoSeats.into()),
            _ => Ok(()),
        }
    }

    /// Whoever must get a seat comes before those who make do without.
    pub(crate) fn neediest_first(
        &self,
        mut coming: Vec<UserKey>,
        welcome: Welcome,
    ) -> Vec<UserKey> {
        coming.sort_by_key(|user| !needs_seat(self.user(*user), welcome));
        coming
    }

    /// What coming into a group by SCIM does to a user: back from deletion, active, member, licensed.
    pub(crate) fn welcome(&mut self, change: &Change, key: UserKey, welcome: Welcome) {
        let old = self.user(key);
        let mut new = old.clone();
        let was_deleted = !new.is_present();
        let was_guest = !was_deleted && !new.role.is_internal();
        if was_deleted {
            new.presence = Presence::Present;
            new.created_at = change.at.into();
            new.role = OrganizationRole::InternalUser;
            new.license = self.organization.default_license;
        }
        if was_guest {
            new.role = OrganizationRole::InternalUser;
        }
        if (was_guest || welcome == Welcome::FullForAll)
            && new.license.rank() < License::Full.rank()
        {
            new.license = License::Full;
        }
        new.active = true;
        let took = self.user(key).takes_seat();
        if new.license.takes_seat() && !took && self.seats_left() == Some(0) {
            new.license = License::FreeRestricted;
        }
        self.store_user(change, key, new);
        if was_deleted {
            self.record(
                change,
                Entry::new(AuditKind::UserCreated, self.named_user(key)),
            );
            self.insert_membership(change, self.default_team, key, TeamRole::Member);
        }
        if was_guest {
            self.guest_memberships_become_members(key);
        }
    }

    fn guest_memberships_become_members(&mut self, key: UserKey) {
        for team in self.user(key).teams.clone() {
            if let Some(membership) = self.teams.get_mut(team).membership_mut(key) {
                membership.role = TeamRole::Member;
            }
        }
        self.lead_headless_teams(key);
    }

    /// Makes a user admin of those of the user's teams that have no active admin.
    pub(crate) fn lead_headless_teams(&mut self, key: UserKey) {
        if !self.user(key).active || !self.user(key).role.is_internal() {
            return;
        }
        self.weigh(key, -1);
        for team in self.user(key).teams.clone() {
            let team = self.teams.get_mut(team);
            let headless = team.active_admins == 0;
            if let Some(membership) = team.membership_mut(key)
                && headless
            {
                membership.role = TeamRole::Admin;
            }
        }
        self.weigh(key, 1);
    }

    /// Puts a user into a team. The first member of a team without admin becomes its admin, so that no team with
    /// members is ever without one.
    pub(crate) fn insert_membership(
        &mut self,
        change: &Change,
        team: TeamKey,
        user: UserKey,
        role: TeamRole,
    ) {
        let created_by = self.acting_user(change);
        let Err(place) = self.team(team).place(user) else {
            return;
        };
        let first = self.team(team).active_admins == 0
            && self.user(user).active
            && self.user(user).role.is_internal();
        let role = if first && role == TeamRole::Member {
            TeamRole::Admin
        } else {
            role
        };
        let membership = Membership {
            user,
            role,
            created_at: change.at.into(),
            created_by,
            modified: None,
        };
        self.weigh(user, -1);
        self.teams.get_mut(team).members.insert(place, membership);
        let teams = &mut self.users.get_mut(user).teams;
        teams.push(team);
        teams.sort_unstable();
        self.weigh(user, 1);
        let entry = Entry::new(AuditKind::TeamMemberAdded, self.named_user(user))
            .in_team(self.named_team(team));
        self.record(change, entry.with(json!({"role": role.as_str()})));
    }

    /// Takes a user out of a team, boards first.
    pub(crate) fn delete_membership(&mut self, change: &Change, team: TeamKey, user: UserKey) {
        let Ok(place) = self.team(team).place(user) else {
            return;
        };
        self.hand_over(change, team, user);
        self.weigh(user, -1);
        self.teams.get_mut(team).members.remove(place);
        self.users
            .get_mut(user)
            .teams
            .retain(|other| *other != team);
        self.weigh(user, 1);
        let entry = Entry::new(AuditKind::TeamMemberRemoved, self.named_user(user))
            .in_team(self.named_team(team));
        self.record(change, entry);
    }

    /// Takes a user's share in the counts of the user's teams away (`by` −1) before a change, and puts it back (1)
    /// after.
    pub(crate) fn weigh(&mut self, key: UserKey, by: i32) {
        let user = &self.users[key];
        let (active, internal) = (user.active && user.is_present(), user.is_visible_to_scim());
        for team in &user.teams {
            let team = self.teams.get_mut(*team);
            let admin = team
                .membership(key)
                .is_some_and(|membership| membership.role == TeamRole::Admin);
            if admin && active {
                team.active_admins = team.active_admins.saturating_add_signed(by);
            }
            if internal {
                team.internal_members = team.internal_members.saturating_add_signed(by);
            }
        }
    }
}

/// Whether a user is to have a seat that the user does not have yet, and cannot make do without it.
fn needs_seat(user: &User, welcome: Welcome) -> bool {
    let is_guest = user.is_present() && !user.role.is_internal();
    let entitled = is_guest || welcome == Welcome::FullForAll;
    entitled && !user.takes_seat()
}
