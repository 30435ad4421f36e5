//! Everybody by one field: the texts to search in, and the order to cut pages from.

use std::cmp::Ordering;

use crate::world::column::Column;
use crate::world::keys::{Slots, UserKey};
use crate::world::sort_field::SortField;
use crate::world::user::User;

/// The texts of one field, and the users whom SCIM shows in their order: without case, who has no text comes
/// last (RFC 7644 §3.4.2.3), equals by id.
#[derive(Clone, Debug)]
pub(crate) struct ByField {
    field: SortField,
    column: Column,
    order: Vec<UserKey>,
}

impl ByField {
    /// `visible` are the users whom SCIM shows.
    pub(crate) fn of(users: &Slots<User>, field: SortField, visible: &[UserKey]) -> Self {
        let column = Column::of(users, field);
        let mut keyed: Vec<(u64, UserKey)> = visible
            .iter()
            .map(|key| (beginning(column.get(*key)), *key))
            .collect();
        // Most texts differ in their first bytes, which lie beside each other here.
        keyed.sort_unstable_by(|left, right| {
            let by_beginning = left.0.cmp(&right.0);
            by_beginning.then_with(|| compare(&column, left.1, right.1))
        });
        let order = keyed.into_iter().map(|(_, key)| key).collect();
        Self {
            field,
            column,
            order,
        }
    }

    pub(crate) fn field(&self) -> SortField {
        self.field
    }

    /// The folded text of a user.
    pub(crate) fn text(&self, key: UserKey) -> Option<&str> {
        self.column.get(key)
    }

    /// The users whom SCIM shows.
    pub(crate) fn order(&self) -> &[UserKey] {
        &self.order
    }

    /// Takes in the user who comes after all others by id.
    pub(crate) fn add(&mut self, key: UserKey, user: &User) {
        self.column.push(self.field.text(user));
        if user.is_visible_to_scim() {
            self.insert(key);
        }
    }

    /// Puts `new` in the place of `old`.
    pub(crate) fn replace(&mut self, key: UserKey, old: &User, new: &User) {
        let (before, after) = (self.field.text(old), self.field.text(new));
        let seen = (old.is_visible_to_scim(), new.is_visible_to_scim());
        if before == after && seen.0 == seen.1 {
            return;
        }
        if seen.0
            && let Ok(place) = self.place(key)
        {
            self.order.remove(place);
        }
        if before != after {
            self.column.set(key, after);
        }
        if seen.1 {
            self.insert(key);
        }
    }

    fn insert(&mut self, key: UserKey) {
        if let Err(place) = self.place(key) {
            self.order.insert(place, key);
        }
    }

    fn place(&self, key: UserKey) -> Result<usize, usize> {
        self.order
            .binary_search_by(|other| compare(&self.column, *other, key))
    }

    /// Whether everything is as in `fresh`, which was made of `users` anew.
    pub(crate) fn agrees(&self, fresh: &Self, users: &Slots<User>) -> bool {
        let same = |key: UserKey| self.text(key) == fresh.text(key);
        self.field == fresh.field && self.order == fresh.order && users.keys().all(same)
    }
}

fn compare(column: &Column, left: UserKey, right: UserKey) -> Ordering {
    let by_text = match (column.get(left), column.get(right)) {
        (Some(left), Some(right)) => left.cmp(right),
        (left, right) => left.is_none().cmp(&right.is_none()),
    };
    by_text.then(left.cmp(&right))
}

/// A number that sorts as the first bytes of a text do. No text begins with the bytes that stand for none.
fn beginning(text: Option<&str>) -> u64 {
    let Some(text) = text else { return u64::MAX };
    let mut bytes = [0; 8];
    for (place, byte) in bytes.iter_mut().zip(text.bytes()) {
        *place = byte;
    }
    u64::from_be_bytes(bytes)
}
