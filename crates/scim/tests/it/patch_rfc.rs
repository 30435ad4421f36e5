//! PATCH by RFC 7644 §3.5.2.

use serde_json::{Value, json};
use usher_scim::{
    ScimError, ScimType, Tolerance,
    patch::{PatchOutcome, PatchPolicy, PatchRequest},
    schema::ResourceSchema,
    urn,
};

pub fn body(operations: &Value) -> Value {
    json!({"schemas": [urn::PATCH_OP], "Operations": operations})
}

pub fn try_patch(
    resource: &mut Value,
    operations: &Value,
    policy: PatchPolicy,
) -> Result<PatchOutcome, ScimError> {
    let is_group = resource.get("members").is_some() || resource["schemas"][0] == urn::CORE_GROUP;
    let schema = if is_group {
        ResourceSchema::group()
    } else {
        ResourceSchema::user()
    };
    PatchRequest::parse(&body(operations))?.apply_with(resource, &schema, policy)
}

/// Applies operations that use nothing outside the RFC.
#[track_caller]
fn patched(mut resource: Value, operations: Value) -> Value {
    let outcome = try_patch(&mut resource, &operations, PatchPolicy::default()).unwrap();
    assert_eq!(outcome.tolerated, Vec::<Tolerance>::new());
    resource
}

#[track_caller]
fn refused(resource: Value, operations: Value, expected: ScimType) -> ScimError {
    let mut after = resource.clone();
    let error = try_patch(&mut after, &operations, PatchPolicy::default()).unwrap_err();
    assert_eq!(error.scim_type, Some(expected), "{error}");
    assert_eq!(error.status, 400);
    assert_eq!(after, resource, "a refused request changes nothing");
    error
}

fn group() -> Value {
    json!({
        "schemas": [urn::CORE_GROUP],
        "id": "acbf3ae7",
        "displayName": "Tour Guides",
        "members": [
            {"value": "2819c223", "display": "Babs Jensen", "type": "User"},
            {"value": "902c246b", "display": "Mandy Pepperidge", "type": "User"},
        ],
    })
}

fn user() -> Value {
    json!({
        "schemas": [urn::CORE_USER],
        "id": "2819c223",
        "userName": "bjensen",
        "name": {"givenName": "Barbara", "familyName": "Jensen"},
        "emails": [
            {"value": "bjensen@example.com", "type": "work", "primary": true},
            {"value": "babs@jensen.example", "type": "home"},
        ],
        "addresses": [
            {"type": "work", "streetAddress": "911 Universal City Plaza", "locality": "Hollywood"},
            {"type": "home", "streetAddress": "456 Hollywood Blvd", "locality": "Hollywood"},
        ],
    })
}

#[test]
fn add_puts_a_new_member_behind_the_others() {
    let after = patched(
        group(),
        json!([{"op": "add", "path": "members", "value": [{"value": "2819c224", "display": "Jo"}]}]),
    );
    assert_eq!(after["members"].as_array().unwrap().len(), 3);
    assert_eq!(
        after["members"][2],
        json!({"value": "2819c224", "display": "Jo"})
    );
}

#[test]
fn add_of_a_member_that_is_there_changes_nothing() {
    let mut after = group();
    let operations = json!([{"op": "add", "path": "members", "value": [{"value": "2819C223"}]}]);
    let outcome = try_patch(&mut after, &operations, PatchPolicy::default()).unwrap();
    assert!(!outcome.changed);
    assert_eq!(after, group());
}

#[test]
fn add_without_path_merges_an_object_of_attributes() {
    let after = patched(
        user(),
        json!([{"op": "add", "value": {
            "emails": [{"value": "barb@example.org", "type": "other"}],
            "nickName": "Babs",
            "name": {"middleName": "Jane"},
        }}]),
    );
    assert_eq!(after["emails"].as_array().unwrap().len(), 3);
    assert_eq!(after["nickName"], "Babs");
    assert_eq!(
        after["name"],
        json!({"givenName": "Barbara", "familyName": "Jensen", "middleName": "Jane"})
    );
}

#[test]
fn add_of_the_same_address_with_another_type_is_another_value() {
    let after = patched(
        user(),
        json!([{"op": "add", "path": "emails", "value": [
            {"value": "bjensen@example.com", "type": "home"},
            {"value": "BJENSEN@example.com", "type": "Work", "display": "Babs"},
        ]}]),
    );
    assert_eq!(
        after["emails"],
        json!([
            {"value": "bjensen@example.com", "type": "Work", "primary": true, "display": "Babs"},
            {"value": "babs@jensen.example", "type": "home"},
            {"value": "bjensen@example.com", "type": "home"},
        ])
    );
}

#[test]
fn a_value_without_type_takes_the_first_type_that_comes() {
    let values =
        json!([{"value": "a"}, {"value": "a", "type": "home"}, {"value": "a", "type": "work"}]);
    let operations = json!([{"op": "replace", "path": "emails", "value": values}]);
    let once = patched(user(), operations.clone());
    assert_eq!(
        once["emails"],
        json!([{"value": "a", "type": "home"}, {"value": "a", "type": "work"}])
    );
    assert_eq!(patched(once.clone(), operations), once);
}

#[test]
fn an_immutable_sub_attribute_is_set_while_it_has_no_value() {
    let once = patched(
        json!({"schemas": [urn::CORE_GROUP], "displayName": "x", "members": [{"value": "1"}]}),
        json!([{"op": "add", "path": "members", "value": [{"value": "1", "type": "User", "display": "A"}]}]),
    );
    assert_eq!(
        once["members"],
        json!([{"value": "1", "type": "User", "display": "A"}])
    );
    let other =
        json!([{"op": "add", "path": "members", "value": [{"value": "1", "display": "B"}]}]);
    assert_eq!(patched(once.clone(), other), once);
}

#[test]
fn values_without_value_are_equal_when_all_of_them_is() {
    let after = patched(
        user(),
        json!([{"op": "add", "path": "addresses", "value": [
            {"locality": "Hollywood", "streetAddress": "456 Hollywood Blvd", "type": "home"},
            {"locality": "Burbank", "type": "home"},
        ]}]),
    );
    assert_eq!(after["addresses"].as_array().unwrap().len(), 3);
}

#[test]
fn a_new_primary_value_clears_the_old_one() {
    let expected = json!([
        {"value": "bjensen@example.com", "type": "work", "primary": false},
        {"value": "babs@jensen.example", "type": "home", "primary": true},
    ]);
    for operation in [
        json!({"op": "replace", "path": "emails[type eq \"home\"].primary", "value": true}),
        json!({"op": "add", "path": "emails[type eq \"home\"]", "value": {"primary": true}}),
        json!({"op": "add", "path": "emails",
               "value": [{"value": "babs@jensen.example", "type": "home", "primary": true}]}),
    ] {
        assert_eq!(patched(user(), json!([operation]))["emails"], expected);
    }
}

#[test]
fn two_primary_values_in_one_operation_are_refused() {
    let two = json!([{"value": "a", "primary": true}, {"value": "b", "primary": true}]);
    for op in ["add", "replace"] {
        refused(
            user(),
            json!([{"op": op, "path": "emails", "value": two}]),
            ScimType::InvalidValue,
        );
    }
    refused(
        user(),
        json!([{"op": "replace", "path": "emails[value pr].primary", "value": true}]),
        ScimType::InvalidValue,
    );
}

#[test]
fn a_later_operation_may_take_the_primary_mark_from_an_earlier_one() {
    let after = patched(
        user(),
        json!([
            {"op": "add", "path": "emails", "value": [{"value": "a", "primary": true}]},
            {"op": "add", "path": "emails", "value": [{"value": "b", "primary": true}]},
        ]),
    );
    let primary: Vec<_> = (0..4)
        .map(|index| after["emails"][index]["primary"].clone())
        .collect();
    assert_eq!(
        primary,
        [json!(false), Value::Null, json!(false), json!(true)]
    );
}

#[test]
fn remove_of_one_member_leaves_the_others() {
    let after = patched(
        group(),
        json!([{"op": "remove", "path": "members[value eq \"2819c223\"]"}]),
    );
    assert_eq!(
        after["members"],
        json!([{"value": "902c246b", "display": "Mandy Pepperidge", "type": "User"}])
    );
}

#[test]
fn remove_of_all_members_leaves_no_attribute() {
    let after = patched(group(), json!([{"op": "remove", "path": "members"}]));
    assert_eq!(after.get("members"), None);
    let after = patched(
        group(),
        json!([{"op": "remove", "path": "members[value pr]"}]),
    );
    assert_eq!(after.get("members"), None);
}

#[test]
fn remove_of_a_value_by_a_filter_of_two_conditions() {
    let after = patched(
        user(),
        json!([{"op": "remove", "path": "emails[type eq \"work\" and value ew \"example.com\"]"}]),
    );
    assert_eq!(
        after["emails"],
        json!([{"value": "babs@jensen.example", "type": "home"}])
    );
}

#[test]
fn remove_of_a_sub_attribute_leaves_the_rest_of_the_value() {
    let after = patched(
        user(),
        json!([
            {"op": "remove", "path": "addresses[type eq \"work\"].streetAddress"},
            {"op": "remove", "path": "name.familyName"},
        ]),
    );
    assert_eq!(
        after["addresses"][0],
        json!({"type": "work", "locality": "Hollywood"})
    );
    assert_eq!(after["name"], json!({"givenName": "Barbara"}));
    let after = patched(after, json!([{"op": "remove", "path": "name.givenName"}]));
    assert_eq!(after.get("name"), None);
}

#[test]
fn remove_of_what_is_not_there_changes_nothing() {
    for path in [
        "nickName",
        "members",
        "emails[type eq \"fax\"]",
        "name.middleName",
        "title",
    ] {
        let mut after = if path == "members" {
            json!({"schemas": [urn::CORE_GROUP], "displayName": "x", "members": []})
        } else {
            user()
        };
        let before = after.clone();
        let operations = json!([{"op": "remove", "path": path}]);
        let outcome = try_patch(&mut after, &operations, PatchPolicy::default()).unwrap();
        assert_eq!((outcome.changed, after), (false, before), "{path}");
    }
}

#[test]
fn replace_of_members_sets_the_whole_list() {
    let after = patched(
        group(),
        json!([{"op": "replace", "path": "members", "value": [{"value": "1"}, {"value": "1"}, {"value": "2"}]}]),
    );
    assert_eq!(after["members"], json!([{"value": "1"}, {"value": "2"}]));
    let after = patched(
        after,
        json!([{"op": "replace", "path": "members", "value": []}]),
    );
    assert_eq!(after.get("members"), None);
}

#[test]
fn replace_of_a_selected_value_replaces_it_whole() {
    let after = patched(
        user(),
        json!([{"op": "replace", "path": "addresses[type eq \"work\"]",
                "value": {"type": "work", "locality": "Burbank"}}]),
    );
    assert_eq!(
        after["addresses"][0],
        json!({"type": "work", "locality": "Burbank"})
    );
    assert_eq!(after["addresses"][1], user()["addresses"][1]);
}

#[test]
fn replace_of_one_sub_attribute_of_a_selected_value() {
    let after = patched(
        user(),
        json!([{"op": "replace", "path": "addresses[type eq \"work\"].streetAddress", "value": "1010 Broadway"}]),
    );
    assert_eq!(after["addresses"][0]["streetAddress"], "1010 Broadway");
    assert_eq!(after["addresses"][0]["locality"], "Hollywood");
}

#[test]
fn replace_of_a_complex_attribute_leaves_what_it_does_not_name() {
    let after = patched(
        user(),
        json!([{"op": "replace", "path": "name", "value": {"GIVENNAME": "Babs"}}]),
    );
    assert_eq!(
        after["name"],
        json!({"givenName": "Babs", "familyName": "Jensen"})
    );
}

#[test]
fn replace_of_what_is_not_there_adds_it() {
    let after = patched(
        user(),
        json!([
            {"op": "replace", "path": "nickName", "value": "Babs"},
            {"op": "replace", "path": "ims", "value": [{"value": "babs"}]},
        ]),
    );
    assert_eq!(
        (&after["nickName"], &after["ims"]),
        (&json!("Babs"), &json!([{"value": "babs"}]))
    );
}

#[test]
fn replace_with_null_removes() {
    let after = patched(
        user(),
        json!([{"op": "replace", "value": {"emails": null, "name": {"familyName": null}}}]),
    );
    assert_eq!(after.get("emails"), None);
    assert_eq!(after["name"], json!({"givenName": "Barbara"}));
}

#[test]
fn an_extension_comes_and_goes_with_its_attributes_and_its_urn() {
    let department = format!("{}:department", urn::ENTERPRISE_USER);
    let after = patched(
        user(),
        json!([
            {"op": "add", "path": department, "value": "Tours"},
            {"op": "add", "path": format!("{}:manager.value", urn::ENTERPRISE_USER), "value": "26"},
        ]),
    );
    assert_eq!(
        after[urn::ENTERPRISE_USER],
        json!({"department": "Tours", "manager": {"value": "26"}})
    );
    assert_eq!(
        after["schemas"],
        json!([urn::CORE_USER, urn::ENTERPRISE_USER])
    );
    for operations in [
        json!([{"op": "remove", "path": urn::ENTERPRISE_USER}]),
        json!([{"op": "remove", "path": department},
               {"op": "remove", "path": format!("{}:manager", urn::ENTERPRISE_USER)}]),
        json!([{"op": "replace", "value": {urn::ENTERPRISE_USER: null}}]),
    ] {
        assert_eq!(patched(after.clone(), operations), user());
    }
}

#[test]
fn an_extension_is_merged_as_a_whole() {
    let value = json!({"department": "Tours", "costCenter": "4130"});
    let expected = patched(
        user(),
        json!([{"op": "add", "value": {urn::ENTERPRISE_USER: value}}]),
    );
    assert_eq!(expected[urn::ENTERPRISE_USER], value);
    let after = patched(
        user(),
        json!([{"op": "add", "path": urn::ENTERPRISE_USER, "value": value}]),
    );
    assert_eq!(after, expected);
}

#[test]
fn a_path_may_carry_the_core_urn_and_any_case() {
    let after = patched(
        user(),
        json!([{"op": "replace", "path": format!("{}:NAME.givenname", urn::CORE_USER), "value": "Babs"}]),
    );
    assert_eq!(after["name"]["givenName"], "Babs");
}

#[test]
fn operations_are_applied_in_order_and_all_or_none() {
    let after = patched(
        group(),
        json!([
            {"op": "remove", "path": "members"},
            {"op": "add", "path": "members", "value": [{"value": "1"}]},
        ]),
    );
    assert_eq!(after["members"], json!([{"value": "1"}]));
    let error = refused(
        group(),
        json!([
            {"op": "replace", "path": "displayName", "value": "x"},
            {"op": "replace", "path": "id", "value": "x"},
        ]),
        ScimType::Mutability,
    );
    assert!(error.detail.starts_with("operation 2: "), "{error}");
}

#[test]
fn read_only_and_immutable_attributes_are_refused_with_mutability() {
    for operation in [
        json!({"op": "replace", "path": "id", "value": "x"}),
        json!({"op": "remove", "path": "meta"}),
        json!({"op": "add", "path": "groups", "value": [{"value": "1"}]}),
    ] {
        refused(user(), json!([operation]), ScimType::Mutability);
    }
    let path = "members[value eq \"2819c223\"].value";
    refused(
        group(),
        json!([{"op": "replace", "path": path, "value": "other"}]),
        ScimType::Mutability,
    );
    patched(
        group(),
        json!([{"op": "replace", "path": path, "value": "2819c223"}]),
    );
}

#[test]
fn required_attributes_cannot_be_removed() {
    for operation in [
        json!({"op": "remove", "path": "userName"}),
        json!({"op": "replace", "path": "userName", "value": null}),
        json!({"op": "replace", "value": {"userName": null}}),
    ] {
        refused(user(), json!([operation]), ScimType::Mutability);
    }
}

#[test]
fn a_filter_that_selects_nothing_has_no_target() {
    for op in ["add", "replace"] {
        refused(
            user(),
            json!([{"op": op, "path": "emails[type eq \"fax\"].value", "value": "x"}]),
            ScimType::NoTarget,
        );
    }
    refused(user(), json!([{"op": "remove"}]), ScimType::NoTarget);
}

#[test]
fn a_path_that_names_nothing_is_invalid() {
    for path in [
        "favouriteColour",
        "name.colour",
        "emails[type eq \"work\"].colour",
        "name[givenName eq \"x\"]",
        "emails[type eq \"work\"",
        "urn:example:2.0:User:colour",
        "members",
    ] {
        let operations = json!([{"op": "replace", "path": path, "value": "x"}]);
        refused(user(), operations, ScimType::InvalidPath);
    }
    let operations = json!([{"op": "remove", "path": "emails[colour eq \"red\"]"}]);
    refused(user(), operations, ScimType::InvalidFilter);
}

#[test]
fn a_value_that_does_not_fit_is_invalid() {
    for (path, value) in [
        ("active", json!("maybe")),
        ("active", json!(1)),
        ("nickName", json!(true)),
        ("nickName", json!(["x"])),
        ("name", json!("Barbara")),
        ("addresses", json!(["Hollywood"])),
        ("emails", json!([true])),
        ("emails", json!([{}])),
        ("emails", json!([{"primary": "perhaps"}])),
        ("emails", json!([{"colour": "red"}])),
    ] {
        let operations = json!([{"op": "replace", "path": path, "value": value}]);
        refused(user(), operations, ScimType::InvalidValue);
    }
    refused(
        user(),
        json!([{"op": "add", "value": "x"}]),
        ScimType::InvalidValue,
    );
    refused(
        user(),
        json!([{"op": "add", "path": "title"}]),
        ScimType::InvalidValue,
    );
}

#[test]
fn a_body_of_another_shape_is_invalid_syntax() {
    for body in [
        json!([]),
        json!({}),
        json!({"schemas": [urn::PATCH_OP], "Operations": []}),
        json!({"schemas": [urn::PATCH_OP], "Operations": {}}),
        json!({"schemas": [urn::CORE_USER], "Operations": [{"op": "remove", "path": "title"}]}),
        json!({"schemas": [urn::PATCH_OP], "Operations": ["remove"]}),
        json!({"schemas": [urn::PATCH_OP], "Operations": [{"op": "move", "path": "title"}]}),
        json!({"schemas": [urn::PATCH_OP], "Operations": [{"path": "title"}]}),
    ] {
        let error = PatchRequest::parse(&body).unwrap_err();
        assert_eq!(error.scim_type, Some(ScimType::InvalidSyntax), "{body}");
    }
}

#[test]
fn a_request_is_written_as_it_was_read() {
    let body = body(&json!([
        {"op": "add", "path": "members", "value": [{"value": "1"}]},
        {"op": "remove", "path": "members[value eq \"2\"]"},
        {"op": "replace", "value": {"displayName": "x"}},
    ]));
    assert_eq!(PatchRequest::parse(&body).unwrap().to_value(), body);
}
