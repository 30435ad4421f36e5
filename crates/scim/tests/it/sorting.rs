//! `sortBy` and `sortOrder` (RFC 7644 §3.4.2.3).

use serde_json::{Value, json};
use usher_scim::{
    AttributePath,
    schema::ResourceSchema,
    sort::{SortOrder, sort_key},
};

fn sorted(mut resources: Vec<Value>, by: &str, order: SortOrder) -> Vec<Value> {
    let (path, schema) = (AttributePath::parse(by).unwrap(), ResourceSchema::user());
    resources.sort_by(|left, right| {
        let keys = (
            sort_key(left, &path, &schema),
            sort_key(right, &path, &schema),
        );
        order.apply(keys.0.cmp(&keys.1))
    });
    resources
        .into_iter()
        .map(|resource| resource["id"].clone())
        .collect()
}

#[test]
fn texts_sort_by_the_case_rule_and_resources_without_value_last() {
    let users = || {
        vec![
            json!({"id": "b", "userName": "bob", "externalId": "B"}),
            json!({"id": "none"}),
            json!({"id": "C", "userName": "Carol", "externalId": "a"}),
            json!({"id": "a", "username": "ALICE", "externalId": "C"}),
        ]
    };
    assert_eq!(
        sorted(users(), "userName", SortOrder::Ascending),
        ["a", "b", "C", "none"]
    );
    assert_eq!(
        sorted(users(), "userName", SortOrder::Descending),
        ["none", "C", "b", "a"]
    );
    assert_eq!(
        sorted(users(), "externalId", SortOrder::Ascending),
        ["b", "a", "C", "none"]
    );
}

#[test]
fn a_multi_valued_attribute_sorts_by_its_primary_or_first_value() {
    let users = vec![
        json!({"id": "2", "emails": [{"value": "z@x"}, {"value": "b@x", "primary": true}]}),
        json!({"id": "3", "emails": [{"value": "c@x"}, {"value": "a@x"}]}),
        json!({"id": "1", "emails": [{"value": "a@x", "primary": "True"}]}),
    ];
    for by in ["emails", "emails.value"] {
        assert_eq!(
            sorted(users.clone(), by, SortOrder::Ascending),
            ["1", "2", "3"]
        );
    }
}

#[test]
fn date_times_booleans_and_numbers_sort_by_what_they_mean() {
    let by_time = vec![
        json!({"id": "late", "meta": {"created": "2011-05-13T04:42:34Z"}}),
        json!({"id": "early", "meta": {"created": "2011-05-13T05:42:34+02:00"}}),
    ];
    assert_eq!(
        sorted(by_time, "meta.created", SortOrder::Ascending),
        ["early", "late"]
    );
    let by_state = vec![
        json!({"id": "on", "active": true}),
        json!({"id": "off", "active": false}),
    ];
    assert_eq!(
        sorted(by_state, "active", SortOrder::Ascending),
        ["off", "on"]
    );
    let by_size = vec![
        json!({"id": "10", "urn:example:User": {"size": 10}}),
        json!({"id": "9.5", "urn:example:User": {"size": 9.5}}),
        json!({"id": "-1", "urn:example:User": {"size": -1}}),
    ];
    assert_eq!(
        sorted(by_size, "urn:example:User:size", SortOrder::Ascending),
        ["-1", "9.5", "10"]
    );
}

#[test]
fn an_order_is_read_in_any_case() {
    assert_eq!(SortOrder::parse("Descending"), Some(SortOrder::Descending));
    assert_eq!(SortOrder::parse("up"), None);
}
