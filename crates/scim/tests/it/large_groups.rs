//! Groups of Miro's largest size and beyond: work grows with the number of members, not with its square.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use usher_scim::{patch::PatchRequest, schema::ResourceSchema, urn};

/// Far beyond Miro's 8,000, so that quadratic work would take minutes.
const MEMBERS: usize = 20_000;

fn members(range: std::ops::Range<usize>) -> Vec<Value> {
    range
        .map(|number| json!({"value": number.to_string(), "type": "User"}))
        .collect()
}

fn group() -> Value {
    json!({"schemas": [urn::CORE_GROUP], "displayName": "x", "members": members(0..MEMBERS)})
}

#[track_caller]
fn patched(operations: Vec<Value>) -> usize {
    let started = Instant::now();
    let mut group = group();
    let body = json!({"schemas": [urn::PATCH_OP], "Operations": operations});
    let request = PatchRequest::parse(&body).unwrap();
    request.apply(&mut group, &ResourceSchema::group()).unwrap();
    assert!(
        started.elapsed() < Duration::from_secs(30),
        "{:?}",
        started.elapsed()
    );
    group["members"].as_array().map_or(0, Vec::len)
}

#[test]
fn as_many_members_as_there_are_join_in_one_operation() {
    let half = MEMBERS / 2;
    let operation = json!({"op": "add", "path": "members", "value": members(half..MEMBERS + half)});
    assert_eq!(patched(vec![operation]), MEMBERS + half);
}

#[test]
fn as_many_members_join_in_one_operation_each() {
    let operations = members(MEMBERS..2 * MEMBERS)
        .into_iter()
        .map(|member| json!({"op": "add", "path": "members", "value": [member]}));
    assert_eq!(patched(operations.collect()), 2 * MEMBERS);
}

#[test]
fn all_members_leave_in_one_operation_each() {
    let operations = (0..MEMBERS)
        .map(|number| json!({"op": "remove", "path": format!("members[value eq \"{number}\"]")}));
    assert_eq!(patched(operations.collect()), 0);
}

#[test]
fn values_that_differ_only_in_type_are_told_apart_quickly() {
    let typed: Vec<Value> = (0..MEMBERS)
        .map(|number| json!({"value": "same", "type": number.to_string()}))
        .collect();
    let operation = json!({"op": "add", "path": "members", "value": typed});
    assert_eq!(patched(vec![operation]), 2 * MEMBERS);
}
