//! Sources, people and groups.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;
use usher_model::*;
use usher_store::*;

use crate::support::*;

fn source(name: &str) -> SourceDefinition {
    SourceDefinition {
        name: name.into(),
        place: 0,
        settings: json!({"kind": "csv", "path": "people.csv"}),
    }
}

fn reading(kind: ReadingKind, watermark: &str) -> ReadingRecord {
    ReadingRecord {
        at: at("2026-03-01T08:00:00Z"),
        kind,
        state: ReadingState::Believed,
        watermark: Some(watermark.to_owned()),
        people: 2,
        groups: 0,
        details: json!({}),
    }
}

fn entry(key: &str, document: &str) -> SourceEntry {
    SourceEntry {
        kind: EntryKind::Person,
        key: key.to_owned(),
        document: document.to_owned(),
    }
}

fn full(upserts: Vec<SourceEntry>) -> SourceWrite {
    SourceWrite {
        upserts,
        removed: Vec::new(),
        replace: Replace::All,
        reading: reading(ReadingKind::Full, "w1"),
    }
}

async fn write(fixture: &Fixture, write: SourceWrite) -> Delta {
    let source = SourceName::new("hr");
    let written = fixture.store.write_source(&source, &write, |_| Vec::new());
    written.await.unwrap()
}

fn person(id: &str, email: &str) -> Person {
    let mut attributes = Attributes::default();
    attributes.set_text("email", email);
    attributes.set_text("userName", &format!("CORP\\{id}"));
    attributes.set_text("displayName", &format!("Person {id}"));
    attributes.set("badge", AttributeValue::Number(7));
    attributes.set("vip", AttributeValue::Bool(true));
    attributes.set(
        "skills",
        AttributeValue::List(vec!["rust".into(), "tea".into()]),
    );
    Person {
        id: id.into(),
        status: PersonStatus::Active,
        manager: None,
        attributes,
    }
}

async fn write_people(fixture: &Fixture, people: Vec<Person>) -> DirectoryOutcome {
    let directory = DirectoryWrite {
        people,
        ..DirectoryWrite::default()
    };
    write_directory(fixture, directory).await
}

async fn write_directory(fixture: &Fixture, directory: DirectoryWrite) -> DirectoryOutcome {
    let written = fixture.store.write_directory(&directory, |_| Vec::new());
    written.await.unwrap()
}

fn group(id: &str, name: &str, members: &[GroupMember]) -> Group {
    let mut members = members.to_vec();
    members.sort();
    Group {
        id: id.into(),
        name: name.to_owned(),
        description: Some("people".into()),
        members,
    }
}

fn in_group(person: &str) -> GroupMember {
    GroupMember::Person(person.into())
}

on_both_engines! {
    async fn a_full_reading_replaces_what_the_source_said_and_writes_only_differences(fixture: Fixture) {
        fixture.store.save_source(&source("hr"), &[]).await.unwrap();
        let first = write(&fixture, full(vec![entry("1", "{}"), entry("2", "{}"), entry("3", "{}")])).await;
        assert_eq!(first, Delta { added: 3, changed: 0, removed: 0 });
        let second = write(&fixture, full(vec![entry("1", "{}"), entry("2", "{\"a\":1}"), entry("4", "{}")])).await;
        assert_eq!(second, Delta { added: 1, changed: 1, removed: 1 });
        let kept = all(fixture.store.source_entries(&"hr".into())).await;
        assert_eq!(kept, [entry("1", "{}"), entry("2", "{\"a\":1}"), entry("4", "{}")]);
        let again = write(&fixture, full(kept)).await;
        assert!(again.is_empty());
        let counts = fixture.store.source_counts(&"hr".into()).await.unwrap();
        assert_eq!(counts, SourceCounts { people: 3, groups: 0 });
    }

    async fn a_full_reading_of_many_thousands_is_compared_entry_by_entry(fixture: Fixture) {
        fixture.store.save_source(&source("hr"), &[]).await.unwrap();
        let many = |range: std::ops::Range<usize>| range.map(|n| entry(&format!("{n:06}"), "{}")).collect::<Vec<_>>();
        write(&fixture, full(many(0..11_000))).await;
        let moved = write(&fixture, full(many(10..11_010))).await;
        assert_eq!(moved, Delta { added: 10, changed: 0, removed: 10 });
    }

    async fn a_delta_touches_only_what_it_lists(fixture: Fixture) {
        fixture.store.save_source(&source("hr"), &[]).await.unwrap();
        write(&fixture, full(vec![entry("1", "{}"), entry("2", "{}"), entry("3", "{}")])).await;
        let delta = SourceWrite {
            upserts: vec![entry("3", "{}"), entry("4", "{}")],
            removed: vec![EntryKey { kind: EntryKind::Person, key: "2".into() }],
            replace: Replace::Listed,
            reading: reading(ReadingKind::Delta, "w2"),
        };
        assert_eq!(write(&fixture, delta).await, Delta { added: 1, changed: 0, removed: 1 });
        let keys = all(fixture.store.source_entries(&"hr".into())).await;
        assert_eq!(keys.iter().map(|entry| entry.key.as_str()).collect::<Vec<_>>(), ["1", "3", "4"]);
        let found = fixture.store.source(&"hr".into()).await.unwrap().unwrap();
        assert_eq!(found.watermark.as_deref(), Some("w2"));
    }

    async fn a_reading_that_is_not_believed_changes_nothing_and_keeps_the_watermark(fixture: Fixture) {
        fixture.store.save_source(&source("hr"), &[]).await.unwrap();
        write(&fixture, full(vec![entry("1", "{}")])).await;
        let suspect = ReadingRecord { state: ReadingState::Suspect, ..reading(ReadingKind::Full, "w9") };
        let event = fixture.event(EventKind::PersonSourceSuspect, "source:hr");
        fixture.store.record_reading(&"hr".into(), &suspect, &[event]).await.unwrap();
        let found = fixture.store.source(&"hr".into()).await.unwrap().unwrap();
        assert_eq!(found.reading, Some(suspect));
        assert_eq!(found.watermark.as_deref(), Some("w1"));
        assert_eq!(all(fixture.store.source_entries(&"hr".into())).await.len(), 1);
        assert_eq!(fixture.store.last_event().await.unwrap(), 1);
    }

    async fn other_settings_make_the_next_reading_a_full_one(fixture: Fixture) {
        fixture.store.save_source(&source("hr"), &[]).await.unwrap();
        write(&fixture, full(vec![entry("1", "{}")])).await;
        fixture.store.save_source(&SourceDefinition { place: 3, ..source("hr") }, &[]).await.unwrap();
        let moved = fixture.store.source(&"hr".into()).await.unwrap().unwrap();
        assert_eq!((moved.definition.place, moved.watermark.as_deref()), (3, Some("w1")));
        let other = SourceDefinition { settings: json!({"kind": "ldap"}), ..source("hr") };
        fixture.store.save_source(&other, &[]).await.unwrap();
        let found = fixture.store.source(&"hr".into()).await.unwrap().unwrap();
        assert_eq!(found.watermark, None);
        assert_eq!(found.definition.settings, other.settings);
    }

    async fn sources_come_in_their_order_of_precedence_and_go_with_what_they_said(fixture: Fixture) {
        fixture.store.save_source(&SourceDefinition { place: 2, ..source("hr") }, &[]).await.unwrap();
        fixture.store.save_source(&SourceDefinition { place: 1, ..source("ldap") }, &[]).await.unwrap();
        let names = |sources: Vec<SourceRecord>| {
            sources.into_iter().map(|source| source.definition.name.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(names(fixture.store.sources().await.unwrap()), ["ldap", "hr"]);
        write(&fixture, full(vec![entry("1", "{}")])).await;
        assert!(fixture.store.remove_source(&"hr".into(), &[]).await.unwrap());
        assert!(!fixture.store.remove_source(&"hr".into(), &[]).await.unwrap());
        assert_eq!(names(fixture.store.sources().await.unwrap()), ["ldap"]);
        assert!(all(fixture.store.source_entries(&"hr".into())).await.is_empty());
        let refused = fixture.store.write_source(&"hr".into(), &full(Vec::new()), |_| Vec::new()).await;
        assert!(matches!(refused, Err(StoreError::NoSuchSource(_))), "{refused:?}");
    }

    async fn people_come_back_with_attributes_of_every_kind(fixture: Fixture) {
        let mut bob = person("p2", "bob@example.org");
        bob.manager = Some("p1".into());
        bob.status = PersonStatus::Disabled;
        let people = vec![person("p1", "Ada@example.org"), bob.clone()];
        let outcome = write_people(&fixture, people.clone()).await;
        assert_eq!(outcome.people, Delta { added: 2, changed: 0, removed: 0 });
        assert_eq!(all(fixture.store.people(&PersonFilter::default())).await, people);
        assert_eq!(fixture.store.load_people(&PersonFilter::default()).await.unwrap(), people);
        assert_eq!(fixture.store.person(&"p2".into()).await.unwrap(), Some(bob.clone()));
        let disabled = PersonFilter { status: Some(PersonStatus::Disabled), ..PersonFilter::default() };
        assert_eq!(fixture.store.load_people(&disabled).await.unwrap(), [bob]);
        assert_eq!(fixture.store.people_count(&disabled).await.unwrap(), 1);
        let page = PersonFilter { after: Some("p1".into()), limit: Some(1), ..PersonFilter::default() };
        assert_eq!(fixture.store.load_people(&page).await.unwrap()[0].id, "p2".into());
    }

    async fn people_who_are_equal_are_not_touched(fixture: Fixture) {
        write_people(&fixture, vec![person("p1", "ada@example.org"), person("p2", "bob@example.org")]).await;
        fixture.clock.advance(Duration::from_mins(1));
        let again = write_people(&fixture, vec![person("p1", "ada@example.org"), person("p2", "bert@example.org")]).await;
        assert_eq!(again.people, Delta { added: 0, changed: 1, removed: 0 });
        assert_eq!(again.changed_people, [PersonId::new("p2")]);
        let lately = PersonFilter { changed_since: Some(fixture.clock.now()), ..PersonFilter::default() };
        let changed = fixture.store.load_people(&lately).await.unwrap();
        assert_eq!(changed.iter().map(|person| person.id.as_str()).collect::<Vec<_>>(), ["p2"]);
    }

    async fn who_is_gone_keeps_their_row(fixture: Fixture) {
        write_people(&fixture, vec![person("p1", "ada@example.org")]).await;
        let gone = Person { status: PersonStatus::Gone, ..person("p1", "ada@example.org") };
        assert_eq!(write_people(&fixture, vec![gone.clone()]).await.people.changed, 1);
        assert_eq!(fixture.store.person(&"p1".into()).await.unwrap(), Some(gone));
    }

    async fn a_person_is_found_by_id_address_user_name_or_part_of_a_name(fixture: Fixture) {
        write_people(&fixture, vec![person("p1", "Ada@example.org"), person("p2", "bob@example.org")]).await;
        let found = |people: Vec<Person>| people.into_iter().map(|person| person.id.to_string()).collect::<Vec<_>>();
        for text in ["p1", "ada@EXAMPLE.org", "corp\\P1", "person p1", "a@ex"] {
            assert_eq!(found(fixture.store.find_people(text).await.unwrap()), ["p1"], "{text}");
        }
        assert_eq!(found(fixture.store.find_people("person").await.unwrap()), ["p1", "p2"]);
        assert_eq!(found(fixture.store.find_people("100%").await.unwrap()), Vec::<String>::new());
    }

    async fn a_persons_details_tell_where_each_attribute_comes_from(fixture: Fixture) {
        let key = DirectoryKey { kind: EntryKind::Person, source: "hr".into(), key: "17".into(), id: "p1".into() };
        let directory = DirectoryWrite {
            people: vec![person("p1", "ada@example.org")],
            provenance: BTreeMap::from([("p1".into(), json!({"email": "hr"}))]),
            groups: vec![group("g1", "Design", &[in_group("p1")])],
            keys: vec![key.clone()],
            ..DirectoryWrite::default()
        };
        write_directory(&fixture, directory).await;
        let details = fixture.store.person_details(&"p1".into()).await.unwrap().unwrap();
        assert_eq!(details.provenance, Some(json!({"email": "hr"})));
        assert_eq!(details.keys, [key]);
        assert_eq!(details.groups, [GroupId::new("g1")]);
        let again = write_people(&fixture, vec![person("p1", "ada@example.org")]).await;
        assert!(again.is_empty(), "provenance that is not told again is no change");
        assert_eq!(fixture.store.person_details(&"nobody".into()).await.unwrap(), None);
    }

    async fn groups_hold_people_and_groups_even_in_a_circle(fixture: Fixture) {
        let inner = group("g1", "Design", &[in_group("p1"), in_group("p2"), GroupMember::Group("g2".into())]);
        let outer = group("g2", "Everyone", &[GroupMember::Group("g1".into())]);
        let groups = vec![inner.clone(), outer.clone()];
        let directory = DirectoryWrite { groups: groups.clone(), ..DirectoryWrite::default() };
        let outcome = write_directory(&fixture, directory.clone()).await;
        assert_eq!(outcome.groups, Delta { added: 2, changed: 0, removed: 0 });
        assert_eq!(fixture.store.groups().await.unwrap(), groups);
        assert_eq!(fixture.store.group(&"g2".into()).await.unwrap(), Some(outer));
        assert!(write_directory(&fixture, directory).await.is_empty());

        fixture.clock.advance(Duration::from_mins(1));
        let left = group("g1", "Design", &[in_group("p1"), in_group("p3")]);
        let directory = DirectoryWrite { groups: vec![left.clone()], ..DirectoryWrite::default() };
        assert_eq!(write_directory(&fixture, directory).await.groups.changed, 1);
        assert_eq!(fixture.store.group(&"g1".into()).await.unwrap(), Some(left));
        let changed = fixture.store.groups_changed_since(fixture.clock.now()).await.unwrap();
        assert_eq!(changed, [GroupId::new("g1")]);
    }

    async fn a_group_that_is_gone_is_in_no_other_group(fixture: Fixture) {
        let groups = vec![
            group("g1", "Design", &[in_group("p1")]),
            group("g2", "Everyone", &[GroupMember::Group("g1".into())]),
        ];
        write_directory(&fixture, DirectoryWrite { groups, ..DirectoryWrite::default() }).await;
        let directory = DirectoryWrite { removed_groups: vec!["g1".into(), "g9".into()], ..DirectoryWrite::default() };
        let outcome = write_directory(&fixture, directory).await;
        assert_eq!(outcome.groups.removed, 1);
        assert_eq!(fixture.store.groups().await.unwrap(), [group("g2", "Everyone", &[])]);
        assert!(fixture.store.groups_of(&"p1".into()).await.unwrap().is_empty());
        assert_eq!(fixture.store.find_groups("every").await.unwrap()[0].id, "g2".into());
    }

    async fn a_key_outlives_its_entry_and_its_source(fixture: Fixture) {
        let key = |id: &str| DirectoryKey { kind: EntryKind::Person, source: "hr".into(), key: "17".into(), id: id.into() };
        write_directory(&fixture, DirectoryWrite { keys: vec![key("p1")], ..DirectoryWrite::default() }).await;
        fixture.store.save_source(&source("hr"), &[]).await.unwrap();
        fixture.store.remove_source(&"hr".into(), &[]).await.unwrap();
        assert_eq!(fixture.store.person_keys().await.unwrap(), [key("p1")]);
        let directory = DirectoryWrite { keys: vec![key("p1"), key("p2")], ..DirectoryWrite::default() };
        write_directory(&fixture, directory).await;
        assert_eq!(fixture.store.person_keys().await.unwrap(), [key("p2")]);
    }

    async fn events_of_the_directory_tell_what_was_another(fixture: Fixture) {
        let directory = DirectoryWrite { people: vec![person("p1", "ada@example.org")], ..DirectoryWrite::default() };
        for _ in 0..2 {
            let event = fixture.event(EventKind::PeopleChanged, "directory");
            let events = |outcome: &DirectoryOutcome| {
                if outcome.is_empty() { Vec::new() } else { vec![event] }
            };
            fixture.store.write_directory(&directory, events).await.unwrap();
        }
        assert_eq!(fixture.store.last_event().await.unwrap(), 1);
    }

    async fn two_who_merge_at_once_do_not_take_one_human_for_two_people(fixture: Fixture) {
        fixture.store.save_source(&source("hr"), &[]).await.unwrap();
        write(&fixture, full(vec![entry("1", "{}")])).await;
        let other = fixture.second_process().await;
        let basis = fixture.store.directory_generation().await.unwrap();
        let merged = |id: &str| DirectoryWrite {
            people: vec![person(id, "ada@example.org")],
            keys: vec![DirectoryKey { kind: EntryKind::Person, source: "hr".into(), key: "1".into(), id: id.into() }],
            ..DirectoryWrite::default()
        };
        let (first, second) = (merged("p1"), merged("p2"));
        let results = futures::future::join(
            fixture.store.write_directory_since(basis, &first, |_| Vec::new()),
            other.write_directory_since(basis, &second, |_| Vec::new()),
        ).await;
        let refused = [results.0, results.1].into_iter().filter_map(Result::err).collect::<Vec<_>>();
        assert!(matches!(refused[..], [StoreError::DirectoryMoved]), "{refused:?}");
        assert_eq!(fixture.store.people_count(&PersonFilter::default()).await.unwrap(), 1);
    }

    async fn a_merge_is_refused_when_a_source_said_something_else_meanwhile(fixture: Fixture) {
        fixture.store.save_source(&source("hr"), &[]).await.unwrap();
        write(&fixture, full(vec![entry("1", "{}")])).await;
        let basis = fixture.store.directory_generation().await.unwrap();
        let same = full(vec![entry("1", "{}")]);
        write(&fixture, same).await;
        let nothing = DirectoryWrite::default();
        fixture.store.write_directory_since(basis, &nothing, |_| Vec::new()).await.expect("nothing was another");
        write(&fixture, full(vec![entry("2", "{}")])).await;
        let event = fixture.event(EventKind::PeopleChanged, "directory");
        let refused = fixture.store.write_directory_since(basis, &nothing, |_| vec![event]).await;
        assert!(matches!(refused, Err(StoreError::DirectoryMoved)), "{refused:?}");
        assert_eq!(fixture.store.last_event().await.unwrap(), 0);
    }

    async fn a_source_was_read_to_its_end_when_a_full_reading_was_believed(fixture: Fixture) {
        let full_at = async || fixture.store.source(&"hr".into()).await.unwrap().unwrap().full_at;
        fixture.store.save_source(&source("hr"), &[]).await.unwrap();
        assert_eq!(full_at().await, None);
        let suspect = ReadingRecord { state: ReadingState::Suspect, ..reading(ReadingKind::Full, "w9") };
        fixture.store.record_reading(&"hr".into(), &suspect, &[]).await.unwrap();
        assert_eq!(full_at().await, None);
        let full = ReadingRecord { at: at("2026-03-01T09:00:00Z"), ..reading(ReadingKind::Full, "w1") };
        fixture.store.record_reading(&"hr".into(), &full, &[]).await.unwrap();
        let delta = ReadingRecord { at: at("2026-03-01T10:00:00Z"), ..reading(ReadingKind::Delta, "w2") };
        fixture.store.record_reading(&"hr".into(), &delta, &[]).await.unwrap();
        assert_eq!(full_at().await, Some(at("2026-03-01T09:00:00Z")));
        let other = SourceDefinition { settings: json!({"kind": "ldap"}), ..source("hr") };
        fixture.store.save_source(&other, &[]).await.unwrap();
        assert_eq!(full_at().await, None, "other settings show other people");
    }

    async fn the_directory_is_behind_until_everything_that_was_said_is_merged(fixture: Fixture) {
        let is_merged = async || fixture.store.directory_is_merged().await.unwrap();
        assert!(is_merged().await);
        fixture.store.save_source(&source("hr"), &[]).await.unwrap();
        write(&fixture, full(vec![entry("1", "{}")])).await;
        assert!(!is_merged().await);
        let basis = fixture.store.directory_generation().await.unwrap();
        let merged = DirectoryWrite { people: vec![person("p1", "ada@example.org")], ..DirectoryWrite::default() };
        let outcome = fixture.store.write_directory_since(basis, &merged, |_| Vec::new()).await.unwrap();
        assert!(!is_merged().await, "what follows from it is not done yet");
        fixture.store.note_merged(outcome.generation).await.unwrap();
        assert!(is_merged().await);
        fixture.store.note_merged(basis).await.unwrap();
        assert!(is_merged().await, "who merged an older state comes late");
    }

    async fn who_turned_out_to_be_another_waits_until_everything_has_moved(fixture: Fixture) {
        let pair = |old: &str, new: &str| (PersonId::new(old), PersonId::new(new));
        let joined = vec![pair("p1", "p2"), pair("p2", "p3")];
        let merged = DirectoryWrite { joined: joined.clone(), ..DirectoryWrite::default() };
        write_directory(&fixture, merged).await;
        assert_eq!(fixture.store.pending_joins().await.unwrap(), joined);
        fixture.store.end_join(&joined[0]).await.unwrap();
        assert_eq!(fixture.store.pending_joins().await.unwrap(), [pair("p2", "p3")]);
    }
}
