//! What must always hold, for tests.

use crate::switches::LastAdmin;
use crate::world::World;
use crate::world::keys::{BoardKey, GroupKey, TeamKey, UserKey};
use crate::world::team::TeamRole;

impl World {
    /// The first broken promise, in words; nothing when all hold.
    ///
    /// Indexes agree with the objects; both sides of every membership agree; nobody who is gone is anywhere; every
    /// team with members has an active admin and the organization has one (unless switched off); no more seats are
    /// taken than were bought; the audit log is in order.
    pub fn broken_promise(&self) -> Option<String> {
        if !self.indexes.agrees(&self.users) {
            return Some("an index of users disagrees with the users".to_owned());
        }
        let users = self.users.keys().find_map(|key| self.broken_user(key));
        let teams = || self.teams.keys().find_map(|key| self.broken_team(key));
        let groups = || self.groups.keys().find_map(|key| self.broken_group(key));
        let boards = || self.boards.keys().find_map(|key| self.broken_board(key));
        users
            .or_else(teams)
            .or_else(groups)
            .or_else(boards)
            .or_else(|| self.broken_whole())
    }

    fn broken_whole(&self) -> Option<String> {
        let bought = self.organization.full_licenses_purchased;
        if bought.is_some_and(|bought| self.seats_taken() > bought) {
            return Some("more seats are taken than were bought".to_owned());
        }
        if self.company_admins() == 0 && self.switches.last_company_admin == LastAdmin::Conflict {
            return Some("the organization has no admin".to_owned());
        }
        if !self
            .audit
            .is_sorted_by(|left, right| left.id < right.id && left.at <= right.at)
        {
            return Some("the audit log is out of order".to_owned());
        }
        None
    }

    fn broken_user(&self, key: UserKey) -> Option<String> {
        let user = self.user(key);
        let in_team = |team: &TeamKey| self.team(*team).membership(key).is_some();
        let in_group = |group: &GroupKey| self.group(*group).members.binary_search(&key).is_ok();
        let owns =
            |board: &BoardKey| self.board(*board).owner == key && !self.board(*board).deleted;
        let sorted = user.teams.is_sorted() && user.groups.is_sorted() && user.boards.is_sorted();
        let agrees = user.teams.iter().all(in_team)
            && user.groups.iter().all(in_group)
            && user.boards.iter().all(owns);
        let gone = !(user.is_present() || user.teams.is_empty() && user.groups.is_empty());
        (!sorted || !agrees || gone)
            .then(|| format!("user {} disagrees with teams, groups or boards", user.id))
    }

    fn broken_team(&self, key: TeamKey) -> Option<String> {
        let team = self.team(key);
        let (mut admins, mut internal, mut acting) = (0, 0, 0_u32);
        for membership in &team.members {
            let user = self.user(membership.user);
            if user.teams.binary_search(&key).is_err() || !user.is_present() {
                return Some(format!("team {} has a member who is not in it", team.id));
            }
            admins += u32::from(membership.role == TeamRole::Admin && user.active);
            internal += u32::from(user.is_visible_to_scim());
            acting += u32::from(user.is_visible_to_scim() && user.active);
        }
        if (admins, internal) != (team.active_admins, team.internal_members) {
            return Some(format!("team {} has counted wrong", team.id));
        }
        let headless =
            acting > 0 && admins == 0 && self.switches.last_team_admin == LastAdmin::Conflict;
        headless.then(|| format!("team {} has members and no admin", team.id))
    }

    fn broken_group(&self, key: GroupKey) -> Option<String> {
        let group = self.group(key);
        let known = |member: &UserKey| self.user(*member).groups.binary_search(&key).is_ok();
        let named = group.deleted || self.find_group_by_name(&group.name) == Some(key);
        let attached = group
            .teams
            .iter()
            .all(|team| self.team(*team).groups.contains(&key));
        let fits =
            group.members.iter().all(known) && named && attached && group.members.is_sorted();
        (!fits).then(|| {
            format!(
                "user group {} disagrees with its members, teams or name",
                group.id
            )
        })
    }

    fn broken_board(&self, key: BoardKey) -> Option<String> {
        let board = self.board(key);
        let owned = self.user(board.owner).boards.binary_search(&key).is_ok();
        let there = self.user(board.owner).is_present();
        (!(board.deleted || owned && there)).then(|| format!("board {} has no owner", board.id))
    }
}
