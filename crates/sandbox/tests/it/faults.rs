//! Faults on demand.

use serde_json::{Value, json};
use usher_sandbox::SandboxSettings;

use crate::support::{Miro, send, small};

async fn with_fault(rule: &str) -> Miro {
    let settings = SandboxSettings {
        faults: vec![rule.parse().unwrap()],
        ..small()
    };
    Miro::start(settings).await
}

#[tokio::test]
async fn m11_the_nth_call_fails_with_an_html_page_and_the_others_do_not() {
    let miro = with_fault("GET /v2/** nth=2 status=502").await;
    let path = format!("/v2/orgs/{}", miro.org().await);
    miro.get(&path).await.expect(200);
    let failed = miro.get(&path).await;
    assert_eq!(failed.status, 502);
    assert!(
        failed
            .header("content-type")
            .unwrap()
            .starts_with("text/html")
    );
    assert!(failed.text.contains("502 Bad Gateway"), "{}", failed.text);
    miro.get(&path).await.expect(200);
}

#[tokio::test]
async fn m11_a_429_comes_with_or_without_retry_after_in_the_shape_of_its_api() {
    let miro = with_fault("GET /v1/** status=429 retry-after=2").await;
    let refused = miro.get("/v1/oauth-token").await;
    assert_eq!(refused.header("retry-after"), Some("2"));
    assert_eq!(refused.expect(429)["code"], "tooManyRequests");
    let miro = with_fault("GET /api/v1/scim/** status=429").await;
    let refused = miro.get("/api/v1/scim/Users").await;
    assert_eq!(refused.header("retry-after"), None);
    assert_eq!(refused.expect(429)["scimType"], "tooManyRequests");
}

#[tokio::test]
async fn m11_a_reset_before_the_write_leaves_nothing_and_one_after_it_leaves_the_write() {
    for (point, teams) in [("before", 0), ("after", 1)] {
        let miro = with_fault(&format!("POST /v2/** nth=1 reset={point}")).await;
        let org = miro.org().await;
        let path = format!("/v2/orgs/{org}/teams");
        let create = miro
            .authorized("POST", &path)
            .json(&json!({"name": "Ghost team"}));
        let error = create.send().await.unwrap_err();
        assert!(error.is_request(), "{error:?}");
        let found = miro.get(&format!("{path}?name=ghost")).await.expect(200);
        assert_eq!(found["size"], teams, "reset {point}");
        let report = miro.control("requests").await;
        assert_eq!(report["by_status"]["0"], 1);
    }
}

#[tokio::test]
async fn m11_a_truncated_body_breaks_off_while_its_head_promises_all() {
    let miro = with_fault("GET /v1/oauth-token truncate=20").await;
    let response = miro
        .authorized("GET", "/v1/oauth-token")
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 200);
    assert!(response.content_length().unwrap() > 20);
    response.bytes().await.unwrap_err();
}

#[tokio::test]
async fn m11_latency_holds_the_reply_back() {
    let miro = with_fault("GET /v1/** latency=120ms").await;
    let started = std::time::Instant::now();
    miro.org().await;
    assert!(started.elapsed().as_millis() >= 120);
}

#[tokio::test]
async fn m11_a_half_done_group_change_leaves_its_first_members_behind() {
    let miro = with_fault("PATCH /api/v1/scim/Groups/* half-done=2").await;
    let org = miro.org().await;
    let team = miro
        .call(
            "POST",
            &format!("/v2/orgs/{org}/teams"),
            json!({"name": "Half"}),
        )
        .await
        .expect(201);
    let team = team["id"].as_str().unwrap().to_owned();
    let before = miro.team_size(&org, &team).await;
    let people = miro.some_people(5).await;
    let value: Vec<Value> = people.iter().map(|id| json!({"value": id})).collect();
    let add = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{"op": "Add", "path": "members", "value": value}]});
    let failed = miro
        .call("PATCH", &format!("/api/v1/scim/Groups/{team}"), add)
        .await;
    assert_eq!(failed.status, 504);
    assert!(failed.text.contains("Gateway Timeout"), "{}", failed.text);
    assert_eq!(miro.team_size(&org, &team).await, before + 2);
}

#[tokio::test]
async fn m11_rules_are_listed_added_and_removed_while_it_runs() {
    let miro = Miro::start(small()).await;
    let add = |rule: &'static str| send(miro.request("POST", "/_sandbox/faults").body(rule));
    add("GET /v1/** p=1 seed=3 status=500").await.expect(201);
    assert_eq!(miro.get("/v1/oauth-token").await.status, 500);
    let rules = miro.control("faults").await;
    assert_eq!(
        rules[0],
        json!({"rule": "GET /v1/** p=1 seed=3 status=500", "seen": 1, "fired": 1})
    );
    let refused = add("GET /v1/** p=2 status=500").await;
    assert!(refused.text.contains("0 to 1"), "{}", refused.text);
    assert_eq!(refused.status, 400);
    send(miro.request("DELETE", "/_sandbox/faults"))
        .await
        .expect(204);
    miro.get("/v1/oauth-token").await.expect(200);
}

#[tokio::test]
async fn m11_a_half_done_bulk_edit_leaves_its_first_members_behind() {
    let miro = with_fault("PATCH /v2/** half-done=2").await;
    let org = format!("/v2/orgs/{}", miro.org().await);
    let group = miro
        .call("POST", &format!("{org}/groups"), json!({"name": "Half"}))
        .await
        .expect(201);
    let members = format!("{org}/groups/{}/members", group["id"].as_str().unwrap());
    let edit = json!({"membersToAdd": miro.some_people(5).await});
    assert_eq!(miro.call("PATCH", &members, edit).await.status, 504);
    assert_eq!(miro.all(&members).await.len(), 2);
}
