use proptest::prelude::*;
use usher_model::{AttributeValue, Attributes, Group, GroupMember, PersonStatus};

use super::*;
use crate::{Clause, Operator, ScopeFilter};

fn now() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

fn person(id: &str, attributes: &[(&str, &str)]) -> Person {
    let mut person = Person {
        id: id.into(),
        status: PersonStatus::Active,
        manager: None,
        attributes: Attributes::default(),
    };
    for (name, value) in attributes {
        person.attributes.set_text(name, value);
    }
    person
}

fn clause(attribute: &str, operator: Operator, value: Option<&str>) -> Clause {
    Clause {
        attribute: attribute.into(),
        operator,
        value: value.map(str::to_owned),
    }
}

fn filter(name: &str, clauses: Vec<Clause>) -> ScopeFilter {
    let name = name.to_owned();
    ScopeFilter { name, clauses }
}

fn everyone(filters: Vec<ScopeFilter>) -> ScopeSettings {
    ScopeSettings {
        mode: ScopeMode::Everyone,
        filters,
        ..ScopeSettings::default()
    }
}

fn groups() -> GroupIndex {
    let group = |id: &str, name: &str, members| Group {
        id: id.into(),
        name: name.into(),
        description: None,
        members,
    };
    GroupIndex::build(&[
        group(
            "g1",
            "Miro pilot",
            vec![
                GroupMember::Person("Ada".into()),
                GroupMember::Group("g2".into()),
            ],
        ),
        group("g2", "Designers", vec![GroupMember::Person("Bob".into())]),
        group("g3", "Twins", Vec::new()),
        group("g4", "twins", Vec::new()),
    ])
}

fn compile(settings: &ScopeSettings) -> CompiledScope {
    CompiledScope::compile(settings, &groups()).unwrap()
}

/// A row of the table of operators: operator, attribute, value, holds for, does not hold for.
fn rows() -> Vec<[String; 5]> {
    let page = include_str!("../../../../docs/guides/scope.md");
    let rows = page.lines().filter(|line| line.starts_with("| `"));
    rows.map(|line| {
        let cells: Vec<String> = line
            .trim_matches('|')
            .replace("| ", "\u{0} ")
            .split('\u{0}')
            .map(|cell| cell.trim().to_owned())
            .collect();
        let cells: [String; 5] = cells.try_into().expect("five cells");
        cells
    })
    .collect()
}

/// The person that a cell of the table describes.
fn described(cell: &str, attribute: &str) -> Person {
    if attribute == "—" {
        let name = cell.split(',').next().unwrap_or_default();
        return person(name.trim(), &[]);
    }
    let value = cell.trim().trim_matches('`');
    let mut person = person("p", &[]);
    if value == "*no value*" {
        return person;
    }
    match value
        .strip_prefix('[')
        .and_then(|list| list.strip_suffix(']'))
    {
        Some(list) => {
            let list = list.split(';').map(|text| text.trim().into()).collect();
            person.attributes.set(attribute, AttributeValue::List(list));
        }
        None => person.attributes.set_text(attribute, value),
    }
    person
}

#[test]
fn every_operator_does_what_the_page_on_scope_says() {
    let rows = rows();
    assert_eq!(rows.len(), 19);
    for [operator, attribute, value, holds, fails] in rows {
        let bare = |cell: &str| cell.trim_matches('`').to_owned();
        let operator: Operator =
            serde_json::from_value(serde_json::Value::String(bare(&operator))).unwrap();
        let wanted = (value != "—").then(|| bare(&value));
        let attribute = bare(&attribute);
        let named = if attribute == "—" { "" } else { &attribute };
        let scope = compile(&everyone(vec![filter(
            "F",
            vec![clause(named, operator, wanted.as_deref())],
        )]));
        let separator = if attribute == "—" { "; " } else { ", " };
        for (cells, expected) in [(holds, true), (fails, false)] {
            for cell in cells.split(separator) {
                let person = described(cell, &attribute);
                let verdict = scope.verdict(&person, now());
                assert_eq!(
                    verdict.is_in(),
                    expected,
                    "{operator:?} for {cell}: {verdict}"
                );
            }
        }
    }
}

#[test]
fn clauses_are_joined_by_and_filters_by_or() {
    let scope = compile(&everyone(vec![
        filter(
            "Designers in Germany",
            vec![
                clause("department", Operator::Equals, Some("Design")),
                clause("country", Operator::Equals, Some("DE")),
            ],
        ),
        filter(
            "Directors",
            vec![clause("title", Operator::Includes, Some("director"))],
        ),
    ]));
    let verdict =
        |attributes: &[(&str, &str)]| scope.verdict(&person("p", attributes), now()).to_string();
    assert_eq!(
        verdict(&[("department", "Design"), ("country", "DE")]),
        "in scope: passes the filter `Designers in Germany`"
    );
    assert_eq!(
        verdict(&[("title", "Art Director"), ("country", "FR")]),
        "in scope: passes the filter `Directors`"
    );
    insta::assert_snapshot!(
        verdict(&[("department", "Design"), ("country", "FR")]),
        @"out of scope: passes no filter (`Designers in Germany` asks for country EQUALS `DE`, found `FR`; `Directors` asks for title INCLUDES `director`, found no value)"
    );
}

#[test]
fn lists_come_before_filters_and_exclusion_before_inclusion() {
    let mut settings = everyone(vec![filter(
        "Design",
        vec![clause("department", Operator::Equals, Some("Design"))],
    )]);
    settings.include = vec![
        Email::new("CEO@example.com"),
        Email::new("both@example.com"),
    ];
    settings.exclude = vec![
        Email::new("robot@example.com"),
        Email::new("both@example.com"),
    ];
    let scope = compile(&settings);
    for (address, department, verdict) in [
        ("ceo@example.com", "", "in scope: on the include list"),
        (
            "Robot@Example.com",
            "Design",
            "out of scope: on the exclude list",
        ),
        (
            "both@example.com",
            "Design",
            "out of scope: on the exclude list",
        ),
        (
            "ada@example.com",
            "Design",
            "in scope: passes the filter `Design`",
        ),
    ] {
        let person = person("p", &[("email", address), ("department", department)]);
        assert_eq!(scope.verdict(&person, now()).to_string(), verdict);
    }
}

#[test]
fn in_the_mode_assigned_a_person_must_be_assigned_whatever_the_lists_say() {
    let settings = ScopeSettings {
        include: vec![Email::new("ceo@example.com")],
        ..ScopeSettings::default()
    };
    let scope = compile(&settings);
    let boss = person("p", &[("email", "ceo@example.com")]);
    assert_eq!(
        scope.judge(&boss, Assigned::No, now()).to_string(),
        "out of scope: not assigned"
    );
    assert_eq!(
        scope.judge(&boss, Assigned::Yes, now()).to_string(),
        "in scope: on the include list"
    );
    let anybody = person("q", &[]);
    assert_eq!(
        scope.judge(&anybody, Assigned::Yes, now()).to_string(),
        "in scope: there are no filters"
    );
}

#[test]
fn all_problems_of_a_scope_are_found_at_once() {
    let settings = everyone(vec![
        filter("Empty", Vec::new()),
        filter(
            "",
            vec![
                clause("department", Operator::Equals, None),
                clause("department", Operator::IsNull, Some("x")),
                clause("department", Operator::RegexMatch, Some("a)|(b")),
                clause("department", Operator::RegexMatch, Some("(a{1000}){1000}")),
                clause("startDate", Operator::Before, Some("next week")),
                clause("", Operator::IsMemberOf, Some("Nobody")),
                clause("", Operator::IsMemberOf, Some("TWINS")),
                clause(" ", Operator::Equals, Some("x")),
                clause("department", Operator::Equals, Some("fine")),
            ],
        ),
    ]);
    let problems = CompiledScope::compile(&settings, &groups()).unwrap_err();
    insta::assert_snapshot!(problems);
}

#[test]
fn the_preview_says_who_enters_and_who_leaves_and_why() {
    let design = filter(
        "Design",
        vec![clause("department", Operator::Equals, Some("Design"))],
    );
    let old = compile(&everyone(vec![design.clone()]));
    let mut settings = everyone(vec![filter(
        "Pilot",
        vec![clause("", Operator::IsMemberOf, Some("Miro pilot"))],
    )]);
    settings.exclude = vec![Email::new("cy@example.com")];
    let new = compile(&settings);
    let people = [
        person("Ada", &[("displayName", "Ada"), ("department", "Design")]),
        person("Bob", &[("displayName", "Bob"), ("department", "Sales")]),
        person(
            "Cy",
            &[("email", "cy@example.com"), ("department", "Design")],
        ),
        person("Eve", &[("displayName", "Eve"), ("department", "Design")]),
    ];
    let preview = preview(&old, &new, &people, |_| Assigned::No, now());
    assert_eq!((preview.before, preview.after), (3, 2));
    let told = |moves: &[ScopeMove]| -> Vec<String> {
        let line = |m: &ScopeMove| format!("{}: {} -> {}", m.label, m.before, m.after);
        moves.iter().map(line).collect()
    };
    let told = format!(
        "enters\n{}\nleaves\n{}",
        told(&preview.enters).join("\n"),
        told(&preview.leaves).join("\n")
    );
    insta::assert_snapshot!(told);
}

#[test]
fn the_settings_on_the_page_on_scope_are_read_as_they_stand() {
    let page = include_str!("../../../../docs/guides/scope.md");
    let (_, rest) = page.split_once("```json\n").unwrap();
    let (json, _) = rest.split_once("```").unwrap();
    let settings: ScopeSettings = serde_json::from_str(json).unwrap();
    assert_eq!(settings.filters.len(), 2);
    assert!(CompiledScope::compile(&settings, &groups()).is_ok());
}

fn any_clause() -> impl Strategy<Value = Clause> {
    use Operator as Op;
    let operators = vec![
        Op::Equals,
        Op::NotEquals,
        Op::GreaterThan,
        Op::GreaterThanOrEquals,
        Op::LessThan,
        Op::LessThanOrEquals,
        Op::IsTrue,
        Op::IsFalse,
        Op::IsNull,
        Op::IsNotNull,
        Op::Includes,
        Op::StartsWith,
        Op::EndsWith,
        Op::RegexMatch,
        Op::NotRegexMatch,
        Op::IsMemberOf,
        Op::IsNotMemberOf,
        Op::Before,
        Op::OnOrAfter,
    ];
    let value = prop_oneof![
        Just(None),
        prop::sample::select(vec![
            "Design",
            "7",
            "+14d",
            "2026-01-01",
            "Miro pilot",
            "a.*",
            "true",
            "É"
        ])
        .prop_map(|text| Some(text.to_owned())),
        "\\PC{0,6}".prop_map(Some),
    ];
    let attribute = prop::sample::select(vec!["department", "level", "active", "status", "email"]);
    (attribute, prop::sample::select(operators), value)
        .prop_map(|(attribute, operator, value)| clause(attribute, operator, value.as_deref()))
}

fn any_person() -> impl Strategy<Value = Person> {
    let value = prop_oneof![
        any::<bool>().prop_map(AttributeValue::Bool),
        any::<i64>().prop_map(AttributeValue::Number),
        "\\PC{0,6}".prop_map(AttributeValue::text),
        prop::sample::select(vec!["Design", "design", "7", "2026-02-01", "é"])
            .prop_map(AttributeValue::text),
        prop::collection::vec("\\PC{0,4}", 0..3)
            .prop_map(|texts| AttributeValue::List(texts.into_iter().map(Into::into).collect())),
    ];
    let name = prop::sample::select(vec!["department", "level", "email", "userName"]);
    let id = prop::sample::select(vec!["Ada", "Bob", "Eve"]);
    (id, prop::collection::vec((name, value), 0..4)).prop_map(|(id, attributes)| {
        let mut person = person(id, &[]);
        for (name, value) in attributes {
            person.attributes.set(name, value);
        }
        person
    })
}

proptest! {
    #![proptest_config(crate::cases::cases(10_000))]

    #[test]
    fn a_verdict_is_stable_and_follows_from_its_clauses(
        clauses in prop::collection::vec(prop::collection::vec(any_clause(), 1..3), 0..3),
        person in any_person(),
    ) {
        let filters = clauses.iter().map(|clauses| filter("F", clauses.clone())).collect();
        let Ok(scope) = CompiledScope::compile(&everyone(filters), &groups()) else {
            return Ok(());
        };
        let verdict = scope.verdict(&person, now());
        prop_assert_eq!(&verdict, &scope.verdict(&person, now()));
        let holds = |clause: &Clause| {
            let single = compile(&everyone(vec![filter("F", vec![clause.clone()])]));
            single.verdict(&person, now()).is_in()
        };
        let expected = clauses.is_empty() || clauses.iter().any(|clauses| clauses.iter().all(holds));
        prop_assert_eq!(verdict.is_in(), expected);
    }

}

proptest! {
    #![proptest_config(crate::cases::cases(1_000))]

    #[test]
    fn an_operator_and_its_opposite_never_agree(value in "[a-z]{1,3}", person in any_person()) {
        use Operator as Op;
        for (one, other) in [(Op::Equals, Op::NotEquals), (Op::RegexMatch, Op::NotRegexMatch)] {
            let verdict = |operator| {
                let clause = clause("department", operator, Some(&value));
                compile(&everyone(vec![filter("F", vec![clause])])).verdict(&person, now()).is_in()
            };
            prop_assert_ne!(verdict(one), verdict(other));
        }
    }
}
