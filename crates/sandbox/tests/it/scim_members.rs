//! What the organization allows of its members: requirements M1, M3, M4, M5, M6 and M8.

use serde_json::{Value, json};
use usher_sandbox::world::World;

use crate::scim_office::{Office, patch, replace};

fn new(email: &str) -> Value {
    json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": email})
}

#[tokio::test]
async fn m1_licences_go_up_only_and_run_out() {
    let office = Office::open().await;
    let set =
        async |email: &str, to: &str| office.patch(email, replace("userType", json!(to))).await;
    assert_eq!(office.world(World::seats_left), Some(5));
    assert_eq!(
        set("jane@acme.com", "Free Restricted")
            .await
            .status
            .as_u16(),
        400
    );
    assert_eq!(
        set("bob@acme.com", "Advanced").await.status.as_u16(),
        400,
        "the organization has none"
    );
    assert_eq!(
        set("bob@acme.com", "Free").await.expect(200)["userType"],
        "Free"
    );
    assert_eq!(
        set("bob@acme.com", "Full").await.expect(200)["userType"],
        "Full"
    );
    for number in 1..=4 {
        let user = office
            .call("POST", "/Users", new(&format!("n{number}@acme.com")))
            .await
            .expect(201);
        assert_eq!(user["userType"], "Full");
    }
    assert_eq!(office.world(World::seats_left), Some(0));
    let fallen_back = office
        .call("POST", "/Users", new("n5@acme.com"))
        .await
        .expect(201);
    assert_eq!(
        fallen_back["userType"], "Free Restricted",
        "nothing was asked for"
    );
    let body = json!({"userName": "n6@acme.com", "userType": "Full"});
    let refused = office
        .call("POST", "/Users", body.clone())
        .await
        .expect(409);
    assert_eq!(
        refused["detail"],
        "Full users limit reached for organization"
    );
    assert!(office.gone("n6@acme.com"));
    assert_eq!(set("pat@acme.com", "Full").await.status.as_u16(), 409);
    office
        .patch("n1@acme.com", replace("active", json!(false)))
        .await
        .expect(200);
    assert_eq!(
        office.world(World::seats_left),
        Some(1),
        "a deactivated user frees the seat"
    );
    office.call("POST", "/Users", body).await.expect(201);
    let back = office
        .patch("n1@acme.com", replace("active", json!(true)))
        .await
        .expect(200);
    assert_eq!(back["userType"], "Free Restricted", "back without seat");
}

#[tokio::test]
async fn m1_the_other_readings_of_licences_can_be_chosen() {
    let office = Office::switched("user_type_downgrade", "allowed").await;
    let lowered = office
        .patch(
            "jane@acme.com",
            replace("userType", json!("Free Restricted")),
        )
        .await
        .expect(200);
    assert_eq!(lowered["userType"], "Free Restricted");
    let text = crate::scim_office::OFFICE.replace("seats: 8", "seats: 3");
    let office = Office::with(
        &text,
        crate::scim_office::with("full_without_seats", "fall_back"),
    )
    .await;
    let body = json!({"userName": "n@acme.com", "userType": "Full"});
    assert_eq!(
        office.call("POST", "/Users", body).await.expect(201)["userType"],
        "Free Restricted"
    );
}

#[tokio::test]
async fn m1_a_deactivated_user_is_frozen_until_activated_alone() {
    let office = Office::open().await;
    for (path, value) in [
        ("userName", json!("d@acme.com")),
        ("userType", json!("Free")),
        (
            "roles[primary eq true].value",
            json!("ORGANIZATION_INTERNAL_ADMIN"),
        ),
    ] {
        let status = office
            .patch("dora@acme.com", replace(path, value))
            .await
            .status
            .as_u16();
        assert_eq!(status, 409, "{path}");
    }
    let both =
        patch(json!([{"op": "replace", "value": {"active": true, "userName": "d@acme.com"}}]));
    office
        .patch("dora@acme.com", both.clone())
        .await
        .expect(409);
    office
        .patch("dora@acme.com", replace("displayName", json!("D")))
        .await
        .expect(200);
    office
        .patch("dora@acme.com", replace("active", json!(true)))
        .await
        .expect(200);
    office
        .patch("dora@acme.com", replace("userName", json!("d@acme.com")))
        .await
        .expect(200);

    let office = Office::switched("deactivated_user_change", "400").await;
    office
        .patch("dora@acme.com", both.clone())
        .await
        .expect(400);
    let office = Office::switched("deactivated_user_change", "ignored").await;
    let user = office.patch("dora@acme.com", both).await.expect(200);
    assert_eq!(
        (&user["userName"], &user["active"]),
        (&json!("dora@acme.com"), &json!(true))
    );
}

#[tokio::test]
async fn m1_deactivation_keeps_memberships_and_boards() {
    let office = Office::open().await;
    office
        .patch("bob@acme.com", replace("active", json!(false)))
        .await
        .expect(200);
    assert_eq!(office.boards("bob@acme.com").len(), 3);
    assert!(
        office
            .members("Design")
            .contains(&"bob@acme.com".to_owned())
    );
    let inactive = office
        .get("/Users?filter=active%20eq%20false&sortBy=userName")
        .await;
    assert_eq!(inactive["Resources"][0]["userName"], "bob@acme.com");
}

#[tokio::test]
async fn m3_a_new_user_joins_the_default_team() {
    let office = Office::open().await;
    let user = office
        .call("POST", "/Users", new("new@acme.com"))
        .await
        .expect(201);
    assert_eq!(
        user["groups"],
        json!([{"value": office.group_id("Everyone"), "display": "Everyone"}])
    );
    assert!(
        office
            .members("Everyone")
            .contains(&"new@acme.com".to_owned())
    );
}

#[tokio::test]
async fn m3_boards_of_a_deleted_user_go_to_the_oldest_team_admin() {
    let office = Office::open().await;
    office.delete("bob@acme.com").await.expect(204);
    assert_eq!(
        office.boards("ann@acme.com"),
        ["Design 1", "Design 2", "Design 3"]
    );
    assert_eq!(
        office.boards("jane@acme.com").len(),
        1,
        "an admin too, but for a shorter time"
    );
    office.delete("cy@acme.org").await.expect(204);
    assert_eq!(office.boards("ann@acme.com").len(), 5);
    assert!(
        office.members("Auditors").is_empty(),
        "left the user groups too"
    );
}

#[tokio::test]
async fn m3_without_a_team_admin_boards_go_to_the_oldest_company_admin() {
    let office = Office::switched("last_team_admin", "allowed").await;
    office
        .patch(
            "cy@acme.org",
            replace(
                "roles[primary eq true].value",
                json!("ORGANIZATION_INTERNAL_ADMIN"),
            ),
        )
        .await
        .expect(200);
    office.delete("ann@acme.com").await.expect(204);
    let id = office.group_id("Sales");
    assert_eq!(office.members("Sales"), ["cy@acme.org"]);
    let body = patch(
        json!([{"op": "remove", "path": format!("members[value eq \"{}\"]", office.id("cy@acme.org"))}]),
    );
    office
        .call("PATCH", &format!("/Groups/{id}"), body)
        .await
        .expect(200);
    assert_eq!(
        office.boards("jane@acme.com").len(),
        3,
        "Jane has been there since 2024"
    );
}

#[tokio::test]
async fn m4_the_last_admin_of_a_team_or_of_the_organization_cannot_be_deleted() {
    let office = Office::open().await;
    let refused = office.delete("jane@acme.com").await.expect(409);
    assert!(
        refused["detail"]
            .as_str()
            .unwrap()
            .contains("last admin of the organization"),
        "{refused}"
    );
    office
        .patch(
            "bob@acme.com",
            replace(
                "roles[primary eq true].value",
                json!("ORGANIZATION_INTERNAL_ADMIN"),
            ),
        )
        .await
        .expect(200);
    let refused = office.delete("jane@acme.com").await.expect(409);
    assert!(
        refused["detail"]
            .as_str()
            .unwrap()
            .contains("last admin of team"),
        "of Everyone: {refused}"
    );
    office.delete("ann@acme.com").await.expect(409);
    assert!(office.members("Sales").contains(&"ann@acme.com".to_owned()));
    assert!(
        office
            .members("Design")
            .contains(&"ann@acme.com".to_owned()),
        "nothing was done by half"
    );
}

#[tokio::test]
async fn m4_the_last_company_admin_is_neither_demoted_nor_deactivated() {
    let demote = replace(
        "roles[primary eq true].value",
        json!("ORGANIZATION_INTERNAL_USER"),
    );
    let deactivate = replace("active", json!(false));
    let office = Office::open().await;
    for body in [&demote, &deactivate] {
        office
            .patch("jane@acme.com", body.clone())
            .await
            .expect(409);
    }
    office
        .patch("ann@acme.com", deactivate.clone())
        .await
        .expect(409);
    let jane = office.user("jane@acme.com").await;
    assert_eq!(
        (&jane["active"], &jane["roles"][0]["value"]),
        (&json!(true), &json!("ORGANIZATION_INTERNAL_ADMIN"))
    );
    let office = Office::switched("last_company_admin", "allowed").await;
    let user = office.patch("jane@acme.com", demote).await.expect(200);
    assert_eq!(user["roles"][0]["value"], "ORGANIZATION_INTERNAL_USER");
}

#[tokio::test]
async fn m5_guests_and_external_users_are_not_found() {
    let office = Office::open().await;
    for email in ["gus@guest.net", "eve@guest.net"] {
        let path = format!("/Users/{}", office.id(email));
        office.call("GET", &path, Value::Null).await.expect(404);
        office.call("PUT", &path, new(email)).await.expect(404);
        office
            .call("PATCH", &path, replace("displayName", json!("X")))
            .await
            .expect(404);
        office.call("DELETE", &path, Value::Null).await.expect(404);
        let key = office.key(email);
        assert!(
            office.world(|world| world.user(key).full_name.starts_with(['G', 'E'])),
            "untouched"
        );
    }
}

#[tokio::test]
async fn m6_the_full_name_comes_from_the_first_spelling_that_is_given() {
    let office = Office::open().await;
    let name = json!({"formatted": "For Matted", "givenName": "Given", "familyName": "Van Family"});
    for (number, (body, full, given, family)) in [
        (
            json!({"displayName": "Dis Play", "name": name}),
            "Dis Play",
            "Dis",
            Some("Play"),
        ),
        (
            json!({"displayName": "", "name": name}),
            "For Matted",
            "For",
            Some("Matted"),
        ),
        (
            json!({"name": {"givenName": "Given", "familyName": "Van Family"}}),
            "Given Van Family",
            "Given",
            Some("Van Family"),
        ),
        (json!({}), "u3@acme.com", "u3@acme.com", None),
    ]
    .into_iter()
    .enumerate()
    {
        let mut body = body;
        body["userName"] = json!(format!("u{number}@acme.com"));
        let user = office.call("POST", "/Users", body).await.expect(201);
        assert_eq!(user["displayName"], full);
        assert_eq!(user["name"]["givenName"], given);
        assert_eq!(
            user["name"].get("familyName").and_then(Value::as_str),
            family
        );
    }
    let long = json!({"userName": "l@acme.com", "name": {"givenName": "g".repeat(30), "familyName": "f".repeat(30)}});
    office.call("POST", "/Users", long).await.expect(400);
    // Only an address that stands in for a name may be longer than a name.
    let address = format!("{}@acme.com", "l".repeat(60));
    let named = json!({"userName": address, "displayName": "x".repeat(61)});
    office.call("POST", "/Users", named).await.expect(400);
    let nameless = json!({"userName": address});
    let user = office.call("POST", "/Users", nameless).await.expect(201);
    assert_eq!(user["displayName"], address);
    let user = office
        .patch("u0@acme.com", replace("name.familyName", json!("Changed")))
        .await
        .expect(200);
    assert_eq!(user["displayName"], "Dis Changed");
}

#[tokio::test]
async fn m8_without_a_role_a_user_is_a_member_and_what_is_not_given_is_absent() {
    let office = Office::open().await;
    let user = office
        .call("POST", "/Users", new("plain@acme.com"))
        .await
        .expect(201);
    assert_eq!(
        user["roles"],
        json!([{"type": "organization_user_role", "value": "ORGANIZATION_INTERNAL_USER", "display": "Member", "primary": true}])
    );
    assert_eq!(
        user["schemas"],
        json!(["urn:ietf:params:scim:schemas:core:2.0:User"])
    );
    for absent in [
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
        "preferredLanguage",
        "manager",
        "division",
        "costCenter",
    ] {
        assert_eq!(user.get(absent), None, "{absent}");
    }
    assert_eq!(user["photos"], json!([{"type": "photo"}]), "as captured");
    let urn = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    let body = json!({"userName": "rich@acme.com", urn: {"division": "North", "costCenter": "C9"}});
    let user = office.call("POST", "/Users", body).await.expect(201);
    assert_eq!(user[urn], json!({"division": "North", "costCenter": "C9"}));
}
