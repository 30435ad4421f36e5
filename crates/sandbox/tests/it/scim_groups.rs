//! `/Groups` where groups are teams: requirements M2 and M4.

use serde_json::{Value, json};

use crate::scim_office::{Office, patch};

fn values(office: &Office, emails: &[&str]) -> Value {
    emails
        .iter()
        .map(|email| json!({"value": office.id(email)}))
        .collect()
}

fn one(path: &str, office: &Office, email: &str) -> String {
    format!("{path}[value eq \"{}\"]", office.id(email))
}

#[tokio::test]
async fn m2_teams_are_listed_filtered_sorted_and_shown_without_guests() {
    let office = Office::open().await;
    let all = office.get("/Groups").await;
    assert_eq!(all["totalResults"], 4);
    let design = office
        .get(&format!("/Groups/{}", office.group_id("Design")))
        .await;
    assert_eq!(
        design["schemas"],
        json!(["urn:ietf:params:scim:schemas:core:2.0:Group"])
    );
    let shown: Vec<&str> = design["members"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["display"].as_str().unwrap())
        .collect();
    assert_eq!(shown, ["Jane Doe", "Ann Lee", "Bob Roe"], "Gus is a guest");
    assert_eq!(design["members"][0]["type"], "User");
    assert_eq!(design["meta"]["resourceType"], "Group");
    assert_eq!(
        office
            .get(&format!("/Groups/{}", office.group_id("Empty")))
            .await["members"],
        json!([])
    );

    let names = |list: &Value| -> Vec<String> {
        list["Resources"]
            .as_array()
            .unwrap()
            .iter()
            .map(|group| group["displayName"].as_str().unwrap().to_owned())
            .collect()
    };
    let list = office
        .get("/Groups?sortBy=displayName&sortOrder=descending&attributes=displayName")
        .await;
    assert_eq!(names(&list), ["Sales", "Everyone", "Empty", "Design"]);
    assert_eq!(list["Resources"][0].get("members"), None);
    let list = office
        .get("/Groups?filter=displayName%20eq%20%22sales%22&excludedAttributes=members")
        .await;
    assert_eq!(names(&list), ["Sales"]);
    assert_eq!(list["Resources"][0].get("members"), None);
    let page = office.get("/Groups?startIndex=2&count=1").await;
    assert_eq!(
        (&page["totalResults"], &page["itemsPerPage"], names(&page)),
        (&json!(4), &json!(1), vec!["Design".to_owned()])
    );
    let refused = office
        .call(
            "GET",
            "/Groups?filter=members.value%20eq%20%221%22",
            Value::Null,
        )
        .await
        .expect(400);
    assert_eq!(
        refused["scimType"], "invalidFilter",
        "complex attributes cannot be filtered on groups"
    );
    assert_eq!(office.get("/Groups?count=0").await.get("Resources"), None);
}

#[tokio::test]
async fn m2_teams_are_neither_created_nor_deleted_nor_replaced() {
    let office = Office::open().await;
    let design = format!("/Groups/{}", office.group_id("Design"));
    for (method, path) in [
        ("POST", "/Groups"),
        ("DELETE", design.as_str()),
        ("PUT", design.as_str()),
    ] {
        let refused = office
            .call(method, path, json!({"displayName": "X"}))
            .await
            .expect(405);
        assert_eq!(
            refused["error"],
            json!({"message": "Endpoint is found, but this method is not allowed", "reason": "methodNotAllowed", "code": 405})
        );
    }
    assert_eq!(office.get("/Groups").await["totalResults"], 4);
    let office = Office::switched("method_not_allowed_body", "scim").await;
    assert_eq!(
        office.call("PUT", &design, json!({})).await.expect(405)["status"],
        "405"
    );
}

#[tokio::test]
async fn m2_members_come_and_go_in_every_documented_form() {
    let office = Office::open().await;
    let added = office.patch_group("Empty", json!([{"op": "Add", "path": "members", "value": values(&office, &["bob@acme.com", "cy@acme.org"])}])).await.expect(200);
    assert_eq!(added["members"].as_array().unwrap().len(), 2);
    let single =
        json!([{"op": "add", "path": "members", "value": {"value": office.id("pat@acme.com")}}]);
    office.patch_group("Empty", single).await.expect(200);
    assert_eq!(
        office.members("Empty"),
        ["bob@acme.com", "cy@acme.org", "pat@acme.com"]
    );
    let unquoted = json!([{"op": "Remove", "path": format!("members[value eq {}]", office.id("pat@acme.com"))}]);
    office.patch_group("Empty", unquoted).await.expect(200);
    let entra =
        json!([{"op": "Remove", "path": "members", "value": values(&office, &["cy@acme.org"])}]);
    office.patch_group("Empty", entra).await.expect(200);
    assert_eq!(office.members("Empty"), ["bob@acme.com"]);
    let pathless = json!([{"op": "add", "value": {"members": values(&office, &["cy@acme.org"])}}]);
    office.patch_group("Empty", pathless).await.expect(200);
    let both = json!([
        {"op": "remove", "path": one("members", &office, "cy@acme.org")},
        {"op": "add", "path": "members", "value": values(&office, &["pat@acme.com"])},
    ]);
    office.patch_group("Empty", both).await.expect(200);
    assert_eq!(office.members("Empty"), ["bob@acme.com", "pat@acme.com"]);
    let push = json!([{"op": "replace", "path": "members", "value": values(&office, &["bob@acme.com", "cy@acme.org"])}]);
    office.patch_group("Empty", push).await.expect(200);
    assert_eq!(
        office.members("Empty"),
        ["bob@acme.com", "cy@acme.org"],
        "the list is what was pushed"
    );
    let strict = Office::switched("unquoted_numbers", "refused").await;
    let unquoted = json!([{"op": "Remove", "path": format!("members[value eq {}]", strict.id("bob@acme.com"))}]);
    strict.patch_group("Design", unquoted).await.expect(400);
}

#[tokio::test]
async fn m2_a_team_is_renamed_by_path_and_by_oktas_form() {
    let office = Office::open().await;
    let id = office.group_id("Sales");
    office
        .patch_group(
            "Sales",
            json!([{"op": "Replace", "path": "displayName", "value": "Selling"}]),
        )
        .await
        .expect(200);
    let okta = json!([{"op": "replace", "value": {"id": id, "displayName": "Vente"}}]);
    let group = office.patch_group("Selling", okta).await.expect(200);
    assert_eq!(
        (&group["id"], &group["displayName"]),
        (&json!(id), &json!("Vente"))
    );
    office
        .patch_group(
            "Vente",
            json!([{"op": "replace", "path": "displayName", "value": "x".repeat(61)}]),
        )
        .await
        .expect(400);
    office
        .patch_group("Vente", json!([{"op": "remove", "path": "displayName"}]))
        .await
        .expect(400);
    office
        .patch_group(
            "Vente",
            json!([{"op": "replace", "path": "owner", "value": "x"}]),
        )
        .await
        .expect(400);
    let narrowed = office
        .call(
            "PATCH",
            &format!("/Groups/{id}?attributes=displayName"),
            patch(json!([{"op": "replace", "path": "displayName", "value": "V"}])),
        )
        .await
        .expect(200);
    assert_eq!(
        (narrowed.get("members"), &narrowed["displayName"]),
        (None, &json!("V"))
    );
}

#[tokio::test]
async fn m2_a_removed_member_leaves_the_boards_to_the_oldest_team_admin_for_good() {
    let office = Office::open().await;
    office
        .patch_group(
            "Design",
            json!([{"op": "remove", "path": one("members", &office, "bob@acme.com")}]),
        )
        .await
        .expect(200);
    assert_eq!(
        office.boards("ann@acme.com"),
        ["Design 1", "Design 2", "Design 3"]
    );
    office
        .patch_group(
            "Design",
            json!([{"op": "add", "path": "members", "value": values(&office, &["bob@acme.com"])}]),
        )
        .await
        .expect(200);
    assert!(
        office.boards("bob@acme.com").is_empty(),
        "coming back does not bring boards back"
    );
}

#[tokio::test]
async fn m2_adding_to_a_team_activates_recreates_and_takes_guests_in() {
    let office = Office::open().await;
    let bob = office.id("bob@acme.com");
    office.delete("bob@acme.com").await.expect(204);
    let gus = office.id("gus@guest.net");
    let body = json!([{"op": "add", "path": "members", "value": [{"value": office.id("dora@acme.com")}, {"value": bob}, {"value": gus}]}]);
    office.patch_group("Empty", body).await.expect(200);
    assert_eq!(office.user("dora@acme.com").await["active"], true);
    let back = office.get(&format!("/Users/{bob}")).await;
    assert_eq!(
        back["groups"].as_array().unwrap().len(),
        2,
        "the default team and this one: {back}"
    );
    let guest = office.user("gus@guest.net").await;
    assert_eq!(
        (&guest["userType"], &guest["roles"][0]["value"]),
        (&json!("Full"), &json!("ORGANIZATION_INTERNAL_USER"))
    );
    assert_eq!(
        office.members("Empty"),
        ["bob@acme.com", "dora@acme.com", "gus@guest.net"]
    );
}

#[tokio::test]
async fn m2_guests_need_seats_and_without_seats_nobody_comes_in() {
    let text = crate::scim_office::OFFICE.replace("seats: 8", "seats: 3");
    let office = Office::with(&text, usher_sandbox::switches::Switches::default()).await;
    let body = json!([{"op": "add", "path": "members", "value": values(&office, &["bob@acme.com", "gus@guest.net"])}]);
    let refused = office.patch_group("Empty", body).await.expect(409);
    assert_eq!(
        refused["detail"],
        "Full users limit reached for organization"
    );
    assert!(office.members("Empty").is_empty());
}

#[tokio::test]
async fn m2_somebody_who_never_signed_up_vanishes_with_the_last_team() {
    let office = Office::open().await;
    office
        .patch_group(
            "Everyone",
            json!([{"op": "remove", "path": one("members", &office, "bob@acme.com")}]),
        )
        .await
        .expect(200);
    assert!(
        !office.gone("bob@acme.com"),
        "has signed up, and has another team"
    );
    let id = office.id("pat@acme.com");
    office
        .patch_group(
            "Everyone",
            json!([{"op": "remove", "path": one("members", &office, "pat@acme.com")}]),
        )
        .await
        .expect(200);
    assert!(office.gone("pat@acme.com"));
    office
        .call("GET", &format!("/Users/{id}"), Value::Null)
        .await
        .expect(404);
}

#[tokio::test]
async fn m4_the_last_team_admin_cannot_be_removed_and_nobody_else_goes_then() {
    let office = Office::open().await;
    let body = json!([{"op": "remove", "path": "members", "value": values(&office, &["cy@acme.org", "ann@acme.com"])}]);
    let refused = office.patch_group("Sales", body.clone()).await.expect(409);
    assert!(
        refused["detail"].as_str().unwrap().contains("last admin"),
        "{refused}"
    );
    assert_eq!(office.members("Sales"), ["ann@acme.com", "cy@acme.org"]);
    assert_eq!(office.boards("cy@acme.org").len(), 2);
    office
        .patch_group(
            "Design",
            json!([{"op": "remove", "path": one("members", &office, "ann@acme.com")}]),
        )
        .await
        .expect(200);
    office
        .patch_group(
            "Design",
            json!([{"op": "remove", "path": one("members", &office, "jane@acme.com")}]),
        )
        .await
        .expect(409);
    let office = Office::switched("last_team_admin", "allowed").await;
    office.patch_group("Sales", body).await.expect(200);
    assert!(office.members("Sales").is_empty());
}

#[tokio::test]
async fn m4_two_admins_cannot_both_be_removed_in_one_request() {
    let office = Office::open().await;
    let body = json!([{"op": "remove", "path": "members", "value": values(&office, &["jane@acme.com", "ann@acme.com"])}]);
    office.patch_group("Design", body).await.expect(409);
    office
        .patch_group(
            "Design",
            json!([{"op": "replace", "path": "members", "value": []}]),
        )
        .await
        .expect(409);
    assert_eq!(office.members("Design").len(), 4);
}

#[tokio::test]
async fn m2_unknown_members_are_a_404_that_lists_them() {
    let office = Office::open().await;
    let mixed = json!([{"op": "add", "path": "members", "value": [{"value": "3074457345618258730"}, {"value": office.id("cy@acme.org")}, {"value": "x"}]}]);
    let refused = office.patch_group("Empty", mixed.clone()).await.expect(404);
    assert_eq!(
        refused["detail"],
        "No valid resources: [{memberId=3074457345618258730, display=null}, {memberId=x, display=null}]"
    );
    assert!(office.members("Empty").is_empty());
    let guest = json!([{"op": "remove", "path": one("members", &office, "gus@guest.net")}]);
    office.patch_group("Design", guest).await.expect(404);
    office
        .call("PATCH", "/Groups/1", patch(mixed.clone()))
        .await
        .expect(404);
    let office = Office::switched("bad_member_ids", "refuse_when_none_is_valid").await;
    office.patch_group("Empty", mixed).await.expect(200);
    assert_eq!(office.members("Empty"), ["cy@acme.org"]);
    office
        .patch_group(
            "Empty",
            json!([{"op": "add", "path": "members", "value": [{"value": "1"}]}]),
        )
        .await
        .expect(404);
}

#[tokio::test]
async fn m2_more_than_8000_members_or_800_000_bytes_are_a_413() {
    let office = Office::open().await;
    let members: Vec<Value> = (0..8001)
        .map(|number| json!({"value": number.to_string()}))
        .collect();
    office
        .patch_group(
            "Empty",
            json!([{"op": "add", "path": "members", "value": members}]),
        )
        .await
        .expect(413);
    let members: Vec<Value> = (0..8000)
        .map(|number| json!({"value": number.to_string()}))
        .collect();
    office
        .patch_group(
            "Empty",
            json!([{"op": "add", "path": "members", "value": members}]),
        )
        .await
        .expect(404);
    let big = json!([{"op": "replace", "path": "displayName", "value": "x".repeat(800_001)}]);
    office.patch_group("Empty", big).await.expect(413);
}

#[tokio::test]
async fn m2_a_push_can_time_out_after_some_members_and_leave_those_done() {
    let office = Office::switched("replace_members_time_out_after", "2").await;
    let push = json!([{"op": "replace", "path": "members", "value": values(&office, &["bob@acme.com", "cy@acme.org", "pat@acme.com"])}]);
    let reply = office.patch_group("Empty", push).await;
    assert_eq!(reply.status.as_u16(), 504);
    assert!(
        reply.text.contains("<html>"),
        "from the network in front of Miro"
    );
    assert_eq!(office.members("Empty").len(), 2);
}

#[tokio::test]
async fn m2_the_first_member_of_an_empty_team_leads_it() {
    let office = Office::open().await;
    office
        .patch_group(
            "Empty",
            json!([{"op": "add", "path": "members", "value": values(&office, &["bob@acme.com"])}]),
        )
        .await
        .expect(200);
    office
        .patch_group(
            "Empty",
            json!([{"op": "remove", "path": one("members", &office, "bob@acme.com")}]),
        )
        .await
        .expect(409);
}

#[tokio::test]
async fn m2_the_display_of_members_can_be_switched_off() {
    let office = Office::switched("members_display", "off").await;
    let design = office
        .get(&format!("/Groups/{}", office.group_id("Design")))
        .await;
    assert_eq!(design["members"][0].get("display"), None);
}
