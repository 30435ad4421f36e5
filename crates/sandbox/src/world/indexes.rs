//! What is derived from the objects so that questions are answered fast, the first as the hundredth.

use std::collections::HashMap;

use smol_str::SmolStr;

use crate::world::by_field::ByField;
use crate::world::keys::{GroupKey, Slots, UserKey};
use crate::world::names::fold;
use crate::world::sort_field::SortField;
use crate::world::user::User;

/// Everything derived from users and user groups.
#[derive(Clone, Debug, Default)]
pub(crate) struct Indexes {
    /// Users that SCIM shows, by id.
    scim_users: Vec<UserKey>,
    /// Everybody by each of the other fields.
    by_field: Vec<ByField>,
    /// Everybody who is or was in the organization, by folded e-mail address.
    user_names: HashMap<SmolStr, UserKey>,
    group_names: HashMap<SmolStr, GroupKey>,
    seats_taken: u32,
    company_admins: u32,
}

impl Indexes {
    /// The indexes of these users.
    pub(crate) fn of(users: &Slots<User>) -> Self {
        let mut indexes = Self::default();
        let visible = users
            .keys()
            .filter(|key: &UserKey| users[*key].is_visible_to_scim());
        indexes.scim_users = visible.collect();
        let by = |field| ByField::of(users, field, &indexes.scim_users);
        indexes.by_field = SortField::TEXTS.into_iter().map(by).collect();
        indexes.user_names.reserve(users.len());
        for key in users.keys::<UserKey>() {
            let user = &users[key];
            indexes.user_names.insert(fold(&user.user_name), key);
            indexes.count(user, 1);
        }
        indexes
    }

    /// The users whom SCIM shows, by id.
    pub(crate) fn scim_users(&self) -> &[UserKey] {
        &self.scim_users
    }

    /// Everybody by a field; none for `id`.
    pub(crate) fn by_field(&self, field: SortField) -> Option<&ByField> {
        self.by_field.iter().find(|by| by.field() == field)
    }

    pub(crate) fn by_user_name(&self, address: &str) -> Option<UserKey> {
        self.user_names.get(&fold(address)).copied()
    }

    pub(crate) fn group_by_name(&self, name: &str) -> Option<GroupKey> {
        self.group_names.get(&fold(name)).copied()
    }

    pub(crate) fn name_group(&mut self, name: &str, key: GroupKey) {
        self.group_names.insert(fold(name), key);
    }

    pub(crate) fn forget_group(&mut self, name: &str) {
        self.group_names.remove(&fold(name));
    }

    pub(crate) fn seats_taken(&self) -> u32 {
        self.seats_taken
    }

    pub(crate) fn company_admins(&self) -> u32 {
        self.company_admins
    }

    /// Takes in a user who has just been added.
    pub(crate) fn add(&mut self, users: &Slots<User>, key: UserKey) {
        let user = &users[key];
        self.user_names.insert(fold(&user.user_name), key);
        self.count(user, 1);
        for by in &mut self.by_field {
            by.add(key, user);
        }
        if user.is_visible_to_scim() {
            self.show(key);
        }
    }

    /// Puts `new` in the place of a user and keeps everything in step.
    pub(crate) fn replace(&mut self, users: &mut Slots<User>, key: UserKey, new: User) {
        let old = &users[key];
        for by in &mut self.by_field {
            by.replace(key, old, &new);
        }
        match (old.is_visible_to_scim(), new.is_visible_to_scim()) {
            (true, false) => self.hide(key),
            (false, true) => self.show(key),
            _ => {}
        }
        if fold(&old.user_name) != fold(&new.user_name) {
            self.user_names.remove(&fold(&old.user_name));
            self.user_names.insert(fold(&new.user_name), key);
        }
        self.count(old, -1);
        self.count(&new, 1);
        *users.get_mut(key) = new;
    }

    fn show(&mut self, key: UserKey) {
        if let Err(place) = self.scim_users.binary_search(&key) {
            self.scim_users.insert(place, key);
        }
    }

    fn hide(&mut self, key: UserKey) {
        if let Ok(place) = self.scim_users.binary_search(&key) {
            self.scim_users.remove(place);
        }
    }

    fn count(&mut self, user: &User, by: i32) {
        let add = |count: u32| count.saturating_add_signed(by);
        if user.takes_seat() {
            self.seats_taken = add(self.seats_taken);
        }
        if user.is_acting_company_admin() {
            self.company_admins = add(self.company_admins);
        }
    }

    /// Whether everything is as it would be if it were made anew.
    pub(crate) fn agrees(&self, users: &Slots<User>) -> bool {
        let fresh = Self::of(users);
        self.scim_users == fresh.scim_users
            && self.user_names == fresh.user_names
            && (self.seats_taken, self.company_admins) == (fresh.seats_taken, fresh.company_admins)
            && self.by_field.len() == fresh.by_field.len()
            && (self.by_field.iter().zip(&fresh.by_field))
                .all(|(by, fresh)| by.agrees(fresh, users))
    }
}
