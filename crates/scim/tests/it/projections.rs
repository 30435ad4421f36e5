//! `attributes` and `excludedAttributes` (RFC 7644 §3.9).

use serde_json::{Value, json};
use usher_scim::{
    ScimType,
    projection::Projection,
    schema::{ResourceSchema, Returned},
    urn,
};

fn user() -> Value {
    json!({
        "schemas": [urn::CORE_USER, urn::ENTERPRISE_USER],
        "id": "1",
        "userName": "user@example.com",
        "name": {"givenName": "John", "familyName": "Doe"},
        "password": "never shown",
        "emails": [{"value": "a@x", "type": "work", "primary": true}, {"value": "b@x"}],
        "photos": [{"type": "photo"}],
        "groups": [],
        urn::ENTERPRISE_USER: {"department": "A", "manager": {"value": "26", "displayName": "Jo"}},
        "urn:example:2.0:User": {"shoeSize": 43},
        "colour": "red",
    })
}

#[track_caller]
fn shown(attributes: Option<&str>, excluded: Option<&str>) -> Value {
    let projection = Projection::new(attributes, excluded).unwrap();
    let mut user = user();
    projection.apply(&mut user, &ResourceSchema::user());
    let once = user.clone();
    projection.apply(&mut user, &ResourceSchema::user());
    assert_eq!(user, once, "a projection of a projection is the same");
    user
}

#[track_caller]
fn only(attributes: &str, mut expected: Value) {
    expected["schemas"] = user()["schemas"].clone();
    expected["id"] = json!("1");
    assert_eq!(shown(Some(attributes), None), expected, "{attributes}");
}

#[test]
fn without_parameters_all_is_shown_but_what_is_never_returned() {
    let mut expected = user();
    expected.as_object_mut().unwrap().shift_remove("password");
    assert_eq!(shown(None, None), expected);
    assert_eq!(shown(Some(""), Some(" , ")), expected);
}

#[test]
fn attributes_name_what_is_shown_beside_id_and_schemas() {
    only("userName", json!({"userName": "user@example.com"}));
    only(
        "USERNAME, colour",
        json!({"userName": "user@example.com", "colour": "red"}),
    );
    only("name.givenName", json!({"name": {"givenName": "John"}}));
    only("name,name.givenName", json!({"name": user()["name"]}));
    only(
        "emails.value",
        json!({"emails": [{"value": "a@x"}, {"value": "b@x"}]}),
    );
    only("emails.type", json!({"emails": [{"type": "work"}]}));
    only(
        "emails.value,emails.primary",
        json!({"emails": [{"value": "a@x", "primary": true}, {"value": "b@x"}]}),
    );
    only("groups", json!({"groups": []}));
    only("photos.value", json!({}));
    only("password", json!({}));
    only("nickName", json!({}));
}

#[test]
fn urns_lead_to_core_and_extension_attributes() {
    only(
        "urn:ietf:params:scim:schemas:core:2.0:User:userName",
        json!({"userName": "user@example.com"}),
    );
    only(
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
        json!({urn::ENTERPRISE_USER: user()[urn::ENTERPRISE_USER]}),
    );
    only(
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:user:DEPARTMENT",
        json!({urn::ENTERPRISE_USER: {"department": "A"}}),
    );
    only(
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value",
        json!({urn::ENTERPRISE_USER: {"manager": {"value": "26"}}}),
    );
    only(
        "urn:example:2.0:User",
        json!({"urn:example:2.0:User": {"shoeSize": 43}}),
    );
    only(
        "urn:example:2.0:User:shoeSize",
        json!({"urn:example:2.0:User": {"shoeSize": 43}}),
    );
    only("department", json!({}));
}

#[test]
fn excluded_attributes_are_left_out_but_what_is_always_returned() {
    let after = shown(None, Some("id,schemas,emails.type,name,colour,groups"));
    assert_eq!(
        (&after["id"], &after["schemas"]),
        (&json!("1"), &user()["schemas"])
    );
    assert_eq!(
        after["emails"],
        json!([{"value": "a@x", "primary": true}, {"value": "b@x"}])
    );
    for gone in ["name", "colour", "groups", "password"] {
        assert_eq!(after.get(gone), None, "{gone}");
    }
    let after = shown(
        None,
        Some("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager"),
    );
    assert_eq!(after[urn::ENTERPRISE_USER], json!({"department": "A"}));
    let after = shown(
        None,
        Some("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User,photos.type"),
    );
    assert_eq!(
        (after.get(urn::ENTERPRISE_USER), after.get("photos")),
        (None, None)
    );
}

#[test]
fn what_is_returned_on_request_is_shown_when_it_is_named() {
    let mut schema = ResourceSchema::user();
    schema.core.attribute_mut("photos").unwrap().returned = Returned::Request;
    let emails = schema.core.attribute_mut("emails").unwrap();
    emails.sub_attribute_mut("value").unwrap().returned = Returned::Always;
    let show = |attributes: Option<&str>| {
        let mut user = user();
        Projection::new(attributes, None)
            .unwrap()
            .apply(&mut user, &schema);
        user
    };
    assert_eq!(show(None).get("photos"), None);
    assert_eq!(show(Some("photos"))["photos"], user()["photos"]);
    assert_eq!(
        show(Some("emails.type"))["emails"],
        json!([{"value": "a@x", "type": "work"}, {"value": "b@x"}])
    );
}

#[test]
fn both_parameters_or_a_bad_name_are_refused() {
    let both = Projection::new(Some("id"), Some("name")).unwrap_err();
    assert_eq!(both.scim_type, Some(ScimType::InvalidValue));
    let bad = Projection::new(Some("user name"), None).unwrap_err();
    assert_eq!(bad.scim_type, Some(ScimType::InvalidPath));
}
