//! Signing out, here and at the provider.

use serde_json::{Value, json};
use url::Url;
use usher_model::Role;

use super::fake::Trick;
use super::support::*;

#[tokio::test]
async fn signing_out_leads_on_to_the_provider() {
    let scene = Scene::sqlite(|_| {}).await;
    scene.administrator("ada", Role::Auditor).await;
    let (mut browser, _) = scene.signed_in(&scene.somebody("ada")).await;
    let out = browser
        .post(&scene.app, "/api/v1/auth/sign-out", json!({}))
        .await
        .expect(200)
        .json();
    browser.get(&scene.app, "/api/v1/me").await.expect(401);
    let location = Url::parse(out["location"].as_str().unwrap()).unwrap();
    assert_eq!(location.path(), "/end");
    let asked: std::collections::BTreeMap<_, _> = location.query_pairs().into_owned().collect();
    assert_eq!(
        asked["post_logout_redirect_uri"],
        format!("{}/signed-out", scene.app.url)
    );
    let claims = asked["id_token_hint"].split('.').nth(1).unwrap();
    let claims = data_encoding::BASE64URL_NOPAD
        .decode(claims.as_bytes())
        .unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    assert_eq!(claims["sub"], "sub-of-ada");
    browser.get(&scene.app, "/signed-out").await.expect(200);
}

#[tokio::test]
async fn a_provider_that_cannot_or_is_away_keeps_nobody_signed_in() {
    let scene = Scene::sqlite(|_| {}).await;
    scene.administrator("ada", Role::Auditor).await;
    scene
        .fake
        .set()
        .discovery
        .insert("end_session_endpoint".to_owned(), Value::Null);
    let (mut browser, _) = scene.signed_in(&scene.somebody("ada")).await;
    browser
        .post(&scene.app, "/api/v1/auth/sign-out", json!({}))
        .await
        .expect(204);
    let (mut browser, _) = scene.signed_in(&scene.somebody("ada")).await;
    scene.fake.set().trick = Trick::Breaks;
    scene.app.clock.advance(std::time::Duration::from_secs(60));
    let replica = scene.app.replica();
    browser
        .post(&replica, "/api/v1/auth/sign-out", json!({}))
        .await
        .expect(204);
    browser.get(&scene.app, "/api/v1/me").await.expect(401);
}
