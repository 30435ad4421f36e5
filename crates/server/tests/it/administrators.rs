//! Who uses Usher, and who says so.

use serde_json::{Value, json};
use usher_model::Role;
use usher_store::AdministratorKind;

use crate::support::*;

async fn create(app: &App, root: &Sender, name: &str) -> Value {
    let body = json!({"email": format!("{name}@example.org"), "name": name, "role": "auditor"});
    app.post(root, "/administrators", body)
        .await
        .expect(201)
        .json()
}

on_both_engines! {
    async fn whoever_is_added_sets_a_password_with_a_link_and_signs_in(app: App) {
        let root = app.in_person("root", Role::SuperAdministrator).await;
        let created = create(&app, &root, "ada").await;
        let token = created["invitation"]["token"].clone();
        let accept = json!({"token": token, "password": PASSWORD});
        app.post(&Sender::Visitor, "/auth/accept-invitation", accept.clone()).await.expect(200);
        app.sign_in("ada@example.org", PASSWORD).await.expect(200);
        app.post(&Sender::Visitor, "/auth/accept-invitation", accept).await.expect(404);
    }

    async fn an_email_address_is_one_persons_whatever_its_letter_case(app: App) {
        let root = app.in_person("root", Role::SuperAdministrator).await;
        create(&app, &root, "ada").await;
        let bob = create(&app, &root, "bob").await;
        let body = json!({"email": "ADA@example.org", "name": "Other", "role": "member"});
        let refused = app.post(&root, "/administrators", body).await.expect(409);
        assert_eq!(refused.problem(), "conflict");
        let path = format!("/administrators/{}", bob["administrator"]["id"].as_str().unwrap());
        app.patch(&root, &path, json!({"email": "Ada@Example.org"})).await.expect(409);
    }

    async fn the_last_super_administrator_stays_one(app: App) {
        let first = app.add("first", Role::SuperAdministrator, AdministratorKind::Person).await;
        let second = app.add("second", Role::SuperAdministrator, AdministratorKind::Person).await;
        let [one, other] = [app.session(&first).await, app.session(&second).await];
        let demote = json!({"role": "member"});
        let [path, second_path] = [&first, &second].map(|of| format!("/administrators/{}", of.id));
        // Each takes the right from the other, at the same moment.
        let (a, b) = tokio::join!(
            app.patch(&one, &second_path, demote.clone()),
            app.patch(&other, &path, demote.clone())
        );
        let done = [&a, &b].iter().filter(|answer| answer.status.is_success()).count();
        assert_eq!(done, 1, "{a:?} {b:?}");
        let (last, path) = if a.status.is_success() { (one, path) } else { (other, second_path) };
        for change in [demote, json!({"state": "disabled"})] {
            let refused = app.patch(&last, &path, change).await.expect(409);
            assert!(refused.text.contains("last active Super Administrator"), "{refused:?}");
        }
        app.get(&last, "/administrators").await.expect(200);
    }
}

#[tokio::test]
async fn a_link_lets_somebody_in_who_tried_too_often() {
    let app = App::sqlite().await;
    let root = app.in_person("root", Role::SuperAdministrator).await;
    let created = create(&app, &root, "ada").await;
    for _ in 0..10 {
        app.sign_in("ada@example.org", "x").await.expect(401);
    }
    app.sign_in("ada@example.org", "x").await.expect(429);
    let accept = json!({"token": created["invitation"]["token"], "password": PASSWORD});
    app.post(&Sender::Visitor, "/auth/accept-invitation", accept)
        .await
        .expect(200);
    app.sign_in("ada@example.org", PASSWORD).await.expect(200);
}

#[tokio::test]
async fn who_changes_something_can_say_which_version_they_saw() {
    let app = App::sqlite().await;
    let root = app.in_person("root", Role::SuperAdministrator).await;
    let created = create(&app, &root, "ada").await;
    let path = format!(
        "/administrators/{}",
        created["administrator"]["id"].as_str().unwrap()
    );
    let etag = app
        .get(&root, &path)
        .await
        .expect(200)
        .header("etag")
        .to_owned();
    let change = |etag: &str, name: &str| {
        let request = app.request(&root, &reqwest::Method::PATCH, &path);
        app.send(
            request
                .header("if-match", etag)
                .json(&json!({"name": name})),
        )
    };
    let changed = change(&etag, "Ada Lovelace").await.expect(200);
    assert_ne!(changed.header("etag"), etag);
    let refused = change(&etag, "Somebody else").await.expect(412);
    assert_eq!(refused.problem(), "precondition-failed");
    assert_eq!(app.get(&root, &path).await.json()["name"], "Ada Lovelace");
}

#[tokio::test]
async fn a_change_to_what_they_are_already_writes_nothing() {
    let app = App::sqlite().await;
    let root = app.in_person("root", Role::SuperAdministrator).await;
    let created = create(&app, &root, "ada").await;
    let path = format!(
        "/administrators/{}",
        created["administrator"]["id"].as_str().unwrap()
    );
    let before = app.store.last_event().await.unwrap();
    let same = app
        .patch(&root, &path, json!({"role": "auditor"}))
        .await
        .expect(200)
        .json();
    assert_eq!(same["version"], created["administrator"]["version"]);
    assert_eq!(app.store.last_event().await.unwrap(), before);
}

#[tokio::test]
async fn administrators_are_found_by_role_kind_and_text_page_by_page() {
    let app = App::sqlite().await;
    let root = app.in_person("root", Role::SuperAdministrator).await;
    for name in ["ada", "bob", "carl"] {
        create(&app, &root, name).await;
    }
    let robot = json!({"name": "robot", "role": "auditor"});
    app.post(&root, "/service-accounts", robot)
        .await
        .expect(201);
    let names = |page: &Value| -> Vec<String> {
        let items = page["items"].as_array().unwrap().iter();
        items
            .map(|item| item["name"].as_str().unwrap().to_owned())
            .collect()
    };
    let robots = app
        .get(&root, "/administrators?kind=service_account")
        .await
        .json();
    assert_eq!(names(&robots), ["robot"]);
    let found = app.get(&root, "/administrators?search=BOB@").await.json();
    assert_eq!(names(&found), ["bob"]);
    let first = app
        .get(&root, "/administrators?role=auditor&limit=3")
        .await
        .json();
    assert_eq!(names(&first), ["ada", "bob", "carl"]);
    let next = first["next"].as_str().unwrap();
    let second = app
        .get(
            &root,
            &format!("/administrators?role=auditor&limit=3&cursor={next}"),
        )
        .await
        .json();
    assert_eq!(names(&second), ["robot"]);
    assert!(second.get("next").is_none());
}
