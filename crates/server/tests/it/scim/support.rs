//! A server with one pushed source, and an identity provider that talks to it.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use reqwest::{Method, StatusCode};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use usher_engine::Acting;
use usher_engine::people::{TokenLifetime, create_source_token, merge_directory};
use usher_model::*;
use usher_server::{Listening, Server, ServerSettings};
use usher_store::*;

/// Defines each test twice: on SQLite and on PostgreSQL.
macro_rules! on_both_engines {
    ($(async fn $name:ident($provider:ident: Provider) $body:block)+) => {$(
        mod $name {
            #[allow(unused_imports, reason = "some tests need less")]
            use super::*;

            async fn test($provider: $crate::scim::support::Provider) $body

            #[tokio::test]
            async fn on_sqlite() {
                test($crate::scim::support::Provider::on_sqlite().await).await;
            }

            #[tokio::test]
            async fn on_postgres() {
                test($crate::scim::support::Provider::on_postgres().await).await;
            }
        }
    )+};
}

pub const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
pub const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
pub const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
pub const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// An identity provider, and the server that it pushes to.
pub struct Provider {
    pub store: Store,
    pub clock: Arc<FixedClock>,
    /// The base address.
    pub url: String,
    pub token: String,
    pub source: SourceName,
    http: reqwest::Client,
    _serving: JoinSet<()>,
    _directory: Option<tempfile::TempDir>,
}

/// What came back.
#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: reqwest::header::HeaderMap,
    pub body: Value,
}

impl Reply {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body of an answer with this status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{:#}", self.body);
        self.body
    }

    /// The keyword of a refusal with this status.
    #[track_caller]
    pub fn refused(self, status: u16) -> String {
        let body = self.expect(status);
        let urn = json!(["urn:ietf:params:scim:api:messages:2.0:Error"]);
        assert_eq!(body["schemas"], urn, "{body}");
        assert_eq!(body["status"], status.to_string(), "{body}");
        assert!(!body["detail"].as_str().unwrap().is_empty(), "{body}");
        body["scimType"].as_str().unwrap_or_default().to_owned()
    }
}

impl Provider {
    pub async fn on_sqlite() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let url = DatabaseUrl::sqlite(directory.path().join("usher.db"));
        Self::open(url, Some(directory)).await
    }

    pub async fn on_postgres() -> Self {
        let url = postgres_for_tests::new_database().await;
        Self::open(url.unwrap_or_else(|why| panic!("{why}")), None).await
    }

    async fn open(url: DatabaseUrl, directory: Option<tempfile::TempDir>) -> Self {
        let clock = Arc::new(FixedClock::new("2026-03-01T08:00:00Z".parse().unwrap()));
        let store = Store::open(&url, clock.clone()).await.unwrap();
        let source = SourceName::new("idp");
        add_source(&store, &source, 0).await;
        let mut serving = JoinSet::new();
        let url = serve(&store, &clock, &mut serving);
        let token = new_token(&store, &clock, &source, TokenLifetime::UntilRevoked).await;
        Self {
            store,
            clock,
            url,
            token,
            source,
            http: client(),
            _serving: serving,
            _directory: directory,
        }
    }

    /// The time in a while.
    pub fn clock_in(&self, wait: std::time::Duration) -> Timestamp {
        self.clock.now().checked_add(wait).unwrap()
    }

    /// The same provider with the token of another source.
    pub fn with_token(&self, token: String) -> Visitor<'_> {
        Visitor {
            provider: self,
            token: Some(token),
        }
    }

    pub fn without_token(&self) -> Visitor<'_> {
        Visitor {
            provider: self,
            token: None,
        }
    }

    pub async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<String>,
    ) -> Reply {
        let visitor = self.with_token(self.token.clone());
        visitor.send(method, path, headers, body).await
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.send(Method::GET, path, &[], None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Reply {
        let body = Some(body.to_string());
        self.send(Method::POST, path, &[], body).await
    }

    /// A body that comes in pieces, and does not say how long it is.
    pub async fn stream(&self, path: &str, pieces: Vec<String>) -> Reply {
        let pieces = pieces.into_iter().map(Ok::<_, std::io::Error>);
        let body = reqwest::Body::wrap_stream(futures::stream::iter(pieces));
        let request = self.http.post(format!("{}{path}", self.url));
        let request = request.bearer_auth(&self.token).body(body);
        read(request.send().await.unwrap()).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Reply {
        self.send(Method::PUT, path, &[], Some(body.to_string()))
            .await
    }

    pub async fn patch(&self, path: &str, operations: Value) -> Reply {
        let body = json!({"schemas": [PATCH], "Operations": operations});
        self.send(Method::PATCH, path, &[], Some(body.to_string()))
            .await
    }

    pub async fn delete(&self, path: &str) -> Reply {
        self.send(Method::DELETE, path, &[], None).await
    }

    /// Creates a user with this name, which is their e-mail address too; returns the id.
    pub async fn user(&self, name: &str) -> String {
        let emails = json!([{"value": name, "type": "work", "primary": true}]);
        let body = json!({"schemas": [USER], "userName": name, "active": true, "emails": emails});
        id(&self.post("/Users", body).await.expect(201))
    }

    /// Creates a group; returns the id.
    pub async fn group(&self, name: &str, members: &[&str]) -> String {
        let members: Vec<Value> = members.iter().map(|id| json!({"value": id})).collect();
        let body = json!({"schemas": [GROUP], "displayName": name, "members": members});
        id(&self.post("/Groups", body).await.expect(201))
    }

    /// The members of a group, by what is said of it.
    pub async fn members(&self, group: &str) -> Vec<String> {
        let body = self.get(&format!("/Groups/{group}")).await.expect(200);
        let members = body["members"].as_array().cloned().unwrap_or_default();
        members.iter().map(|one| text(&one["value"])).collect()
    }

    /// The people of the directory by e-mail address, with their status.
    pub async fn people(&self) -> Vec<(String, PersonStatus)> {
        let people = self.store.load_people(&PersonFilter::default()).await;
        let mut people: Vec<_> = people
            .unwrap()
            .iter()
            .map(|person| {
                let email = person.email().map(|email| email.to_string());
                (email.unwrap_or_default(), person.status)
            })
            .collect();
        people.sort();
        people
    }

    /// The person with this e-mail address.
    pub async fn person(&self, email: &str) -> Person {
        let found = self.store.find_people(email).await.unwrap();
        assert_eq!(found.len(), 1, "{found:?}");
        found.into_iter().next().unwrap()
    }

    /// The directory's groups: name, and its members' e-mail addresses or names.
    pub async fn groups(&self) -> Vec<(String, Vec<String>)> {
        let groups = self.store.groups().await.unwrap();
        let people = self.store.load_people(&PersonFilter::default()).await;
        let people = people.unwrap();
        let name = |member: &GroupMember| match member {
            GroupMember::Person(id) => {
                let person = people.iter().find(|one| one.id == *id).unwrap();
                person
                    .email()
                    .map_or_else(|| id.to_string(), |email| email.to_string())
            }
            GroupMember::Group(id) => {
                let group = groups.iter().find(|one| one.id == *id).unwrap();
                group.name.clone()
            }
        };
        let mut shown: Vec<_> = groups
            .iter()
            .map(|group| {
                let mut members: Vec<_> = group.members.iter().map(name).collect();
                members.sort();
                (group.name.clone(), members)
            })
            .collect();
        shown.sort();
        shown
    }

    /// Everything that was merged bit by bit is what merging everything gives.
    pub async fn merging_everything_changes_nothing(&self) {
        assert!(
            self.store.directory_is_merged().await.unwrap(),
            "the directory is behind"
        );
        let acting = acting(&self.store, &self.clock);
        let change = merge_directory(acting).await.unwrap();
        assert!(change.people.is_empty(), "{change:?}");
        assert!(change.groups.is_empty(), "{change:?}");
    }

    /// The events from the one after `after` on.
    pub async fn events(&self, after: u64) -> Vec<ChainedEvent> {
        use futures::TryStreamExt as _;
        self.store.events(after, None).try_collect().await.unwrap()
    }
}

/// Somebody with another token, or none.
pub struct Visitor<'a> {
    provider: &'a Provider,
    token: Option<String>,
}

impl Visitor<'_> {
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<String>,
    ) -> Reply {
        let url = format!("{}{path}", self.provider.url);
        let mut request = self.provider.http.request(method, url);
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/scim+json");
            request = request.body(body);
        }
        read(request.send().await.unwrap()).await
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.send(Method::GET, path, &[], None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.send(Method::POST, path, &[], Some(body.to_string()))
            .await
    }
}

async fn read(reply: reqwest::Response) -> Reply {
    let (status, headers) = (reply.status(), reply.headers().clone());
    let bytes = reply.bytes().await.unwrap();
    let body = if bytes.is_empty() {
        Value::Null
    } else {
        serde_json::from_slice(&bytes)
            .unwrap_or_else(|_| String::from_utf8_lossy(&bytes).into_owned().into())
    };
    Reply {
        status,
        headers,
        body,
    }
}

#[expect(clippy::disallowed_methods, reason = "the provider's side of a test")]
fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}

fn serve(store: &Store, clock: &Arc<FixedClock>, serving: &mut JoinSet<()>) -> String {
    let settings = ServerSettings {
        listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0),
        ..ServerSettings::default()
    };
    let listening = Listening::bind(&settings).unwrap();
    let url = format!("{}scim/v2", listening.url());
    let server = Server::new(store.clone(), clock.clone(), settings);
    serving.spawn(async move {
        listening
            .serve(server, CancellationToken::new())
            .await
            .unwrap();
    });
    url
}

/// Adds a pushed source.
pub async fn add_source(store: &Store, name: &SourceName, place: u32) {
    let definition = SourceDefinition {
        name: name.clone(),
        place,
        settings: json!({"kind": "scim"}),
    };
    store.save_source(&definition, &[]).await.unwrap();
}

/// Whoever works at the command line.
pub fn acting<'a>(store: &'a Store, clock: &'a Arc<FixedClock>) -> Acting<'a> {
    Acting {
        store,
        clock: &**clock,
        actor: &Actor::System,
        origin: Origin::CommandLine,
    }
}

/// A token for a source.
pub async fn new_token(
    store: &Store,
    clock: &Arc<FixedClock>,
    source: &SourceName,
    lifetime: TokenLifetime,
) -> String {
    let made = create_source_token(acting(store, clock), source, lifetime).await;
    made.unwrap().0.expose_secret().to_owned()
}

/// The id of a resource.
#[track_caller]
pub fn id(resource: &Value) -> String {
    text(&resource["id"])
}

#[track_caller]
pub fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// A filter as a query parameter.
pub fn filtered(path: &str, filter: &str) -> String {
    let mut url = url::form_urlencoded::Serializer::new(String::new());
    url.append_pair("filter", filter);
    format!("{path}?{}", url.finish())
}

/// What a list names, by one attribute.
pub fn named(list: &Value, attribute: &str) -> Vec<String> {
    let resources = list["Resources"].as_array().cloned().unwrap_or_default();
    resources.iter().map(|one| text(&one[attribute])).collect()
}
