//! `/Users`: requirements M1, M3, M4, M5, M6 and M8.

use serde_json::{Value, json};
use usher_sandbox::world::{Actor, World};

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
async fn m1_users_are_listed_and_filtered() {
    let office = Office::open().await;
    let all = office.get("/Users").await;
    assert_eq!(
        all["totalResults"], 6,
        "guests and external users are not there"
    );
    assert_eq!(
        (all.get("startIndex"), all.get("itemsPerPage")),
        (None, None)
    );
    let ids: Vec<&str> = all["Resources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|user| user["id"].as_str().unwrap())
        .collect();
    assert!(ids.is_sorted(), "by id unless asked");

    for (filter, expected) in [
        (r#"userName eq "BOB@acme.com""#, vec!["bob@acme.com"]),
        (
            r#"userName sw "b" or displayName ew "lee""#,
            vec!["ann@acme.com", "bob@acme.com"],
        ),
        ("active eq false", vec!["dora@acme.com"]),
        (
            r#"userType ne "Full""#,
            vec!["bob@acme.com", "pat@acme.com"],
        ),
        (r#"not (emails.value co "acme.com")"#, vec!["cy@acme.org"]),
        (
            r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq "art""#,
            vec!["ann@acme.com"],
        ),
        (
            r#"roles[type eq "organization_admin_role"]"#,
            vec!["ann@acme.com"],
        ),
        (
            r#"roles.value eq "ORGANIZATION_INTERNAL_ADMIN""#,
            vec!["jane@acme.com"],
        ),
        (
            r#"emails[primary eq true and value sw "cy"]"#,
            vec!["cy@acme.org"],
        ),
        (
            r#"name.familyName eq "Doe" and active eq true"#,
            vec!["jane@acme.com"],
        ),
        ("preferredLanguage pr", vec!["bob@acme.com"]),
        (r#"userName eq "gus@guest.net""#, vec![]),
        (r#"id eq "1""#, vec![]),
    ] {
        let list = found(
            &office,
            &format!("filter={}&sortBy=userName", escape(filter)),
        )
        .await;
        assert_eq!(list, expected, "{filter}");
    }
    let team = office.group_id("Design");
    let filter = escape(&format!(r#"groups.value eq "{team}""#));
    assert_eq!(
        found(&office, &format!("filter={filter}")).await,
        ["jane@acme.com", "ann@acme.com", "bob@acme.com"]
    );
}

#[tokio::test]
async fn m1_users_are_sorted_and_paged() {
    let office = Office::open().await;
    let sorted = found(&office, "sortBy=name.givenName&sortOrder=descending").await;
    assert_eq!(
        sorted,
        [
            "pat@acme.com",
            "jane@acme.com",
            "dora@acme.com",
            "cy@acme.org",
            "bob@acme.com",
            "ann@acme.com"
        ]
    );
    let by_department =
        "sortBy=urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department&count=3";
    assert_eq!(
        found(&office, by_department).await,
        ["ann@acme.com", "cy@acme.org", "jane@acme.com"],
        "without value last"
    );

    let page = office
        .get("/Users?startIndex=3&count=2&sortBy=userName")
        .await;
    assert_eq!(
        (
            &page["startIndex"],
            &page["itemsPerPage"],
            &page["totalResults"]
        ),
        (&json!(3), &json!(2), &json!(6))
    );
    assert_eq!(names(&page), ["cy@acme.org", "dora@acme.com"]);
    assert_eq!(
        names(&office.get("/Users?startIndex=7").await),
        Vec::<String>::new()
    );
    let count = office.get("/Users?count=0").await;
    assert_eq!(
        count,
        json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"], "totalResults": 6})
    );
}

#[tokio::test]
async fn m1_attributes_and_excluded_attributes_narrow_what_is_shown() {
    let office = Office::open().await;
    let list = office
        .get("/Users?attributes=userName,emails.value&filter=userName%20eq%20%22bob@acme.com%22")
        .await;
    let id = office.id("bob@acme.com");
    let expected = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
        "id": id, "userName": "bob@acme.com", "emails": [{"value": "bob@acme.com"}]});
    assert_eq!(list["Resources"][0], expected);
    let one = office
        .get(&format!("/Users/{id}?excludedAttributes=groups,roles"))
        .await;
    assert_eq!((one.get("groups"), one.get("roles")), (None, None));
    assert_eq!(one["userName"], "bob@acme.com");
}

#[tokio::test]
async fn m1_wrong_queries_and_bodies_are_refused_in_scims_words() {
    let office = Office::open().await;
    let refused = |reply: crate::support::Reply, status: u16| {
        assert_eq!(reply.header("content-type"), Some("application/scim+json"));
        let body = reply.expect(status);
        assert_eq!(
            body["schemas"],
            json!(["urn:ietf:params:scim:api:messages:2.0:Error"])
        );
        assert_eq!(body["status"], status.to_string());
        body["scimType"].as_str().unwrap_or_default().to_owned()
    };
    let get = async |path: &str| office.call("GET", path, Value::Null).await;
    assert_eq!(
        refused(get("/Users?filter=userName%20eq").await, 400),
        "invalidFilter"
    );
    assert_eq!(
        refused(get("/Users?filter=externalId%20eq%20%22x%22").await, 400),
        "invalidFilter"
    );
    assert_eq!(
        refused(get("/Users?sortBy=shoeSize").await, 400),
        "invalidPath"
    );
    assert_eq!(refused(get("/Users?count=many").await, 400), "invalidValue");
    assert_eq!(refused(get("/Users/nobody").await, 404), "");
    assert_eq!(refused(get("/Me").await, 404), "");
    assert_eq!(
        refused(
            office
                .call("POST", "/Users", json!({"displayName": "X"}))
                .await,
            400
        ),
        "invalidValue"
    );
    assert_eq!(
        refused(office.call("POST", "/Users", new("no-address")).await, 400),
        "invalidValue"
    );
    let long = json!({"userName": "long@acme.com", "displayName": "x".repeat(61)});
    assert_eq!(
        refused(office.call("POST", "/Users", long).await, 400),
        "invalidValue"
    );
    let text = office
        .miro
        .authorized("POST", "/api/v1/scim/Users")
        .header("content-type", "text/plain")
        .body("x");
    refused(crate::support::send(text).await, 415);
    let big = json!({"userName": "big@acme.com", "displayName": "x".repeat(800_000)});
    refused(office.call("POST", "/Users", big).await, 413);
    let wrong_token = office
        .miro
        .request("GET", "/api/v1/scim/Users")
        .bearer_auth("wrong");
    refused(crate::support::send(wrong_token).await, 401);
    assert_eq!(
        office.get("/Users?count=0").await["totalResults"],
        6,
        "nobody came"
    );
}

#[tokio::test]
async fn m1_a_caller_who_takes_only_plain_json_gets_it() {
    let office = Office::open().await;
    let request = office
        .miro
        .authorized("GET", "/api/v1/scim/Users")
        .header("accept", "application/json");
    assert_eq!(
        crate::support::send(request).await.header("content-type"),
        Some("application/json")
    );
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
    assert_eq!(
        found(&office, "filter=active%20eq%20false&sortBy=userName").await,
        ["bob@acme.com", "dora@acme.com"]
    );
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

#[tokio::test]
async fn m1_the_shapes_that_sources_disagree_on_can_be_switched() {
    let office = Office::switched("emails_type", "on").await;
    assert_eq!(
        office.user("bob@acme.com").await["emails"][0]["type"],
        "work"
    );
    let office = Office::switched("photos_without_value", "off").await;
    assert_eq!(office.user("bob@acme.com").await.get("photos"), None);
    let office = Office::switched("list_envelope", "always").await;
    assert_eq!(office.get("/Users").await["startIndex"], 1);
    let office = Office::switched("list_envelope", "never").await;
    assert_eq!(
        office.get("/Users?startIndex=1").await.get("startIndex"),
        None
    );
    let office = Office::switched("scim", "off").await;
    office.call("GET", "/Users", Value::Null).await.expect(403);
}

#[tokio::test]
async fn m1_a_count_beyond_the_clamp_is_clamped_not_refused() {
    use usher_sandbox::{GenerateSettings, LimitSettings, OrganizationSource, SandboxSettings};
    for (clamp, most) in [("1000", 1000), ("200", 200)] {
        let settings = SandboxSettings {
            organization: OrganizationSource::Generated(GenerateSettings {
                users: 1100,
                ..GenerateSettings::default()
            }),
            switches: crate::scim_office::with("count_clamp", clamp),
            limits: LimitSettings {
                enforced: false,
                ..LimitSettings::default()
            },
            ..SandboxSettings::default()
        };
        let miro = crate::support::Miro::start(settings).await;
        let page = miro
            .get("/api/v1/scim/Users?count=9999&attributes=id")
            .await
            .expect(200);
        assert_eq!(page["Resources"].as_array().unwrap().len(), most);
        let page = miro
            .get("/api/v1/scim/Users?attributes=id")
            .await
            .expect(200);
        assert_eq!(page["Resources"].as_array().unwrap().len(), 100);
    }
}

#[tokio::test]
async fn m1_discovery_describes_what_is_given_out() {
    let office = Office::open().await;
    let config = office.get("/ServiceProviderConfig").await;
    assert_eq!(
        config["filter"],
        json!({"supported": true, "maxResults": 200})
    );
    assert_eq!(
        (&config["etag"]["supported"], &config["bulk"]["supported"]),
        (&json!(false), &json!(false))
    );
    let types = office.get("/ResourceTypes").await;
    assert_eq!(types["totalResults"], 2);
    assert_eq!(
        office.get("/ResourceTypes/Group").await["schema"],
        "urn:ietf:params:scim:schemas:core:2.0:Group"
    );
    let schemas = office.get("/Schemas").await;
    assert_eq!(schemas["totalResults"], 3);
    let user = office
        .get("/Schemas/urn:ietf:params:scim:schemas:core:2.0:User")
        .await;
    let advertised: Vec<&str> = user["attributes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    let shown = office.user("bob@acme.com").await;
    let shown: Vec<&str> = shown
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    for name in &advertised {
        assert!(
            shown.contains(name),
            "{name} is advertised and not given out"
        );
    }
    office
        .call("GET", "/Schemas/urn:none", Value::Null)
        .await
        .expect(404);
    let refused = office.call("POST", "/Schemas", json!({})).await.expect(405);
    assert_eq!(refused["error"]["reason"], "methodNotAllowed");
}

fn escape(filter: &str) -> String {
    filter
        .replace('%', "%25")
        .replace(' ', "%20")
        .replace('"', "%22")
        .replace('[', "%5B")
        .replace(']', "%5D")
}

async fn found(office: &Office, query: &str) -> Vec<String> {
    names(&office.get(&format!("/Users?{query}")).await)
}

fn names(list: &Value) -> Vec<String> {
    let users = list["Resources"].as_array().unwrap();
    users
        .iter()
        .map(|user| user["userName"].as_str().unwrap().to_owned())
        .collect()
}
