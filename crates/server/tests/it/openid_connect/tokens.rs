//! ID tokens that prove nothing, and keys that change.

use std::time::Duration;

use serde_json::{Value, json};
use usher_model::{Clock as _, Role};

use super::fake::Trick;
use super::support::*;

#[tokio::test]
async fn a_token_that_the_provider_did_not_sign_lets_nobody_in() {
    let scene = Scene::sqlite(|_| {}).await;
    scene.administrator("ada", Role::Auditor).await;
    scene.administrator("root", Role::SuperAdministrator).await;
    for (trick, said) in [
        (Trick::AlteredClaims, "signature is not right"),
        (Trick::AlteredSignature, "signature is not right"),
        (Trick::StrangeKey, "signature is not right"),
        (Trick::NoSignature, "signature is not right"),
        (Trick::Unsigned, "`none`"),
        (Trick::SharedSecret, "`HS256`"),
        (Trick::NoToken, "no signed token"),
    ] {
        scene.fake.set().trick = trick;
        let problem = scene.refused(&scene.somebody("ada")).await;
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains(said), "{trick:?}: {detail}");
        assert_eq!(scene.why().await, "signature", "{trick:?}");
    }
    scene.fake.set().trick = Trick::None;
    scene.signed_in(&scene.somebody("ada")).await;
}

#[tokio::test]
async fn a_token_for_somebody_else_or_another_time_lets_nobody_in() {
    let scene = Scene::sqlite(|_| {}).await;
    scene.administrator("ada", Role::Auditor).await;
    let now = scene.app.clock.now().as_second();
    for (claim, value, said) in [
        ("iss", json!("https://evil.example"), "another issuer"),
        ("aud", json!("another-client"), "another client"),
        (
            "aud",
            json!(["usher-client", "another-client"]),
            "another client",
        ),
        ("azp", json!("another-client"), "another client"),
        ("nonce", json!("of another sign-in"), "another sign-in"),
        ("nonce", Value::Null, "no usable `nonce`"),
        ("exp", json!(now - 61), "expired"),
        ("exp", Value::Null, "no usable `exp`"),
        ("iat", json!(now + 61), "from"),
        ("nbf", json!(now + 61), "from"),
        ("sub", json!(""), "no usable `sub`"),
    ] {
        let problem = scene
            .refused(&scene.with("ada", &[(claim, value.clone())]))
            .await;
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains(said), "{claim} {value}: {detail}");
        assert_eq!(scene.why().await, "id_token", "{claim} {value}");
    }
    let skewed = scene
        .refused(&scene.with("ada", &[("exp", json!(now - 120))]))
        .await;
    assert!(
        skewed["hint"].as_str().unwrap().contains("clock"),
        "{skewed}"
    );
    let close = [("iat", json!(now + 59)), ("exp", json!(now - 59 + 118))];
    scene.signed_in(&scene.with("ada", &close)).await;
}

#[tokio::test]
async fn a_new_key_is_looked_for_once_and_not_again_and_again() {
    let scene = Scene::sqlite(|_| {}).await;
    scene.administrator("ada", Role::Auditor).await;
    scene.signed_in(&scene.somebody("ada")).await;
    scene.signed_in(&scene.somebody("ada")).await;
    assert_eq!(scene.fake.set().jwks_asked, 1, "keys are remembered");
    scene.app.clock.advance(Duration::from_secs(61));
    scene.fake.rotate();
    scene.signed_in(&scene.somebody("ada")).await;
    assert_eq!(scene.fake.set().jwks_asked, 2);
    scene.fake.rotate();
    for _ in 0..3 {
        scene.refused(&scene.somebody("ada")).await;
    }
    assert_eq!(
        scene.fake.set().jwks_asked,
        2,
        "somebody could make Usher ask without end"
    );
    scene.app.clock.advance(Duration::from_secs(61));
    scene.signed_in(&scene.somebody("ada")).await;
    assert_eq!(scene.fake.set().jwks_asked, 3);
}

#[tokio::test]
async fn a_key_that_was_taken_back_counts_no_longer_than_an_hour() {
    let scene = Scene::sqlite(|_| {}).await;
    scene.administrator("ada", Role::Auditor).await;
    scene.signed_in(&scene.somebody("ada")).await;
    scene.app.clock.advance(Duration::from_secs(3600));
    scene.signed_in(&scene.somebody("ada")).await;
    assert_eq!(scene.fake.set().jwks_asked, 2);
}
