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
        if self.before == 0 {
            return f.write_str("the source is empty");
        }
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{MemberKey, Reference, Removals};

    fn people(count: usize) -> Vec<SourcePerson> {
        (0..count)
            .map(|n| SourcePerson::new(n.to_string()))
            .collect()
    }

    fn before(count: usize) -> Before {
        Before::of(&people(count), &[], 0)
    }

    fn full(people: Vec<SourcePerson>) -> Reading {
        Reading {
            people,
            ..Reading::new(ReadingKind::Full)
        }
    }

    fn reasons(before: &Before, reading: &Reading) -> Vec<String> {
        match judge(before, reading, ReadingLimits::default()) {
            ReadingVerdict::Believed => Vec::new(),
            ReadingVerdict::Suspect { reasons } => {
                reasons.iter().map(ToString::to_string).collect()
            }
        }
    }

    #[test]
    fn an_empty_reading_is_never_believed() {
        assert_eq!(
            reasons(&before(100), &full(Vec::new())),
            ["all 100 people are gone", "all 100 active people are gone"]
        );
        assert_eq!(reasons(&before(2), &full(Vec::new())).len(), 2);
        assert_eq!(
            reasons(&Before::default(), &full(Vec::new())),
            ["the source is empty"]
        );
    }

    #[test]
    fn a_fifth_may_go_and_one_more_may_not() {
        assert!(reasons(&before(100), &full(people(80))).is_empty());
        assert_eq!(
            reasons(&before(100), &full(people(79))),
            [
                "21 of 100 people are gone; at most 20 may go at once",
                "21 of 100 active people are gone; at most 20 may go at once"
            ]
        );
        // Newcomers do not make up for those who are gone.
        let mut others = people(70);
        others.extend((200..300).map(|n| SourcePerson::new(n.to_string())));
        assert!(!reasons(&before(100), &full(others)).is_empty());
    }

    #[test]
    fn in_a_small_company_single_leavers_are_believed() {
        assert!(reasons(&before(3), &full(people(2))).is_empty());
        assert!(reasons(&before(10), &full(people(5))).is_empty());
        assert!(!reasons(&before(10), &full(people(4))).is_empty());
    }

    #[test]
    fn disabling_everybody_is_as_suspect_as_losing_everybody() {
        let mut all = people(100);
        for person in all.iter_mut().take(60) {
            person.status = PersonStatus::Disabled;
        }
        assert_eq!(
            reasons(&before(100), &full(all.clone())),
            ["60 of 100 active people are gone; at most 20 may go at once"]
        );
        // Those who were disabled before are no news.
        assert!(reasons(&Before::of(&all, &[], 0), &full(all)).is_empty());
    }

    #[test]
    fn a_delta_that_removes_or_disables_many_is_suspect_too() {
        let mut delta = Reading::new(ReadingKind::Delta(Removals::Included));
        delta.removed = (0..15).map(|n: i32| EntryKey::new(n.to_string())).collect();
        assert!(reasons(&before(100), &delta).is_empty());
        delta.people = people(40).split_off(34);
        for person in &mut delta.people {
            person.status = PersonStatus::Disabled;
        }
        assert_eq!(
            reasons(&before(100), &delta),
            ["21 of 100 active people are gone; at most 20 may go at once"]
        );
        assert!(reasons(&before(100), &Reading::new(delta.kind)).is_empty());
    }

    #[test]
    fn groups_that_lose_their_members_are_noticed() {
        let group = |name: &str, members: usize| {
            let mut group = SourceGroup::new(name, name);
            group.members = (0..members)
                .map(|n| MemberKey::person(Reference::key(n.to_string())))
                .collect();
            group
        };
        let old = [group("a", 50), group("b", 50)];
        let before = Before::of(&people(100), &old, 0);
        let mut reading = full(people(100));
        reading.groups = vec![group("a", 50), group("b", 0)];
        assert_eq!(
            reasons(&before, &reading),
            ["50 of 100 group memberships are gone; at most 20 may go at once"]
        );
        reading.groups = Vec::new();
        assert_eq!(reasons(&before, &reading).len(), 2);
    }

    #[test]
    fn an_application_that_nobody_is_assigned_to_any_more_is_noticed() {
        let before = Before::of(&people(100), &[], 40);
        let mut reading = full(people(100));
        assert!(reasons(&before, &reading).is_empty());
        reading.assignments = Assignments::All(Vec::new());
        assert_eq!(
            reasons(&before, &reading),
            ["all 40 assignments to the application are gone"]
        );
    }

    proptest! {
        #[test]
        fn whatever_is_believed_keeps_most_of_the_people(
            count in 0_usize..200,
            kept in proptest::collection::vec(any::<bool>(), 200),
            newcomers in 0_usize..50,
            percent in 0_u8..=100,
        ) {
            let limits = ReadingLimits { shrink_percent: percent, ..ReadingLimits::default() };
            let all = people(count);
            let stay: Vec<_> = all.iter().zip(&kept).filter(|(_, keep)| **keep).map(|(person, _)| person.clone()).collect();
            let lost = count - stay.len();
            let mut read = stay;
            read.extend((0..newcomers).map(|n| SourcePerson::new(format!("new {n}"))));
            let empty = read.is_empty();
            let verdict = judge(&Before::of(&all, &[], 0), &full(read), limits);
            if verdict == ReadingVerdict::Believed {
                prop_assert!(!empty);
                prop_assert!(lost == 0 || lost < count);
                prop_assert!(lost <= limits.shrink_at_least || lost * 100 <= count * usize::from(percent));
            }
        }
    }
}
