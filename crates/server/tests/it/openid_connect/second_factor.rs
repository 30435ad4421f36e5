//! Usher's own second factor behind a provider.

use std::time::Duration;

use serde_json::{Value, json};
use usher_model::{Clock as _, EventKind, Role};
use usher_server::administrators::TotpSecret;
use usher_server::openid_connect::SecondFactor;
use usher_store::{AdministratorRecord, ProvedSeed};

use super::support::*;

const PATH: &str = "/api/v1/auth/second-factor";

/// Ada, with an authenticator app.
async fn ada(scene: &Scene) -> (AdministratorRecord, TotpSecret) {
    let ada = scene.administrator("ada", Role::Auditor).await;
    scene.app.begin_secrets().await;
    let secret = TotpSecret::new().unwrap();
    let (vault, text) = (&scene.app.vault, secret.to_text());
    let begun = vault.begin_second_factor(&ada.id, &text, &[]);
    assert!(begun.await.unwrap());
    let store = &scene.app.store;
    let kept = store.credentials(&ada.id).await.unwrap().unwrap();
    let proved = ProvedSeed {
        secret: &kept.totp_begun.unwrap(),
        step: 1,
    };
    let confirmed = store.confirm_second_factor(&ada.id, proved, &[], &[]);
    assert!(confirmed.await.unwrap());
    (ada, secret)
}

fn code(scene: &Scene, secret: &TotpSecret) -> Value {
    let step = u64::try_from(scene.app.clock.now().as_second()).unwrap() / 30;
    json!({"code": secret.code(step)})
}

scenes_on_both_engines! {
    async fn whoever_has_an_authenticator_app_shows_its_code_too(scene: Scene) {
        let (_, secret) = ada(&scene).await;
        let mut browser = Browser::default();
        let asked = scene.sign_in(&mut browser, &scene.somebody("ada")).await.expect(401);
        assert_eq!(asked.problem(), "second-factor-needed");
        assert_eq!(browser.cookie("usher_session"), None, "nobody is in yet");
        let wrong = browser.post(&scene.app, PATH, json!({"code": "000000"})).await.expect(401);
        assert_eq!(wrong.problem(), "unauthorized");
        let replica = scene.app.replica();
        let shown = browser.post(&replica, PATH, code(&scene, &secret)).await.expect(200).json();
        assert_eq!(shown["return_to"], "/plans");
        let me = scene.me(&mut browser).await;
        assert_eq!(me["administrator"]["email"], "ada@example.org");
        let sessions = browser.get(&scene.app, "/api/v1/me/sessions").await.json();
        assert_eq!(sessions["items"][0]["method"], "open_id_connect_and_code");
        assert_eq!(scene.events(EventKind::SignedIn).await.len(), 1);
        assert_eq!(scene.why().await, "wrong");
    }

    async fn a_code_is_shown_in_time_by_the_same_browser_once(scene: Scene) {
        let (_, secret) = ada(&scene).await;
        let mut browser = Browser::default();
        scene.sign_in(&mut browser, &scene.somebody("ada")).await.expect(401);
        let mut late = browser.clone();
        let mut again = browser.clone();
        Browser::default().post(&scene.app, PATH, code(&scene, &secret)).await.expect(404);
        browser.post(&scene.app, PATH, code(&scene, &secret)).await.expect(200);
        scene.app.clock.advance(Duration::from_secs(60));
        again.post(&scene.app, PATH, code(&scene, &secret)).await.expect(404);
        scene.app.clock.advance(Duration::from_secs(600));
        late.post(&scene.app, PATH, code(&scene, &secret)).await.expect(404);
    }
}

#[tokio::test]
async fn codes_cannot_be_tried_without_end() {
    let scene = Scene::sqlite(|_| {}).await;
    let (_, secret) = ada(&scene).await;
    let mut browser = Browser::default();
    scene
        .sign_in(&mut browser, &scene.somebody("ada"))
        .await
        .expect(401);
    for _ in 0..10 {
        browser
            .post(&scene.app, PATH, json!({"code": "000000"}))
            .await
            .expect(401);
    }
    browser
        .post(&scene.app, PATH, code(&scene, &secret))
        .await
        .expect(429);
}

#[tokio::test]
async fn whoever_was_disabled_meanwhile_stays_out() {
    let scene = Scene::sqlite(|_| {}).await;
    scene
        .administrator("keeper", Role::SuperAdministrator)
        .await;
    let (ada, secret) = ada(&scene).await;
    let mut browser = Browser::default();
    scene
        .sign_in(&mut browser, &scene.somebody("ada"))
        .await
        .expect(401);
    scene.app.disable(&ada).await;
    browser
        .post(&scene.app, PATH, code(&scene, &secret))
        .await
        .expect(404);
}

#[tokio::test]
async fn somebody_in_a_browser_is_led_to_the_page_that_asks() {
    let scene = Scene::sqlite(|_| {}).await;
    ada(&scene).await;
    let mut browser = Browser::default();
    let brought = scene.brought(&mut browser, &scene.somebody("ada")).await;
    let asked = browser
        .look(&scene.app, &brought.to_path())
        .await
        .expect(303);
    assert_eq!(asked.header("location"), "/second-factor");
    let page = browser.look(&scene.app, "/second-factor").await.expect(200);
    assert!(page.text.contains("one-time-code"), "{page:?}");
}

#[tokio::test]
async fn the_providers_word_counts_where_it_is_to_count() {
    let scene = Scene::sqlite(|provider| provider.second_factor = SecondFactor::Provider).await;
    ada(&scene).await;
    scene.signed_in(&scene.somebody("ada")).await;
    let scene = Scene::sqlite(|provider| {
        provider.second_factor = SecondFactor::Claims(vec!["mfa".to_owned()]);
    })
    .await;
    ada(&scene).await;
    scene.administrator("bob", Role::Auditor).await;
    let mfa = [("amr", json!(["pwd", "mfa"]))];
    for name in ["ada", "bob"] {
        scene.signed_in(&scene.with(name, &mfa)).await;
    }
    let mut browser = Browser::default();
    scene
        .sign_in(&mut browser, &scene.somebody("ada"))
        .await
        .expect(401);
    scene.refused(&scene.somebody("bob")).await;
    assert_eq!(scene.why().await, "no_second_factor");
}
