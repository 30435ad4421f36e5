//! What goes wrong is said with its cause and its remedy, to programs and to people.

use serde_json::json;
use usher_model::{EventKind, Role};
use usher_server::openid_connect::ClientSecret;

use super::support::*;
use crate::support::*;

#[tokio::test]
async fn what_the_provider_says_is_passed_on_as_text() {
    let scene = Scene::sqlite(|_| {}).await;
    scene.administrator("ada", Role::Auditor).await;
    let said = "<script>alert('x')</script> & more\u{0}";
    let mut browser = Browser::default();
    let brought = scene.brought(&mut browser, &scene.somebody("ada")).await;
    let brought = brought
        .without("code")
        .with("error", "access_denied")
        .with("error_description", said);
    let mut other = browser.clone();
    let shown = browser
        .look(&scene.app, &brought.to_path())
        .await
        .expect(403);
    assert!(
        shown.header("content-type").starts_with("text/html"),
        "{shown:?}"
    );
    assert!(
        shown
            .header("content-security-policy")
            .starts_with("default-src 'none'"),
        "{shown:?}"
    );
    assert!(
        shown.text.contains("access_denied (&lt;script&gt;"),
        "{shown:?}"
    );
    assert!(!shown.text.contains("<script>"), "{shown:?}");
    assert!(
        shown.text.contains("assigned to the application"),
        "{shown:?}"
    );
    assert!(
        shown
            .text
            .contains("href=\"/api/v1/auth/openid-connect/sso\""),
        "{shown:?}"
    );
    assert_eq!(scene.why().await, "refused_by_provider");
    // It is used up; and whoever did not begin hears nothing that somebody else wrote.
    let again = other.look(&scene.app, &brought.to_path()).await.expect(404);
    assert!(!again.text.contains("more"), "{again:?}");
    let made_up = brought.with("state", "usher_state_made_up");
    let refused = Browser::default()
        .get(&scene.app, &made_up.to_path())
        .await
        .expect(404);
    assert!(!refused.text.contains("access_denied"), "{refused:?}");
    assert_eq!(scene.events(EventKind::SignInFailed).await.len(), 1);
}

#[tokio::test]
async fn each_word_of_the_provider_has_its_remedy() {
    let scene = Scene::sqlite(|_| {}).await;
    for (error, remedy) in [
        ("access_denied", "assigned"),
        ("invalid_scope", "`scopes`"),
        ("unauthorized_client", "authorization code flow"),
        ("invalid_request", "redirect address"),
        ("temporarily_unavailable", "try again"),
        ("something_else", "log"),
    ] {
        let mut browser = Browser::default();
        let brought = scene.brought(&mut browser, &scene.somebody("ada")).await;
        let brought = brought.without("code").with("error", error);
        let problem = browser
            .get(&scene.app, &brought.to_path())
            .await
            .expect(403)
            .json();
        assert!(
            problem["detail"].as_str().unwrap().contains(error),
            "{problem}"
        );
        assert!(
            problem["hint"].as_str().unwrap().contains(remedy),
            "{problem}"
        );
    }
}

#[tokio::test]
async fn a_wrong_secret_is_named_without_being_shown() {
    let scene = Scene::sqlite(|_| {}).await;
    scene.administrator("ada", Role::Auditor).await;
    scene.fake.set().secret = "another one by now".to_owned();
    let problem = scene.refused(&scene.somebody("ada")).await;
    assert_eq!(problem["type"], "urn:usher:problem:unavailable");
    assert!(
        problem["detail"]
            .as_str()
            .unwrap()
            .contains("invalid_client"),
        "{problem}"
    );
    assert!(
        problem["hint"].as_str().unwrap().contains("has expired"),
        "{problem}"
    );
    assert!(!problem.to_string().contains("canary"), "{problem}");
}

#[tokio::test]
async fn a_new_secret_in_the_file_counts_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("secret");
    let file = path.clone();
    let scene =
        Scene::sqlite(|provider| provider.client_secret = Some(ClientSecret::File(file))).await;
    scene.administrator("ada", Role::Auditor).await;
    let problem = scene.refused(&scene.somebody("ada")).await;
    assert!(
        problem["hint"]
            .as_str()
            .unwrap()
            .contains("client_secret_file"),
        "{problem}"
    );
    assert!(
        !problem.to_string().contains(path.to_str().unwrap()),
        "where it is, is nobody's business"
    );
    std::fs::write(&path, "an old one\n").unwrap();
    scene.refused(&scene.somebody("ada")).await;
    std::fs::write(&path, format!("{}\n", super::fake::CLIENT_SECRET)).unwrap();
    scene.signed_in(&scene.somebody("ada")).await;
}

#[tokio::test]
async fn a_document_of_another_issuer_is_answered_with_both_names() {
    let scene = Scene::sqlite(|_| {}).await;
    scene
        .fake
        .set()
        .discovery
        .insert("issuer".to_owned(), json!("https://evil.example"));
    let refused = Browser::default()
        .get(&scene.app, "/api/v1/auth/openid-connect/sso")
        .await
        .expect(503);
    assert!(refused.text.contains("https://evil.example"), "{refused:?}");
    assert!(refused.text.contains(&scene.fake.issuer), "{refused:?}");
}

#[tokio::test]
async fn a_provider_that_is_not_there_is_not_found() {
    let scene = Scene::sqlite(|_| {}).await;
    for path in [
        "/api/v1/auth/openid-connect/none",
        "/api/v1/auth/openid-connect/none/callback?state=x&code=y",
    ] {
        let refused = Browser::default().get(&scene.app, path).await.expect(404);
        assert_eq!(refused.problem(), "not-found");
    }
}

#[tokio::test]
async fn nonsense_that_comes_back_breaks_nothing() {
    let scene = Scene::sqlite(|_| {}).await;
    for query in [
        "",
        "?state=",
        "?code=x",
        "?state=a&state=b",
        "?state=%00%ff",
        "?error=x",
        "?state=%0d%0aa",
    ] {
        let path = format!("/api/v1/auth/openid-connect/sso/callback{query}");
        let refused = Browser::default().get(&scene.app, &path).await;
        assert!(refused.status.is_client_error(), "{query}: {refused:?}");
        refused.problem();
    }
    assert!(
        scene.events(EventKind::SignInFailed).await.is_empty(),
        "anybody could fill the log"
    );
}

#[tokio::test]
async fn passwords_can_be_switched_off() {
    let running = super::fake::Running::start().await;
    let provider = settings(&running.fake.issuer);
    let app = App::sqlite_at(|_| usher_server::ServerSettings {
        sign_in: usher_server::openid_connect::SignInSettings {
            passwords: usher_server::openid_connect::PasswordSignIn::Off,
            providers: vec![provider],
        },
        ..Default::default()
    })
    .await;
    app.add_with_password("ada", Role::Auditor).await;
    let refused = app.sign_in("ada@example.org", PASSWORD).await.expect(403);
    assert!(
        refused.text.contains("passwords are not taken"),
        "{refused:?}"
    );
    let methods = app.get(&Sender::Visitor, "/auth/methods").await.json();
    assert_eq!(methods["passwords"], false);
}
