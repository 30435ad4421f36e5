//! Creating, changing and deleting users: requirement M1.

use serde_json::{Value, json};
use usher_sandbox::world::Actor;

use crate::scim_office::{Office, patch, replace};

fn new(email: &str) -> Value {
    json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": email})
}

#[tokio::test]
async fn m1_a_user_is_created_read_replaced_patched_and_deleted() {
    let office = Office::open().await;
    let before = office.event_count();
    let created = office.call("POST", "/Users", json!({
        "userName": "new@acme.com", "displayName": "New Comer", "externalId": "x-1", "preferredLanguage": "de_DE",
        "photos": [{"type": "photo", "value": "https://example.com/a.png"}],
    })).await;
    assert_eq!(
        created.header("content-type"),
        Some("application/scim+json")
    );
    let location = created.header("location").unwrap().to_owned();
    let user = created.expect(201);
    let id = user["id"].as_str().unwrap().to_owned();
    assert_eq!(id.len(), 19);
    assert!(location.ends_with(&format!("/api/v1/scim/Users/{id}")));
    assert_eq!(
        user["meta"],
        json!({"resourceType": "User", "location": location})
    );
    assert_eq!(user.get("externalId"), None);
    assert_eq!(
        user["emails"],
        json!([{"value": "new@acme.com", "display": "new@acme.com", "primary": true}])
    );
    assert_eq!(office.get(&format!("/Users/{id}")).await, user);

    let put = json!({"userName": "renamed@acme.com", "displayName": "Re Named", "emails": [{"value": "ignored@x.com"}]});
    let replaced = office
        .call("PUT", &format!("/Users/{id}"), put)
        .await
        .expect(200);
    assert_eq!(replaced["userName"], "renamed@acme.com");
    assert_eq!(replaced["emails"][0]["value"], "renamed@acme.com");
    assert_eq!(
        replaced.get("preferredLanguage"),
        None,
        "what is left out is cleared"
    );
    assert_eq!(
        (&replaced["userType"], &replaced["active"]),
        (&json!("Full"), &json!(true)),
        "but not these"
    );

    let patched = office
        .patch(
            "renamed@acme.com",
            replace("displayName", json!("Third Name")),
        )
        .await
        .expect(200);
    assert_eq!(patched["displayName"], "Third Name");

    let reply = office.delete("renamed@acme.com").await;
    assert_eq!((reply.status.as_u16(), reply.text.as_str()), (204, ""));
    office
        .call("GET", &format!("/Users/{id}"), Value::Null)
        .await
        .expect(404);
    assert!(office.gone("renamed@acme.com"));
    let events = office.events_since(before);
    for event in [
        "user_added_to_organization",
        "team_member_added",
        "user_email_changed",
        "user_profile_updated",
        "user_removed_from_organization",
    ] {
        assert!(
            events.iter().any(|kind| kind == event),
            "{event} in {events:?}"
        );
    }
    let scim = office.world(|world| {
        world.audit()[before..]
            .iter()
            .all(|event| event.actor == Actor::ScimProvisioner)
    });
    assert!(scim, "the identity provider did it all");
}

#[tokio::test]
async fn m1_a_patch_of_several_operations_is_done_whole_or_not_at_all() {
    let office = Office::open().await;
    let body = patch(json!([
        {"op": "replace", "path": "displayName", "value": "Changed"},
        {"op": "replace", "path": "userName", "value": "bob@rival.com"},
    ]));
    let refused = office.patch("bob@acme.com", body).await.expect(400);
    assert_eq!(refused["scimType"], "invalidValue");
    assert_eq!(office.user("bob@acme.com").await["displayName"], "Bob Roe");
}

#[tokio::test]
async fn m1_the_dialects_of_identity_providers_are_understood_unless_switched_off() {
    let office = Office::open().await;
    let forms = [
        (
            "pathless_operations",
            patch(json!([{"op": "replace", "value": {"active": false}}])),
        ),
        ("string_booleans", replace("active", json!("False"))),
        (
            "any_case_operations",
            patch(json!([{"op": "Replace", "path": "active", "value": false}])),
        ),
    ];
    for (switch, body) in forms {
        let user = office.patch("bob@acme.com", body.clone()).await.expect(200);
        assert_eq!(user["active"], false, "{switch}");
        office
            .patch("bob@acme.com", replace("active", json!(true)))
            .await
            .expect(200);
        let strict = Office::switched(switch, "refused").await;
        strict.patch("bob@acme.com", body).await.expect(400);
        assert_eq!(
            strict.user("bob@acme.com").await["active"],
            true,
            "{switch}"
        );
    }
}

#[tokio::test]
async fn m1_enterprise_attributes_are_kept_with_their_limits_and_emails_are_ignored() {
    let office = Office::open().await;
    let urn = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    let manager = office.id("jane@acme.com");
    let body = patch(json!([
        {"op": "add", "path": format!("{urn}:department"), "value": "Tools"},
        {"op": "replace", "path": format!("{urn}:manager"), "value": manager},
        {"op": "replace", "path": format!("{urn}:manager.displayName"), "value": "Jane"},
        {"op": "replace", "path": "emails[type eq \"work\"].value", "value": "other@acme.com"},
        {"op": "replace", "path": "urn:ietf:params:scim:schemas:core:2.0:User:emails[type eq \"work\"].value", "value": "x@acme.com"},
    ]));
    let user = office.patch("pat@acme.com", body).await.expect(200);
    assert_eq!(
        user[urn],
        json!({"department": "Tools", "manager": {"value": manager, "displayName": "Jane"}})
    );
    assert_eq!(user["userName"], "pat@acme.com");
    let not_a_number = replace(&format!("{urn}:manager"), json!("jane"));
    let user = office.patch("pat@acme.com", not_a_number).await.expect(200);
    assert_eq!(
        user[urn]["manager"],
        json!({"displayName": "Jane"}),
        "ignored without a word"
    );
    for (attribute, limit) in [
        ("employeeNumber", 20),
        ("costCenter", 120),
        ("organization", 120),
        ("division", 120),
        ("department", 120),
    ] {
        let of = |length: usize| replace(&format!("{urn}:{attribute}"), json!("x".repeat(length)));
        office.patch("pat@acme.com", of(limit)).await.expect(200);
        office
            .patch("pat@acme.com", of(limit + 1))
            .await
            .expect(400);
    }
    let gone = patch(json!([{"op": "remove", "path": urn}]));
    let user = office.patch("pat@acme.com", gone).await.expect(200);
    assert_eq!(
        (user.get(urn), user["schemas"].as_array().unwrap().len()),
        (None, 1)
    );
}

#[tokio::test]
async fn m1_a_duplicate_is_a_400_and_by_switch_a_409() {
    let office = Office::open().await;
    let refused = office
        .call("POST", "/Users", new("Bob@ACME.com"))
        .await
        .expect(400);
    assert_eq!(refused["scimType"], "invalidValue");
    assert_eq!(
        refused["detail"],
        "User name 'Bob@ACME.com' is invalid: 'not unique'"
    );
    let office = Office::switched("duplicate_user_name", "409").await;
    let refused = office
        .call("POST", "/Users", new("bob@acme.com"))
        .await
        .expect(409);
    assert_eq!(refused["scimType"], "uniqueness");
}

#[tokio::test]
async fn m1_domains_outside_the_list_are_refused_and_renames_follow_claimed_domains() {
    let office = Office::open().await;
    let refused = office
        .call("POST", "/Users", new("x@other.net"))
        .await
        .expect(409);
    assert_eq!(refused["detail"], "x@other.net is not whitelisted");
    let rename = async |email: &str, to: &str| {
        office
            .patch(email, replace("userName", json!(to)))
            .await
            .status
            .as_u16()
    };
    assert_eq!(
        rename("cy@acme.org", "cy@acme.com").await,
        400,
        "the old domain is not claimed"
    );
    assert_eq!(
        rename("bob@acme.com", "bob@rival.com").await,
        400,
        "the new domain is another's"
    );
    assert_eq!(
        rename("bob@acme.com", "bob@other.net").await,
        409,
        "the new domain is not allowed"
    );
    assert_eq!(rename("bob@acme.com", "ann@acme.com").await, 400, "taken");
    assert_eq!(rename("bob@acme.com", "robert@acme.org").await, 200);
    assert!(office.gone("bob@acme.com"));
    assert_eq!(
        office.user("robert@acme.org").await["displayName"],
        "Bob Roe"
    );
}

#[tokio::test]
async fn m1_somebody_of_several_organizations_cannot_be_renamed() {
    let text = crate::scim_office::OFFICE.replace(
        "{ email: bob@acme.com,",
        "{ email: bob@acme.com, belonging: several,",
    );
    let office = Office::with(&text, usher_sandbox::switches::Switches::default()).await;
    office
        .patch("bob@acme.com", replace("userName", json!("b@acme.com")))
        .await
        .expect(409);
    office
        .patch("bob@acme.com", replace("displayName", json!("B")))
        .await
        .expect(200);
}

#[tokio::test]
async fn m1_roles_of_both_families_are_set_by_every_documented_path() {
    let office = Office::open().await;
    let role = |user: &Value| user["roles"][0]["value"].as_str().unwrap().to_owned();
    for (path, value) in [
        (
            "roles[primary eq true].value",
            "ORGANIZATION_INTERNAL_ADMIN",
        ),
        (
            "roles[primary eq \"True\"].value",
            "ORGANIZATION_INTERNAL_USER",
        ),
        ("roles.value", "ORGANIZATION_INTERNAL_ADMIN"),
    ] {
        let user = office
            .patch("bob@acme.com", replace(path, json!(value)))
            .await
            .expect(200);
        assert_eq!(role(&user), value, "{path}");
        assert_eq!(user["roles"].as_array().unwrap().len(), 1);
    }
    let add = json!([{"op": "Add", "path": "roles", "value": [{"value": "User Admin", "type": "organization_admin_role", "primary": false}]}]);
    let user = office.patch("bob@acme.com", patch(add)).await.expect(200);
    assert_eq!(
        user["roles"][1],
        json!({"type": "organization_admin_role", "value": "User Admin", "display": "User Admin", "primary": false})
    );
    assert_eq!(role(&user), "ORGANIZATION_INTERNAL_ADMIN");
    let azure = replace(
        "roles[primary eq \"False\"].value",
        json!("Workspace Steward"),
    );
    let user = office.patch("bob@acme.com", azure).await.expect(200);
    assert_eq!(
        user["roles"][1]["value"], "Workspace Steward",
        "a custom role, by name"
    );
    let remove = json!([{"op": "Remove", "path": "roles[value eq \"Workspace Steward\"]"}]);
    let user = office
        .patch("bob@acme.com", patch(remove))
        .await
        .expect(200);
    assert_eq!(user["roles"].as_array().unwrap().len(), 1);
    for wrong in ["ORGANIZATION_EXTERNAL_USER", "KING"] {
        office
            .patch(
                "bob@acme.com",
                replace("roles[primary eq true].value", json!(wrong)),
            )
            .await
            .expect(400);
    }
    let unknown = json!([{"op": "add", "path": "roles", "value": [{"value": "Nobody Admin", "type": "organization_admin_role"}]}]);
    office
        .patch("bob@acme.com", patch(unknown))
        .await
        .expect(400);
}
