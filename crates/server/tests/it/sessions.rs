//! Sessions: how they begin, how long they last, and how they end.

use std::time::Duration;

use serde_json::json;
use url::Url;
use usher_model::Role;
use usher_server::ServerSettings;
use usher_store::AdministratorRecord;

use crate::support::*;

async fn signed_in(app: &App) -> (AdministratorRecord, Sender) {
    let ada = app.add_with_password("ada", Role::Auditor).await;
    let answer = app.sign_in("ada@example.org", PASSWORD).await.expect(200);
    (ada, Sender::InPerson(answer.cookie()))
}

on_both_engines! {
    async fn whoever_signs_in_gets_a_new_session_and_the_one_they_came_with_ends(app: App) {
        let (_, before) = signed_in(&app).await;
        let Sender::InPerson(cookie) = &before else { panic!() };
        let body = json!({"email": "ada@example.org", "password": PASSWORD});
        let again = app.post(&before, "/auth/sign-in", body).await.expect(200);
        assert_ne!(again.cookie(), *cookie);
        app.get(&before, "/me").await.expect(401);
        app.get(&Sender::InPerson(again.cookie()), "/me").await.expect(200);
    }

    async fn a_session_without_requests_ends_and_one_in_use_goes_on(app: App) {
        let (_, sender) = signed_in(&app).await;
        for _ in 0..4 {
            app.clock.advance(Duration::from_secs(20 * 60));
            app.get(&sender, "/me").await.expect(200);
        }
        app.clock.advance(Duration::from_secs(30 * 60));
        app.get(&sender, "/me").await.expect(401);
    }
}

#[tokio::test]
async fn a_token_that_somebody_else_chose_is_no_session() {
    let app = App::sqlite().await;
    let chosen = "usher_session_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let planted = Sender::InPerson(format!("usher_session={chosen}"));
    app.add_with_password("ada", Role::Auditor).await;
    let body = json!({"email": "ada@example.org", "password": PASSWORD});
    let answer = app.post(&planted, "/auth/sign-in", body).await.expect(200);
    assert!(!answer.cookie().contains(chosen));
    app.get(&planted, "/me").await.expect(401);
}

#[tokio::test]
async fn a_session_ends_in_any_case() {
    let app = App::sqlite().await;
    let (_, sender) = signed_in(&app).await;
    for _ in 0..35 {
        app.clock.advance(Duration::from_secs(20 * 60));
        app.get(&sender, "/me").await.expect(200);
    }
    app.clock.advance(Duration::from_secs(20 * 60));
    app.get(&sender, "/me").await.expect(401);
}

#[tokio::test]
async fn sessions_are_listed_and_one_can_be_ended_from_another() {
    let app = App::sqlite().await;
    let (ada, here) = signed_in(&app).await;
    let there = app.session(&ada).await;
    let list = app.get(&here, "/me/sessions").await.expect(200).json();
    let items = list["items"].as_array().unwrap();
    assert_eq!(items.len(), 2);
    let other = items.iter().find(|item| item["current"] == false).unwrap();
    let path = format!("/me/sessions/{}", other["id"].as_str().unwrap());
    app.delete(&here, &path).await.expect(204);
    app.get(&there, "/me").await.expect(401);
    app.delete(&here, &path).await.expect(404);
}

#[tokio::test]
async fn nobody_ends_a_session_of_somebody_else_as_if_it_were_theirs() {
    let app = App::sqlite().await;
    let (ada, _) = signed_in(&app).await;
    let sessions = app
        .store
        .sessions(&ada.id, app.settings.sessions)
        .await
        .unwrap();
    let eve = app.in_person("eve", Role::SuperAdministrator).await;
    app.delete(&eve, &format!("/me/sessions/{}", sessions[0].id))
        .await
        .expect(404);
}

#[tokio::test]
async fn another_password_ends_all_other_sessions() {
    let app = App::sqlite().await;
    let (ada, here) = signed_in(&app).await;
    let there = app.session(&ada).await;
    let wrong = json!({"password": "not the password", "new_password": "another good password"});
    app.post(&here, "/me/password", wrong).await.expect(403);
    let right = json!({"password": PASSWORD, "new_password": "another good password"});
    app.post(&here, "/me/password", right).await.expect(204);
    app.get(&here, "/me").await.expect(200);
    app.get(&there, "/me").await.expect(401);
    app.sign_in("ada@example.org", PASSWORD).await.expect(401);
    app.sign_in("ada@example.org", "another good password")
        .await
        .expect(200);
}

#[tokio::test]
async fn the_cookie_is_out_of_reach_for_scripts_and_other_sites() {
    let app = App::sqlite().await;
    app.add_with_password("ada", Role::Auditor).await;
    let plain = app.sign_in("ada@example.org", PASSWORD).await;
    let cookie = plain.header("set-cookie");
    assert!(
        cookie.starts_with("usher_session=usher_session_"),
        "{cookie}"
    );
    assert!(
        cookie.contains("; Path=/; HttpOnly; SameSite=Lax;"),
        "{cookie}"
    );
    assert!(!cookie.contains("Secure"), "{cookie}");
    let public_url = Some(Url::parse("https://usher.example.org/").unwrap());
    let app = App::sqlite_with(ServerSettings {
        public_url,
        ..ServerSettings::default()
    })
    .await;
    app.add_with_password("ada", Role::Auditor).await;
    let answer = app.sign_in("ada@example.org", PASSWORD).await;
    let cookie = answer.header("set-cookie");
    assert!(cookie.starts_with("__Host-usher_session="), "{cookie}");
    assert!(cookie.ends_with("; Secure"), "{cookie}");
}
