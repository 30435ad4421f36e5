//! A request that is sent again is not carried out again.

use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use usher_model::Role;

use crate::support::*;

async fn send(app: &App, sender: &Sender, key: &str, path: &str, body: &Value) -> Answer {
    let request = app.request(sender, &Method::POST, path);
    app.send(request.header("idempotency-key", key).json(body))
        .await
}

async fn robots(app: &App, root: &Sender) -> usize {
    let list = app
        .get(root, "/administrators?kind=service_account")
        .await
        .json();
    list["items"].as_array().unwrap().len()
}

on_both_engines! {
    async fn the_same_key_gets_the_same_answer_and_nothing_is_done_twice(app: App) {
        let root = app.in_person("root", Role::SuperAdministrator).await;
        let body = json!({"name": "robot", "role": "auditor"});
        let first = send(&app, &root, "k1", "/service-accounts", &body).await.expect(201);
        let again = send(&app, &root, "k1", "/service-accounts", &body).await.expect(201);
        assert_eq!(first.text, again.text);
        assert_eq!(again.header("idempotency-replayed"), "true");
        assert_eq!(again.header("cache-control"), "no-store");
        assert_eq!(robots(&app, &root).await, 1);
        send(&app, &root, "k2", "/service-accounts", &body).await.expect(201);
        assert_eq!(robots(&app, &root).await, 2);
    }

    async fn of_many_with_the_same_key_at_once_one_is_carried_out(app: App) {
        let root = app.in_person("root", Role::SuperAdministrator).await;
        let body = json!({"name": "robot", "role": "auditor"});
        let all = (0..6).map(|_| send(&app, &root, "k", "/service-accounts", &body));
        for answer in futures::future::join_all(all).await {
            assert!(matches!(answer.status.as_u16(), 201 | 409), "{answer:?}");
        }
        assert_eq!(robots(&app, &root).await, 1);
    }
}

#[tokio::test]
async fn a_key_belongs_to_one_request_and_to_whoever_sent_it() {
    let app = App::sqlite().await;
    let root = app.in_person("root", Role::SuperAdministrator).await;
    let other = app.in_person("other", Role::SuperAdministrator).await;
    let body = json!({"name": "robot", "role": "auditor"});
    send(&app, &root, "k", "/service-accounts", &body)
        .await
        .expect(201);
    let changed = json!({"name": "another robot", "role": "auditor"});
    let refused = send(&app, &root, "k", "/service-accounts", &changed)
        .await
        .expect(422);
    assert_eq!(refused.json()["at"], "Idempotency-Key");
    send(&app, &other, "k", "/service-accounts", &body)
        .await
        .expect(201);
    assert_eq!(robots(&app, &root).await, 2);
}

#[tokio::test]
async fn a_refusal_is_repeated_too() {
    let app = App::sqlite().await;
    let root = app.in_person("root", Role::SuperAdministrator).await;
    let body = json!({"name": "", "role": "auditor"});
    let first = send(&app, &root, "k", "/service-accounts", &body)
        .await
        .expect(422);
    let again = send(&app, &root, "k", "/service-accounts", &body)
        .await
        .expect(422);
    assert_eq!(first.text, again.text);
    assert_eq!(again.problem(), "invalid");
    assert_eq!(again.header("idempotency-replayed"), "true");
}

#[tokio::test]
async fn an_answer_with_a_secret_is_not_kept() {
    let app = App::sqlite().await;
    let root = app.in_person("root", Role::SuperAdministrator).await;
    let body = json!({"name": "mine", "scopes": ["inventory:read"]});
    send(&app, &root, "k", "/me/tokens", &body)
        .await
        .expect(201);
    let again = send(&app, &root, "k", "/me/tokens", &body)
        .await
        .expect(409);
    assert!(!again.text.contains("usher_"), "{again:?}");
    let tokens = app.get(&root, "/me/tokens").await.json();
    assert_eq!(tokens["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_key_that_is_none_is_refused() {
    let app = App::sqlite().await;
    let root = app.in_person("root", Role::SuperAdministrator).await;
    let body = json!({"name": "robot", "role": "auditor"});
    for key in ["", &"x".repeat(256)] {
        send(&app, &root, key, "/service-accounts", &body)
            .await
            .expect(422);
    }
}

#[tokio::test]
async fn what_is_kept_of_a_request_is_no_plain_hash_of_its_password() {
    let directory = tempfile::tempdir().unwrap();
    let (app, file) = App::sqlite_in(&directory).await;
    let ada = app.add_with_password("ada", Role::Auditor).await;
    let ada = app.session(&ada).await;
    let body = json!({"password": PASSWORD, "new_password": "another horse battery staple"});
    send(&app, &ada, "k", "/me/password", &body)
        .await
        .expect(204);
    app.store.close().await;
    let stored = std::fs::read(file).unwrap();
    let holds = |text: &str| stored.windows(text.len()).any(|at| at == text.as_bytes());
    assert!(holds("idempotency_keys"), "the file holds everything");
    for prefix in ["/api/v1", ""] {
        let request = format!("POST {prefix}/me/password\n{body}");
        let hash = data_encoding::HEXLOWER.encode(&Sha256::digest(request));
        assert!(!holds(&hash), "{hash} can be made of the password alone");
    }
}

#[tokio::test]
async fn signing_in_begins_a_session_each_time() {
    let app = App::sqlite().await;
    let ada = app.add_with_password("ada", Role::Auditor).await;
    let ada = app.session(&ada).await;
    let body = json!({"email": "ada@example.org", "password": PASSWORD});
    for _ in 0..2 {
        let answer = send(&app, &ada, "k", "/auth/sign-in", &body)
            .await
            .expect(200);
        assert!(!answer.cookie().is_empty());
    }
}

#[tokio::test]
async fn what_may_be_answered_otherwise_later_is_tried_again() {
    let app = App::sqlite().await;
    let root = app.in_person("root", Role::SuperAdministrator).await;
    let add = json!({"email": "ada@example.org", "name": "Ada", "role": "member"});
    let ada = app.post(&root, "/administrators", add.clone()).await;
    let ada = ada.expect(201).json()["administrator"]["id"].clone();
    send(&app, &root, "k", "/administrators", &add)
        .await
        .expect(409);
    let away = json!({"email": "countess@example.org"});
    let path = format!("/administrators/{}", ada.as_str().unwrap());
    app.patch(&root, &path, away).await.expect(200);
    let again = send(&app, &root, "k", "/administrators", &add)
        .await
        .expect(201);
    assert_eq!(again.header("idempotency-replayed"), "");
}

#[tokio::test]
async fn an_answer_that_is_given_again_has_its_etag() {
    let app = App::sqlite().await;
    let root = app.in_person("root", Role::SuperAdministrator).await;
    let add = json!({"name": "robot", "role": "auditor"});
    let robot = app.post(&root, "/service-accounts", add).await;
    let robot = robot.expect(201).json()["id"].clone();
    let path = format!("/administrators/{}", robot.as_str().unwrap());
    let mut tags = Vec::new();
    for _ in 0..2 {
        let request = app
            .request(&root, &Method::PATCH, &path)
            .header("idempotency-key", "k")
            .json(&json!({"name": "another robot"}));
        let answer = app.send(request).await.expect(200);
        tags.push(answer.header("etag").to_owned());
    }
    assert_eq!(tags, ["\"2\"", "\"2\""]);
}
