//! The way to the provider and back: bound to one browser, once, in time, and to nowhere else.

use std::time::Duration;

use usher_model::{EventKind, Role};

use super::fake::Trick;
use super::support::*;
use crate::support::*;

scenes_on_both_engines! {
    async fn whoever_the_provider_names_is_in_and_goes_where_they_wanted_to(scene: Scene) {
        let ada = scene.administrator("ada", Role::Auditor).await;
        let (mut browser, me) = scene.signed_in(&scene.somebody("ada")).await;
        assert_eq!(me["administrator"]["id"], ada.id.as_str());
        assert_eq!(browser.cookie("usher_sign_in"), None, "it is used up");
        let sessions = browser.get(&scene.app, "/api/v1/me/sessions").await.json();
        assert_eq!(sessions["items"][0]["method"], "open_id_connect");
        assert_eq!(sessions["items"][0]["provider"], "sso");
        let signed_in = scene.events(EventKind::SignedIn).await;
        assert_eq!(signed_in[0].data["provider"], "sso");
        scene.app.store.verify_events().await.unwrap();
    }

    async fn any_replica_finishes_what_another_began(scene: Scene) {
        scene.administrator("ada", Role::Auditor).await;
        let mut browser = Browser::default();
        let brought = scene.brought(&mut browser, &scene.somebody("ada")).await;
        let replica = scene.app.replica();
        browser.get(&replica, &brought.to_path()).await.expect(303);
        scene.me(&mut browser).await;
    }

    async fn what_comes_back_counts_once(scene: Scene) {
        scene.administrator("ada", Role::Auditor).await;
        let mut browser = Browser::default();
        let brought = scene.brought(&mut browser, &scene.somebody("ada")).await;
        let mut other = browser.clone();
        let (one, same) = {
            let path = brought.to_path();
            tokio::join!(browser.get(&scene.app, &path), other.get(&scene.app, &path))
        };
        let mut found = [one.status.as_u16(), same.status.as_u16()];
        found.sort_unstable();
        assert_eq!(found, [303, 404], "{one:?} {same:?}");
        let mut late = Browser::default();
        late.get(&scene.app, &brought.to_path()).await.expect(404);
        assert_eq!(scene.events(EventKind::SignedIn).await.len(), 1);
    }

    async fn what_comes_back_after_ten_minutes_is_too_late(scene: Scene) {
        scene.administrator("ada", Role::Auditor).await;
        let mut browser = Browser::default();
        let brought = scene.brought(&mut browser, &scene.somebody("ada")).await;
        scene.app.clock.advance(Duration::from_secs(600));
        let refused = browser.get(&scene.app, &brought.to_path()).await.expect(404);
        assert!(refused.json()["hint"].as_str().unwrap().contains("ten minutes"), "{refused:?}");
        assert!(scene.fake.set().verifiers.is_empty(), "no code was exchanged");
    }
}

#[tokio::test]
async fn another_browser_finishes_nothing_and_ends_nothing() {
    let scene = Scene::sqlite(|_| {}).await;
    scene.administrator("ada", Role::Auditor).await;
    let mut victim = Browser::default();
    let brought = scene.brought(&mut victim, &scene.somebody("ada")).await;
    let mut bare = Browser::default();
    let mut with_its_own = Browser::default();
    scene
        .brought(&mut with_its_own, &scene.somebody("eve"))
        .await;
    let mut made_up = Browser::default();
    made_up.set(
        "usher_sign_in",
        "usher_sign_in_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    );
    for thief in [&mut bare, &mut with_its_own, &mut made_up] {
        let refused = thief.get(&scene.app, &brought.to_path()).await.expect(403);
        assert!(
            refused.text.contains("not begun in this browser"),
            "{refused:?}"
        );
        assert_eq!(thief.cookie("usher_session"), None);
        assert_eq!(scene.why().await, "another_browser");
    }
    victim.get(&scene.app, &brought.to_path()).await.expect(303);
}

#[tokio::test]
async fn whoever_tries_a_state_again_and_again_does_not_fill_the_log() {
    let scene = Scene::sqlite(|_| {}).await;
    let mut victim = Browser::default();
    let brought = scene.brought(&mut victim, &scene.somebody("ada")).await;
    let mut last = 0;
    for _ in 0..70 {
        let refused = Browser::default().get(&scene.app, &brought.to_path()).await;
        last = refused.status.as_u16();
    }
    assert_eq!(last, 429);
    assert!(scene.events(EventKind::SignInFailed).await.len() <= 60);
}

#[tokio::test]
async fn a_code_of_another_sign_in_cannot_be_slipped_in() {
    let scene = Scene::sqlite(|_| {}).await;
    scene.administrator("ada", Role::Auditor).await;
    scene.administrator("eve", Role::Auditor).await;
    let (mut eve, mut ada) = (Browser::default(), Browser::default());
    let theirs = scene.brought(&mut eve, &scene.somebody("eve")).await;
    let ours = scene.brought(&mut ada, &scene.somebody("ada")).await;
    let slipped = ours.with("code", &theirs.parameters["code"]);
    let refused = ada.get(&scene.app, &slipped.to_path()).await.expect(503);
    assert!(refused.text.contains("invalid_grant"), "{refused:?}");
    assert_eq!(ada.cookie("usher_session"), None);
}

#[tokio::test]
async fn the_way_to_the_provider_asks_for_everything_that_protects_it() {
    let scene = Scene::sqlite(|_| {}).await;
    let mut browser = Browser::default();
    let path = "/api/v1/auth/openid-connect/sso";
    let begun = [
        browser.get(&scene.app, path).await,
        browser.get(&scene.app, path).await,
    ];
    let asked = begun.each_ref().map(|begun| {
        assert_eq!(begun.status, 303);
        let pairs = location(begun)
            .query_pairs()
            .into_owned()
            .collect::<std::collections::BTreeMap<_, _>>();
        assert_eq!(pairs["tenant"], "1", "the endpoint's own query stays");
        assert_eq!(pairs["scope"], "openid email");
        assert_eq!(
            pairs["redirect_uri"],
            format!("{}{path}/callback", scene.app.url)
        );
        pairs
    });
    for name in ["state", "nonce", "code_challenge"] {
        assert!(asked[0][name].len() >= 43, "{name}");
        assert_ne!(asked[0][name], asked[1][name], "{name}");
    }
    let cookie = begun[0].header("set-cookie");
    for part in [
        "usher_sign_in=usher_sign_in_",
        "HttpOnly",
        "SameSite=Lax",
        "Path=/",
        "Max-Age=600",
    ] {
        assert!(cookie.contains(part), "{cookie}");
    }
}

#[tokio::test]
async fn over_https_the_cookie_is_of_this_host_alone() {
    let running = super::fake::Running::start().await;
    let provider = settings(&running.fake.issuer);
    let app = App::sqlite_at(|_| usher_server::ServerSettings {
        public_url: Some("https://usher.example.org/".parse().unwrap()),
        sign_in: usher_server::openid_connect::SignInSettings {
            providers: vec![provider],
            ..Default::default()
        },
        ..Default::default()
    })
    .await;
    let begun = Browser::default()
        .get(&app, "/api/v1/auth/openid-connect/sso")
        .await
        .expect(303);
    let cookie = begun.header("set-cookie");
    assert!(
        cookie.starts_with("__Host-usher_sign_in=") && cookie.contains("; Secure"),
        "{cookie}"
    );
    let pairs = location(&begun);
    let sent_back = pairs
        .query_pairs()
        .find(|(name, _)| name == "redirect_uri")
        .unwrap()
        .1
        .into_owned();
    assert_eq!(
        sent_back,
        "https://usher.example.org/api/v1/auth/openid-connect/sso/callback"
    );
}

#[tokio::test]
async fn nobody_is_led_to_another_site() {
    let scene = Scene::sqlite(|_| {}).await;
    for elsewhere in [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "/%09/evil.example%0d%0aSet-Cookie:x=y",
        "plans",
        "javascript:alert(1)",
    ] {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("return_to", elsewhere);
        let path = format!("/api/v1/auth/openid-connect/sso?{}", query.finish());
        let answer = Browser::default().get(&scene.app, &path).await;
        if answer.status == 303 {
            assert!(
                elsewhere.starts_with("/%09"),
                "{elsewhere}: only what stays encoded is a path"
            );
            continue;
        }
        assert_eq!(answer.expect(422).json()["at"], "return_to", "{elsewhere}");
    }
}

#[tokio::test]
async fn a_session_that_was_there_before_ends_and_nobody_can_choose_the_new_one() {
    let scene = Scene::sqlite(|_| {}).await;
    let ada = scene.administrator("ada", Role::Auditor).await;
    let before = scene.app.session(&ada).await;
    let Sender::InPerson(cookie) = &before else {
        panic!()
    };
    let (name, value) = cookie.split_once('=').unwrap();
    let mut browser = Browser::default();
    browser.set(name, value);
    scene
        .sign_in(&mut browser, &scene.somebody("ada"))
        .await
        .expect(303);
    assert_ne!(browser.cookie(name), Some(value));
    scene.app.get(&before, "/me").await.expect(401);
    scene.me(&mut browser).await;
}

#[tokio::test]
async fn a_sign_in_that_was_begun_at_one_provider_does_not_end_at_another() {
    let scene = Scene::sqlite(|_| {}).await;
    scene.administrator("ada", Role::Auditor).await;
    let mut browser = Browser::default();
    let mut brought = scene.brought(&mut browser, &scene.somebody("ada")).await;
    brought.path = brought.path.replace("/sso/", "/other/");
    browser
        .get(&scene.app, &brought.to_path())
        .await
        .expect(403);
    assert_eq!(scene.why().await, "another_provider");
}

#[tokio::test]
async fn an_answer_that_names_another_issuer_is_refused() {
    let scene = Scene::sqlite(|_| {}).await;
    scene.administrator("ada", Role::Auditor).await;
    for (says, issuer, expected) in [
        (false, None, 303),
        (false, Some("https://evil.example"), 403),
        (true, None, 403),
        (true, Some(scene.fake.issuer.as_str()), 303),
    ] {
        let flag = "authorization_response_iss_parameter_supported";
        scene
            .fake
            .set()
            .discovery
            .insert(flag.to_owned(), says.into());
        scene.app.clock.advance(Duration::from_secs(3600));
        let mut browser = Browser::default();
        let mut brought = scene.brought(&mut browser, &scene.somebody("ada")).await;
        if let Some(issuer) = issuer {
            brought = brought.with("iss", issuer);
        }
        browser
            .get(&scene.app, &brought.to_path())
            .await
            .expect(expected);
    }
}

#[tokio::test]
async fn one_address_cannot_begin_without_end() {
    let scene = Scene::sqlite(|_| {}).await;
    let mut browser = Browser::default();
    let path = "/api/v1/auth/openid-connect/sso";
    for _ in 0..60 {
        browser.get(&scene.app, path).await.expect(303);
    }
    let refused = browser.get(&scene.app, path).await.expect(429);
    assert!(!refused.header("retry-after").is_empty());
    scene.app.clock.advance(Duration::from_secs(15 * 60));
    browser.get(&scene.app, path).await.expect(303);
}

#[tokio::test]
async fn whoever_comes_in_does_not_use_up_the_attempts_of_others_at_their_address() {
    let scene = Scene::sqlite(|_| {}).await;
    scene.administrator("ada", Role::Auditor).await;
    let mut browser = Browser::default();
    let path = "/api/v1/auth/openid-connect/sso";
    for _ in 0..59 {
        browser.get(&scene.app, path).await.expect(303);
    }
    for _ in 0..3 {
        scene.signed_in(&scene.somebody("ada")).await;
    }
    browser.get(&scene.app, path).await.expect(303);
    browser.get(&scene.app, path).await.expect(429);
    assert_eq!(scene.why().await, "too_often");
}

#[tokio::test]
async fn how_one_signs_in_is_there_for_a_page_to_show() {
    let scene = Scene::sqlite(|_| {}).await;
    let methods = scene
        .app
        .get(&Sender::Visitor, "/auth/methods")
        .await
        .expect(200)
        .json();
    assert_eq!(methods["passwords"], true);
    assert_eq!(methods["providers"][0]["title"], "Example SSO");
    let begin = methods["providers"][0]["begin"].as_str().unwrap();
    Browser::default().get(&scene.app, begin).await.expect(303);
}

#[tokio::test]
async fn a_provider_that_is_away_is_named_and_comes_back() {
    let scene = Scene::sqlite(|_| {}).await;
    for trick in [Trick::Breaks, Trick::Redirects, Trick::TooLarge] {
        scene.fake.set().trick = trick;
        let refused = Browser::default()
            .get(&scene.app, "/api/v1/auth/openid-connect/sso")
            .await
            .expect(503);
        assert!(
            refused.text.contains("discovery document"),
            "{trick:?}: {refused:?}"
        );
    }
    scene.fake.set().trick = Trick::None;
    Browser::default()
        .get(&scene.app, "/api/v1/auth/openid-connect/sso")
        .await
        .expect(303);
}

#[tokio::test]
async fn what_is_needed_to_come_in_is_in_no_row_and_no_event_as_it_is() {
    let scene = Scene::sqlite(|_| {}).await;
    scene.administrator("ada", Role::Auditor).await;
    let mut browser = Browser::default();
    let brought = scene.brought(&mut browser, &scene.somebody("ada")).await;
    let held = browser.cookie("usher_sign_in").unwrap().to_owned();
    browser
        .get(&scene.app, &brought.to_path())
        .await
        .expect(303);
    let mut bytes = Vec::new();
    scene.app.store.write_backup(&mut bytes).await.unwrap();
    let text = String::from_utf8_lossy(&zstd::decode_all(&bytes[..]).unwrap()).into_owned();
    let verifier = scene.fake.set().verifiers[0].clone();
    let secrets = [
        held.as_str(),
        &brought.parameters["state"],
        &brought.parameters["code"],
        browser.cookie("usher_session").unwrap(),
        &verifier,
        super::fake::CLIENT_SECRET,
        "eyJ",
    ];
    assert!(text.contains("sub-of-ada"), "the copy is not empty");
    for secret in secrets {
        assert!(!text.contains(secret), "{secret} is there");
    }
}
