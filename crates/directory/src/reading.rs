//! What one reading of a source brought.

use std::collections::HashSet;
use std::fmt;

use serde::{Deserialize, Serialize};
use usher_model::AppRole;

use crate::{EntryKey, MemberKey, SourceGroup, SourcePerson};

/// Where the next reading goes on. Its text means something to its source only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Watermark(String);

impl Watermark {
    /// Wraps a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Everything that one reading of a source brought.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// Whether it is everything there is, or what changed.
    pub kind: ReadingKind,
    /// People, each key once.
    pub people: Vec<SourcePerson>,
    /// Groups, each key once and with all its members.
    pub groups: Vec<SourceGroup>,
    /// People and groups that the source says are gone. Only in a delta.
    pub removed: Vec<EntryKey>,
    /// Entries that are there but could not be read: they stay as they were.
    pub unreadable: Unreadable,
    /// Who is assigned to the application at the source.
    pub assignments: Assignments,
    /// Where the next reading goes on; `None` when it has to read everything.
    pub watermark: Option<Watermark>,
    /// What could not be read or is odd.
    pub problems: Vec<RowProblem>,
}

impl Reading {
    /// An empty reading.
    pub fn new(kind: ReadingKind) -> Self {
        Self {
            kind,
            people: Vec::new(),
            groups: Vec::new(),
            removed: Vec::new(),
            unreadable: Unreadable::default(),
            assignments: Assignments::NotRead,
            watermark: None,
            problems: Vec::new(),
        }
    }

    /// The reading of a source that is as it was.
    pub fn unchanged(watermark: Watermark) -> Self {
        Self {
            watermark: Some(watermark),
            ..Self::new(ReadingKind::Delta(Removals::Included))
        }
    }

    /// Whether there is nothing to write: no entry, no removal, no assignments.
    pub fn is_unchanged(&self) -> bool {
        matches!(self.kind, ReadingKind::Delta(_))
            && self.people.is_empty()
            && self.groups.is_empty()
            && self.removed.is_empty()
            && self.assignments == Assignments::NotRead
    }

    /// Which of the keys that were known before this reading takes away. A key whose entry could not be read
    /// is never among them; when an entry came whose key could not be read, none is.
    pub fn leavers<'k>(&self, known: impl IntoIterator<Item = &'k EntryKey>) -> Vec<EntryKey> {
        match self.kind {
            ReadingKind::Full if self.unreadable.anonymous > 0 => Vec::new(),
            ReadingKind::Full => {
                let seen: HashSet<&EntryKey> = self
                    .people
                    .iter()
                    .map(|person| &person.key)
                    .chain(self.groups.iter().map(|group| &group.key))
                    .chain(&self.unreadable.keys)
                    .collect();
                known
                    .into_iter()
                    .filter(|key| !seen.contains(key))
                    .cloned()
                    .collect()
            }
            ReadingKind::Delta(_) => {
                let removed: HashSet<&EntryKey> = self.removed.iter().collect();
                known
                    .into_iter()
                    .filter(|key| removed.contains(key))
                    .cloned()
                    .collect()
            }
        }
    }
}

/// What a reading covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReadingKind {
    /// Everything: who is not in it is gone.
    Full,
    /// What changed since the watermark: who is not in it is as before.
    Delta(Removals),
}

/// Whether a delta tells what was removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Removals {
    /// It does.
    Included,
    /// It cannot: only a full reading shows who is gone. Read fully from time to time.
    NeedFullReading,
}

/// Entries that are in the source but could not be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unreadable {
    /// Those whose key could be read.
    pub keys: Vec<EntryKey>,
    /// How many there are whose key could not be read either. With even one of them nobody is taken for gone.
    pub anonymous: usize,
}

/// Who is assigned to the application at the source, with which role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Assignments {
    /// The source has no such thing, or it was not asked: what was known stays.
    NotRead,
    /// All there are, even in a delta.
    All(Vec<SourceAssignment>),
}

/// One person or group that is assigned to the application at the source.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SourceAssignment {
    /// Who.
    pub principal: MemberKey,
    /// With which role.
    pub role: AppRole,
}

/// Something in a source that could not be read, or is odd.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowProblem {
    /// Where: `people.csv line 7`, a distinguished name, an object id.
    pub place: String,
    /// What is the matter, and what follows.
    pub message: String,
}

impl RowProblem {
    /// A problem at a place.
    pub fn new(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            message: message.into(),
        }
    }
}

impl fmt::Display for RowProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full(keys: &[&str]) -> Reading {
        Reading {
            people: keys.iter().map(SourcePerson::new).collect(),
            ..Reading::new(ReadingKind::Full)
        }
    }

    #[test]
    fn whose_row_cannot_be_read_has_not_left() {
        let known: Vec<EntryKey> = ["1", "2", "3"].map(EntryKey::new).into();
        let mut reading = full(&["1"]);
        assert_eq!(reading.leavers(&known), ["2", "3"].map(EntryKey::new));
        reading.unreadable.keys.push(EntryKey::new("2"));
        assert_eq!(reading.leavers(&known), [EntryKey::new("3")]);
        reading.unreadable.anonymous = 1;
        assert!(reading.leavers(&known).is_empty());
    }

    #[test]
    fn a_delta_takes_away_only_what_it_names() {
        let known: Vec<EntryKey> = ["1", "2"].map(EntryKey::new).into();
        let mut reading = Reading::new(ReadingKind::Delta(Removals::Included));
        reading.removed = ["2", "9"].map(EntryKey::new).into();
        assert_eq!(reading.leavers(&known), [EntryKey::new("2")]);
    }
}
