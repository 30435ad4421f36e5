use jiff::Timestamp;
use usher_model::{AppRole, GroupMember, PersonId, PersonStatus, SourceName, Subject};

use super::*;
use crate::{EntryKey, MemberKey, Reference, SourceAssignment, SourceGroup, SourcePerson};

/// A person with attributes.
pub(super) fn person(key: &str, attributes: &[(&str, &str)]) -> SourcePerson {
    let mut person = SourcePerson::new(key);
    for (name, value) in attributes {
        person.attributes.set_text(name, value);
    }
    person
}

pub(super) fn source(name: &str, people: Vec<SourcePerson>) -> SourceEntries {
    SourceEntries {
        source: SourceName::new(name),
        people,
        groups: Vec::new(),
    }
}

pub(super) fn settings(precedence: &[&str]) -> MergeSettings {
    MergeSettings {
        precedence: precedence.iter().copied().map(SourceName::new).collect(),
        ..MergeSettings::default()
    }
}

pub(super) fn now() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

/// What the store would hold after a merge.
pub(super) fn remembered(merged: &Merged, before: &KnownIds) -> KnownIds {
    let mut key_values = before.key_values.clone();
    for person in &merged.people {
        if let Some(email) = person.attributes.text("email") {
            key_values.insert(person.id.clone(), email.to_owned());
        }
    }
    for (old, _) in &merged.joined {
        key_values.remove(old);
    }
    KnownIds {
        people: merged.keys.people.clone(),
        groups: merged.keys.groups.clone(),
        key_values,
        ..KnownIds::default()
    }
}

fn first(sources: &[SourceEntries]) -> Merged {
    merge(
        sources,
        &settings(&["hr", "ad"]),
        &KnownIds::default(),
        now(),
    )
}

fn again(sources: &[SourceEntries], known: &KnownIds) -> Merged {
    merge(sources, &settings(&["hr", "ad"]), known, now())
}

fn id_of(merged: &Merged, source: &str, key: &str) -> PersonId {
    merged.keys.people[&(SourceName::new(source), EntryKey::new(key))].clone()
}

#[test]
fn entries_with_one_address_are_one_person_and_each_attribute_comes_from_the_first_source_that_has_it()
 {
    let sources = [
        source(
            "ad",
            vec![person(
                "a",
                &[
                    ("email", "ADA@example.com"),
                    ("title", "Dr"),
                    ("phoneNumber", "1"),
                ],
            )],
        ),
        source(
            "hr",
            vec![person(
                "7",
                &[("email", "ada@example.com"), ("title", "Engineer")],
            )],
        ),
    ];
    let merged = first(&sources);
    let [ada] = &merged.people[..] else {
        panic!("{merged:?}")
    };
    assert_eq!(ada.attributes.text("title"), Some("Engineer"));
    assert_eq!(ada.attributes.text("phoneNumber"), Some("1"));
    let from = &merged.provenance[0];
    assert_eq!(from.of("title"), Some(&SourceName::new("hr")));
    assert_eq!(from.of("phonenumber"), Some(&SourceName::new("ad")));
    assert_eq!(from.of("status"), Some(&SourceName::new("hr")));
    assert_eq!(id_of(&merged, "hr", "7"), id_of(&merged, "ad", "a"));
}

#[test]
fn single_attributes_and_the_status_can_have_another_order() {
    let mut locked = person("a", &[("email", "ada@example.com"), ("title", "Dr")]);
    locked.status = PersonStatus::Disabled;
    let sources = [
        source("ad", vec![locked]),
        source(
            "hr",
            vec![person(
                "7",
                &[("email", "ada@example.com"), ("title", "Engineer")],
            )],
        ),
    ];
    let mut settings = settings(&["hr", "ad"]);
    let ad = vec![SourceName::new("ad")];
    settings.attributes = [("status".into(), ad.clone()), ("TITLE".into(), ad)].into();
    let merged = merge(&sources, &settings, &KnownIds::default(), now());
    assert_eq!(merged.people[0].status, PersonStatus::Disabled);
    assert_eq!(merged.people[0].attributes.text("title"), Some("Dr"));
    assert_eq!(first(&sources).people[0].status, PersonStatus::Active);
}

#[test]
fn an_address_that_one_source_has_twice_joins_nobody() {
    let sources = [
        source(
            "hr",
            vec![
                person("7", &[("email", "ada@example.com")]),
                person("8", &[("email", "ada@example.com")]),
            ],
        ),
        source("ad", vec![person("a", &[("email", "ada@example.com")])]),
    ];
    let merged = first(&sources);
    assert_eq!(merged.people.len(), 3);
    assert_eq!(
        merged.problems[0].to_string(),
        "source hr has several people with email `ada@example.com` (7, 8); nobody is matched by it"
    );
}

#[test]
fn a_new_address_that_reaches_one_source_first_splits_nobody() {
    let hr = |email| source("hr", vec![person("7", &[("email", email)])]);
    let ad = |email| source("ad", vec![person("a", &[("email", email)])]);
    let before = first(&[hr("ada@example.com"), ad("ada@example.com")]);
    let known = remembered(&before, &KnownIds::default());
    let between = again(&[hr("ada.king@example.com"), ad("ada@example.com")], &known);
    assert_eq!(between.people.len(), 1);
    assert_eq!(between.people[0].id, before.people[0].id);
    assert_eq!(
        between.people[0].attributes.text("email"),
        Some("ada.king@example.com")
    );
    assert!(matches!(
        between.problems[..],
        [MergeProblem::HeldTogether { .. }]
    ));
    let known = remembered(&between, &known);
    let after = again(
        &[hr("ada.king@example.com"), ad("ada.king@example.com")],
        &known,
    );
    assert_eq!(after.people[0].id, before.people[0].id);
    assert!(after.problems.is_empty());
}

#[test]
fn a_wrong_address_that_was_corrected_lets_two_people_be_two_again() {
    let ad = |email| source("ad", vec![person("b", &[("email", email)])]);
    let hr = source(
        "hr",
        vec![
            person("7", &[("email", "ada@example.com")]),
            person("8", &[("email", "bob@example.com")]),
        ],
    );
    let before = first(&[hr.clone(), ad("ada@example.com")]);
    assert_eq!(id_of(&before, "ad", "b"), id_of(&before, "hr", "7"));
    let known = remembered(&before, &KnownIds::default());
    let after = again(&[hr, ad("bob@example.com")], &known);
    assert_eq!(after.people.len(), 2);
    assert_eq!(id_of(&after, "ad", "b"), id_of(&before, "hr", "8"));
    assert_eq!(id_of(&after, "hr", "7"), id_of(&before, "hr", "7"));
    assert!(after.gone.is_empty() && after.joined.is_empty());
}

#[test]
fn two_people_who_turn_out_to_be_one_keep_the_older_id() {
    let hr = |email| source("hr", vec![person("7", &[("email", email)])]);
    let ad = source("ad", vec![person("a", &[("email", "ada@example.com")])]);
    let before = first(&[hr(""), ad.clone()]);
    assert_eq!(before.people.len(), 2);
    let known = remembered(&before, &KnownIds::default());
    let after = again(&[hr("ada@example.com"), ad], &known);
    assert_eq!(after.people.len(), 1);
    let kept = after.people[0].id.clone();
    let [(old, new)] = &after.joined[..] else {
        panic!("{after:?}")
    };
    assert_eq!(*new, kept);
    assert!(*old > kept);
    assert!(after.gone.is_empty());
    assert_eq!(id_of(&after, "ad", "a"), kept);
}

#[test]
fn people_keep_their_ids_when_their_source_is_replaced_by_another() {
    let before = first(&[source(
        "hr",
        vec![person("7", &[("email", "ada@example.com")])],
    )]);
    let known = remembered(&before, &KnownIds::default());
    let gone = again(&[], &known);
    assert!(gone.people.is_empty());
    assert_eq!(gone.gone, [before.people[0].id.clone()].into());
    let after = again(
        &[source(
            "entra",
            vec![person("u1", &[("email", "Ada@Example.com")])],
        )],
        &known,
    );
    assert_eq!(after.people[0].id, before.people[0].id);
    assert!(after.gone.is_empty());
}

#[test]
fn the_first_source_can_decide_who_exists() {
    let hr = source("hr", vec![person("7", &[("email", "ada@example.com")])]);
    let ad = source(
        "ad",
        vec![
            person("a", &[("email", "ada@example.com")]),
            person("s", &[("email", "service@example.com")]),
        ],
    );
    let both = [hr, ad.clone()];
    assert_eq!(first(&both).people.len(), 2);
    let settings = MergeSettings {
        existence: Existence::FirstSource,
        ..settings(&["hr", "ad"])
    };
    let merged = merge(&both, &settings, &KnownIds::default(), now());
    assert_eq!(merged.people.len(), 1);
    let known = remembered(&merged, &KnownIds::default());
    let lost = merge(std::slice::from_ref(&ad), &settings, &known, now());
    assert!(lost.people.is_empty());
    assert_eq!(lost.gone.len(), 1);
    // By default nobody is gone while one source still knows them.
    assert!(again(&[ad], &known).gone.is_empty());
}

#[test]
fn managers_and_members_are_found_by_key_alias_and_attribute() {
    let mut hr = source(
        "hr",
        vec![
            person(
                "1",
                &[("email", "boss@example.com"), ("employeeNumber", "100")],
            ),
            person("2", &[("email", "ada@example.com")]),
            person("3", &[("email", "bob@example.com")]),
            person("4", &[("email", "eve@example.com")]),
        ],
    );
    hr.people[0].alias = Some("cn=boss".into());
    hr.people[0].manager = Some(Reference::key("1"));
    hr.people[1].manager = Some(Reference::alias("CN=Boss"));
    hr.people[2].manager = Some(Reference::attribute("EMPLOYEENUMBER", "100"));
    hr.people[3].manager = Some(Reference::attribute("email", "nobody@example.com"));
    hr.people[3].groups = vec![Reference::key("inner")];
    let mut outer = SourceGroup::new("outer", "Outer");
    outer.members = vec![
        MemberKey::either(Reference::key("inner")),
        MemberKey::either(Reference::alias("cn=boss")),
        MemberKey::person(Reference::key("99")),
        MemberKey::person(Reference::key("98")),
    ];
    hr.groups = vec![outer, SourceGroup::new("inner", "Inner")];
    let merged = first(&[hr.clone()]);
    let id = |key: &str| id_of(&merged, "hr", key);
    let manager = |key: &str| {
        let id = id(key);
        merged
            .people
            .iter()
            .find(|person| person.id == id)
            .unwrap()
            .manager
            .clone()
    };
    assert_eq!(manager("1"), None);
    assert_eq!(manager("2"), Some(id("1")));
    assert_eq!(manager("3"), Some(id("1")));
    assert_eq!(manager("4"), None);
    let group = |name: &str| {
        merged
            .groups
            .iter()
            .find(|group| group.name == name)
            .unwrap()
    };
    assert_eq!(group("Inner").members, [GroupMember::Person(id("4"))]);
    assert_eq!(
        group("Outer").members,
        [
            GroupMember::Person(id("1")),
            GroupMember::Group(group("Inner").id.clone())
        ]
    );
    let problems: Vec<String> = merged.problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        problems,
        [
            "hr 4: the manager email nobody@example.com is unknown; left out",
            "hr group Outer: 2 members are unknown, such as 98; left out",
        ]
    );
    let assignments = [
        SourceAssignment {
            principal: MemberKey::group(Reference::key("inner")),
            role: AppRole::new("User"),
        },
        SourceAssignment {
            principal: MemberKey::either(Reference::key("2")),
            role: AppRole::new("User"),
        },
        SourceAssignment {
            principal: MemberKey::person(Reference::key("99")),
            role: AppRole::new("User"),
        },
    ];
    assert_eq!(
        resolve_assignments(&hr, &assignments, &merged.keys),
        [
            (
                Subject::Group(group("Inner").id.clone()),
                AppRole::new("User")
            ),
            (Subject::Person(id("2")), AppRole::new("User")),
        ]
    );
}

#[test]
fn groups_of_one_name_stay_apart_and_keep_their_ids() {
    let mut hr = source("hr", Vec::new());
    hr.groups = vec![SourceGroup::new("g", "Design")];
    let mut ad = source("ad", Vec::new());
    ad.groups = vec![SourceGroup::new("g", "Design")];
    let before = first(&[hr.clone(), ad.clone()]);
    assert_eq!(before.groups.len(), 2);
    assert_eq!(before.problems.len(), 1);
    let known = remembered(&before, &KnownIds::default());
    hr.groups[0].name = "Renamed".into();
    let after = merge(
        &[hr],
        &settings(&[]),
        &known,
        now() + std::time::Duration::from_secs(60),
    );
    assert_eq!(after.gone_groups.len(), 1);
    assert!(
        before
            .groups
            .iter()
            .any(|group| group.id == after.groups[0].id)
    );
}

#[test]
fn settings_are_read_and_unknown_ones_refused() {
    let settings: MergeSettings = toml::from_str(
        "precedence = [\"hr\", \"ad\"]\nkey = \"employeenumber\"\nexistence = \"first_source\"\n[attributes]\nstatus = [\"ad\"]\n",
    )
    .unwrap();
    assert_eq!(settings.key, "employeeNumber".into());
    assert_eq!(settings.existence, Existence::FirstSource);
    assert!(toml::from_str::<MergeSettings>("precedense = []").is_err());
}

#[test]
fn a_hundred_thousand_people_of_two_sources_are_merged_while_one_looks() {
    let people = |prefix: &str| -> Vec<SourcePerson> {
        (0..100_000)
            .map(|n| {
                let mut person = person(
                    &format!("{prefix}{n}"),
                    &[
                        ("email", &format!("p{n}@example.com")),
                        ("title", "Engineer"),
                        ("department", "D"),
                    ],
                );
                person.manager = Some(Reference::attribute(
                    "email",
                    format!("p{}@example.com", n / 10),
                ));
                person
            })
            .collect()
    };
    let sources = [source("hr", people("h")), source("ad", people("a"))];
    let started = std::time::Instant::now();
    let merged = first(&sources);
    let took = started.elapsed();
    assert_eq!(merged.people.len(), 100_000);
    println!("2 × 100,000 entries in {took:?}");
    // An unoptimized build on a busy machine; a release build takes a fraction.
    assert!(took.as_secs() < 120, "{took:?}");
}

#[test]
fn whoever_signs_in_with_an_address_and_has_no_other_is_matched_by_it() {
    let sources = [
        source("hr", vec![person("7", &[("email", "ada@example.com")])]),
        source(
            "ad",
            vec![
                person("a", &[("userName", "Ada@example.com")]),
                person("b", &[("userName", "bob")]),
            ],
        ),
    ];
    assert_eq!(first(&sources).people.len(), 2);
}
