use proptest::prelude::*;
use usher_model::{AccountId, AttributeValue, Attributes, Group, Person, PersonStatus};

use super::*;
use crate::{
    Apply, AttributeMapping, GroupMapping, MappingSource, MatchingProperty, Settings, Switch,
    TargetAttribute, TargetValue, WhenEmpty,
};

fn person(attributes: &[(&str, &str)]) -> Person {
    let mut person = Person {
        id: "p1".into(),
        status: PersonStatus::Active,
        manager: None,
        attributes: Attributes::default(),
    };
    for (name, value) in attributes {
        person.attributes.set_text(name, value);
    }
    person
}

fn direct(name: &str) -> MappingSource {
    MappingSource::Direct(name.into())
}

fn constant(text: &str) -> MappingSource {
    MappingSource::Constant(text.to_owned())
}

fn expression(text: &str) -> MappingSource {
    MappingSource::Expression(text.to_owned())
}

fn mapping(target: TargetAttribute, source: MappingSource) -> AttributeMapping {
    AttributeMapping {
        target,
        source,
        default: None,
        when_empty: WhenEmpty::Keep,
        apply: Apply::Always,
    }
}

/// What one line of a mapping makes of a person.
fn mapped(line: AttributeMapping, person: &Person) -> Mapped {
    let mapping = CompiledMapping::compile(&[line]).unwrap();
    mapping.evaluate(&PersonView::new(person), Occasion::Update)
}

/// What one line of a mapping makes of a person: the value, or what is wrong with it.
fn gives(target: TargetAttribute, source: MappingSource, person: &Person) -> String {
    let mapped = mapped(mapping(target, source), person);
    match (mapped.attributes.get(&target), mapped.problems.first()) {
        (Some(Some(value)), None) => value.to_string(),
        (Some(None), None) => "(cleared)".to_owned(),
        (None, None) => "(kept)".to_owned(),
        (_, Some(problem)) => problem.to_string(),
    }
}

#[test]
fn the_default_mapping_fills_an_account_from_a_person() {
    let mapping = CompiledMapping::compile(&Settings::default().user_mapping).unwrap();
    let ada = person(&[
        ("email", "ada@example.com"),
        ("givenName", "Ada"),
        ("familyName", "Lovelace"),
        ("department", "Research"),
        ("employeeNumber", "E0815"),
    ]);
    let account = AccountId::new("3458764500000000001");
    let charles = person(&[("givenName", "Charles"), ("familyName", "Babbage")]);
    let view = PersonView {
        manager: Some(ManagerView {
            account: Some(&account),
            person: Some(&charles),
        }),
        ..PersonView::new(&ada)
    };
    let mapped = mapping.evaluate(&view, Occasion::Creation);
    assert_eq!(mapped.problems, []);
    let told: Vec<String> = mapped
        .attributes
        .iter()
        .map(|(attribute, value)| {
            let value = value
                .as_ref()
                .map_or_else(|| "(cleared)".into(), ToString::to_string);
            format!("{}: {value}", attribute.label())
        })
        .collect();
    insta::assert_snapshot!(told.join("\n"), @r"
    userName: ada@example.com
    displayName: Ada Lovelace
    name.givenName: Ada
    name.familyName: Lovelace
    active: true
    employeeNumber: E0815
    department: Research
    manager.value: 3458764500000000001
    manager.displayName: Charles Babbage
    ");
}

#[test]
fn a_person_who_is_not_active_gets_an_account_that_is_not() {
    use TargetAttribute::Active;
    let mut ada = person(&[("active", "true")]);
    assert_eq!(gives(Active, direct("active"), &ada), "true");
    ada.status = PersonStatus::Disabled;
    assert_eq!(gives(Active, direct("active"), &ada), "false");
    assert_eq!(
        gives(
            Active,
            expression("person.status == \"disabled\" ? \"False\" : \"True\""),
            &ada
        ),
        "false"
    );
    ada.status = PersonStatus::Gone;
    assert_eq!(gives(Active, direct("Active"), &ada), "false");
}

#[test]
fn what_is_empty_is_kept_unless_there_is_a_default_or_it_is_to_be_cleared() {
    use TargetAttribute::Department;
    let with = |attributes: &[(&str, &str)], default: Option<&str>, when_empty| {
        let line = AttributeMapping {
            default: default.map(str::to_owned),
            when_empty,
            ..mapping(Department, direct("department"))
        };
        mapped(line, &person(attributes))
            .attributes
            .remove(&Department)
    };
    let text = |text: &str| Some(Some(TargetValue::Text(text.into())));
    let filled: &[(&str, &str)] = &[("department", "Design")];
    let blank: &[(&str, &str)] = &[("department", "  ")];
    assert_eq!(with(filled, Some("None"), WhenEmpty::Clear), text("Design"));
    assert_eq!(with(&[], Some("None"), WhenEmpty::Clear), text("None"));
    assert_eq!(with(blank, Some("None"), WhenEmpty::Keep), text("None"));
    assert_eq!(with(&[], None, WhenEmpty::Keep), None);
    assert_eq!(with(blank, None, WhenEmpty::Keep), None);
    assert_eq!(with(&[], None, WhenEmpty::Clear), Some(None));
}

#[test]
fn a_mapping_for_creation_only_is_left_alone_later() {
    let line = AttributeMapping {
        apply: Apply::OnlyAtCreation,
        ..mapping(TargetAttribute::PreferredLanguage, constant("en_US"))
    };
    let mapping = CompiledMapping::compile(&[line]).unwrap();
    let ada = person(&[]);
    let view = PersonView::new(&ada);
    assert_eq!(
        mapping.evaluate(&view, Occasion::Creation).attributes.len(),
        1
    );
    assert_eq!(
        mapping.evaluate(&view, Occasion::Update).attributes.len(),
        0
    );
}

#[test]
fn a_mapping_of_kind_none_touches_nothing() {
    let line = AttributeMapping {
        when_empty: WhenEmpty::Clear,
        default: Some("x".into()),
        ..mapping(TargetAttribute::Division, MappingSource::None)
    };
    assert_eq!(
        mapped(line, &person(&[("division", "d")])),
        Mapped::default()
    );
}

#[test]
fn a_manager_without_account_is_left_out_and_not_cleared() {
    let line = AttributeMapping {
        when_empty: WhenEmpty::Clear,
        ..mapping(TargetAttribute::Manager, direct("manager"))
    };
    let compiled = CompiledMapping::compile(&[line]).unwrap();
    let mut ada = person(&[]);
    let gives = |view: &PersonView<'_>| {
        let mut mapped = compiled.evaluate(view, Occasion::Update);
        assert_eq!(mapped.problems, []);
        mapped.attributes.remove(&TargetAttribute::Manager)
    };
    assert_eq!(gives(&PersonView::new(&ada)), Some(None), "no manager");
    ada.manager = Some("p2".into());
    assert_eq!(
        gives(&PersonView::new(&ada)),
        None,
        "a manager nobody knows"
    );
    let view = PersonView {
        manager: Some(ManagerView::default()),
        ..PersonView::new(&ada)
    };
    assert_eq!(gives(&view), None, "a manager without account");
}

#[test]
fn a_person_without_email_is_reached_by_a_user_name_that_is_an_address() {
    use TargetAttribute::UserName;
    let gives = |attributes: &[(&str, &str)]| gives(UserName, direct("email"), &person(attributes));
    assert_eq!(gives(&[("userName", "ada@example.com")]), "ada@example.com");
    assert_eq!(gives(&[("userName", "adal")]), "(kept)");
    assert_eq!(gives(&[("userName", "a@b.c"), ("email", "x@y.z")]), "x@y.z");
}

#[test]
fn a_value_that_breaks_miros_rules_is_not_sent_and_reported() {
    use TargetAttribute as To;
    let long = "x".repeat(121);
    let cases = [
        (To::UserName, "ada"),
        (To::UserName, "ada lovelace@example.com"),
        (To::UserName, "ada@localhost"),
        (To::UserName, "ada@@example.com"),
        (To::Active, "perhaps"),
        (To::UserType, "Platinum"),
        (To::Role, "ORGANIZATION_TEAM_GUEST_USER"),
        (To::Role, "boss"),
        (To::Photo, "ada.png"),
        (To::EmployeeNumber, "123456789012345678901"),
        (To::CostCenter, &long),
        (To::Manager, "Charles"),
        (To::Manager, "12345678901234567890"),
    ];
    let told: Vec<String> = cases
        .iter()
        .map(|(target, value)| gives(*target, direct("x"), &person(&[("x", value)])))
        .collect();
    insta::assert_snapshot!(told.join("\n"));
    let mut ada = person(&[]);
    let list = AttributeValue::List(vec!["a".into(), "b".into()]);
    ada.attributes.set("x", list);
    insta::assert_snapshot!(gives(To::Department, direct("x"), &ada));
    insta::assert_snapshot!(gives(To::Department, expression("person.x - 1"), &ada));
}

#[test]
fn values_get_the_spelling_that_miro_uses() {
    use TargetAttribute as To;
    let gives = |target, value: &str| gives(target, constant(value), &person(&[]));
    assert_eq!(gives(To::UserType, "free restricted"), "Free Restricted");
    assert_eq!(
        gives(To::Role, "organization_internal_admin"),
        "ORGANIZATION_INTERNAL_ADMIN"
    );
    assert_eq!(gives(To::Active, "TRUE"), "true");
    assert_eq!(gives(To::AdminRoles, "Content Admin"), "Content Admin");
    assert_eq!(gives(To::EmployeeNumber, &"ß".repeat(20)), "ß".repeat(20));
}

#[test]
fn names_are_cut_at_sixty_characters_and_the_cut_is_told() {
    let long = "ä".repeat(61);
    let mapped = mapped(
        mapping(TargetAttribute::DisplayName, direct("displayName")),
        &person(&[("displayName", &long)]),
    );
    let value = &mapped.attributes[&TargetAttribute::DisplayName];
    assert_eq!(*value, Some(TargetValue::Text("ä".repeat(60).into())));
    assert!(mapped.is_cut(TargetAttribute::DisplayName));
    assert_eq!(mapped.cuts[0].full, long);
    assert_eq!(mapped.problems, []);
}

#[test]
fn given_and_family_name_share_sixty_characters() {
    use TargetAttribute as To;
    let lines = [
        mapping(To::GivenName, direct("givenName")),
        mapping(To::FamilyName, direct("familyName")),
    ];
    let mapping = CompiledMapping::compile(&lines).unwrap();
    for (given, family, sent, cut) in [
        (29, 30, Some(30), false),
        (30, 30, Some(29), true),
        (58, 30, Some(1), true),
        (59, 30, None, true),
        (70, 1, None, true),
    ] {
        let ada = person(&[
            ("givenName", &"g".repeat(given)),
            ("familyName", &"f".repeat(family)),
        ]);
        let mapped = mapping.evaluate(&PersonView::new(&ada), Occasion::Update);
        let family_name = mapped.attributes.get(&To::FamilyName).cloned().flatten();
        let length = family_name.map(|name| name.to_string().chars().count());
        assert_eq!(length, sent, "{given} and {family}");
        assert_eq!(mapped.is_cut(To::FamilyName), cut, "{given} and {family}");
    }
}

#[test]
fn all_problems_of_a_mapping_are_found_at_once() {
    use TargetAttribute as To;
    let mut lines = vec![
        mapping(To::UserName, constant("all@example.com")),
        mapping(To::DisplayName, expression("uper(person.displayName)")),
        mapping(To::Department, direct(" ")),
        mapping(To::UserType, constant("Gold")),
        mapping(To::Division, constant("")),
        mapping(To::Division, direct("division")),
        mapping(To::Active, direct("active")),
        mapping(To::EmployeeNumber, direct("employeeNumber")),
    ];
    lines[6].when_empty = WhenEmpty::Clear;
    lines[7].default = Some("to be given by the office".into());
    let problems = CompiledMapping::compile(&lines).unwrap_err();
    insta::assert_snapshot!(problems);
}

#[test]
fn the_mapping_on_the_page_on_mappings_is_read_as_it_stands() {
    let page = include_str!("../../../../docs/guides/mapping.md");
    let (_, rest) = page.split_once("```json\n").unwrap();
    let (json, _) = rest.split_once("```").unwrap();
    let lines: Vec<AttributeMapping> = serde_json::from_str(json).unwrap();
    assert_eq!(lines.len(), 7);
    assert!(CompiledMapping::compile(&lines).is_ok());
}

#[test]
fn the_preview_shows_input_output_and_what_miros_rules_did() {
    use TargetAttribute as To;
    let mut lines = Settings::default().user_mapping;
    lines.retain(|line| line.target != To::Photo && line.target != To::PreferredLanguage);
    for line in &mut lines {
        match line.target {
            To::Division => line.source = MappingSource::None,
            To::CostCenter => line.default = Some("unassigned".into()),
            To::Organization => line.apply = Apply::OnlyAtCreation,
            To::Department => line.when_empty = WhenEmpty::Clear,
            _ => {}
        }
    }
    let mut ada = person(&[
        ("email", "ada@example.com"),
        ("givenName", "Augusta Ada King, Countess of Lovelace and of"),
        ("familyName", "Ockham Court in Surrey"),
        ("employeeNumber", "E-0815-2024-000000001"),
    ]);
    ada.manager = Some("p2".into());
    let mapping = CompiledMapping::compile(&lines).unwrap();
    let preview = mapping.preview(&PersonView::new(&ada), Occasion::Update);
    insta::assert_json_snapshot!(preview);
}

#[test]
fn a_group_gets_its_name_cut_as_miro_cuts_it() {
    let compile = |name| {
        CompiledGroupMapping::compile(&GroupMapping {
            push: Switch::On,
            name,
        })
    };
    let group = |name: &str| Group {
        id: "g1".into(),
        name: name.into(),
        description: None,
        members: Vec::new(),
    };
    let direct_name = compile(direct("displayName")).unwrap();
    let long = format!("{} {}", "ö".repeat(59), "rest");
    let named = direct_name.name(&group(&long)).unwrap();
    assert_eq!(
        named.name,
        format!("{} ", "ö".repeat(59)),
        "not trimmed: Miro would not"
    );
    assert_eq!(named.full, Some(long));
    let named = compile(expression("\"Dept. \" + group.displayName")).unwrap();
    assert_eq!(named.name(&group("Design")).unwrap().name, "Dept. Design");
    let problem = direct_name.name(&group(" ")).unwrap_err();
    insta::assert_snapshot!(problem, @"the name is empty; give the group a name in the directory, or correct the group mapping");
    for (source, told) in [
        (
            direct("email"),
            "group_mapping displayName: a group has no attribute `email`; use `displayName` or `description`",
        ),
        (
            MappingSource::None,
            "group_mapping displayName: pushed groups need a name; map `displayName`, or turn `push` off",
        ),
    ] {
        assert_eq!(compile(source).unwrap_err().to_string(), told);
    }
}

#[test]
fn matching_gives_folded_values_in_order_of_precedence_and_leaves_out_what_is_empty() {
    use TargetAttribute as To;
    let property = |target, source| MatchingProperty { target, source };
    let matching = CompiledMatching::compile(&[
        property(To::EmployeeNumber, direct("employeeNumber")),
        property(To::UserName, direct("email")),
        property(
            To::DisplayName,
            expression("person.givenName + \" \" + person.familyName"),
        ),
        property(To::UserName, expression("person.department - 1")),
    ])
    .unwrap();
    let ada = person(&[
        ("email", " Ada@Example.COM"),
        ("givenName", "Ada"),
        ("familyName", "Ö"),
    ]);
    assert_eq!(
        matching.keys(&PersonView::new(&ada)),
        [
            (To::UserName, "ada@example.com".to_owned()),
            (To::DisplayName, "ada ö".to_owned())
        ]
    );
    let problems = CompiledMatching::compile(&[
        property(To::Department, direct("department")),
        property(To::UserName, constant("x")),
        property(To::UserName, MappingSource::None),
    ]);
    insta::assert_snapshot!(problems.unwrap_err(), @r"
    matching[0] department: accounts cannot be found by it; use one of userName, displayName, employeeNumber
    matching[1] userName: a person is matched by a direct attribute or an expression; use one of the two
    matching[2] userName: a person is matched by a direct attribute or an expression; use one of the two
    ");
}

fn any_target() -> impl Strategy<Value = TargetAttribute> {
    prop::sample::select(TargetAttribute::ALL.to_vec())
}

fn any_value() -> impl Strategy<Value = AttributeValue> {
    prop_oneof![
        any::<bool>().prop_map(AttributeValue::Bool),
        any::<i64>().prop_map(AttributeValue::Number),
        "\\PC{0,150}".prop_map(AttributeValue::text),
        "[ a\u{301}ß👩‍🚀]{55,65}".prop_map(AttributeValue::text),
        prop::sample::select(vec![
            "ada@example.com",
            "Full",
            "true",
            "https://x.org/a.png",
            "123",
            "organization_internal_user"
        ])
        .prop_map(AttributeValue::text),
        prop::collection::vec("\\PC{0,5}", 0..3)
            .prop_map(|texts| AttributeValue::List(texts.into_iter().map(Into::into).collect())),
    ]
}

proptest! {
    #![proptest_config(crate::cases::cases(10_000))]

    #[test]
    fn whatever_is_sent_keeps_miros_rules(target in any_target(), value in any_value()) {
        let mut ada = person(&[]);
        ada.attributes.set("x", value);
        let mapped = mapped(mapping(target, direct("x")), &ada);
        prop_assert!(mapped.attributes.len() + mapped.problems.len() <= 1);
        let Some(Some(sent)) = mapped.attributes.get(&target) else {
            return Ok(());
        };
        let text = sent.to_string();
        prop_assert!(!text.trim().is_empty());
        if let Some(limit) = target.max_length() {
            prop_assert!(text.chars().count() <= limit);
        }
        match target {
            TargetAttribute::UserName => prop_assert!(text.contains('@')),
            TargetAttribute::Manager => prop_assert!(text.parse::<u64>().is_ok()),
            TargetAttribute::Active => prop_assert!(matches!(sent, TargetValue::Bool(_))),
            TargetAttribute::AdminRoles => prop_assert!(matches!(sent, TargetValue::List(_))),
            _ => {}
        }
        if target != TargetAttribute::Active {
            prop_assert!(!matches!(sent, TargetValue::Bool(_)));
        }
    }

    #[test]
    fn cutting_keeps_a_beginning_and_never_splits_a_character(text in "\\PC{0,80}", limit in 0..70_usize) {
        let kept = rules::cut(&text, limit);
        prop_assert!(text.starts_with(kept));
        prop_assert_eq!(kept.chars().count(), text.chars().count().min(limit));
    }

    #[test]
    fn the_fast_way_and_an_expression_give_the_same(value in any_value(), target in any_target()) {
        let mut ada = person(&[]);
        ada.attributes.set("x", value);
        let one = mapped(mapping(target, direct("x")), &ada);
        let other = mapped(mapping(target, expression("person.x")), &ada);
        prop_assert_eq!(one, other);
    }
}
