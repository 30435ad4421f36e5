//! Nothing is changed without a word in the log: who, by which way, from where.

use serde_json::{Value, json};
use usher_engine::Acting;
use usher_engine::provisioning::{PlanOrder, make_plan};
use usher_model::*;
use usher_server::administrators::TotpSecret;
use usher_server::api::{OPERATIONS, Operation};
use usher_store::{AdministratorKind, AdministratorRecord, Identity, TokenFilter};

use crate::openid_connect;
use crate::support::*;

/// What an operation is sent, and by whom.
struct Scene {
    sender: Sender,
    path: String,
    body: Value,
    /// Who the log must name; `None`: a visitor.
    actor: Option<AdministratorId>,
}

/// Somebody new for each scene, so that scenes do not get in each other's way.
struct Stage<'a> {
    app: &'a App,
    provider: &'a openid_connect::Scene,
    name: String,
}

impl Stage<'_> {
    async fn root(&self) -> (AdministratorRecord, Sender) {
        let root = self
            .app
            .add_with_password(&format!("root-{}", self.name), Role::SuperAdministrator)
            .await;
        let sender = self.app.session(&root).await;
        (root, sender)
    }

    async fn somebody(&self, kind: AdministratorKind) -> AdministratorRecord {
        self.app
            .add(&format!("somebody-{}", self.name), Role::Auditor, kind)
            .await
    }

    async fn by_root(&self, path: &str, body: Value) -> Scene {
        let (root, sender) = self.root().await;
        Scene {
            sender,
            path: path.to_owned(),
            body,
            actor: Some(root.id),
        }
    }

    fn by_visitor(path: &str, body: Value) -> Scene {
        Scene {
            sender: Sender::Visitor,
            path: path.to_owned(),
            body,
            actor: None,
        }
    }

    async fn session_of(&self, whose: &AdministratorRecord) -> String {
        self.app.session(whose).await;
        let sessions = self
            .app
            .store
            .sessions(&whose.id, self.app.settings.sessions)
            .await
            .unwrap();
        sessions[0].id.to_string()
    }

    async fn token_of(&self, whose: &AdministratorRecord) -> String {
        self.app.token(whose, &[Right::InventoryRead]).await;
        let filter = TokenFilter {
            administrator: Some(whose.id.clone()),
            ..TokenFilter::default()
        };
        self.app.store.tokens(&filter).await.unwrap()[0]
            .id
            .to_string()
    }

    /// Begins to add a second factor, and returns a code for it.
    async fn code(&self, sender: &Sender) -> String {
        let body = json!({"password": PASSWORD});
        let begun = self
            .app
            .post(sender, "/me/second-factor", body)
            .await
            .expect(200);
        let secret = TotpSecret::parse(begun.json()["secret"].as_str().unwrap()).unwrap();
        secret.code(u64::try_from(self.app.clock.now().as_second()).unwrap() / 30)
    }

    async fn plan(&self) -> String {
        let app = self.app;
        app.inventory().await;
        let acting = Acting {
            store: &app.store,
            clock: &*app.clock,
            actor: &Actor::System,
            origin: Origin::Schedule,
        };
        let made = make_plan(acting, &"1".into(), &PlanOrder::default(), None)
            .await
            .unwrap();
        made.plan.id.to_string()
    }

    /// How each operation is done. One that is not here fails the test.
    async fn scene(&self, operation: &Operation) -> Scene {
        if let Some(scene) = self.coming_in(operation.id).await {
            return scene;
        }
        if let Some(scene) = self.own_matters(operation.id).await {
            return scene;
        }
        if let Some(scene) = self.other_people(operation.id).await {
            return scene;
        }
        let (noun, verb) = operation.id.split_once('.').unwrap();
        let known = noun == "plans" && matches!(verb, "approve" | "reject");
        assert!(
            known,
            "say in this test how `{}` is done, and what it leaves in the log",
            operation.id
        );
        let path = format!("/plans/{}/{verb}", self.plan().await);
        self.by_root(&path, json!({"reason": "looked at it"})).await
    }

    async fn coming_in(&self, id: &str) -> Option<Scene> {
        Some(match id {
            "auth.set_up" => {
                let token = self.app.set_up_token().await.expect("this one comes first");
                let email = format!("{}@example.org", self.name);
                let body =
                    json!({"token": token, "email": email, "name": "First", "password": PASSWORD});
                Self::by_visitor("/auth/set-up", body)
            }
            "auth.accept_invitation" => {
                let (_, sender) = self.root().await;
                let somebody = self.somebody(AdministratorKind::Person).await;
                let path = format!("/administrators/{}/invitation", somebody.id);
                let link = self.app.post(&sender, &path, json!({})).await.expect(201);
                let body = json!({"token": link.json()["token"], "password": PASSWORD});
                Self::by_visitor("/auth/accept-invitation", body)
            }
            "auth.sign_in" => {
                let (root, _) = self.root().await;
                let body = json!({"email": root.email, "password": PASSWORD});
                Scene {
                    actor: Some(root.id),
                    ..Self::by_visitor("/auth/sign-in", body)
                }
            }
            "auth.sign_out" => self.by_root("/auth/sign-out", json!({})).await,
            "auth.finish_openid_connect" => {
                let somebody = self.somebody(AdministratorKind::Person).await;
                let (cookies, path) = self.provider.arrival(&somebody.name).await;
                Scene {
                    sender: Sender::InPerson(cookies),
                    path,
                    body: Value::Null,
                    actor: Some(somebody.id),
                }
            }
            "auth.show_second_factor" => {
                self.app.begin_secrets().await;
                let (root, sender) = self.root().await;
                let code = json!({"code": self.code(&sender).await});
                let added = self
                    .app
                    .post(&sender, "/me/second-factor/confirm", code)
                    .await;
                let codes = added.expect(200).json();
                Scene {
                    sender: Sender::InPerson(self.provider.asked_for_code(&root.name).await),
                    path: "/auth/second-factor".to_owned(),
                    body: json!({"code": codes["recovery_codes"][0]}),
                    actor: Some(root.id),
                }
            }
            _ => return None,
        })
    }

    async fn own_matters(&self, id: &str) -> Option<Scene> {
        let password = json!({"password": PASSWORD});
        self.app.begin_secrets().await;
        Some(match id {
            "me.set_password" => {
                let body = json!({"password": PASSWORD, "new_password": "another good password"});
                self.by_root("/me/password", body).await
            }
            "me.begin_second_factor" => self.by_root("/me/second-factor", password).await,
            "me.confirm_second_factor" => {
                let mut scene = self.by_root("/me/second-factor/confirm", Value::Null).await;
                scene.body = json!({"code": self.code(&scene.sender).await});
                scene
            }
            "me.remove_second_factor" => {
                let mut scene = self.by_root("/me/second-factor/remove", Value::Null).await;
                let code = json!({"code": self.code(&scene.sender).await});
                let added = self
                    .app
                    .post(&scene.sender, "/me/second-factor/confirm", code)
                    .await;
                let codes = added.expect(200).json();
                scene.body = json!({"password": PASSWORD, "code": codes["recovery_codes"][0]});
                scene
            }
            "me.create_token" => {
                let body = json!({"name": "mine", "scopes": ["inventory:read"]});
                self.by_root("/me/tokens", body).await
            }
            "me.end_session" | "me.revoke_token" => {
                let (root, sender) = self.root().await;
                let path = match id {
                    "me.end_session" => format!("/me/sessions/{}", self.session_of(&root).await),
                    _ => format!("/me/tokens/{}", self.token_of(&root).await),
                };
                Scene {
                    sender,
                    path,
                    body: Value::Null,
                    actor: Some(root.id),
                }
            }
            _ => return None,
        })
    }

    async fn other_people(&self, id: &str) -> Option<Scene> {
        let kind = match id {
            "tokens.create" => AdministratorKind::ServiceAccount,
            _ => AdministratorKind::Person,
        };
        let below =
            |whose: &AdministratorRecord, rest: &str| format!("/administrators/{}{rest}", whose.id);
        let robot = json!({"name": "robot", "role": "auditor"});
        Some(match id {
            "administrators.create" => {
                let email = format!("new-{}@example.org", self.name);
                let body = json!({"email": email, "name": "New", "role": "auditor"});
                self.by_root("/administrators", body).await
            }
            "service_accounts.create" => self.by_root("/service-accounts", robot).await,
            "administrators.update" => {
                let path = below(&self.somebody(kind).await, "");
                self.by_root(&path, json!({"role": "member"})).await
            }
            "administrators.invite" => {
                let path = below(&self.somebody(kind).await, "/invitation");
                self.by_root(&path, json!({})).await
            }
            "administrators.end_session" => {
                let somebody = self.somebody(kind).await;
                let session = self.session_of(&somebody).await;
                let path = below(&somebody, &format!("/sessions/{session}"));
                self.by_root(&path, Value::Null).await
            }
            "administrators.remove_identities" => {
                let somebody = self.somebody(kind).await;
                let identity = Identity {
                    issuer: "https://id.example.org".to_owned(),
                    subject: self.name.clone(),
                };
                let store = &self.app.store;
                store
                    .tie_identity(&somebody.id, &identity, &[])
                    .await
                    .unwrap();
                self.by_root(&below(&somebody, "/identities"), Value::Null)
                    .await
            }
            "tokens.create" => {
                let path = below(&self.somebody(kind).await, "/tokens");
                let body = json!({"name": "nightly", "scopes": ["inventory:read"]});
                self.by_root(&path, body).await
            }
            "tokens.revoke" => {
                let somebody = self.somebody(kind).await;
                let path = below(
                    &somebody,
                    &format!("/tokens/{}", self.token_of(&somebody).await),
                );
                self.by_root(&path, Value::Null).await
            }
            _ => return None,
        })
    }
}

fn actor_id(actor: &Actor) -> Option<&AdministratorId> {
    match actor {
        Actor::Administrator { id, .. } | Actor::ServiceAccount { id, .. } => Some(id),
        _ => None,
    }
}

fn address(actor: &Actor) -> Option<String> {
    match actor {
        Actor::Administrator { address, .. }
        | Actor::ServiceAccount { address, .. }
        | Actor::Visitor { address } => address.map(|address| address.to_string()),
        _ => None,
    }
}

async fn check(provider: &openid_connect::Scene, operation: &Operation, number: usize) {
    let app = &provider.app;
    let stage = Stage {
        app,
        provider,
        name: number.to_string(),
    };
    let scene = stage.scene(operation).await;
    let before = app.store.last_event().await.unwrap();
    let request = app.request(&scene.sender, &operation.verb.method(), &scene.path);
    let request = if scene.body.is_null() {
        request
    } else {
        request.json(&scene.body)
    };
    let answer = app.send(request).await;
    let is_done = answer.status.is_success() || answer.status.is_redirection();
    assert!(is_done, "{}: {answer:?}", operation.id);
    let events = app.events_after(before).await;
    let found = events
        .iter()
        .find(|event| operation.changes.contains(&event.kind));
    let event = found.unwrap_or_else(|| panic!("{} wrote {events:?}", operation.id));
    assert_eq!(event.origin, Origin::Http, "{}", operation.id);
    assert_eq!(
        actor_id(&event.actor),
        scene.actor.as_ref(),
        "{}: {event:?}",
        operation.id
    );
    assert_eq!(
        address(&event.actor).as_deref(),
        Some("127.0.0.1"),
        "{}",
        operation.id
    );
}

async fn check_all(provider: &openid_connect::Scene) {
    let changing = OPERATIONS
        .iter()
        .filter(|operation| !operation.changes.is_empty());
    for (number, operation) in changing.enumerate() {
        check(provider, operation, number).await;
    }
    provider.app.store.verify_events().await.unwrap();
}

#[tokio::test]
async fn every_change_writes_who_did_it_and_from_where_on_sqlite() {
    check_all(&openid_connect::Scene::sqlite(|_| {}).await).await;
}

#[tokio::test]
async fn every_change_writes_who_did_it_and_from_where_on_postgres() {
    check_all(&openid_connect::Scene::postgres(|_| {}).await).await;
}

#[tokio::test]
async fn a_look_writes_nothing() {
    let app = App::sqlite().await;
    app.inventory().await;
    let sender = app.in_person("root", Role::SuperAdministrator).await;
    let before = app.store.last_event().await.unwrap();
    for operation in OPERATIONS
        .iter()
        .filter(|operation| operation.changes.is_empty())
    {
        let path = operation
            .path
            .replace("{organization}", "1")
            .replace("{account}", "1");
        app.get(&sender, &path).await;
    }
    assert_eq!(app.store.last_event().await.unwrap(), before);
}

#[tokio::test]
async fn a_service_account_is_named_with_its_token() {
    let app = App::sqlite().await;
    let robot = app
        .add(
            "robot",
            Role::SuperAdministrator,
            AdministratorKind::ServiceAccount,
        )
        .await;
    let sender = app.token(&robot, Right::ALL).await;
    let tokens = app.store.tokens(&TokenFilter::default()).await.unwrap();
    let before = app.store.last_event().await.unwrap();
    app.post(
        &sender,
        "/service-accounts",
        json!({"name": "other", "role": "member"}),
    )
    .await
    .expect(201);
    let event = app.events_after(before).await.remove(0);
    assert!(
        matches!(&event.actor, Actor::ServiceAccount { id, name, token, .. }
            if *id == robot.id && name == "robot" && *token == tokens[0].id),
        "{event:?}"
    );
}
