//! What cannot be understood is refused, in one form, and never breaks anything.

use reqwest::Method;
use serde_json::json;
use usher_model::Role;
use usher_server::api::OPERATIONS;

use crate::support::*;

#[tokio::test]
async fn nonsense_in_a_body_never_breaks_anything() {
    let app = App::sqlite().await;
    let ada = app
        .add(
            "root",
            Role::SuperAdministrator,
            usher_store::AdministratorKind::Person,
        )
        .await;
    let bodies: [&[u8]; 9] = [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\"text\"",
        b"{\"a\":1}",
        b"{\"name\":[1,2]}",
        b"\xff\xfe",
        b"{\"name\":{\"a\":{}}}",
    ];
    for operation in OPERATIONS
        .iter()
        .filter(|operation| !operation.changes.is_empty())
    {
        for body in bodies {
            let root = app.session(&ada).await;
            let request = app
                .request(&root, &operation.verb.method(), operation.path)
                .header("content-type", "application/json")
                .body(body.to_vec());
            let answer = app.send(request).await;
            assert!(answer.status.as_u16() < 500, "{}: {answer:?}", operation.id);
            if answer.status.is_client_error() {
                answer.problem();
            }
        }
    }
}

#[tokio::test]
async fn a_member_that_is_not_known_is_refused_rather_than_ignored() {
    let app = App::sqlite().await;
    let root = app.in_person("root", Role::SuperAdministrator).await;
    for (path, body) in [
        (
            "/administrators",
            json!({"email": "a@example.org", "name": "A", "role": "member", "state": "disabled"}),
        ),
        (
            "/administrators",
            json!({"email": "a@example.org", "name": "A", "role": "member", "id": "1"}),
        ),
        (
            "/service-accounts",
            json!({"name": "A", "role": "member", "kind": "person"}),
        ),
        (
            "/me/tokens",
            json!({"name": "A", "scopes": ["inventory:read"], "administrator": "1"}),
        ),
    ] {
        let refused = app.post(&root, path, body).await.expect(422);
        assert!(refused.text.contains("unknown field"), "{refused:?}");
    }
    let refused = app
        .get(&root, "/administrators?rolle=auditor")
        .await
        .expect(422);
    assert!(refused.text.contains("rolle"), "{refused:?}");
}

#[tokio::test]
async fn every_operation_that_takes_a_body_refuses_members_that_are_not_known() {
    let document: serde_json::Value =
        serde_json::from_str(&usher_server::api::document_text()).unwrap();
    for operation in OPERATIONS {
        let verb = operation.verb.method().as_str().to_lowercase();
        let described = &document["paths"][operation.path][&verb];
        let Some(body) = described.get("requestBody") else {
            continue;
        };
        let name = body["content"]["application/json"]["schema"]["$ref"]
            .as_str()
            .unwrap();
        let name = name.rsplit('/').next().unwrap();
        let schema = &document["components"]["schemas"][name];
        assert_eq!(
            schema["additionalProperties"], false,
            "{}: {name}",
            operation.id
        );
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_with_and_without_a_key() {
    let app = App::sqlite().await;
    let root = app.in_person("root", Role::SuperAdministrator).await;
    let body = json!({"name": "x".repeat(2_000_000), "role": "member"});
    for key in [false, true] {
        let mut request = app
            .request(&root, &Method::POST, "/service-accounts")
            .json(&body);
        if key {
            request = request.header("idempotency-key", "k");
        }
        let refused = app.send(request).await.expect(413);
        assert_eq!(refused.problem(), "too-large");
    }
}

#[tokio::test]
async fn a_body_that_is_not_declared_as_json_is_refused() {
    let app = App::sqlite().await;
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
    ] {
        let request = app.request(&Sender::Visitor, &Method::POST, "/auth/sign-in");
        let request = request.header("content-type", kind).body("{}");
        let refused = app.send(request).await.expect(415);
        assert_eq!(refused.problem(), "unsupported-media-type");
    }
}

#[tokio::test]
async fn an_address_or_method_that_is_not_there_is_a_problem_too() {
    let app = App::sqlite().await;
    let root = app.in_person("root", Role::SuperAdministrator).await;
    let none = app.get(&root, "/nothing/here").await.expect(404);
    assert_eq!(none.problem(), "not-found");
    let wrong = app.delete(&root, "/me").await.expect(405);
    assert_eq!(wrong.problem(), "method-not-allowed");
    assert!(wrong.header("allow").contains("GET"), "{wrong:?}");
    app.get(&root, "/organizations/1/accounts")
        .await
        .expect(404);
    app.get(&root, "/plans/%00").await.expect(404);
}

#[tokio::test]
async fn every_answer_has_a_name_and_stays_out_of_caches() {
    let app = App::sqlite().await;
    let root = app.in_person("root", Role::SuperAdministrator).await;
    for (sender, path) in [
        (&root, "/me"),
        (&Sender::Visitor, "/me"),
        (&root, "/nothing"),
    ] {
        let answer = app.get(sender, path).await;
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        assert_eq!(answer.header("x-request-id").len(), 36, "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
    }
    let named = app
        .request(&root, &Method::GET, "/me")
        .header("x-request-id", "trace-17");
    assert_eq!(app.send(named).await.header("x-request-id"), "trace-17");
    let odd = app
        .request(&root, &Method::GET, "/me")
        .header("x-request-id", "a b\"c");
    assert_eq!(app.send(odd).await.header("x-request-id").len(), 36);
}

#[tokio::test]
async fn an_answer_that_takes_too_long_is_given_up() {
    let settings = usher_server::ServerSettings {
        request_timeout: std::time::Duration::from_millis(100),
        ..usher_server::ServerSettings::default()
    };
    let app = App::sqlite_with(settings).await;
    let root = app.in_person("root", Role::SuperAdministrator).await;
    let never = futures::stream::pending::<Result<Vec<u8>, std::io::Error>>();
    let request = app
        .request(&root, &Method::POST, "/administrators")
        .header("content-type", "application/json")
        .body(reqwest::Body::wrap_stream(never));
    let late = app.send(request).await.expect(503);
    assert_eq!(late.problem(), "unavailable");
    assert_eq!(late.header("retry-after"), "1");
    assert!(late.json()["hint"].is_string());
}

#[tokio::test]
async fn whoever_may_not_come_in_is_told_what_to_do() {
    let app = App::sqlite().await;
    let wrong = app.sign_in("nobody@example.org", "x").await.expect(401);
    let nobody = app.get(&Sender::Visitor, "/me").await.expect(401);
    let body = json!({"token": "usher_once_x", "password": "another good password"});
    let link = app
        .post(&Sender::Visitor, "/auth/accept-invitation", body)
        .await
        .expect(404);
    let elsewhere = app
        .request(&Sender::Visitor, &Method::POST, "/auth/sign-in")
        .header("origin", "https://evil.example")
        .json(&json!({}));
    let elsewhere = app.send(elsewhere).await.expect(403);
    for refused in [wrong, nobody, link, elsewhere] {
        assert!(refused.json()["hint"].is_string(), "{refused:?}");
    }
}

#[tokio::test]
async fn a_body_that_does_not_say_how_long_it_is_is_limited_too() {
    let app = App::sqlite().await;
    let root = app.in_person("root", Role::SuperAdministrator).await;
    for key in [false, true] {
        let pieces = (0..17).map(|_| Ok::<_, std::io::Error>(vec![b' '; 64 * 1024]));
        let body = reqwest::Body::wrap_stream(futures::stream::iter(pieces));
        let mut request = app
            .request(&root, &Method::POST, "/service-accounts")
            .header("content-type", "application/json")
            .body(body);
        if key {
            request = request.header("idempotency-key", "k");
        }
        let refused = app.send(request).await.expect(413);
        assert_eq!(refused.problem(), "too-large");
    }
}
