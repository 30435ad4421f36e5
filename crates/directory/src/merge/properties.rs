//! What holds of any merge.

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use usher_model::{PersonId, PersonStatus, SourceName};

use super::tests::{now, remembered, settings};
use super::*;
use crate::{EntryKey, MemberKey, Reference, SourceGroup, SourcePerson};

/// Few values, so that they meet.
const EMAILS: &[&str] = &["", "a@x", "A@X", "b@x", "c@x", "d@x"];
const SOURCES: &[&str] = &["hr", "ad", "ldap"];

prop_compose! {
    fn any_person()(
        key in 0..6_u8,
        email in select(EMAILS),
        title in select(&["", "Engineer", "Doctor"][..]),
        disabled in any::<bool>(),
        manager in proptest::option::of(0..6_u8),
        group in proptest::option::of(0..3_u8),
    ) -> SourcePerson {
        let mut person = SourcePerson::new(key.to_string());
        person.attributes.set_text("email", email);
        person.attributes.set_text("title", title);
        if disabled {
            person.status = PersonStatus::Disabled;
        }
        person.manager = manager.map(|key| Reference::key(key.to_string()));
        person.groups = group.map(|key| Reference::key(format!("g{key}"))).into_iter().collect();
        person
    }
}

prop_compose! {
    fn any_group()(key in 0..3_u8, members in vec((any::<bool>(), 0..6_u8), 0..4)) -> SourceGroup {
        let mut group = SourceGroup::new(format!("g{key}"), format!("Group {key}"));
        group.members = members
            .into_iter()
            .map(|(person, key)| {
                if person {
                    MemberKey::person(Reference::key(key.to_string()))
                } else {
                    MemberKey::either(Reference::key(format!("g{}", key % 3)))
                }
            })
            .collect();
        group
    }
}

fn any_source(name: &'static str) -> impl Strategy<Value = SourceEntries> {
    (vec(any_person(), 0..6), vec(any_group(), 0..3)).prop_map(move |(people, groups)| {
        let people: BTreeMap<EntryKey, SourcePerson> = people
            .into_iter()
            .map(|person| (person.key.clone(), person))
            .collect();
        let groups: BTreeMap<EntryKey, SourceGroup> = groups
            .into_iter()
            .map(|group| (group.key.clone(), group))
            .collect();
        SourceEntries {
            source: SourceName::new(name),
            people: people.into_values().collect(),
            groups: groups.into_values().collect(),
        }
    })
}

fn any_sources() -> impl Strategy<Value = Vec<SourceEntries>> {
    (
        any_source(SOURCES[0]),
        any_source(SOURCES[1]),
        any_source(SOURCES[2]),
    )
        .prop_map(|(one, two, three)| vec![one, two, three])
}

fn run(sources: &[SourceEntries], known: &KnownIds) -> Merged {
    merge(sources, &settings(&["ad", "hr"]), known, now())
}

/// Ids by entry, of the entries that are there.
fn ids(sources: &[SourceEntries], merged: &Merged) -> BTreeMap<SourceKey, PersonId> {
    sources
        .iter()
        .flat_map(|source| {
            source
                .people
                .iter()
                .map(|person| (source.source.clone(), person.key.clone()))
        })
        .map(|key| (key.clone(), merged.keys.people[&key].clone()))
        .collect()
}

/// At least two thousand; more where the environment asks for them.
fn cases() -> ProptestConfig {
    let asked = ProptestConfig::default();
    ProptestConfig {
        cases: asked.cases.max(2_000),
        ..asked
    }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn the_order_of_sources_and_entries_makes_no_difference(
        sources in any_sources(),
        old in any_sources(),
        turn in 0..3_usize,
    ) {
        let known = remembered(&run(&old, &KnownIds::default()), &KnownIds::default());
        let mut turned = sources.clone();
        turned.rotate_left(turn);
        for source in &mut turned {
            source.people.reverse();
            source.groups.reverse();
        }
        prop_assert_eq!(run(&sources, &known), run(&turned, &known));
    }

    #[test]
    fn merging_again_changes_nothing(sources in any_sources(), old in any_sources()) {
        let known = remembered(&run(&old, &KnownIds::default()), &KnownIds::default());
        let once = run(&sources, &known);
        let known = remembered(&once, &known);
        let twice = run(&sources, &known);
        prop_assert_eq!(&once.people, &twice.people);
        prop_assert_eq!(&once.groups, &twice.groups);
        prop_assert_eq!(&once.keys, &twice.keys);
        prop_assert!(twice.joined.is_empty(), "{:?}", twice.joined);
    }

    #[test]
    fn ids_are_the_same_when_a_source_is_lost_and_comes_back(sources in any_sources(), lost in 0..3_usize) {
        let before = run(&sources, &KnownIds::default());
        let known = remembered(&before, &KnownIds::default());
        let mut fewer = sources.clone();
        fewer.remove(lost);
        let between = run(&fewer, &known);
        let known = remembered(&between, &known);
        let after = run(&sources, &known);
        prop_assert_eq!(ids(&sources, &before), ids(&sources, &after));
        prop_assert!(after.gone.is_empty());
    }

    #[test]
    fn nobody_is_gone_while_another_source_knows_them(sources in any_sources(), lost in 0..3_usize) {
        let before = run(&sources, &KnownIds::default());
        let known = remembered(&before, &KnownIds::default());
        let mut fewer = sources.clone();
        let gone = fewer.remove(lost);
        let after = run(&fewer, &known);
        let still: BTreeSet<&PersonId> = known
            .people
            .iter()
            .filter(|((source, _), _)| *source != gone.source)
            .map(|(_, id)| id)
            .collect();
        for id in still {
            prop_assert!(after.people.iter().any(|person| person.id == *id), "{id}");
        }
    }

    #[test]
    fn each_entry_is_one_person_and_no_person_has_two_entries_of_one_source(
        sources in any_sources(),
        old in any_sources(),
    ) {
        let known = remembered(&run(&old, &KnownIds::default()), &KnownIds::default());
        let merged = run(&sources, &known);
        let there: BTreeSet<&PersonId> = merged.people.iter().map(|person| &person.id).collect();
        prop_assert_eq!(there.len(), merged.people.len());
        let mut seen = BTreeSet::new();
        for ((source, _), id) in ids(&sources, &merged) {
            prop_assert!(there.contains(&id));
            prop_assert!(seen.insert((source, id)));
        }
        // A known person is there, gone, or replaced; never two of these.
        for id in known.people.values() {
            let joined = merged.joined.iter().any(|(old, _)| old == id);
            let count = usize::from(there.contains(id)) + usize::from(merged.gone.contains(id)) + usize::from(joined);
            prop_assert_eq!(count, 1, "{}", id);
        }
        // References lead to people and groups that are there.
        for person in &merged.people {
            prop_assert!(person.manager.iter().all(|id| there.contains(id) && *id != person.id));
        }
        for group in &merged.groups {
            for member in &group.members {
                let leads_somewhere = match member {
                    usher_model::GroupMember::Person(id) => there.contains(id),
                    usher_model::GroupMember::Group(id) => {
                        merged.groups.iter().any(|group| group.id == *id)
                    }
                };
                prop_assert!(leads_somewhere);
            }
        }
    }
}
