//! API tokens.

use std::time::Duration;

use serde_json::json;
use usher_model::{Clock as _, Right, Role};
use usher_store::{AdministratorKind, AdministratorRecord, AdministratorState};

use crate::support::*;

on_both_engines! {
    async fn a_token_is_shown_once_works_and_can_be_taken_back(app: App) {
        let ada = app.in_person("ada", Role::Auditor).await;
        let body = json!({"name": "nightly report", "scopes": ["inventory:read", "events:read"]});
        let created = app.post(&ada, "/me/tokens", body).await.expect(201).json();
        let token = created["token"].as_str().unwrap();
        assert!(token.starts_with("usher_"), "{token}");
        let sender = Sender::Token(token.to_owned());
        let me = app.get(&sender, "/me").await.expect(200).json();
        assert_eq!(me["rights"], json!(["inventory:read", "events:read"]));
        let list = app.get(&ada, "/me/tokens").await.expect(200);
        assert!(!list.text.contains(token));
        assert!(list.json()["items"][0]["used_at"].is_string());
        let id = created["details"]["id"].as_str().unwrap();
        app.delete(&ada, &format!("/me/tokens/{id}")).await.expect(204);
        app.get(&sender, "/me").await.expect(401);
        app.delete(&ada, &format!("/me/tokens/{id}")).await.expect(404);
    }
}

#[tokio::test]
async fn a_token_expires() {
    let app = App::sqlite().await;
    let ada = app.in_person("ada", Role::Auditor).await;
    let end = app
        .clock
        .now()
        .saturating_add(Duration::from_secs(3600))
        .unwrap();
    let body = json!({"name": "short", "scopes": ["inventory:read"], "expires_at": end});
    let created = app
        .post(&ada, "/me/tokens", body.clone())
        .await
        .expect(201)
        .json();
    let sender = Sender::Token(created["token"].as_str().unwrap().to_owned());
    app.get(&sender, "/me").await.expect(200);
    app.clock.advance(Duration::from_secs(3600));
    app.get(&sender, "/me").await.expect(401);
    let ada = app.in_person("ada2", Role::Auditor).await;
    app.post(&ada, "/me/tokens", body).await.expect(422);
}

#[tokio::test]
async fn a_token_cannot_be_given_more_than_its_owner_may() {
    let app = App::sqlite().await;
    let ada = app.in_person("ada", Role::Auditor).await;
    for scopes in [
        json!(["administrators:manage"]),
        json!([]),
        json!(["nonsense"]),
    ] {
        let body = json!({"name": "too much", "scopes": scopes});
        app.post(&ada, "/me/tokens", body).await.expect(422);
    }
}

#[tokio::test]
async fn a_token_makes_no_tokens_and_loses_with_its_owners_role() {
    let app = App::sqlite().await;
    let root = app
        .add("root", Role::SuperAdministrator, AdministratorKind::Person)
        .await;
    let other = app
        .add("other", Role::SuperAdministrator, AdministratorKind::Person)
        .await;
    let sender = app.token(&other, Right::ALL).await;
    let body = json!({"name": "more", "scopes": ["inventory:read"]});
    app.post(&sender, "/me/tokens", body).await.expect(403);
    app.get(&sender, "/administrators").await.expect(200);
    let person = app.session(&root).await;
    let path = format!("/administrators/{}", other.id);
    app.patch(&person, &path, json!({"role": "reviewer"}))
        .await
        .expect(200);
    app.get(&sender, "/administrators").await.expect(403);
}

#[tokio::test]
async fn whoever_is_disabled_is_out_at_once_and_comes_back_without_tokens() {
    let app = App::sqlite().await;
    app.in_person("root", Role::SuperAdministrator).await;
    let ada = app
        .add("ada", Role::Auditor, AdministratorKind::Person)
        .await;
    let (person, token) = (app.session(&ada).await, app.token(&ada, Right::ALL).await);
    let disabled = app.disable(&ada).await;
    app.get(&person, "/me").await.expect(401);
    app.get(&token, "/me").await.expect(401);
    let enabled = AdministratorRecord {
        state: AdministratorState::Active,
        ..disabled
    };
    app.store.change_administrator(&enabled, &[]).await.unwrap();
    app.get(&person, "/me").await.expect(401);
    app.get(&token, "/me").await.expect(401);
}

#[tokio::test]
async fn what_is_no_token_is_refused_rather_than_taken_for_a_visitor() {
    let app = App::sqlite().await;
    for value in [
        "Bearer usher_nonsense",
        "Bearer ",
        "Basic YWRhOnBhc3M=",
        "nonsense",
    ] {
        let request = app.request(&Sender::Visitor, &reqwest::Method::GET, "/openapi.json");
        let answer = app
            .send(request.header("authorization", value))
            .await
            .expect(401);
        assert!(
            answer.header("www-authenticate").starts_with("Bearer"),
            "{value}"
        );
    }
}

#[tokio::test]
async fn nobody_gives_others_more_than_they_have() {
    let app = App::sqlite().await;
    let root = app
        .add("root", Role::SuperAdministrator, AdministratorKind::Person)
        .await;
    let robot = app
        .add("robot", Role::Auditor, AdministratorKind::ServiceAccount)
        .await;
    let keeper = app.token(&root, &[Right::AdministratorsManage]).await;
    let everything = app.token(&root, Right::ALL).await;
    let of =
        |record: &AdministratorRecord, rest: &str| format!("/administrators/{}{rest}", record.id);
    let service = json!({"name": "more", "role": "super_administrator"});
    let person = json!({"email": "eve@example.org", "name": "Eve", "role": "auditor"});
    let token = json!({"name": "more", "scopes": ["inventory:read"]});
    for (path, body) in [
        ("/service-accounts".to_owned(), service),
        ("/administrators".to_owned(), person),
        (of(&robot, "/tokens"), token),
        (of(&root, "/invitation"), json!({})),
    ] {
        app.post(&keeper, &path, body.clone()).await.expect(403);
        app.post(&everything, &path, body).await.expect(201);
    }
    let more = json!({"role": "super_administrator"});
    app.patch(&keeper, &of(&robot, ""), more.clone())
        .await
        .expect(403);
    app.patch(&everything, &of(&robot, ""), more)
        .await
        .expect(200);
}

#[tokio::test]
async fn nobody_sees_or_takes_back_the_tokens_of_others() {
    let app = App::sqlite().await;
    let ada = app
        .add("ada", Role::Auditor, AdministratorKind::Person)
        .await;
    let ada = app.session(&ada).await;
    let eve = app.in_person("eve", Role::Auditor).await;
    let body = json!({"name": "mine", "scopes": ["inventory:read"]});
    let made = app.post(&ada, "/me/tokens", body).await.expect(201).json();
    let token = Sender::Token(made["token"].as_str().unwrap().to_owned());
    let listed = app.get(&eve, "/me/tokens").await.expect(200).json();
    assert_eq!(listed["items"], json!([]));
    let path = format!("/me/tokens/{}", made["details"]["id"].as_str().unwrap());
    app.delete(&eve, &path).await.expect(404);
    app.get(&token, "/me").await.expect(200);
    app.delete(&ada, &path).await.expect(204);
    app.get(&token, "/me").await.expect(401);
}
