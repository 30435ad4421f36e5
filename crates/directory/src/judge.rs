//! Whether a reading can be believed.

use std::collections::HashMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use usher_model::PersonStatus;

use crate::{Assignments, EntryKey, Reading, ReadingKind, SourceGroup, SourcePerson};

/// How much a source may lose between two readings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReadingLimits {
    /// The share that may go, in percent.
    pub shrink_percent: u8,
    /// So many may always go, so that one leaver of a company of three is believed.
    pub shrink_at_least: usize,
}

impl Default for ReadingLimits {
    fn default() -> Self {
        Self {
            shrink_percent: 20,
            shrink_at_least: 5,
        }
    }
}

impl ReadingLimits {
    /// How many of `before` may go. Never all of them.
    fn allowed(self, before: usize) -> usize {
        let share = before.saturating_mul(usize::from(self.shrink_percent.min(100))) / 100;
        share
            .max(self.shrink_at_least)
            .min(before.saturating_sub(1))
    }
}

/// What was known of a source before a reading.
#[derive(Clone, Debug, Default)]
pub struct Before {
    people: HashMap<EntryKey, PersonStatus>,
    groups: HashMap<EntryKey, usize>,
    assignments: usize,
    memberships_of_people: usize,
}

impl Before {
    /// From the entries that the store has. Nothing at all for the first reading.
    pub fn of<'e>(
        people: impl IntoIterator<Item = &'e SourcePerson>,
        groups: impl IntoIterator<Item = &'e SourceGroup>,
        assignments: usize,
    ) -> Self {
        let mut before = Self {
            assignments,
            ..Self::default()
        };
        for person in people {
            before.people.insert(person.key.clone(), person.status);
            before.memberships_of_people += person.groups.len();
        }
        for group in groups {
            before.groups.insert(group.key.clone(), group.members.len());
        }
        before
    }
}

/// The verdict on a reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadingVerdict {
    /// It may be written.
    Believed,
    /// It must change nothing until somebody accepts it.
    Suspect {
        /// Why.
        reasons: Vec<Suspicion>,
    },
}

/// One reason not to believe a reading.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suspicion {
    /// What has become fewer.
    pub what: Counted,
    /// How many there were.
    pub before: usize,
    /// How many of them are lost.
    pub lost: usize,
    /// How many may be lost.
    pub allowed: usize,
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Counted {
    /// People.
    People,
    /// People who are active: a wrong rule for who is disabled must not disable everybody.
    ActivePeople,
    /// Groups.
    Groups,
    /// Memberships of groups.
    Memberships,
    /// Assignments to the application.
    Assignments,
}

impl fmt::Display for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::People => "people",
            Self::ActivePeople => "active people",
            Self::Groups => "groups",
            Self::Memberships => "group memberships",
            Self::Assignments => "assignments to the application",
        })
    }
}

impl fmt::Display for Suspicion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.lost >= self.before {
            return write!(f, "all {} {} are gone", self.before, self.what);
        }
        write!(
            f,
            "{} of {} {} are gone; at most {} may go at once",
            self.lost, self.before, self.what, self.allowed
        )
    }
}

/// Says whether a reading can be believed. The first reading of a source always can, unless it is empty.
pub fn judge(before: &Before, reading: &Reading, limits: ReadingLimits) -> ReadingVerdict {
    let mut reasons: Vec<Suspicion> = losses(before, reading)
        .into_iter()
        .filter_map(|(what, before, lost)| {
            let allowed = limits.allowed(before);
            (lost > allowed).then_some(Suspicion {
                what,
                before,
                lost,
                allowed,
            })
        })
        .collect();
    if reading.kind == ReadingKind::Full && before.people.is_empty() && reading.people.is_empty() {
        reasons.push(Suspicion {
            what: Counted::People,
            before: 0,
            lost: 0,
            allowed: 0,
        });
    }
    if reasons.is_empty() {
        ReadingVerdict::Believed
    } else {
        ReadingVerdict::Suspect { reasons }
    }
}

/// For each thing that is counted, how many there were and how many of those are lost.
fn losses(before: &Before, reading: &Reading) -> [(Counted, usize, usize); 5] {
    let gone_people = reading.leavers(before.people.keys());
    let gone_groups = reading.leavers(before.groups.keys());
    let active = |key: &EntryKey| before.people.get(key) == Some(&PersonStatus::Active);
    let disabled = reading
        .people
        .iter()
        .filter(|person| person.status != PersonStatus::Active && active(&person.key))
        .count();
    let inactive = disabled + gone_people.iter().filter(|key| active(key)).count();
    let assigned = match &reading.assignments {
        Assignments::NotRead => before.assignments,
        Assignments::All(all) => all.len(),
    };
    [
        (Counted::People, before.people.len(), gone_people.len()),
        (
            Counted::ActivePeople,
            before.people.keys().filter(|key| active(key)).count(),
            inactive,
        ),
        (Counted::Groups, before.groups.len(), gone_groups.len()),
        memberships(before, reading, &gone_groups),
        (
            Counted::Assignments,
            before.assignments,
            before.assignments.saturating_sub(assigned),
        ),
    ]
}

/// Memberships that groups list, and in a full reading those that people list.
fn memberships(
    before: &Before,
    reading: &Reading,
    gone_groups: &[EntryKey],
) -> (Counted, usize, usize) {
    let known = |key: &EntryKey| before.groups.get(key).copied().unwrap_or(0);
    let in_gone: usize = gone_groups.iter().map(known).sum();
    let in_smaller: usize = reading
        .groups
        .iter()
        .map(|group| known(&group.key).saturating_sub(group.members.len()))
        .sum();
    let listed: usize = reading
        .people
        .iter()
        .map(|person| person.groups.len())
        .sum();
    let of_people = match reading.kind {
        ReadingKind::Full if reading.unreadable.anonymous == 0 => {
            before.memberships_of_people.saturating_sub(listed)
        }
        _ => 0,
    };
    (
        Counted::Memberships,
        before.groups.values().sum::<usize>() + before.memberships_of_people,
        in_gone + in_smaller + of_people,
    )
}
