//! The forms outside the RFC that identity providers send, each by its name.

use serde_json::{Value, json};
use usher_scim::{
    ScimType, Tolerance,
    patch::{PatchPolicy, PatchRequest, ReadOnlyTargets, UnknownAttributes, UnmatchedFilter},
    schema::ResourceSchema,
    urn,
};

use crate::patch_rfc::try_patch;

/// Applies operations and expects exactly these tolerances.
#[track_caller]
fn tolerated(
    mut resource: Value,
    operations: Value,
    policy: PatchPolicy,
    expected: &[Tolerance],
) -> Value {
    let outcome = try_patch(&mut resource, &operations, policy).unwrap();
    assert_eq!(outcome.tolerated, expected);
    resource
}

fn strict() -> PatchPolicy {
    PatchPolicy::default()
}

fn creating() -> PatchPolicy {
    PatchPolicy {
        unmatched_filter: UnmatchedFilter::Create,
        ..PatchPolicy::default()
    }
}

fn user() -> Value {
    json!({
        "schemas": [urn::CORE_USER],
        "id": "1",
        "userName": "user@example.com",
        "active": true,
        "roles": [
            {"type": "organization_user_role", "value": "ORGANIZATION_INTERNAL_USER", "primary": true},
            {"type": "organization_admin_role", "value": "Content Admin", "primary": false},
        ],
    })
}

fn group() -> Value {
    json!({
        "schemas": [urn::CORE_GROUP],
        "id": "2",
        "displayName": "Product",
        "members": [
            {"value": "3074457364022187294", "type": "User"},
            {"value": "3074457364022187295", "type": "User"},
            {"value": "3074457364022187296", "type": "User"},
        ],
    })
}

fn member_ids(group: &Value) -> Vec<&str> {
    let members = group["members"].as_array().map(Vec::as_slice);
    let ids = members.unwrap_or_default().iter();
    ids.map(|member| member["value"].as_str().unwrap())
        .collect()
}

#[test]
fn entra_capitalises_operations() {
    let after = tolerated(
        user(),
        json!([
            {"op": "Add", "path": "nickName", "value": "Babs"},
            {"op": "Replace", "path": "title", "value": "Guide"},
            {"op": "Remove", "path": "active"},
        ]),
        strict(),
        &[Tolerance::CapitalisedOperation],
    );
    assert_eq!(
        (&after["nickName"], &after["title"]),
        (&json!("Babs"), &json!("Guide"))
    );
    assert_eq!(after.get("active"), None);
}

#[test]
fn a_body_may_lack_its_schemas() {
    let body = json!({"operations": [{"OP": "replace", "Path": "title", "VALUE": "Guide"}]});
    let request = PatchRequest::parse(&body).unwrap();
    assert_eq!(request.tolerated, [Tolerance::MissingSchemas]);
}

#[test]
fn entra_sends_booleans_as_texts() {
    for (text, boolean) in [("False", false), ("True", true), ("false", false)] {
        let after = tolerated(
            user(),
            json!([{"op": "replace", "path": "active", "value": text}]),
            strict(),
            &[Tolerance::BooleanAsText],
        );
        assert_eq!(after["active"], boolean);
    }
    let after = tolerated(
        user(),
        json!([{"op": "add", "path": "roles", "value": [{"value": "x", "primary": "False"}]}]),
        strict(),
        &[Tolerance::BooleanAsText],
    );
    assert_eq!(after["roles"][2]["primary"], false);
}

#[test]
fn entra_sends_booleans_as_texts_inside_filters() {
    let after = tolerated(
        user(),
        json!([{"op": "replace", "path": "roles[primary eq \"True\"].value", "value": "ORGANIZATION_INTERNAL_ADMIN"}]),
        strict(),
        &[Tolerance::BooleanAsTextInFilter],
    );
    assert_eq!(after["roles"][0]["value"], "ORGANIZATION_INTERNAL_ADMIN");
    assert_eq!(after["roles"][1], user()["roles"][1]);
}

#[test]
fn miro_shows_ids_without_quotes_in_filters() {
    let after = tolerated(
        group(),
        json!([{"op": "remove", "path": "members[value eq 3074457364022187294]"}]),
        strict(),
        &[Tolerance::NumberInFilterOfText],
    );
    assert_eq!(
        member_ids(&after),
        ["3074457364022187295", "3074457364022187296"]
    );
}

#[test]
fn a_number_may_stand_for_a_text() {
    let after = tolerated(
        group(),
        json!([{"op": "add", "path": "members", "value": [{"value": 3_074_457_364_022_187_297_u64}]}]),
        strict(),
        &[Tolerance::NumberAsText],
    );
    assert_eq!(member_ids(&after)[3], "3074457364022187297");
}

#[test]
fn entra_sends_dotted_keys_without_path() {
    let after = tolerated(
        user(),
        json!([{"op": "replace", "value": {
            "name.givenName": "Babs",
            "roles[value eq \"Content Admin\"].display": "Content",
        }}]),
        strict(),
        &[Tolerance::PathInPathlessKey],
    );
    assert_eq!(after["name"], json!({"givenName": "Babs"}));
    assert_eq!(after["roles"][1]["display"], "Content");
}

#[test]
fn entra_sends_urn_keys_without_path() {
    let after = tolerated(
        user(),
        json!([{"op": "add", "value": {
            format!("{}:department", urn::ENTERPRISE_USER): "Tours",
            format!("{}:displayName", urn::CORE_USER): "Babs",
            urn::CORE_USER: {"title": "Guide"},
        }}]),
        strict(),
        &[Tolerance::UrnInPathlessKey],
    );
    assert_eq!(after[urn::ENTERPRISE_USER], json!({"department": "Tours"}));
    assert_eq!(
        (&after["displayName"], &after["title"]),
        (&json!("Babs"), &json!("Guide"))
    );
    let after = tolerated(
        user(),
        json!([{"op": "add", "value": {urn::ENTERPRISE_USER: {"manager.value": "26"}}}]),
        strict(),
        &[Tolerance::PathInPathlessKey],
    );
    assert_eq!(
        after[urn::ENTERPRISE_USER],
        json!({"manager": {"value": "26"}})
    );
}

#[test]
fn entra_sends_one_member_as_an_object() {
    let after = tolerated(
        group(),
        json!([{"op": "add", "path": "members", "value": {"value": "9"}}]),
        strict(),
        &[Tolerance::SingleValueForMultiValued],
    );
    assert_eq!(member_ids(&after)[3], "9");
}

#[test]
fn entra_sends_the_manager_as_a_text() {
    let after = tolerated(
        user(),
        json!([{"op": "add", "path": format!("{}:manager", urn::ENTERPRISE_USER), "value": "26"}]),
        strict(),
        &[Tolerance::TextForComplex],
    );
    assert_eq!(
        after[urn::ENTERPRISE_USER]["manager"],
        json!({"value": "26"})
    );
    let after = tolerated(
        group(),
        json!([{"op": "add", "path": "members", "value": ["9"]}]),
        strict(),
        &[Tolerance::TextForComplex],
    );
    assert_eq!(after["members"][3], json!({"value": "9"}));
}

#[test]
fn entra_removes_members_by_value() {
    let two =
        json!([{"value": "3074457364022187294"}, {"value": "3074457364022187296"}, {"value": "9"}]);
    let after = tolerated(
        group(),
        json!([{"op": "remove", "path": "members", "value": two}]),
        strict(),
        &[Tolerance::RemoveWithValue],
    );
    assert_eq!(member_ids(&after), ["3074457364022187295"]);
    let nothing = tolerated(
        group(),
        json!([{"op": "remove", "path": "members", "value": []}]),
        strict(),
        &[Tolerance::RemoveWithValue],
    );
    assert_eq!(nothing, group());
    let one = tolerated(
        group(),
        json!([{"op": "remove", "path": "members", "value": {"value": "3074457364022187294"}}]),
        strict(),
        &[
            Tolerance::SingleValueForMultiValued,
            Tolerance::RemoveWithValue,
        ],
    );
    assert_eq!(member_ids(&one).len(), 2);
}

#[test]
fn several_removes_come_in_one_request() {
    let after = tolerated(
        group(),
        json!([
            {"op": "remove", "path": "members[value eq \"3074457364022187294\"]"},
            {"op": "remove", "path": "members[value eq \"3074457364022187296\"]"},
            {"op": "remove", "path": "members[value eq \"3074457364022187296\"]"},
        ]),
        strict(),
        &[],
    );
    assert_eq!(member_ids(&after), ["3074457364022187295"]);
}

#[test]
fn okta_deactivates_without_path() {
    let after = tolerated(
        user(),
        json!([{"op": "replace", "value": {"active": false}}]),
        strict(),
        &[],
    );
    assert_eq!(after["active"], false);
}

#[test]
fn okta_sends_the_id_along_which_is_ignored() {
    let after = tolerated(
        group(),
        json!([{"op": "replace", "value": {"id": "13266533725732", "displayName": "New name"}}]),
        strict(),
        &[Tolerance::ReadOnlyIgnored],
    );
    assert_eq!(
        (&after["id"], &after["displayName"]),
        (&json!("2"), &json!("New name"))
    );
}

#[test]
fn a_sub_attribute_without_filter_is_the_primary_one_or_every_one() {
    let operation =
        json!([{"op": "replace", "path": "roles.value", "value": "ORGANIZATION_INTERNAL_ADMIN"}]);
    let expected = [Tolerance::SubAttributeOfMultiValued];
    let after = tolerated(user(), operation.clone(), strict(), &expected);
    assert_eq!(after["roles"][0]["value"], "ORGANIZATION_INTERNAL_ADMIN");
    assert_eq!(after["roles"][1], user()["roles"][1]);

    let mut without = user();
    without["roles"] = json!([{"value": "a"}, {"value": "b"}]);
    let after = tolerated(without, operation.clone(), strict(), &expected);
    assert_eq!(
        after["roles"],
        json!([{"value": "ORGANIZATION_INTERNAL_ADMIN"}, {"value": "ORGANIZATION_INTERNAL_ADMIN"}])
    );

    let mut none = user();
    none["roles"] = json!([]);
    let after = tolerated(none, operation, strict(), &expected);
    assert_eq!(
        after["roles"],
        json!([{"value": "ORGANIZATION_INTERNAL_ADMIN"}])
    );

    let removal =
        json!([{"op": "remove", "path": "roles.display"}, {"op": "remove", "path": "roles.type"}]);
    let after = tolerated(user(), removal, strict(), &expected);
    assert_eq!(
        after["roles"][1],
        json!({"value": "Content Admin", "primary": false})
    );
}

#[test]
fn entra_expects_an_unmatched_filter_to_create_the_value() {
    let after = tolerated(
        user(),
        json!([
            {"op": "replace", "path": "emails[type eq \"work\" and primary eq \"True\"].value", "value": "a@x"},
            {"op": "add", "path": "addresses[type eq \"work\"]", "value": {"locality": "Burbank"}},
        ]),
        creating(),
        &[
            Tolerance::BooleanAsTextInFilter,
            Tolerance::UnmatchedFilterCreates,
        ],
    );
    assert_eq!(
        after["emails"],
        json!([{"type": "work", "primary": true, "value": "a@x"}])
    );
    assert_eq!(
        after["addresses"],
        json!([{"type": "work", "locality": "Burbank"}])
    );
}

#[test]
fn only_equal_conditions_describe_a_value_to_create() {
    for filter in [
        "type ne \"work\"",
        "type pr",
        "type eq \"a\" or type eq \"b\"",
        "not (type eq \"a\")",
    ] {
        let operations =
            json!([{"op": "replace", "path": format!("emails[{filter}].value"), "value": "x"}]);
        let error = try_patch(&mut user(), &operations, creating());
        // `ne`, `not` and `or` say what a value is not, or leave a choice.
        assert_eq!(
            error.unwrap_err().scim_type,
            Some(ScimType::NoTarget),
            "{filter}"
        );
    }
}

#[test]
fn attributes_outside_the_schema_are_ignored_or_kept_by_policy() {
    let operations = json!([
        {"op": "replace", "path": "colour", "value": "red"},
        {"op": "replace", "path": "urn:example:2.0:User:shoe.size", "value": 43},
        {"op": "add", "value": {"height": 170, "roles": [{"value": "x", "level": 3}]}},
    ]);
    let policy = |unknown_attributes| PatchPolicy {
        unknown_attributes,
        ..PatchPolicy::default()
    };
    let expected = [Tolerance::UnknownAttribute];
    let ignored = tolerated(
        user(),
        operations.clone(),
        policy(UnknownAttributes::Ignore),
        &expected,
    );
    assert_eq!(ignored.get("colour"), None);
    assert_eq!(ignored["roles"][2], json!({"value": "x"}));
    let kept = tolerated(
        user(),
        operations,
        policy(UnknownAttributes::Keep),
        &expected,
    );
    assert_eq!(
        (&kept["colour"], &kept["height"]),
        (&json!("red"), &json!(170))
    );
    assert_eq!(kept["urn:example:2.0:User"], json!({"shoe": {"size": 43}}));
    assert_eq!(kept["roles"][2], json!({"value": "x", "level": 3}));
    let removal = json!([{"op": "remove", "path": "urn:example:2.0:User:shoe.size"}]);
    let removed = tolerated(kept, removal, policy(UnknownAttributes::Keep), &expected);
    assert_eq!(removed.get("urn:example:2.0:User"), None);
}

#[test]
fn read_only_targets_are_ignored_by_policy() {
    let policy = PatchPolicy {
        read_only_targets: ReadOnlyTargets::Ignore,
        ..PatchPolicy::default()
    };
    let operations = json!([{"op": "replace", "path": "id", "value": "x"}]);
    let after = tolerated(user(), operations, policy, &[Tolerance::ReadOnlyIgnored]);
    assert_eq!(after, user());
}

#[test]
fn a_provider_may_declare_an_attribute_read_only() {
    let mut schema = ResourceSchema::user();
    schema.core.attribute_mut("emails").unwrap().mutability =
        usher_scim::schema::Mutability::ReadOnly;
    let body = json!({"schemas": [urn::PATCH_OP], "Operations": [
        {"op": "replace", "path": "emails[type eq \"work\"].value", "value": "x"},
    ]});
    let error = PatchRequest::parse(&body)
        .unwrap()
        .apply(&mut user(), &schema)
        .unwrap_err();
    assert_eq!(error.scim_type, Some(ScimType::Mutability));
}
