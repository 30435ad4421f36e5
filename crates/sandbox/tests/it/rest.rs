//! The REST API: reading, changing, and what the audit log says of it.

use serde_json::{Value, json};

use crate::support::{Miro, send, small};

const ALWAYS: &str = "createdAfter=2000-01-01T00:00:00.000Z&createdBefore=2100-01-01T00:00:00.000Z";

async fn started() -> (Miro, String) {
    let miro = Miro::start(small()).await;
    let org = format!("/v2/orgs/{}", miro.org().await);
    (miro, org)
}

#[tokio::test]
async fn m9_the_token_context_names_organization_team_user_and_scopes() {
    let miro = Miro::start(small()).await;
    let context = miro.get("/v1/oauth-token").await.expect(200);
    assert_eq!(context["type"], "oAuthToken");
    for (field, kind) in [
        ("organization", "organization"),
        ("team", "team"),
        ("user", "user"),
        ("createdBy", "user"),
    ] {
        assert_eq!(context[field]["type"], kind);
        assert!(!context[field]["id"].as_str().unwrap().is_empty());
        assert!(!context[field]["name"].as_str().unwrap().is_empty());
    }
    assert!(
        context["scopes"]
            .as_array()
            .unwrap()
            .contains(&json!("organizations:read"))
    );
}

#[tokio::test]
async fn m9_members_are_paged_with_a_cursor_and_include_guests() {
    let (miro, org) = started().await;
    let all = miro.all(&format!("{org}/members?limit=100")).await;
    let paged = miro.all(&format!("{org}/members?limit=7")).await;
    assert_eq!(all, paged);
    let ids: std::collections::BTreeSet<_> = all
        .iter()
        .map(|member| member["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids.len(), all.len());
    assert!(
        all.iter()
            .any(|member| member["role"] == "organization_team_guest_user")
    );
    let page = miro
        .get(&format!("{org}/members?limit=7"))
        .await
        .expect(200);
    assert_eq!(
        (&page["type"], &page["limit"], &page["size"]),
        (&json!("cursor-list"), &json!(7), &json!(7))
    );
    let (members, guests) = (all.len(), 0);
    assert!(members > guests);
    for bad in [
        "limit=0",
        "limit=101",
        "limit=x",
        "active=maybe",
        "role=king",
        "license=gold",
    ] {
        let refused = miro.get(&format!("{org}/members?{bad}")).await.expect(400);
        assert_eq!(refused["code"], "invalidParameters", "{bad}");
    }
}

#[tokio::test]
async fn m9_members_can_be_filtered_and_looked_up() {
    let (miro, org) = started().await;
    let all = miro.all(&format!("{org}/members")).await;
    for (filter, field, value) in [
        ("active=false", "active", json!(false)),
        (
            "role=organization_internal_admin",
            "role",
            json!("organization_internal_admin"),
        ),
        ("license=full", "license", json!("full")),
    ] {
        let found = miro.all(&format!("{org}/members?limit=100&{filter}")).await;
        let expected: Vec<_> = all
            .iter()
            .filter(|member| member[field] == value)
            .cloned()
            .collect();
        assert_eq!(found, expected, "{filter}");
    }
    let one = &all[0];
    let id = one["id"].as_str().unwrap();
    assert_eq!(
        &miro.get(&format!("{org}/members/{id}")).await.expect(200),
        one
    );
    assert_eq!(
        miro.get(&format!("{org}/members/1")).await.expect(404)["code"],
        "notFound"
    );
}

#[tokio::test]
async fn m9_asking_by_emails_gives_a_bare_array_that_no_filter_touches() {
    let (miro, org) = started().await;
    let all = miro.all(&format!("{org}/members")).await;
    let email = all[3]["email"].as_str().unwrap().to_uppercase();
    let found = miro
        .get(&format!(
            "{org}/members?emails={email},nobody@nowhere.example&active=false&limit=0"
        ))
        .await;
    assert_eq!(found.expect(200), json!([all[3]]));
    let many = ["a@b.example"; 11].join(",");
    miro.get(&format!("{org}/members?emails={many}"))
        .await
        .expect(400);
}

#[tokio::test]
async fn m9_teams_are_created_found_renamed_and_deleted() {
    let (miro, org) = started().await;
    let created = miro
        .call(
            "POST",
            &format!("{org}/teams"),
            json!({"name": "Zebra Crossing"}),
        )
        .await
        .expect(201);
    let id = created["id"].as_str().unwrap();
    assert_eq!(created["type"], "team");
    let admin = miro.get("/v1/oauth-token").await.expect(200)["user"]["id"].clone();
    let members = miro.all(&format!("{org}/teams/{id}/members")).await;
    assert_eq!(
        (&members[0]["id"], &members[0]["role"]),
        (&admin, &json!("admin")),
        "its creator is its admin"
    );
    let found = miro
        .get(&format!("{org}/teams?name=zebra"))
        .await
        .expect(200);
    assert_eq!(found["data"], json!([created]));
    let renamed = miro
        .call(
            "PATCH",
            &format!("{org}/teams/{id}"),
            json!({"name": "Yak"}),
        )
        .await
        .expect(200);
    assert_eq!(renamed["name"], "Yak");
    assert_eq!(
        miro.get(&format!("{org}/teams/{id}")).await.expect(200),
        renamed
    );
    miro.call(
        "POST",
        &format!("{org}/teams"),
        json!({"name": "x".repeat(61)}),
    )
    .await
    .expect(400);
    miro.call("POST", &format!("{org}/teams"), json!({"name": ""}))
        .await
        .expect(400);
    miro.call("DELETE", &format!("{org}/teams/{id}"), Value::Null)
        .await
        .expect(204);
    miro.get(&format!("{org}/teams/{id}")).await.expect(404);
}

#[tokio::test]
async fn m9_team_members_are_invited_promoted_and_removed_but_never_the_last_admin() {
    let (miro, org) = started().await;
    let team = miro
        .call("POST", &format!("{org}/teams"), json!({"name": "T"}))
        .await
        .expect(201);
    let members = format!("{org}/teams/{}/members", team["id"].as_str().unwrap());
    let admin = miro.get("/v1/oauth-token").await.expect(200)["user"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let email = miro.member_with("organization_internal_user").await;
    let invite = json!({"email": email});
    let member = miro
        .call("POST", &members, invite.clone())
        .await
        .expect(201);
    assert_eq!(
        (&member["role"], &member["type"]),
        (&json!("member"), &json!("team-member"))
    );
    assert_eq!(member["createdBy"], admin);
    assert_eq!(
        miro.call("POST", &members, invite).await.expect(409)["code"],
        "conflict"
    );
    let unknown = json!({"email": "nobody@nowhere.example", "role": "member"});
    miro.call("POST", &members, unknown).await.expect(404);
    for role in ["team_guest", "non_team", "owner"] {
        miro.call("POST", &members, json!({"email": email, "role": role}))
            .await
            .expect(400);
    }
    let last = format!("{members}/{admin}");
    miro.call("PATCH", &last, json!({"role": "member"}))
        .await
        .expect(409);
    miro.call("DELETE", &last, Value::Null).await.expect(409);
    let one = format!("{members}/{}", member["id"].as_str().unwrap());
    assert_eq!(
        miro.call("PATCH", &one, json!({"role": "admin"}))
            .await
            .expect(200)["role"],
        "admin"
    );
    miro.call("DELETE", &last, Value::Null).await.expect(204);
    let left = miro.all(&members).await;
    assert_eq!(left.len(), 1);
    assert_eq!(
        miro.all(&format!("{members}?role=member")).await,
        Vec::<Value>::new()
    );
    miro.get(&last).await.expect(404);
}

#[tokio::test]
async fn m9_team_settings_start_from_the_defaults_and_change_field_by_field() {
    let (miro, org) = started().await;
    let team = miro
        .call("POST", &format!("{org}/teams"), json!({"name": "T"}))
        .await
        .expect(201);
    let path = format!("{org}/teams/{}/settings", team["id"].as_str().unwrap());
    let default = miro
        .get(&format!("{org}/default_teams_settings"))
        .await
        .expect(200);
    let before = miro.get(&path).await.expect(200);
    assert_eq!(before["teamId"], team["id"]);
    assert_eq!(
        before["teamSharingPolicySettings"],
        default["teamSharingPolicySettings"]
    );
    let change = json!({"teamSharingPolicySettings": {"sharingViaPublicLink": "not_allowed", "allowListedDomains": ["a.example"]}});
    let after = miro.call("PATCH", &path, change).await.expect(200);
    let sharing = &after["teamSharingPolicySettings"];
    assert_eq!(sharing["sharingViaPublicLink"], "not_allowed");
    assert_eq!(sharing["allowListedDomains"], json!(["a.example"]));
    assert_eq!(
        sharing["sharingOnAccount"],
        before["teamSharingPolicySettings"]["sharingOnAccount"]
    );
    let wrong = json!({"teamSharingPolicySettings": {"sharingViaPublicLink": "sometimes"}});
    miro.call("PATCH", &path, wrong).await.expect(400);
    assert_eq!(miro.get(&path).await.expect(200), after);
}

#[tokio::test]
async fn m9_a_bulk_edit_of_a_user_group_replies_207_with_mixed_results() {
    let (miro, org) = started().await;
    let group = miro
        .call("POST", &format!("{org}/groups"), json!({"name": "Pilots"}))
        .await
        .expect(201);
    let id = group["id"].as_str().unwrap().to_owned();
    miro.call("POST", &format!("{org}/groups"), json!({"name": "pilots"}))
        .await
        .expect(409);
    let members = format!("{org}/groups/{id}/members");
    let people = miro.some_people(3).await;
    let edit = json!({"membersToAdd": [people[0], people[1], "nobody@nowhere.example"], "membersToRemove": []});
    let results = miro.call("PATCH", &members, edit).await.expect(207);
    assert_eq!(results.as_array().unwrap().len(), 2);
    assert_eq!(
        (&results[0]["operation"], &results[0]["status"]),
        (&json!("addMembers"), &json!(200))
    );
    assert_eq!(results[0]["affectedUsers"].as_array().unwrap().len(), 2);
    assert_eq!(
        (&results[1]["status"], &results[1]["error"]["code"]),
        (&json!(400), &json!("invalidParameters"))
    );
    assert_eq!(miro.all(&members).await.len(), 2);
    let edit = json!({"membersToRemove": [people[0]]});
    let results = miro.call("PATCH", &members, edit).await.expect(207);
    assert_eq!(results[0]["operation"], "removeMembers");
    let left = miro.all(&members).await;
    assert_eq!(left[0]["id"], people[1].as_str());
    assert_eq!(left[0]["type"], "user-group-member");
    let many = json!({"membersToAdd": vec!["1"; 501]});
    miro.call("PATCH", &members, many).await.expect(413);
}

#[tokio::test]
async fn m9_a_user_group_is_attached_to_teams_and_seen_from_both_sides() {
    let (miro, org) = started().await;
    let group = miro
        .call("POST", &format!("{org}/groups"), json!({"name": "G"}))
        .await
        .expect(201);
    let team = miro
        .call("POST", &format!("{org}/teams"), json!({"name": "T"}))
        .await
        .expect(201);
    let (group, team) = (group["id"].as_str().unwrap(), team["id"].as_str().unwrap());
    let attach = json!({"userGroupId": group, "role": "member"});
    let link = miro
        .call(
            "POST",
            &format!("{org}/teams/{team}/groups"),
            attach.clone(),
        )
        .await
        .expect(201);
    assert_eq!(
        link,
        json!({"id": group, "role": "member", "type": "team-user-group"})
    );
    miro.call("POST", &format!("{org}/teams/{team}/groups"), attach)
        .await
        .expect(409);
    let back = miro
        .get(&format!("{org}/groups/{group}/teams/{team}"))
        .await
        .expect(200);
    assert_eq!(
        back,
        json!({"id": team, "role": "member", "type": "user-group-team"})
    );
    assert_eq!(
        miro.all(&format!("{org}/groups/{group}/teams")).await,
        [back]
    );
    assert_eq!(
        miro.all(&format!("{org}/teams/{team}/groups")).await,
        [link]
    );
    miro.call(
        "DELETE",
        &format!("{org}/teams/{team}/groups/{group}"),
        Value::Null,
    )
    .await
    .expect(204);
    miro.get(&format!("{org}/teams/{team}/groups/{group}"))
        .await
        .expect(404);
}

#[tokio::test]
async fn m9_the_audit_log_tells_every_change_with_its_actor_page_by_page() {
    let (miro, org) = started().await;
    let before = miro.all(&format!("/v2/audit/logs?{ALWAYS}")).await.len();
    let team = miro
        .call("POST", &format!("{org}/teams"), json!({"name": "Audited"}))
        .await
        .expect(201);
    let domain = miro.member_with("organization_internal_user").await;
    let domain = domain.split_once('@').unwrap().1.to_owned();
    let user = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": format!("new.person@{domain}")});
    miro.call("POST", "/api/v1/scim/Users", user)
        .await
        .expect(201);
    let events = miro.all(&format!("/v2/audit/logs?{ALWAYS}&limit=2")).await;
    let new = &events[before..];
    assert!(new.len() >= 2, "{new:?}");
    let by_rest = new
        .iter()
        .find(|event| event["object"]["id"] == team["id"])
        .unwrap();
    assert_eq!(
        (&by_rest["createdBy"]["type"], &by_rest["object"]["name"]),
        (&json!("user"), &json!("Audited"))
    );
    assert!(
        by_rest["createdBy"]["email"]
            .as_str()
            .unwrap()
            .contains('@')
    );
    assert_eq!(by_rest["context"]["ip"], "127.0.0.1");
    let at = by_rest["createdAt"].as_str().unwrap();
    assert!(at.ends_with("+0000"), "{at}");
    assert!(
        new.iter()
            .any(|event| event["createdBy"]["type"] == "scim_provisioner")
    );
    let page = miro
        .get(&format!("/v2/audit/logs?{ALWAYS}&limit=1"))
        .await
        .expect(200);
    assert!(page["cursor"].as_str().unwrap().contains('#'));
    let descending = miro
        .all(&format!("/v2/audit/logs?{ALWAYS}&limit=2&sorting=DESC"))
        .await;
    assert_eq!(descending.into_iter().rev().collect::<Vec<_>>(), events);
    miro.get("/v2/audit/logs?createdAfter=2000-01-01T00:00:00.000Z")
        .await
        .expect(400);

    send(miro.request("POST", "/_sandbox/clock?advance=91d"))
        .await
        .expect(200);
    let later = miro.all(&format!("/v2/audit/logs?{ALWAYS}")).await;
    assert_eq!(later, Vec::<Value>::new(), "the log reaches back 90 days");
}

#[tokio::test]
async fn m9_sessions_are_reset_by_email_and_boards_are_listed_by_owner() {
    let (miro, org) = started().await;
    let email = miro.member_with("organization_internal_user").await;
    let reply = miro
        .call(
            "POST",
            &format!("/v2/sessions/reset_all?email={email}"),
            Value::Null,
        )
        .await;
    assert_eq!((reply.status.as_u16(), reply.text.as_str()), (200, ""));
    miro.call("POST", "/v2/sessions/reset_all", Value::Null)
        .await
        .expect(400);
    miro.call(
        "POST",
        "/v2/sessions/reset_all?email=nobody@nowhere.example",
        Value::Null,
    )
    .await
    .expect(404);
    let found = miro
        .get(&format!("{org}/members?emails={email}"))
        .await
        .expect(200);
    let owner = found[0]["id"].as_str().unwrap().to_owned();
    let boards = miro
        .get(&format!("/v2/boards?owner={owner}"))
        .await
        .expect(200);
    assert_eq!(boards["size"], boards["data"].as_array().unwrap().len());
    for board in boards["data"].as_array().unwrap() {
        assert_eq!(board["owner"]["id"], owner.as_str());
    }
}

#[tokio::test]
async fn m9_unknown_paths_and_methods_are_answered_as_errors() {
    let (miro, org) = started().await;
    assert_eq!(miro.get("/v2/nothing").await.expect(404)["type"], "error");
    let refused = miro
        .call("PUT", &format!("{org}/teams"), json!({}))
        .await
        .expect(405);
    assert_eq!(refused["error"]["reason"], "methodNotAllowed");
}
