//! Lists that end before they said they would, and replies that leave things out.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::routing::get;
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use url::Url;
use usher_engine::sync::{Ending, SyncOptions};
use usher_miro::{LimitProfile, MiroClient, MiroSettings};
use usher_model::{Completeness, Distrust, Known, Seen};

use crate::support::World;

const PEOPLE: usize = 30;
const TEAMS: usize = 250;

/// A SCIM service with 30 people and 250 teams, which can be told to misbehave.
struct Service {
    url: Url,
    faults: Arc<Faults>,
    _server: JoinSet<()>,
}

#[derive(Default)]
struct Faults {
    /// The third page of the groups is empty.
    groups_break_off: AtomicBool,
    /// Users come without their roles.
    without_roles: AtomicBool,
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    start_index: usize,
    count: usize,
}

fn page(all: Vec<Value>, page: &Page, total: usize) -> Json<Value> {
    let items = all.into_iter().skip(page.start_index - 1).take(page.count);
    Json(json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
        "totalResults": total,
        "Resources": items.collect::<Vec<_>>(),
    }))
}

async fn users(State(faults): State<Arc<Faults>>, Query(asked): Query<Page>) -> Json<Value> {
    let user = |number: usize| {
        // Each in a share of the teams, so that losing 50 of 250 is within the limit.
        let groups: Vec<_> = (0..TEAMS)
            .filter(|team| team % PEOPLE == number)
            .map(|team| json!({"value": format!("{}", 1000 + team), "display": format!("Team {team}")}))
            .collect();
        let mut user = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "id": format!("{}", 1 + number),
            "userName": format!("p{number}@example.org"),
            "displayName": format!("Person {number}"),
            "active": true,
            "userType": "Full",
            "groups": groups,
            "roles": [
                {"type": "organization_user_role", "value": "ORGANIZATION_INTERNAL_USER", "primary": true},
                {"type": "organization_admin_role", "value": "Content Admin", "primary": false},
            ],
        });
        if faults.without_roles.load(Ordering::Relaxed) {
            user.as_object_mut().unwrap().remove("roles");
        }
        user
    };
    page((0..PEOPLE).map(user).collect(), &asked, PEOPLE)
}

async fn groups(State(faults): State<Arc<Faults>>, Query(asked): Query<Page>) -> Json<Value> {
    let group = |team: usize| json!({"id": format!("{}", 1000 + team), "displayName": format!("Team {team}")});
    let broken = faults.groups_break_off.load(Ordering::Relaxed);
    let there = if broken { 200 } else { TEAMS };
    page((0..there).map(group).collect(), &asked, TEAMS)
}

impl Service {
    async fn start() -> Self {
        let faults = Arc::new(Faults::default());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let not_allowed = || async { StatusCode::METHOD_NOT_ALLOWED };
        let router = axum::Router::new()
            .route("/Users", get(users))
            .route("/Groups", get(groups).post(not_allowed))
            .with_state(faults.clone());
        let mut server = JoinSet::new();
        server.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            url: url.parse().unwrap(),
            faults,
            _server: server,
        }
    }

    fn client(&self) -> MiroClient {
        MiroClient::new(MiroSettings {
            scim_url: self.url.clone(),
            scim_token: Some(SecretString::from("token")),
            limits: LimitProfile::default(),
            time_scale: 100.0,
            ..MiroSettings::default()
        })
        .unwrap()
    }
}

#[tokio::test]
async fn a_list_of_groups_that_breaks_off_is_not_believed() {
    let service = Service::start().await;
    let world = World::new().await;
    let options = SyncOptions::default();
    world.try_sync(&service.client(), &options).await.unwrap();
    assert_eq!(world.teams().await.len(), TEAMS);
    service
        .faults
        .groups_break_off
        .store(true, Ordering::Relaxed);
    let report = world.try_sync(&service.client(), &options).await.unwrap();
    let Completeness::Suspect { reasons } = &report.verdict else {
        panic!("{report:?}")
    };
    let broke_off = reasons.iter().any(|reason| {
        matches!(reason, Distrust::Unread { part, why } if part == "SCIM groups" && why.contains("200 of 250"))
    });
    assert!(broke_off, "{reasons:?}");
    assert_eq!(report.ending, Ending::HeldAsSuspect);
    assert_eq!(world.teams().await.len(), TEAMS);
    assert_eq!(world.grants().await.len(), PEOPLE * 3 + TEAMS);
}

#[tokio::test]
async fn users_without_roles_keep_the_admin_roles_that_were_known() {
    let service = Service::start().await;
    let world = World::new().await;
    let options = SyncOptions::default();
    let report = world.try_sync(&service.client(), &options).await.unwrap();
    assert_eq!(report.coverage.admin_roles, Seen::Yes);
    service.faults.without_roles.store(true, Ordering::Relaxed);
    let report = world.try_sync(&service.client(), &options).await.unwrap();
    let Ending::Published { outcome } = &report.ending else {
        panic!("{report:?}")
    };
    assert_eq!(outcome.grants.removed, 0);
    assert_eq!(report.coverage.admin_roles, Seen::No);
    assert_eq!(world.grants().await.len(), PEOPLE * 3 + TEAMS);
    let known = |row: &usher_store::AccountRow| matches!(&row.account.admin_roles, Known::Known(roles) if roles.len() == 1);
    assert!(world.accounts().await.iter().all(known));
}
