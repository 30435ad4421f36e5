//! Boards change hands when their owner leaves.

use serde_json::json;

use crate::world::World;
use crate::world::audit::{AuditKind, Change};
use crate::world::keys::{BoardKey, TeamKey, UserKey};
use crate::world::log::Entry;
use crate::world::team::TeamRole;

impl World {
    /// Who gets the boards of a team's leaving member: the admin with the oldest membership, or else the oldest
    /// company admin (Miro's SCIM description of removing members, and `JumpCloud`'s article).
    pub fn heir(&self, team: TeamKey, leaving: UserKey) -> Option<UserKey> {
        let members = self.team(team).members().iter();
        let admins = members.filter(|membership| {
            membership.role == TeamRole::Admin
                && membership.user != leaving
                && self.user(membership.user).active
        });
        let oldest = admins.min_by_key(|membership| (membership.created_at, membership.user));
        oldest.map(|membership| membership.user).or_else(|| {
            let users = self.users.keys().filter(|key: &UserKey| *key != leaving);
            let admins = users.filter(|key| self.user(*key).is_acting_company_admin());
            admins.min_by_key(|key| (self.user(*key).created_at, *key))
        })
    }

    /// Gives the boards that a user owns in a team to the heir. Without heir they stay where they are.
    pub(crate) fn hand_over(&mut self, change: &Change, team: TeamKey, leaving: UserKey) {
        let mut boards = self.user(leaving).boards.clone();
        boards.retain(|board| self.board(*board).team == team);
        if boards.is_empty() {
            return;
        }
        let Some(heir) = self.heir(team, leaving) else {
            return;
        };
        for board in &boards {
            self.boards.get_mut(*board).owner = heir;
        }
        self.users
            .get_mut(leaving)
            .boards
            .retain(|board| !boards.contains(board));
        let inherited = &mut self.users.get_mut(heir).boards;
        inherited.extend(&boards);
        inherited.sort_unstable();
        let to = self.user(heir).id.to_string();
        let entry = Entry::new(AuditKind::BoardsHandedOver, self.named_user(leaving))
            .in_team(self.named_team(team))
            .with(json!({"boards": boards.len(), "newOwner": to}));
        self.record(change, entry);
    }

    /// Deletes the boards of a team that is deleted. What Miro does with them is not published.
    pub(crate) fn delete_boards_of(&mut self, team: TeamKey) {
        let boards: Vec<BoardKey> = std::mem::take(&mut self.teams.get_mut(team).boards);
        for board in boards {
            let owner = self.board(board).owner;
            self.boards.get_mut(board).deleted = true;
            self.users
                .get_mut(owner)
                .boards
                .retain(|owned| *owned != board);
        }
    }
}
