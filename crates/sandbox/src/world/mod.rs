//! The organization behind both APIs, and Miro's rules about changing it.
//!
//! Every change is a method that either is done whole, with its audit entries, or is refused with a [`Refusal`] and
//! leaves everything as it was. Who asks is a [`Change`]; the APIs only translate.
//!
//! Objects ascend by id in their [`Slots`]; nothing is ever taken out of them, so a key stays good. What is derived
//! (indexes, who is in which team, counts of seats and admins) is kept in step by the few methods that touch it.

mod audit;
mod board;
mod boards;
mod by_field;
mod column;
mod drift;
mod group;
mod groups;
mod indexes;
mod invariants;
mod keys;
mod log;
mod membership;
mod moment;
mod names;
mod organization;
mod parts;
mod refusal;
mod sort_field;
mod team;
mod teams;
#[cfg(test)]
mod tests;
mod user;
mod user_rules;
mod users;

use serde::{Deserialize, Serialize};

pub use self::audit::{Actor, AuditEvent, AuditKind, Change, Named};
pub use self::board::Board;
pub(crate) use self::by_field::ByField;
pub use self::group::{Share, ShareRole, ShareTarget, UserGroup};
pub use self::keys::{BoardKey, GroupKey, Identified, Key, Slots, TeamKey, UserKey};
pub use self::membership::{MemberEdit, Progress};
pub use self::moment::Moment;
pub(crate) use self::names::{check_address, check_length, cut_name, fold};
pub use self::organization::{AdminRoleKind, Organization, PREBUILT_ADMIN_ROLES};
pub use self::parts::{BrokenWorld, Parts};
pub use self::refusal::{Conflict, ObjectKind, Refusal};
pub use self::sort_field::SortField;
pub use self::team::{Membership, Team, TeamRole};
pub use self::user::{
    Belonging, Enterprise, License, OrganizationRole, Presence, Registration, User,
};
pub use self::users::{NewUser, UserUpdate};

use self::indexes::Indexes;
use crate::switches::Switches;

/// An organization.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "Parts")]
pub struct World {
    /// Its own facts and settings.
    pub organization: Organization,
    /// Readings of what Miro's documents leave open.
    pub switches: Switches,
    default_team: TeamKey,
    users: Slots<User>,
    teams: Slots<Team>,
    groups: Slots<UserGroup>,
    boards: Slots<Board>,
    shares: Vec<Share>,
    audit: Vec<AuditEvent>,
    last_id: u64,
    #[serde(skip)]
    indexes: Indexes,
    /// Counts changes; equal revisions mean an equal organization.
    #[serde(skip)]
    revision: u64,
}

/// Reading. Lookups by id give only what is there; guests included unless a method says otherwise.
impl World {
    /// Grows with every change, so that whoever keeps a copy knows when it is out of date.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// The team in which every new member begins.
    pub fn default_team(&self) -> TeamKey {
        self.default_team
    }

    /// A user by key, also one who was deleted.
    pub fn user(&self, key: UserKey) -> &User {
        &self.users[key]
    }

    /// A team by key, also one that was deleted.
    pub fn team(&self, key: TeamKey) -> &Team {
        &self.teams[key]
    }

    /// A user group by key, also one that was deleted.
    pub fn group(&self, key: GroupKey) -> &UserGroup {
        &self.groups[key]
    }

    /// A board by key, also one that was deleted.
    pub fn board(&self, key: BoardKey) -> &Board {
        &self.boards[key]
    }

    /// Everybody in the organization whose id is larger than `after`, in the order of ids.
    pub fn users_after(&self, after: u64) -> impl Iterator<Item = UserKey> {
        self.users
            .keys_after(after)
            .filter(|key| self.user(*key).is_present())
    }

    /// The teams whose id is larger than `after`, in the order of ids.
    pub fn teams_after(&self, after: u64) -> impl Iterator<Item = TeamKey> {
        self.teams
            .keys_after(after)
            .filter(|key| !self.team(*key).deleted)
    }

    /// The user groups whose id is larger than `after`, in the order of ids.
    pub fn groups_after(&self, after: u64) -> impl Iterator<Item = GroupKey> {
        self.groups
            .keys_after(after)
            .filter(|key| !self.group(*key).deleted)
    }

    /// The boards whose number is larger than `after`, in the order of numbers.
    pub fn boards_after(&self, after: u64) -> impl Iterator<Item = BoardKey> {
        self.boards
            .keys_after(after)
            .filter(|key| !self.board(*key).deleted)
    }

    /// Somebody in the organization, guests included, by id.
    pub fn find_user(&self, id: u64) -> Option<UserKey> {
        self.users
            .find(id)
            .filter(|key| self.user(*key).is_present())
    }

    /// Somebody who is or was in the organization, by id.
    pub fn find_user_ever(&self, id: u64) -> Option<UserKey> {
        self.users.find(id)
    }

    /// Somebody whom SCIM knows, by id.
    pub fn find_scim_user(&self, id: u64) -> Option<UserKey> {
        self.users
            .find(id)
            .filter(|key| self.user(*key).is_visible_to_scim())
    }

    /// Somebody in the organization, guests included, by e-mail address in any case.
    pub fn find_user_by_email(&self, address: &str) -> Option<UserKey> {
        let key = self.indexes.by_user_name(address)?;
        Some(key).filter(|key| self.user(*key).is_present())
    }

    /// A team by id.
    pub fn find_team(&self, id: u64) -> Option<TeamKey> {
        self.teams.find(id).filter(|key| !self.team(*key).deleted)
    }

    /// A user group by id.
    pub fn find_group(&self, id: u64) -> Option<GroupKey> {
        self.groups.find(id).filter(|key| !self.group(*key).deleted)
    }

    /// A user group by name in any case.
    pub fn find_group_by_name(&self, name: &str) -> Option<GroupKey> {
        self.indexes.group_by_name(name)
    }

    /// A board by number.
    pub fn find_board(&self, id: u64) -> Option<BoardKey> {
        self.boards.find(id).filter(|key| !self.board(*key).deleted)
    }

    /// What is shared with user groups.
    pub fn shares(&self) -> &[Share] {
        &self.shares
    }

    /// The audit log, oldest first.
    pub fn audit(&self) -> &[AuditEvent] {
        &self.audit
    }

    /// How many users SCIM shows.
    pub fn scim_user_count(&self) -> usize {
        self.indexes.scim_users().len()
    }

    /// The users whom SCIM shows, in the order of their ids.
    pub fn scim_users(&self) -> &[UserKey] {
        self.indexes.scim_users()
    }

    /// The users whom SCIM shows, by a field.
    pub fn scim_users_by(&self, field: SortField) -> &[UserKey] {
        let by = self.by_field(field);
        by.map_or(self.scim_users(), ByField::order)
    }

    /// Everybody by a field, for searching through all; none for `id`.
    pub(crate) fn by_field(&self, field: SortField) -> Option<&ByField> {
        self.indexes.by_field(field)
    }

    /// How many seats are taken.
    pub fn seats_taken(&self) -> u32 {
        self.indexes.seats_taken()
    }

    /// How many seats are left; `None` when there is no end to them.
    pub fn seats_left(&self) -> Option<u32> {
        let bought = self.organization.full_licenses_purchased?;
        Some(bought.saturating_sub(self.seats_taken()))
    }

    /// How many active company admins there are.
    pub fn company_admins(&self) -> u32 {
        self.indexes.company_admins()
    }

    /// The active company admin who has been there longest.
    pub fn oldest_company_admin(&self) -> Option<UserKey> {
        let admins = self
            .users
            .keys()
            .filter(|key: &UserKey| self.user(*key).is_acting_company_admin());
        admins.min_by_key(|key| (self.user(*key).created_at, *key))
    }

    /// The next id, larger than all others. The gaps are there because Miro's ids are not consecutive either.
    fn next_id(&mut self) -> u64 {
        let mixed = self.last_id.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 52;
        self.last_id += 1 + mixed;
        self.last_id
    }
}
