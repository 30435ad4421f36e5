//! Signing in.

use std::time::Duration;

use serde_json::json;
use usher_model::{Actor, EventKind, Role};
use usher_server::administrators::TotpSecret;
use usher_store::{AdministratorKind, AdministratorRecord};

use crate::support::*;

async fn with_code(app: &App, code: &str) -> Answer {
    let body = json!({"email": "ada@example.org", "password": PASSWORD, "code": code});
    app.post(&Sender::Visitor, "/auth/sign-in", body).await
}

/// Adds a second factor; returns its secret and the recovery codes.
async fn add_second_factor(app: &App, ada: &AdministratorRecord) -> (TotpSecret, Vec<String>) {
    app.begin_secrets().await;
    let sender = app.session(ada).await;
    let begun = app
        .post(&sender, "/me/second-factor", json!({"password": PASSWORD}))
        .await
        .expect(200);
    let secret = TotpSecret::parse(begun.json()["secret"].as_str().unwrap()).unwrap();
    let code = json!({"code": code(app, &secret)});
    let added = app
        .post(&sender, "/me/second-factor/confirm", code)
        .await
        .expect(200)
        .json();
    let codes = added["recovery_codes"].as_array().unwrap().iter();
    let codes = codes.map(|code| code.as_str().unwrap().to_owned());
    app.clock.advance(Duration::from_secs(60));
    (secret, codes.collect())
}

fn code(app: &App, secret: &TotpSecret) -> String {
    use usher_model::Clock as _;
    secret.code(u64::try_from(app.clock.now().as_second()).unwrap() / 30)
}

/// No time is measured: what takes the time is counted, and it is the same work whoever is asked for.
#[tokio::test]
async fn an_attempt_costs_one_verification_whether_there_is_such_an_account_or_not() {
    let app = App::sqlite().await;
    app.add_with_password("root", Role::SuperAdministrator)
        .await;
    app.add_with_password("ada", Role::Auditor).await;
    app.add("no-password", Role::Auditor, AdministratorKind::Person)
        .await;
    let disabled = app.add_with_password("disabled", Role::Auditor).await;
    app.disable(&disabled).await;
    let with_factor = app.add_with_password("factor", Role::Auditor).await;
    add_second_factor(&app, &with_factor).await;
    let mut refusals = std::collections::BTreeSet::new();
    for email in ["ada", "nobody", "no-password", "disabled", "factor"] {
        let before = app.server.passwords().verified();
        let email = format!("{email}@example.org");
        let refused = app.sign_in(&email, "not the password").await.expect(401);
        assert_eq!(app.server.passwords().verified() - before, 1, "{email}");
        refusals.insert(refused.text);
    }
    assert_eq!(refusals.len(), 1, "{refusals:?}");
}

on_both_engines! {
    async fn somebody_signs_in_and_is_who_they_are(app: App) {
        app.add_with_password("ada", Role::Auditor).await;
        let signed_in = app.sign_in("Ada@Example.org", PASSWORD).await.expect(200);
        let sender = Sender::InPerson(signed_in.cookie());
        let me = app.get(&sender, "/me").await.expect(200).json();
        assert_eq!(me["administrator"]["email"], "ada@example.org");
        assert_eq!(me["rights"], json!(Role::Auditor.rights()));
        app.post(&sender, "/auth/sign-out", json!({})).await.expect(204);
        app.get(&sender, "/me").await.expect(401);
    }

    async fn too_many_attempts_are_refused_even_with_the_right_password(app: App) {
        app.add_with_password("ada", Role::Auditor).await;
        let tries = (0..10).map(|_| app.sign_in("ada@example.org", "not the password"));
        for answer in futures::future::join_all(tries).await {
            answer.expect(401);
        }
        let refused = app.sign_in("ada@example.org", PASSWORD).await.expect(429);
        assert_eq!(refused.problem(), "too-many-requests");
        let wait: u64 = refused.header("retry-after").parse().unwrap();
        assert!((1..=900).contains(&wait), "{wait}");
        app.clock.advance(Duration::from_secs(wait));
        app.sign_in("ada@example.org", PASSWORD).await.expect(200);
    }

    async fn a_code_of_the_app_is_needed_and_works_once(app: App) {
        let ada = app.add_with_password("ada", Role::Auditor).await;
        let (secret, _) = add_second_factor(&app, &ada).await;
        let asked = app.sign_in("ada@example.org", PASSWORD).await.expect(401);
        assert_eq!(asked.problem(), "second-factor-needed");
        let right = code(&app, &secret);
        let wrong = if right == "000000" { "000001" } else { "000000" };
        with_code(&app, wrong).await.expect(401);
        with_code(&app, &right).await.expect(200);
        with_code(&app, &right).await.expect(401);
    }

    async fn a_second_factor_is_stored_sealed_or_not_at_all(app: App) {
        let ada = app.add_with_password("ada", Role::Auditor).await;
        let sender = app.session(&ada).await;
        let refused = app
            .post(&sender, "/me/second-factor", json!({"password": PASSWORD}))
            .await
            .expect(409);
        assert!(refused.json()["hint"].as_str().unwrap().contains("usher secrets init"), "{refused:?}");
        let (secret, _) = add_second_factor(&app, &ada).await;
        let mut backup = Vec::new();
        app.store.write_backup(&mut backup).await.unwrap();
        let text = String::from_utf8(zstd::decode_all(&backup[..]).unwrap()).unwrap();
        let seed = secrecy::ExposeSecret::expose_secret(&secret.to_text()).to_owned();
        assert!(text.contains(ada.id.as_str()) && !text.contains(&seed));
        let sealed = app.store.secrets().await.unwrap();
        assert_eq!(sealed.len(), 1);
        let remove = json!({"password": PASSWORD, "code": code(&app, &secret)});
        app.post(&sender, "/me/second-factor/remove", remove).await.expect(204);
        assert!(app.store.secrets().await.unwrap().is_empty());
        let remove = json!({"password": PASSWORD, "code": code(&app, &secret)});
        app.post(&sender, "/me/second-factor/remove", remove).await.expect(409);
    }

    async fn codes_are_not_tried_without_end_by_whoever_has_a_session_and_the_password(app: App) {
        let ada = app.add_with_password("ada", Role::Auditor).await;
        let (secret, _) = add_second_factor(&app, &ada).await;
        let thief = app.session(&ada).await;
        let right = code(&app, &secret);
        let wrong = if right == "000000" { "000001" } else { "000000" };
        let remove = async |code: &str| {
            let body = json!({"password": PASSWORD, "code": code});
            app.post(&thief, "/me/second-factor/remove", body).await
        };
        for _ in 0..5 {
            remove(wrong).await.expect(403);
        }
        // The password alone, which the thief knows, gives no attempts back.
        let same = json!({"password": PASSWORD, "new_password": PASSWORD});
        app.post(&thief, "/me/password", same).await.expect(204);
        for _ in 0..5 {
            remove(wrong).await.expect(403);
        }
        remove(&right).await.expect(429);
        app.clock.advance(Duration::from_secs(15 * 60));
        remove(&code(&app, &secret)).await.expect(204);
    }
}

#[tokio::test]
async fn whoever_is_refused_does_not_learn_why() {
    let app = App::sqlite().await;
    let bob = app.add_with_password("bob", Role::Auditor).await;
    app.add("ada", Role::Auditor, AdministratorKind::Person)
        .await;
    app.in_person("root", Role::SuperAdministrator).await;
    app.disable(&bob).await;
    let mut answers = Vec::new();
    for (email, password) in [
        ("nobody@example.org", PASSWORD),
        ("ada@example.org", PASSWORD),
        ("bob@example.org", PASSWORD),
        ("bob@example.org", "not the password"),
    ] {
        answers.push(app.sign_in(email, password).await.expect(401).text);
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
}

#[tokio::test]
async fn an_account_that_is_not_there_leaves_the_same_traces_as_a_wrong_password() {
    let app = App::sqlite().await;
    app.add_with_password("ada", Role::Auditor).await;
    let mut traces = Vec::new();
    for email in ["ada@example.org", "nobody@example.org"] {
        let before = app.store.last_event().await.unwrap();
        app.sign_in(email, "not the password").await.expect(401);
        let events = app.events_after(before).await;
        let kinds: Vec<_> = events.iter().map(|event| event.kind).collect();
        assert!(matches!(
            events[0].actor,
            Actor::Visitor { address: Some(_) }
        ));
        traces.push(kinds);
    }
    assert_eq!(
        traces,
        [[EventKind::SignInFailed], [EventKind::SignInFailed]]
    );
}

#[tokio::test]
async fn attempts_from_one_address_are_counted_whatever_the_account() {
    let app = App::sqlite().await;
    for n in 0..60 {
        app.sign_in(&format!("nobody{n}@example.org"), "x")
            .await
            .expect(401);
    }
    let before = app.store.last_event().await.unwrap();
    for _ in 0..3 {
        app.sign_in("somebody@example.org", "x").await.expect(429);
    }
    let noted = app.events_after(before).await;
    let noted: Vec<_> = noted
        .iter()
        .map(|event| (event.kind, &event.data["why"]))
        .collect();
    assert_eq!(noted, [(EventKind::SignInFailed, &json!("too_often"))]);
}

#[tokio::test]
async fn whoever_signs_in_does_not_use_up_the_attempts_of_others_at_their_address() {
    let app = App::sqlite().await;
    app.add_with_password("ada", Role::Auditor).await;
    for n in 0..59 {
        app.sign_in(&format!("nobody{n}@example.org"), "x")
            .await
            .expect(401);
    }
    for _ in 0..3 {
        app.sign_in("ada@example.org", PASSWORD).await.expect(200);
    }
    app.sign_in("nobody@example.org", "x").await.expect(401);
    app.sign_in("nobody@example.org", "x").await.expect(429);
}

#[tokio::test]
async fn a_wrong_password_of_somebody_who_is_signed_in_is_on_record() {
    let app = App::sqlite().await;
    let ada = app.add_with_password("ada", Role::Auditor).await;
    app.begin_secrets().await;
    let sender = app.session(&ada).await;
    let before = app.store.last_event().await.unwrap();
    let wrong = json!({"password": "not the password", "new_password": "another good password"});
    app.post(&sender, "/me/password", wrong).await.expect(403);
    let wrong = json!({"password": "not the password"});
    app.post(&sender, "/me/second-factor", wrong)
        .await
        .expect(403);
    let events = app.events_after(before).await;
    for event in &events {
        assert_eq!(event.kind, EventKind::SignInFailed);
        assert!(
            matches!(&event.actor, Actor::Administrator { id, address: Some(_), .. } if *id == ada.id)
        );
    }
    assert_eq!(events.len(), 2);
}

#[tokio::test]
async fn a_recovery_code_stands_for_the_app_once() {
    let app = App::sqlite().await;
    let ada = app.add_with_password("ada", Role::Auditor).await;
    let (_, codes) = add_second_factor(&app, &ada).await;
    assert_eq!(codes.len(), 10);
    with_code(&app, &codes[3]).await.expect(200);
    with_code(&app, &codes[3]).await.expect(401);
    with_code(&app, &codes[4]).await.expect(200);
}

#[tokio::test]
async fn a_service_account_never_signs_in() {
    let app = App::sqlite().await;
    let robot = app
        .add("robot", Role::Auditor, AdministratorKind::ServiceAccount)
        .await;
    app.in_person("root", Role::SuperAdministrator).await;
    let hash = usher_server::administrators::Passwords::default()
        .hash(&PASSWORD.into())
        .await
        .unwrap();
    app.store
        .set_password(&robot.id, &hash, None, &[])
        .await
        .unwrap();
    let named = AdministratorRecord {
        email: Some("robot@example.org".into()),
        ..app.store.administrator(&robot.id).await.unwrap().unwrap()
    };
    app.store.change_administrator(&named, &[]).await.unwrap();
    app.sign_in("robot@example.org", PASSWORD).await.expect(401);
}
