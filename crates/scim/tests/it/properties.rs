//! What holds for every input.

use proptest::{collection::vec, option, prelude::*, sample::select};
use serde_json::{Map, Value, json};
use usher_scim::{
    AttributePath, Filter, PatchPath,
    filter::{Literal, Number, Operator},
    patch::{PatchPolicy, PatchRequest, UnmatchedFilter},
    schema::ResourceSchema,
    urn,
};

use crate::checks;

fn attribute_path() -> impl Strategy<Value = AttributePath> {
    let urn = select(vec![
        urn::CORE_USER,
        urn::ENTERPRISE_USER,
        "urn:example:x-1:User",
    ]);
    let name = || "[a-zA-Z][a-zA-Z0-9_-]{0,6}|\\$ref|not|and|userName|emails|active";
    (option::of(urn), name(), option::of(name())).prop_map(|(urn, name, sub)| AttributePath {
        urn: urn.map(str::to_owned),
        name,
        sub,
    })
}

fn literal() -> impl Strategy<Value = Literal> {
    prop_oneof![
        any::<String>().prop_map(Literal::Text),
        "-?(0|[1-9][0-9]{0,25})(\\.[0-9]{1,4})?([eE][+-]?[0-9]{1,3})?"
            .prop_map(|text| Literal::Number(Number::parse(&text).unwrap())),
        any::<bool>().prop_map(Literal::Boolean),
        Just(Literal::Null),
    ]
}

fn comparison() -> impl Strategy<Value = Filter> {
    prop_oneof![
        attribute_path().prop_map(Filter::Present),
        (attribute_path(), select(Operator::ALL.to_vec()), literal()).prop_map(
            |(attribute, operator, value)| Filter::Compare {
                attribute,
                operator,
                value,
            }
        ),
    ]
}

fn combined(leaf: impl Strategy<Value = Filter> + 'static) -> impl Strategy<Value = Filter> {
    leaf.prop_recursive(5, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 2..4).prop_map(Filter::And),
            vec(inner.clone(), 2..4).prop_map(Filter::Or),
            inner.prop_map(|part| Filter::Not(Box::new(part))),
        ]
    })
}

fn filter() -> impl Strategy<Value = Filter> {
    let values =
        (attribute_path(), combined(comparison())).prop_map(|(attribute, filter)| Filter::Values {
            attribute: AttributePath {
                sub: None,
                ..attribute
            },
            filter: Box::new(filter),
        });
    combined(prop_oneof![3 => comparison(), 1 => values])
}

fn patch_path() -> impl Strategy<Value = PatchPath> {
    (
        attribute_path(),
        option::of((combined(comparison()), option::of("[a-z][a-zA-Z]{0,5}"))),
    )
        .prop_map(|(attribute, selected)| match selected {
            None => attribute.into(),
            Some((filter, sub)) => PatchPath {
                attribute: AttributePath {
                    sub: None,
                    ..attribute
                },
                value_filter: Some(filter),
                sub,
            },
        })
}

fn any_json() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        select(vec!["True", "work", "1", "", "a@x"]).prop_map(Value::from),
        ".{0,6}".prop_map(Value::from),
    ];
    let key = select(vec![
        "value",
        "type",
        "primary",
        "display",
        "$ref",
        "userName",
        "name",
        "name.givenName",
        "emails",
        "roles.value",
        "members",
        "id",
        "schemas",
        "active",
        "colour",
        "manager",
        urn::ENTERPRISE_USER,
        urn::CORE_USER,
        "emails[type eq \"work\"].value",
        "urn:example:2.0:User:size",
    ]);
    scalar.prop_recursive(4, 24, 4, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((key.clone(), inner), 0..4).prop_map(|members| {
                let members = members
                    .into_iter()
                    .map(|(key, value)| (key.to_owned(), value));
                Value::Object(members.collect::<Map<_, _>>())
            }),
        ]
    })
}

/// Operations that fit users or groups often enough to get past the first check.
fn likely_operation() -> impl Strategy<Value = Value> {
    let path = select(vec![
        "active",
        "name",
        "name.givenName",
        "emails",
        "emails[type eq \"work\"]",
        "userName",
        "roles",
        "emails[type eq \"work\"].value",
        "emails[primary eq \"True\"].value",
        "roles.value",
        "members",
        "members[value eq 1]",
        "members[value eq \"3074457364022187294\"].display",
        "displayName",
        "id",
        "colour",
        "photos[not (type eq \"photo\")].value",
        urn::ENTERPRISE_USER,
        "meta.created",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department",
    ]);
    let op = select(vec!["add", "replace", "remove", "Add"]);
    (op, option::weighted(0.8, path), any_json())
        .prop_map(|(op, path, value)| json!({"op": op, "path": path, "value": value}))
}

/// Values of one multi-valued attribute, from a small set so that they often meet.
fn values() -> impl Strategy<Value = Value> {
    let value = (
        select(vec!["a", "A", "b", "c", "d"]),
        option::of(select(vec!["work", "Work", "home"])),
        option::of(select(vec!["x", "y"])),
    );
    (vec(value, 0..5), option::of(0..5_usize)).prop_map(|(values, primary)| {
        let values = values
            .into_iter()
            .enumerate()
            .map(|(position, (value, kind, display))| {
                let mut item = Map::new();
                item.insert("value".to_owned(), json!(value));
                item.extend(kind.map(|kind| ("type".to_owned(), json!(kind))));
                item.extend(display.map(|display| ("display".to_owned(), json!(display))));
                item.extend(
                    (primary == Some(position)).then(|| ("primary".to_owned(), json!(true))),
                );
                Value::Object(item)
            });
        values.collect()
    })
}

/// Operations that a second time change nothing: the filter does not ask for what the operation sets.
fn idempotent_operation() -> impl Strategy<Value = Value> {
    let texts = select(vec!["x", "y", "Z"]);
    let path = select(vec![
        "nickName",
        "name.givenName",
        "emails[type eq \"work\"].display",
        "emails[type eq \"work\"].value",
        "roles.display",
        "emails[value eq \"a\" and type eq \"home\"].display",
    ]);
    let single = (select(vec!["add", "replace", "remove"]), path, texts)
        .prop_map(|(op, path, value)| json!({"op": op, "path": path, "value": value}));
    let list = (
        select(vec!["add", "replace", "remove"]),
        select(vec!["emails", "roles"]),
        values(),
    )
        .prop_map(|(op, path, value)| json!({"op": op, "path": path, "value": value}));
    let pathless = (select(vec!["add", "replace"]), values())
        .prop_map(|(op, value)| json!({"op": op, "value": {"emails": value, "active": "False"}}));
    let whole = select(vec![
        "emails",
        "name",
        "emails[value eq \"a\"]",
        "roles[display pr]",
        "nickName",
    ])
    .prop_map(|path| json!({"op": "remove", "path": path}));
    prop_oneof![single, list, pathless, whole]
}

proptest! {
    #[test]
    fn a_printed_filter_parses_to_itself(filter in filter()) {
        prop_assert_eq!(Filter::parse(&filter.to_string()), Ok(filter));
    }

    #[test]
    fn a_printed_path_parses_to_itself(path in patch_path()) {
        prop_assert_eq!(PatchPath::parse(&path.to_string()), Ok(path));
    }

    #[test]
    fn any_text_is_parsed_or_refused(text in any::<String>()) {
        checks::filter(&text);
        checks::path(&text);
        checks::patch(&text);
    }

    #[test]
    fn a_likely_filter_is_parsed_or_refused_inside_the_text(
        text in r#"((not|\(|userName|emails\[|[a-z]{1,3}|\]|\)|and|or|pr|eq|"x"|12|true|null) ?){0,12}"#
    ) {
        checks::filter(&text);
        if let Err(error) = Filter::parse(&text) {
            prop_assert!(error.position <= text.len());
        }
    }

    #[test]
    fn any_filter_is_put_to_any_resource(filter in filter(), resource in any_json()) {
        let schema = ResourceSchema::user();
        let opposite = Filter::Not(Box::new(filter.clone()));
        prop_assert_ne!(filter.matches(&resource, &schema), opposite.matches(&resource, &schema));
        let _ = filter.check(&schema);
    }

    #[test]
    fn a_request_is_applied_whole_or_changes_nothing(operations in vec(likely_operation(), 1..4)) {
        let body = json!({"schemas": [urn::PATCH_OP], "Operations": operations});
        checks::patch(&body.to_string());
    }

    #[test]
    fn a_request_is_put_to_any_resource(operations in vec(likely_operation(), 1..3), resource in any_json()) {
        let mut resource = resource;
        let body = json!({"Operations": operations});
        if let Ok(request) = PatchRequest::parse(&body) {
            let _ = request.apply(&mut resource, &ResourceSchema::user());
        }
    }

    #[test]
    fn an_operation_applied_twice_is_applied_once(
        operation in idempotent_operation(),
        emails in values(),
        roles in values(),
        create in any::<bool>(),
    ) {
        let policy = PatchPolicy {
            unmatched_filter: if create { UnmatchedFilter::Create } else { UnmatchedFilter::Refuse },
            ..PatchPolicy::default()
        };
        let request = PatchRequest::parse(&json!({"Operations": [operation]})).unwrap();
        let mut user = json!({"schemas": [urn::CORE_USER], "userName": "u", "emails": emails, "roles": roles});
        let schema = ResourceSchema::user();
        if request.apply_with(&mut user, &schema, policy).is_ok() {
            let once = user.clone();
            let outcome = request.apply_with(&mut user, &schema, policy).unwrap();
            prop_assert_eq!(&user, &once);
            prop_assert!(!outcome.changed);
            for list in ["emails", "roles"] {
                let primaries = user[list].as_array().into_iter().flatten();
                prop_assert!(primaries.filter(|item| item["primary"] == true).count() <= 1);
            }
        }
    }
}
