//! One text of every user side by side, so that a search through all of them reads memory in one go.

use smol_str::SmolStr;

use crate::world::keys::{Key as _, Slots, UserKey};
use crate::world::names::fold;
use crate::world::sort_field::SortField;
use crate::world::user::User;

/// The folded texts of one field, by user.
#[derive(Clone, Debug, Default)]
pub(crate) struct Column {
    buffer: String,
    spans: Vec<Span>,
    /// Bytes in the buffer that no span shows any more.
    waste: usize,
}

#[derive(Clone, Copy, Debug)]
struct Span {
    start: u32,
    length: u32,
}

/// The length that says that there is no text.
const NONE: u32 = u32::MAX;

impl Column {
    /// The column of a field.
    pub(crate) fn of(users: &Slots<User>, field: SortField) -> Self {
        let mut column = Self::default();
        for key in users.keys::<UserKey>() {
            column.push(field.text(&users[key]));
        }
        column
    }

    /// The folded text of a user.
    pub(crate) fn get(&self, key: UserKey) -> Option<&str> {
        let span = self.spans.get(key.index())?;
        if span.length == NONE {
            return None;
        }
        let start = span.start as usize;
        self.buffer.get(start..start + span.length as usize)
    }

    /// Adds the text of the next user.
    pub(crate) fn push(&mut self, text: Option<&str>) {
        let span = self.write(text);
        self.spans.push(span);
    }

    /// Changes the text of a user.
    pub(crate) fn set(&mut self, key: UserKey, text: Option<&str>) {
        self.waste += self.get(key).map_or(0, str::len);
        let span = self.write(text);
        if let Some(place) = self.spans.get_mut(key.index()) {
            *place = span;
        }
        if self.waste > self.buffer.len() / 2 + 4096 {
            self.compact();
        }
    }

    fn write(&mut self, text: Option<&str>) -> Span {
        let text = text.map(fold);
        let start = u32::try_from(self.buffer.len()).unwrap_or(NONE);
        let length = text
            .as_deref()
            .map_or(NONE, |text| u32::try_from(text.len()).unwrap_or(NONE));
        self.buffer
            .push_str(text.as_ref().map_or("", SmolStr::as_str));
        Span { start, length }
    }

    fn compact(&mut self) {
        let mut fresh = Self::default();
        for place in 0..self.spans.len() {
            fresh.push(self.get(UserKey::at(place)));
        }
        *self = fresh;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_change_and_the_buffer_does_not_grow_for_ever() {
        let mut column = Column::default();
        column.push(Some("Ann"));
        column.push(None);
        let (ann, nobody) = (UserKey::at(0), UserKey::at(1));
        assert_eq!((column.get(ann), column.get(nobody)), (Some("ann"), None));
        for round in 0..10_000 {
            column.set(nobody, Some(&format!("N{round}")));
        }
        assert_eq!(
            (column.get(ann), column.get(nobody)),
            (Some("ann"), Some("n9999"))
        );
        assert!(column.buffer.len() < 20_000, "{}", column.buffer.len());
        column.set(nobody, None);
        assert_eq!(column.get(nobody), None);
    }
}
