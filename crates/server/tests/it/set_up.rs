//! The first start, and the first Super Administrator.

use std::time::Duration;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use usher_model::Role;

use crate::support::*;

fn first(token: &str) -> Value {
    json!({"token": token, "email": "ada@example.org", "name": "Ada", "password": PASSWORD})
}

async fn set_up(app: &App, body: Value) -> Answer {
    app.post(&Sender::Visitor, "/auth/set-up", body).await
}

on_both_engines! {
    async fn the_link_makes_the_first_super_administrator_once(app: App) {
        let token = app.set_up_token().await.unwrap();
        let added = set_up(&app, first(&token)).await.expect(201).json();
        assert_eq!(added["role"], "super_administrator");
        app.sign_in("ada@example.org", PASSWORD).await.expect(200);
        set_up(&app, first(&token)).await.expect(404);
        assert_eq!(app.set_up_token().await, None, "there is somebody now");
    }

    async fn of_many_who_set_up_at_once_one_succeeds(app: App) {
        let token = app.set_up_token().await.unwrap();
        let all = (0..5).map(|n| {
            let mut body = first(&token);
            body["email"] = format!("first{n}@example.org").into();
            set_up(&app, body)
        });
        let answers = futures::future::join_all(all).await;
        let made = answers.iter().filter(|answer| answer.status.as_u16() == 201);
        assert_eq!(made.count(), 1, "{answers:?}");
    }
}

#[tokio::test]
async fn a_link_expires_and_a_newer_one_takes_its_place() {
    let app = App::sqlite().await;
    let old = app.set_up_token().await.unwrap();
    let new = app.set_up_token().await.unwrap();
    set_up(&app, first(&old)).await.expect(404);
    app.clock.advance(Duration::from_secs(24 * 3600 + 1));
    set_up(&app, first(&new)).await.expect(404);
}

#[tokio::test]
async fn a_made_up_token_and_the_link_of_somebody_else_do_not_set_up() {
    let app = App::sqlite().await;
    app.set_up_token().await;
    let refused = set_up(&app, first("usher_once_madeup")).await.expect(404);
    assert_eq!(refused.problem(), "not-found");
    let root = app.in_person("root", Role::SuperAdministrator).await;
    let body = json!({"email": "bob@example.org", "name": "Bob", "role": "member"});
    let created = app
        .post(&root, "/administrators", body)
        .await
        .expect(201)
        .json();
    let token = created["invitation"]["token"].as_str().unwrap();
    set_up(&app, first(token)).await.expect(404);
}

#[tokio::test]
async fn the_pages_that_links_lead_to_run_their_own_script_and_nothing_else() {
    let app = App::sqlite().await;
    for path in ["/set-up", "/invitation"] {
        let page = app.page(path).await.expect(200);
        let policy = page.header("content-security-policy").to_owned();
        assert!(
            policy.starts_with("default-src 'none'; script-src 'sha256-"),
            "{policy}"
        );
        let (_, script) = page.text.split_once("<script>").unwrap();
        let (script, rest) = script.split_once("</script>").unwrap();
        assert!(!rest.contains("<script"), "{path}");
        let hash = data_encoding::BASE64.encode(&Sha256::digest(script));
        assert!(policy.contains(&format!("'sha256-{hash}'")), "{policy}");
        assert!(!page.text.contains("http://") && !page.text.contains("https://"));
        assert_eq!(page.header("cache-control"), "no-store");
    }
}

#[tokio::test]
async fn a_weak_password_is_refused_and_the_link_still_works() {
    let app = App::sqlite().await;
    let token = app.set_up_token().await.unwrap();
    let mut body = first(&token);
    body["password"] = "short".into();
    let refused = set_up(&app, body).await.expect(422).json();
    assert_eq!(refused["at"], "/password");
    set_up(&app, first(&token)).await.expect(201);
}
