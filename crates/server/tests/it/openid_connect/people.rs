//! Whom the provider names: who that is here, and as what.

use serde_json::{Value, json};
use usher_model::{Actor, EventKind, Role};
use usher_server::openid_connect::UnknownPeople;
use usher_store::AdministratorKind;

use super::support::*;

/// Groups that mean roles.
fn with_roles(provider: &mut usher_server::openid_connect::OpenIdConnectSettings) {
    provider.roles = rules(&[("root", Role::SuperAdministrator), ("audit", Role::Auditor)]);
}

fn groups(groups: &[&str]) -> (&'static str, Value) {
    ("groups", json!(groups))
}

scenes_on_both_engines! {
    async fn after_the_first_time_the_subject_counts_and_not_the_address(scene: Scene) {
        let ada = scene.administrator("ada", Role::Auditor).await;
        scene.signed_in(&scene.somebody("ada")).await;
        let tied = scene.events(EventKind::IdentityTied).await;
        assert_eq!(tied[0].data["subject"], "sub-of-ada");
        assert!(matches!(&tied[0].actor, Actor::Administrator { id, .. } if *id == ada.id), "{tied:?}");
        let renamed = [("email", json!("lovelace@example.org")), ("email_verified", json!(false))];
        let (_, me) = scene.signed_in(&scene.with("ada", &renamed)).await;
        assert_eq!(me["administrator"]["id"], ada.id.as_str());
        assert_eq!(scene.events(EventKind::IdentityTied).await.len(), 1);
        // The address passes to somebody else.
        let problem = scene.refused(&scene.with("eve", &[("email", json!("ADA@example.org"))])).await;
        assert!(problem["detail"].as_str().unwrap().contains("another account"), "{problem}");
        assert_eq!(scene.why().await, "tied_to_another");
    }

    async fn two_at_once_are_not_tied_to_one_administrator(scene: Scene) {
        scene.administrator("ada", Role::Auditor).await;
        let (mut one, mut other) = (Browser::default(), Browser::default());
        let first = scene.brought(&mut one, &scene.somebody("ada")).await;
        let second = scene.with("eve", &[("email", json!("ada@example.org"))]);
        let second = scene.brought(&mut other, &second).await;
        let (first, second) = (first.to_path(), second.to_path());
        let (one, other) = tokio::join!(one.get(&scene.app, &first), other.get(&scene.app, &second));
        let mut found = [one.status.as_u16(), other.status.as_u16()];
        found.sort_unstable();
        assert_eq!(found, [303, 403], "{one:?} {other:?}");
        assert_eq!(scene.events(EventKind::IdentityTied).await.len(), 1);
    }

    async fn a_tie_is_seen_and_removed_and_then_made_anew(scene: Scene) {
        let root = scene.app.in_person("root", Role::SuperAdministrator).await;
        let ada = scene.administrator("ada", Role::Auditor).await;
        scene.signed_in(&scene.somebody("ada")).await;
        let path = format!("/administrators/{}/identities", ada.id);
        let seen = scene.app.get(&root, &path).await.expect(200).json();
        assert_eq!(seen["items"][0]["subject"], "sub-of-ada");
        scene.app.delete(&root, &path).await.expect(204);
        scene.app.delete(&root, &path).await.expect(404);
        assert_eq!(scene.events(EventKind::IdentityRemoved).await.len(), 1);
        let anew = scene.with("ada-again", &[("email", json!("ada@example.org"))]);
        let (_, me) = scene.signed_in(&anew).await;
        assert_eq!(me["administrator"]["id"], ada.id.as_str());
    }
}

async fn role_after(scene: &Scene, somebody: &super::fake::Somebody) -> String {
    let (_, me) = scene.signed_in(somebody).await;
    me["administrator"]["role"].as_str().unwrap().to_owned()
}

async fn follows_the_groups(scene: Scene) {
    scene
        .administrator("keeper", Role::SuperAdministrator)
        .await;
    scene.administrator("ada", Role::Member).await;
    let auditor = scene.with("ada", &[groups(&["audit", "staff"])]);
    assert_eq!(role_after(&scene, &auditor).await, "auditor");
    let both = scene.with("ada", &[groups(&["audit", "root"])]);
    assert_eq!(role_after(&scene, &both).await, "super_administrator");
    assert_eq!(role_after(&scene, &auditor).await, "auditor");
    let changed = scene.events(EventKind::AdministratorChanged).await;
    assert_eq!(changed.len(), 3, "{changed:?}");
    assert_eq!(changed[0].data["before"]["role"], "member");
    assert_eq!(changed[0].data["after"]["role"], "auditor");
    assert_eq!(changed[0].data["how"], "open_id_connect");
    let problem = scene
        .refused(&scene.with("ada", &[groups(&["staff"])]))
        .await;
    assert!(
        problem["detail"]
            .as_str()
            .unwrap()
            .contains("none of your groups"),
        "{problem}"
    );
    assert_eq!(scene.why().await, "no_group");
}

#[tokio::test]
async fn the_role_follows_the_groups_at_each_sign_in_on_sqlite() {
    follows_the_groups(Scene::sqlite(with_roles).await).await;
}

#[tokio::test]
async fn the_role_follows_the_groups_at_each_sign_in_on_postgres() {
    follows_the_groups(Scene::postgres(with_roles).await).await;
}

async fn last_stays(scene: Scene) {
    let ada = scene.administrator("ada", Role::SuperAdministrator).await;
    for claimed in [groups(&["audit"]), groups(&[]), ("groups", Value::Null)] {
        let somebody = scene.with("ada", &[claimed]);
        assert_eq!(role_after(&scene, &somebody).await, "super_administrator");
    }
    assert!(
        scene
            .events(EventKind::AdministratorChanged)
            .await
            .is_empty()
    );
    scene.administrator("bob", Role::SuperAdministrator).await;
    let somebody = scene.with("ada", &[groups(&["audit"])]);
    assert_eq!(role_after(&scene, &somebody).await, "auditor");
    let found = scene
        .app
        .store
        .administrator(&ada.id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(found.role, Role::Auditor);
}

#[tokio::test]
async fn no_claim_takes_the_last_super_administrator_away_on_sqlite() {
    last_stays(Scene::sqlite(with_roles).await).await;
}

#[tokio::test]
async fn no_claim_takes_the_last_super_administrator_away_on_postgres() {
    last_stays(Scene::postgres(with_roles).await).await;
}

#[tokio::test]
async fn whoever_is_disabled_stays_out_whatever_the_provider_says() {
    let scene = Scene::sqlite(with_roles).await;
    scene
        .administrator("keeper", Role::SuperAdministrator)
        .await;
    let ada = scene.administrator("ada", Role::Auditor).await;
    let bob = scene.administrator("bob", Role::Auditor).await;
    let member = |name: &str| scene.with(name, &[groups(&["root"])]);
    scene.signed_in(&member("ada")).await;
    for record in [ada, bob] {
        scene.app.disable(&record).await;
    }
    for name in ["ada", "bob"] {
        let problem = scene.refused(&member(name)).await;
        assert_eq!(problem["type"], "urn:usher:problem:forbidden");
        assert_eq!(scene.why().await, "disabled");
    }
    assert_eq!(
        scene.events(EventKind::IdentityTied).await.len(),
        1,
        "bob is tied to nobody"
    );
}

#[tokio::test]
async fn an_address_that_is_not_verified_finds_nobody() {
    let scene = Scene::sqlite(|provider| provider.unknown_people = UnknownPeople::Add).await;
    scene.administrator("ada", Role::SuperAdministrator).await;
    for verified in [json!(false), Value::Null, json!("no")] {
        let problem = scene
            .refused(&scene.with("ada", &[("email_verified", verified)]))
            .await;
        assert!(
            problem["detail"].as_str().unwrap().contains("not verified"),
            "{problem}"
        );
    }
    let problem = scene
        .refused(&scene.with("ada", &[("email", Value::Null)]))
        .await;
    assert!(
        problem["hint"].as_str().unwrap().contains("`scopes`"),
        "{problem}"
    );
    assert!(scene.events(EventKind::IdentityTied).await.is_empty());
}

#[tokio::test]
async fn what_the_token_does_not_say_the_provider_is_asked_for() {
    let scene = Scene::sqlite(with_roles).await;
    scene
        .administrator("keeper", Role::SuperAdministrator)
        .await;
    scene.administrator("ada", Role::Member).await;
    let mut somebody = scene.somebody("ada");
    let said = somebody.claims.as_object_mut().unwrap();
    for name in ["email", "email_verified", "groups", "name"] {
        said.remove(name);
    }
    somebody.more =
        json!({"email": "ada@example.org", "email_verified": true, "groups": ["audit"]});
    assert_eq!(role_after(&scene, &somebody).await, "auditor");
    somebody.more["sub"] = json!("sub-of-eve");
    scene.refused(&somebody).await;
    assert_eq!(scene.why().await, "other_subject");
}

#[tokio::test]
async fn people_whom_usher_does_not_know_are_refused_unless_they_are_to_be_added() {
    let scene = Scene::sqlite(with_roles).await;
    scene
        .refused(&scene.with("ada", &[groups(&["audit"])]))
        .await;
    assert_eq!(scene.why().await, "unknown");
    let scene = Scene::sqlite(|provider| {
        with_roles(provider);
        provider.unknown_people = UnknownPeople::Add;
    })
    .await;
    scene
        .refused(&scene.with("ada", &[groups(&["staff"])]))
        .await;
    assert_eq!(scene.why().await, "no_group");
    let (_, me) = scene
        .signed_in(&scene.with("ada", &[groups(&["audit"])]))
        .await;
    assert_eq!(me["administrator"]["role"], "auditor");
    assert_eq!(me["administrator"]["email"], "ada@example.org");
    assert_eq!(me["administrator"]["has_password"], false);
    let added = scene.events(EventKind::AdministratorAdded).await;
    assert_eq!(added[0].data["subject"], "sub-of-ada");
    scene
        .signed_in(&scene.with("ada", &[groups(&["audit"])]))
        .await;
    assert_eq!(scene.events(EventKind::AdministratorAdded).await.len(), 1);
}

#[tokio::test]
async fn only_the_domains_that_are_listed_are_let_in() {
    let scene = Scene::sqlite(|provider| provider.domains = vec!["example.org".to_owned()]).await;
    let ada = scene.administrator("ada", Role::Auditor).await;
    scene.signed_in(&scene.somebody("ada")).await;
    for address in [
        "ada@evil.example",
        "ada@example.org.evil.example",
        "ada@sub.example.org",
    ] {
        let problem = scene
            .refused(&scene.with("ada", &[("email", json!(address))]))
            .await;
        assert!(
            problem["detail"].as_str().unwrap().contains("not let in"),
            "{problem}"
        );
    }
    assert_eq!(ada.kind, AdministratorKind::Person);
}

#[tokio::test]
async fn groups_that_are_left_out_are_said_to_be() {
    let scene = Scene::sqlite(with_roles).await;
    scene
        .administrator("keeper", Role::SuperAdministrator)
        .await;
    scene.administrator("ada", Role::Auditor).await;
    let mut somebody = scene.with("ada", &[("_claim_names", json!({"groups": "src1"}))]);
    somebody.claims.as_object_mut().unwrap().remove("groups");
    let problem = scene.refused(&somebody).await;
    assert!(
        problem["hint"].as_str().unwrap().contains("groups_claim"),
        "{problem}"
    );
    assert_eq!(scene.why().await, "too_many_groups");
}
