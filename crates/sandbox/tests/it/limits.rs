//! Rate limits: how many calls go through, what the refusals look like, when windows begin anew.

use serde_json::{Value, json};
use usher_sandbox::http::limits::WindowKind;
use usher_sandbox::{LimitSettings, SandboxSettings};

use crate::support::{Miro, Reply, small};

/// Calls until one is refused; at most 300 times.
async fn calls_until_refused(miro: &Miro, method: &str, path: &str, body: Value) -> (usize, Reply) {
    for call in 0..300 {
        let reply = miro.call(method, path, body.clone()).await;
        if reply.status == 429 {
            return (call, reply);
        }
    }
    panic!("{method} {path} was never refused");
}

fn scim_429() -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
        "status": "429",
        "scimType": "tooManyRequests",
        "detail": "The user has sent too many requests in a given amount of time",
    })
}

fn patch_of_bytes(bytes: usize) -> String {
    let body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{"op": "Replace", "path": "displayName", "value": "Renamed"}]});
    let text = body.to_string();
    format!("{text}{}", " ".repeat(bytes - text.len()))
}

#[tokio::test]
async fn m7_each_users_method_has_its_own_limit_per_30_seconds() {
    let miro = Miro::start(small()).await;
    let none = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"]});
    for (method, path, expected) in [
        ("GET", "/api/v1/scim/Users?count=1", 200),
        ("GET", "/api/v1/scim/Users/1", 200),
        ("POST", "/api/v1/scim/Users", 200),
        ("PUT", "/api/v1/scim/Users/1", 100),
        ("PATCH", "/api/v1/scim/Users/1", 100),
        ("DELETE", "/api/v1/scim/Users/1", 20),
    ] {
        let body = if method == "GET" {
            Value::Null
        } else {
            none.clone()
        };
        let (calls, refused) = calls_until_refused(&miro, method, path, body).await;
        assert_eq!(calls, expected, "{method} {path}");
        assert_eq!(refused.json(), scim_429());
        assert_eq!(
            refused.header("x-ratelimit-limit"),
            None,
            "headers are off for SCIM by default"
        );
    }
}

#[tokio::test]
async fn m7_each_groups_method_has_its_own_limit_per_30_seconds() {
    let miro = Miro::start(small()).await;
    for (path, expected) in [
        ("/api/v1/scim/Groups?count=1", 5),
        ("/api/v1/scim/Groups/1", 20),
    ] {
        let (calls, _) = calls_until_refused(&miro, "GET", path, Value::Null).await;
        assert_eq!(calls, expected, "{path}");
    }
}

#[tokio::test]
async fn m7_a_group_patch_of_500_bytes_is_large_and_one_of_499_is_small() {
    for (bytes, expected) in [(499, 100), (500, 5)] {
        let miro = Miro::start(small()).await;
        let mut admitted = 0;
        loop {
            let request = miro.authorized("PATCH", "/api/v1/scim/Groups/1");
            let request = request.header("content-type", "application/scim+json");
            let reply = crate::support::send(request.body(patch_of_bytes(bytes))).await;
            if reply.status == 429 {
                break;
            }
            assert_eq!(reply.status, 404, "{}", reply.text);
            admitted += 1;
        }
        assert_eq!(admitted, expected, "{bytes} bytes");
    }
}

#[tokio::test]
async fn m7_discovery_has_no_limit_and_a_refused_call_changes_nothing() {
    let miro = Miro::start(small()).await;
    for _ in 0..250 {
        miro.get("/api/v1/scim/ServiceProviderConfig")
            .await
            .expect(200);
    }
    let report = miro.control("requests").await;
    assert_eq!(report["scim_credits"], 0);
}

#[tokio::test]
async fn m7_with_one_shared_pool_every_method_draws_on_the_same_credits() {
    let mut settings = small();
    settings.switches.set("rate_buckets", "shared").unwrap();
    let miro = Miro::start(settings).await;
    for _ in 0..100 {
        miro.get("/api/v1/scim/Users?count=1").await.expect(200);
    }
    let (calls, _) = calls_until_refused(&miro, "GET", "/api/v1/scim/Groups/1", Value::Null).await;
    assert_eq!(calls, 10, "100 × 50 credits leave 5,000 for calls of 500");
}

#[tokio::test]
async fn m7_the_next_window_begins_with_the_full_budget() {
    let mut settings = small();
    settings.limits.time_scale = 60.0;
    let miro = Miro::start(settings).await;
    let path = "/api/v1/scim/Groups?count=1";
    let (_, _) = calls_until_refused(&miro, "GET", path, Value::Null).await;
    let started = std::time::Instant::now();
    while miro.get(path).await.status == 429 {
        assert!(
            started.elapsed().as_secs() < 10,
            "half a second has long passed"
        );
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn m9_rest_has_one_weighted_pool_of_100_000_credits_and_tells_it_in_headers() {
    let miro = Miro::start(small()).await;
    let org = miro.org().await;
    let first = miro.get(&format!("/v2/orgs/{org}")).await;
    assert_eq!(first.header("x-ratelimit-limit"), Some("100000"));
    assert_eq!(
        first.header("x-ratelimit-remaining"),
        Some("99450"),
        "50 for the token, 500 for this"
    );
    let reset: i64 = first.header("x-ratelimit-reset").unwrap().parse().unwrap();
    assert!(reset > 1_700_000_000, "{reset} is a UNIX time");
    let (calls, refused) = calls_until_refused(
        &miro,
        "DELETE",
        &format!("/v2/orgs/{org}/teams/1"),
        Value::Null,
    )
    .await;
    assert_eq!(calls, 49, "99,450 credits pay for 49 calls of 2,000");
    assert_eq!(
        refused.json(),
        json!({"status": 429, "code": "tooManyRequests",
        "message": "Request rate limit exceed", "context": null, "type": "error"})
    );
    assert_eq!(refused.header("x-ratelimit-remaining"), Some("1450"));
    assert_eq!(refused.header("retry-after"), None);
    miro.get("/v1/oauth-token").await.expect(200);
}

#[tokio::test]
async fn m9_a_bulk_edit_of_group_members_costs_50_credits_for_each_user() {
    let miro = Miro::start(small()).await;
    let org = miro.org().await;
    let edit = json!({"membersToAdd": vec!["1"; 10], "membersToRemove": vec!["2"; 5]});
    let reply = miro
        .call("PATCH", &format!("/v2/orgs/{org}/groups/1/members"), edit)
        .await;
    assert_eq!(
        reply.header("x-ratelimit-remaining"),
        Some("99200"),
        "50 and 750 are gone"
    );
}

#[tokio::test]
async fn m7_a_sliding_window_gives_credits_back_one_by_one() {
    let mut settings = small();
    settings.switches.set("rate_window", "sliding").unwrap();
    let miro = Miro::start(settings).await;
    assert_eq!(miro.sandbox.state().windows.kind, WindowKind::Sliding);
    let (calls, _) =
        calls_until_refused(&miro, "GET", "/api/v1/scim/Groups?count=1", Value::Null).await;
    assert_eq!(calls, 5);
}

#[tokio::test]
async fn m7_without_limits_nothing_is_refused_but_all_is_counted() {
    let settings = SandboxSettings {
        limits: LimitSettings {
            enforced: false,
            time_scale: 1.0,
        },
        ..small()
    };
    let miro = Miro::start(settings).await;
    for _ in 0..10 {
        miro.get("/api/v1/scim/Groups?count=1").await.expect(200);
    }
    let report = miro.control("requests").await;
    assert_eq!(report["scim_credits"], 20_000);
    assert_eq!(report["max_in_window"]["GET /Groups"], 20_000);
    assert_eq!(report["by_route"]["GET /api/v1/scim/Groups"], 10);
}
