//! `/Groups` where groups are user groups: requirement M2.

use serde_json::{Value, json};

use crate::scim_office::Office;

async fn open() -> Office {
    Office::switched("group_model", "user_group").await
}

fn values(office: &Office, emails: &[&str]) -> Value {
    emails
        .iter()
        .map(|email| json!({"value": office.id(email)}))
        .collect()
}

#[tokio::test]
async fn m2_a_user_group_is_created_with_members_and_deleted() {
    let office = open().await;
    let body = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Editors",
        "members": values(&office, &["bob@acme.com"])});
    let created = office.call("POST", "/Groups", body.clone()).await;
    let location = created.header("location").unwrap().to_owned();
    let group = created.expect(201);
    assert!(location.ends_with(group["id"].as_str().unwrap()));
    assert_eq!(group["members"][0]["value"], office.id("bob@acme.com"));
    let bob = office.user("bob@acme.com").await;
    assert_eq!(bob["userType"], "Full", "the licence is raised");
    let groups: Vec<&str> = bob["groups"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["display"].as_str().unwrap())
        .collect();
    assert_eq!(groups, ["Auditors", "Editors"], "user groups, not teams");
    let refused = office.call("POST", "/Groups", body).await.expect(409);
    assert_eq!(refused["scimType"], "uniqueness");
    let path = format!("/Groups/{}", group["id"].as_str().unwrap());
    office.call("DELETE", &path, Value::Null).await.expect(204);
    office.call("GET", &path, Value::Null).await.expect(404);
    assert!(!office.gone("bob@acme.com"), "members stay");
    assert_eq!(office.get("/Groups").await["totalResults"], 1);
    office.call("PUT", "/Groups/1", json!({})).await.expect(405);
}

#[tokio::test]
async fn m2_names_of_user_groups_are_cut_at_60_and_unique() {
    let office = open().await;
    let long = "g".repeat(70);
    let group = office
        .call("POST", "/Groups", json!({"displayName": long}))
        .await
        .expect(201);
    assert_eq!(group["displayName"].as_str().unwrap().len(), 60);
    let collides = json!({"displayName": format!("{}x", "g".repeat(60))});
    office.call("POST", "/Groups", collides).await.expect(409);
    office.call("POST", "/Groups", json!({})).await.expect(400);
    let rename = json!([{"op": "replace", "path": "displayName", "value": "g".repeat(65)}]);
    office.patch_group("Auditors", rename).await.expect(409);
    let rename = json!([{"op": "replace", "path": "displayName", "value": "Checkers"}]);
    assert_eq!(
        office.patch_group("Auditors", rename).await.expect(200)["displayName"],
        "Checkers"
    );
}

#[tokio::test]
async fn m2_removing_from_a_user_group_changes_nothing_else() {
    let office = open().await;
    let add =
        json!([{"op": "add", "path": "members", "value": values(&office, &["ann@acme.com"])}]);
    office
        .patch_group("Auditors", add.clone())
        .await
        .expect(200);
    office.patch_group("Auditors", add).await.expect(200);
    let remove = json!([{"op": "remove", "path": "members", "value": values(&office, &["ann@acme.com", "bob@acme.com", "cy@acme.org"])}]);
    office.patch_group("Auditors", remove).await.expect(200);
    assert!(
        office.members("Auditors").is_empty(),
        "who is not in it is passed over, last admins too"
    );
    assert!(
        office
            .members("Design")
            .contains(&"bob@acme.com".to_owned())
    );
    assert_eq!(office.boards("bob@acme.com").len(), 3);
    assert_eq!(office.user("ann@acme.com").await["userType"], "Full");
}

#[tokio::test]
async fn m2_adding_to_a_user_group_activates_recreates_takes_guests_in_and_needs_seats() {
    let office = open().await;
    let cy = office.id("cy@acme.org");
    office.delete("cy@acme.org").await.expect(204);
    let members = json!([{"value": cy}, {"value": office.id("dora@acme.com")}, {"value": office.id("gus@guest.net")}]);
    office
        .patch_group(
            "Auditors",
            json!([{"op": "add", "path": "members", "value": members}]),
        )
        .await
        .expect(200);
    for email in ["cy@acme.org", "dora@acme.com", "gus@guest.net"] {
        let user = office.user(email).await;
        assert_eq!(
            (&user["active"], &user["userType"]),
            (&json!(true), &json!("Full")),
            "{email}"
        );
    }
    let text = crate::scim_office::OFFICE.replace("seats: 8", "seats: 3");
    let full = Office::with(&text, crate::scim_office::with("group_model", "user_group")).await;
    let body = json!({"displayName": "Editors", "members": values(&full, &["bob@acme.com"])});
    full.call("POST", "/Groups", body).await.expect(409);
    assert_eq!(
        full.get("/Groups").await["totalResults"],
        1,
        "no group without its members"
    );
}
