use proptest::prelude::*;
use usher_model::{AppRole, AttributeValue, Attributes, Group, GroupMember, Person, PersonStatus};

use super::*;
use crate::mapping::ManagerView;
use crate::{GroupIndex, mapping::expression::functions::FUNCTIONS};

fn ada() -> Person {
    let mut person = Person {
        id: "p1".into(),
        status: PersonStatus::Active,
        manager: Some("p2".into()),
        attributes: Attributes::default(),
    };
    for (name, value) in [
        ("email", "Ada.Lovelace@Example.com"),
        ("givenName", "Ada"),
        ("familyName", "Lovelace"),
        ("department", "Research"),
        ("title", " Senior analyst "),
        ("city", "Zürich"),
        ("level", "7"),
        ("startDate", "2024-03-01"),
    ] {
        person.attributes.set_text(name, value);
    }
    let skills = AttributeValue::List(vec!["Figma".into(), "Miro".into()]);
    person.attributes.set("skills", skills);
    person
}

fn groups() -> GroupIndex {
    let group = |id: &str, name: &str, member| Group {
        id: id.into(),
        name: name.into(),
        description: None,
        members: vec![member],
    };
    GroupIndex::build(&[
        group("g1", "All staff", GroupMember::Group("g2".into())),
        group("g2", "Miro designers", GroupMember::Person("p1".into())),
    ])
}

fn evaluate(source: &str) -> Result<Value, String> {
    let expression =
        Expression::compile(source, Subject::Person).map_err(|problem| problem.to_string())?;
    let (person, groups, role) = (ada(), groups(), AppRole::new("Designer"));
    let account = "3458764500000000001".into();
    let mut charles = ada();
    charles
        .attributes
        .set_text("displayName", "Charles Babbage");
    expression.evaluate(&Seen::Person(PersonView {
        person: &person,
        manager: Some(ManagerView {
            account: Some(&account),
            person: Some(&charles),
        }),
        app_role: Some(&role),
        groups: Some(&groups),
    }))
}

fn problem(source: &str) -> String {
    evaluate(source).unwrap_err()
}

/// The rows of all tables of examples on the page on mappings.
fn examples() -> Vec<(String, String)> {
    let page = include_str!("../../../../../docs/guides/mapping.md");
    let mut rows = Vec::new();
    let mut inside = false;
    for line in page.lines() {
        if !line.starts_with('|') {
            inside = false;
        } else if line == "| expression | gives |" {
            inside = true;
        } else if inside && line != "|---|---|" {
            let line = line.replace("\\|", "\u{0}");
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            let [_, source, gives, _] = cells.as_slice() else {
                panic!("a row with two cells: {line}");
            };
            let source = source.trim_matches('`').replace('\u{0}', "|");
            rows.push((source, (*gives).to_owned()));
        }
    }
    rows
}

fn shown(value: &Value) -> String {
    match value {
        Value::List(values) => {
            let values: Vec<String> = values.iter().map(|value| format!("`{value}`")).collect();
            format!("the list {}", values.join(", "))
        }
        blank if blank.is_blank() => "*nothing*".to_owned(),
        single => format!("`{single}`"),
    }
}

#[test]
fn every_example_on_the_page_on_mappings_gives_what_the_page_says() {
    let examples = examples();
    assert!(
        examples.len() > 60,
        "only {} examples were found",
        examples.len()
    );
    for (source, gives) in examples {
        let value = evaluate(&source).map_or_else(|what| format!("error: {what}"), |v| shown(&v));
        assert_eq!(value, gives, "{source}");
    }
}

#[test]
fn every_function_has_an_example_on_the_page_on_mappings() {
    let examples = examples();
    for function in FUNCTIONS {
        let call = format!("{}(", function.name);
        let is_shown = examples.iter().any(|(source, _)| source.contains(&call));
        assert!(is_shown, "no example of {}", function.name);
    }
}

#[test]
fn what_is_wrong_with_an_expression_is_told_with_its_place() {
    let cases = [
        "",
        "lower(",
        "lower(person.email))",
        "person.email & person.department",
        "lower(, 1)",
        "\"open",
        "uper(person.email)",
        "lower(person.email, 2)",
        "person",
        "user.email",
        "department",
        "manager.email",
        "group.displayName",
        "switch(person.department, \"x\", \"y\")",
        "person.email.name",
        "groups.exists(1, true)",
        "person.email.matches(person.department)",
        "person.email.matches(\"(\")",
        "{\"a\": 1}",
        "1.5",
        "b\"bytes\"",
        "lower(person.email)\n  + uper(\"x\")",
        "a.?b",
    ];
    let told: Vec<String> = cases
        .iter()
        .map(|source| format!("{source:?}\n    {}", problem(source)))
        .collect();
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn what_goes_wrong_with_a_value_is_told_in_words() {
    let cases = [
        "person.skills && true",
        "person.department ? 1 : 2",
        "lower(person.skills)",
        "-person.department",
        "person.department - 1",
        "9223372036854775807 + 1",
        "1 / 0",
        "person.skills < 3",
        "person.skills[\"a\"]",
        "split(person.email, \"\")",
        "formatDate(person.department, \"%Y\")",
        "formatDate(person.startDate, \"yyyy-MM-dd\")",
        "formatDate(person.startDate, \"%d.%m.%Y\", \"%m/%d/%Y\")",
        "formatDate(person.startDate, \"%z\")",
        "int(person.department)",
        "person.skills + 1",
        "person.skills.filter(s, s)",
    ];
    let told: Vec<String> = cases
        .iter()
        .map(|source| format!("{source}\n    {}", problem(source)))
        .collect();
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn a_group_is_seen_by_its_name_description_and_id() {
    let group = Group {
        id: "g1".into(),
        name: "Design".into(),
        description: Some("Those who draw".into()),
        members: Vec::new(),
    };
    let gives = |source: &str| {
        let expression = Expression::compile(source, Subject::Group).unwrap();
        expression
            .evaluate(&Seen::Group(&group))
            .unwrap()
            .to_string()
    };
    assert_eq!(gives("\"Dept. \" + group.displayName"), "Dept. Design");
    assert_eq!(gives("group.description + group.id"), "Those who drawg1");
    assert!(Expression::compile("person.email", Subject::Group).is_err());
}

#[test]
fn an_expression_names_what_it_looks_at() {
    let source =
        "coalesce(person.displayName, join(\" \", person.givenName, manager.displayName, appRole))";
    let expression = Expression::compile(source, Subject::Person).unwrap();
    let inputs: Vec<String> = expression
        .inputs()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        inputs,
        ["displayName", "givenName", "manager.displayName", "appRole"]
    );
}

#[test]
fn work_that_would_not_end_is_stopped() {
    let list = "[1,1,1,1,1,1,1,1,1,1]";
    let nested = |depth: usize| {
        let parts: Vec<String> = (0..depth).map(|at| format!("{list}.all(v{at}, ")).collect();
        let open = parts.concat();
        format!("{open}true{}", ")".repeat(depth))
    };
    assert_eq!(evaluate(&nested(3)), Ok(Value::Bool(true)));
    let told = problem(&nested(12));
    assert_eq!(told, "the expression does too much work; make it simpler");
}

#[test]
fn values_that_would_fill_the_memory_are_stopped() {
    let doubled = |times: usize| {
        let open = "[".repeat(times);
        let parts: Vec<String> = (0..times)
            .map(|at| format!("].map(v{at}, v{at} + v{at})[0]"))
            .collect();
        let close = parts.concat();
        format!("{open}\"0123456789\"{close}")
    };
    assert!(evaluate(&doubled(5)).is_ok());
    assert!(
        problem(&doubled(20)).ends_with("make it smaller"),
        "{}",
        problem(&doubled(20))
    );
    let long = "a".repeat(1000);
    let replaced = format!("replace(\"{long}\", \"a\", \"{long}\")");
    assert!(problem(&replaced).contains("make it smaller"));
}

#[test]
fn deep_and_long_expressions_are_refused_and_not_a_crash() {
    let cases = [
        "(".repeat(2000) + "1" + &")".repeat(2000),
        "[".repeat(4000),
        "!".repeat(4000) + "true",
        "-".repeat(4000) + "1",
        "1+".repeat(2000) + "1",
        "a.".repeat(2000) + "a",
        "true?1:".repeat(500) + "1",
        "true&&".repeat(600) + "true",
        "lower(".repeat(600),
        "a[0]".repeat(1000),
        "lower(".repeat(70) + "\"x\"" + &")".repeat(70),
        "\"".repeat(4000),
        "`".repeat(4000),
        "x".repeat(5000),
        "1+".repeat(199) + "1",
        "a.".repeat(199) + "a",
        "[0]".repeat(130),
        "!".repeat(399) + "true",
        "(".repeat(199) + "1" + &")".repeat(199),
        "true?1:".repeat(199) + "1",
        "true&&".repeat(199) + "true",
        "{".repeat(399),
    ];
    for source in cases {
        // What counts is that it comes back at once, from a thread with an ordinary stack.
        let start = std::time::Instant::now();
        let _ = evaluate(&source);
        let took = start.elapsed();
        assert!(took.as_secs() < 5, "{} took {took:?}", &source[..8]);
    }
}

/// Pieces that expressions are made of, so that many random texts are nearly right.
fn nearly_right() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            "person.email",
            "person.skills",
            "person.level",
            "groups",
            "manager",
            "appRole",
            "x",
            "(",
            ")",
            "[",
            "]",
            ",",
            ".",
            "+",
            "-",
            "*",
            "/",
            "%",
            "==",
            "<",
            "in",
            "&&",
            "||",
            "!",
            "?",
            ":",
            "\"",
            "'",
            "\"a\"",
            "\"é\"",
            "0",
            "1",
            "-1",
            "9223372036854775807",
            "null",
            "true",
            "{",
            "}",
            "lower(",
            "join(",
            "split(",
            "switch(",
            "substring(",
            "left(",
            "replace(",
            "formatDate(",
            ".map(x, ",
            ".filter(x, ",
            ".exists(x, ",
            "coalesce(",
            " ",
            "\\",
            "r\"",
            "b\"",
            "1.5",
            "1u",
            "\"%Y\"",
            "person[",
            "\n",
            "//",
        ])
        .prop_map(str::to_owned),
        "\\PC{0,3}",
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

fn value() -> impl Strategy<Value = Value> {
    let single = prop_oneof![
        Just(Value::Empty),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Number),
        (-3..9_i64).prop_map(Value::Number),
        "\\PC{0,12}".prop_map(Value::from),
        prop::sample::select(vec![
            "2024-02-29",
            "%Y-%m",
            "%999d",
            "%",
            "true",
            "12",
            "ß",
            "a b"
        ])
        .prop_map(Value::text),
    ];
    single.prop_recursive(2, 8, 4, |inner| {
        prop::collection::vec(inner, 0..4).prop_map(Value::List)
    })
}

proptest! {
    #![proptest_config(crate::cases::cases(2_000))]

    #[test]
    fn no_text_makes_an_expression_panic(source in prop_oneof![nearly_right(), "\\PC{0,60}"]) {
        let _ = evaluate(&source);
        if let Ok(expression) = Expression::compile(&source, Subject::Group) {
            let group = Group { id: "g".into(), name: "G".into(), description: None, members: Vec::new() };
            let _ = expression.evaluate(&Seen::Group(&group));
        }
    }
}

proptest! {
    #![proptest_config(crate::cases::cases(10_000))]

    #[test]
    fn no_values_make_a_function_panic(
        at in 0..FUNCTIONS.len(),
        arguments in prop::collection::vec(value(), 0..7),
    ) {
        let function = &FUNCTIONS[at];
        if (function.takes)(arguments.len()) {
            let once = (function.apply)(&arguments);
            prop_assert_eq!(once, (function.apply)(&arguments));
        }
    }

    #[test]
    fn parts_of_texts_are_counted_in_characters(text in "\\PC{0,20}", count in 0..25_i64) {
        let apply = |name: &str, arguments: &[Value]| {
            (functions::find(name).unwrap().apply)(arguments).unwrap().to_string()
        };
        let left = apply("left", &[Value::text(&text), Value::Number(count)]);
        let rest = apply("substring", &[Value::text(&text), Value::Number(count)]);
        prop_assert_eq!(format!("{left}{rest}"), text.clone());
        prop_assert!(left.chars().count() <= usize::try_from(count).unwrap());
        let right = apply("right", &[Value::text(&text), Value::Number(count)]);
        prop_assert!(text.ends_with(&right));
        prop_assert_eq!(right.chars().count(), left.chars().count());
    }
}
