//! A server on either engine, and those who use it.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, COOKIE, HeaderMap};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use usher_engine::secrets::{KeySource, Vault};
use usher_model::*;
use usher_server::administrators::{Passwords, Purpose, Secret, set_up_link};
use usher_server::{Checks, Listening, Metrics, Server, ServerSettings};
use usher_store::*;

/// Defines each test twice: on SQLite and on PostgreSQL.
macro_rules! on_both_engines {
    ($(async fn $name:ident($app:ident: App) $body:block)+) => {$(
        mod $name {
            #[allow(unused_imports, reason = "some tests need less")]
            use super::*;

            async fn test($app: $crate::support::App) $body

            #[tokio::test]
            async fn on_sqlite() {
                test($crate::support::App::sqlite().await).await;
            }

            #[tokio::test]
            async fn on_postgres() {
                test($crate::support::App::postgres().await).await;
            }
        }
    )+};
}

/// The key that secrets are sealed with once a test takes it into use.
const KEY: &str = "1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

pub const PASSWORD: &str = "correct horse battery staple";

pub struct App {
    pub url: String,
    pub store: Store,
    pub clock: Arc<FixedClock>,
    pub settings: ServerSettings,
    pub server: Server,
    pub vault: Vault,
    http: reqwest::Client,
    stop: CancellationToken,
    _serving: JoinSet<()>,
    _directory: Option<tempfile::TempDir>,
}

impl Drop for App {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Somebody or something that sends requests.
#[derive(Clone, Debug)]
pub enum Sender {
    /// Nobody in particular.
    Visitor,
    /// Somebody with a session, by its cookie.
    InPerson(String),
    /// Somebody or something with an API token.
    Token(String),
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// The last part of the problem's type.
    pub fn problem(&self) -> String {
        assert_eq!(
            self.header("content-type"),
            "application/problem+json",
            "{self:?}"
        );
        let kind = self.json()["type"].as_str().unwrap().to_owned();
        kind.strip_prefix("urn:usher:problem:").unwrap().to_owned()
    }

    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{self:?}");
        self
    }

    /// The cookie that it sets, as a browser sends it back.
    pub fn cookie(&self) -> String {
        let set = self.header("set-cookie");
        set.split(';').next().unwrap().to_owned()
    }
}

impl App {
    pub async fn sqlite() -> Self {
        Self::sqlite_with(ServerSettings::default()).await
    }

    pub async fn sqlite_with(settings: ServerSettings) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let url = DatabaseUrl::sqlite(directory.path().join("usher.db"));
        Self::open(&url, settings, Some(directory)).await
    }

    /// With its database file in a folder that outlives it.
    pub async fn sqlite_in(directory: &tempfile::TempDir) -> (Self, std::path::PathBuf) {
        let file = directory.path().join("usher.db");
        let url = DatabaseUrl::sqlite(&file);
        (
            Self::open(&url, ServerSettings::default(), None).await,
            file,
        )
    }

    pub async fn postgres() -> Self {
        let url = postgres_for_tests::new_database().await;
        let url = url.unwrap_or_else(|why| panic!("{why}"));
        Self::open(&url, ServerSettings::default(), None).await
    }

    async fn open(
        url: &DatabaseUrl,
        settings: ServerSettings,
        directory: Option<tempfile::TempDir>,
    ) -> Self {
        let clock = Arc::new(FixedClock::new("2026-03-01T08:00:00Z".parse().unwrap()));
        let store = Store::open(url, clock.clone()).await.unwrap();
        Self::serve(store, clock, directory, |_| settings)
    }

    /// On SQLite, with settings that depend on its address.
    pub async fn sqlite_at(settings: impl FnOnce(&str) -> ServerSettings) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let url = DatabaseUrl::sqlite(directory.path().join("usher.db"));
        Self::open_at(&url, Some(directory), settings).await
    }

    /// On PostgreSQL, with settings that depend on its address.
    pub async fn postgres_at(settings: impl FnOnce(&str) -> ServerSettings) -> Self {
        let url = postgres_for_tests::new_database().await;
        let url = url.unwrap_or_else(|why| panic!("{why}"));
        Self::open_at(&url, None, settings).await
    }

    async fn open_at(
        url: &DatabaseUrl,
        directory: Option<tempfile::TempDir>,
        settings: impl FnOnce(&str) -> ServerSettings,
    ) -> Self {
        let clock = Arc::new(FixedClock::new("2026-03-01T08:00:00Z".parse().unwrap()));
        let store = Store::open(url, clock.clone()).await.unwrap();
        Self::serve(store, clock, directory, settings)
    }

    /// Another process with the same database, as far as requests can tell.
    pub fn replica(&self) -> Self {
        let settings = self.settings.clone();
        Self::serve(self.store.clone(), self.clock.clone(), None, |_| settings)
    }

    fn serve(
        store: Store,
        clock: Arc<FixedClock>,
        directory: Option<tempfile::TempDir>,
        settings: impl FnOnce(&str) -> ServerSettings,
    ) -> Self {
        let listen = ServerSettings {
            listen: "127.0.0.1:0".parse().unwrap(),
            stop_patience: Duration::from_millis(100),
            ..ServerSettings::default()
        };
        let listening = Listening::bind(&listen).unwrap();
        let address = listening.address();
        let settings = ServerSettings {
            listen: listen.listen,
            stop_patience: listen.stop_patience,
            ..settings(&format!("http://{address}"))
        };
        let vault = Vault::new(store.clone(), Some(KeySource::Given(KEY.into())));
        let checks = Checks {
            secrets: Some(vault.clone()),
            ..Checks::default()
        };
        let watched = (checks, Metrics::default());
        let server = Server::watched(store.clone(), clock.clone(), settings.clone(), watched);
        let stop = CancellationToken::new();
        let mut serving = JoinSet::new();
        let (stopped, serves) = (stop.clone(), server.clone());
        serving.spawn(async move { listening.serve(serves, stopped).await.unwrap() });
        Self {
            server,
            url: format!("http://{address}"),
            store,
            clock,
            settings,
            vault,
            http: reqwest::Client::builder()
                .no_proxy()
                .redirect(reqwest::redirect::Policy::none())
                .build()
                .unwrap(),
            stop,
            _serving: serving,
            _directory: directory,
        }
    }

    pub fn request(&self, sender: &Sender, method: &Method, path: &str) -> reqwest::RequestBuilder {
        let url = format!("{}/api/v1{path}", self.url);
        let request = self.http.request(method.clone(), url);
        match sender {
            Sender::Visitor => request,
            Sender::InPerson(cookie) => request.header(COOKIE, cookie),
            Sender::Token(token) => request.header(AUTHORIZATION, format!("Bearer {token}")),
        }
    }

    pub async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        let answer = request.send().await.unwrap();
        Answer {
            status: answer.status(),
            headers: answer.headers().clone(),
            text: answer.text().await.unwrap(),
        }
    }

    /// What a browser sends: for a path beside or in the API, with these cookies.
    pub fn browse(&self, method: Method, path: &str, cookies: &str) -> reqwest::RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.url));
        request.header(COOKIE, cookies)
    }

    pub async fn get(&self, sender: &Sender, path: &str) -> Answer {
        self.send(self.request(sender, &Method::GET, path)).await
    }

    /// A page, which is beside the API.
    pub async fn page(&self, path: &str) -> Answer {
        self.send(self.http.get(format!("{}{path}", self.url)))
            .await
    }

    pub async fn post(&self, sender: &Sender, path: &str, body: Value) -> Answer {
        self.send(self.request(sender, &Method::POST, path).json(&body))
            .await
    }

    pub async fn patch(&self, sender: &Sender, path: &str, body: Value) -> Answer {
        self.send(self.request(sender, &Method::PATCH, path).json(&body))
            .await
    }

    pub async fn delete(&self, sender: &Sender, path: &str) -> Answer {
        self.send(self.request(sender, &Method::DELETE, path)).await
    }

    /// Adds somebody or something without a password.
    pub async fn add(
        &self,
        name: &str,
        role: Role,
        kind: AdministratorKind,
    ) -> AdministratorRecord {
        let email = format!("{name}@example.org");
        let new = NewAdministrator {
            id: self.store.new_administrator_id(),
            kind,
            name: name.to_owned(),
            email: (kind == AdministratorKind::Person).then_some(email),
            role,
            password: None,
        };
        self.store.add_administrator(&new, &[]).await.unwrap()
    }

    /// Disables somebody, however they have changed since.
    pub async fn disable(&self, administrator: &AdministratorRecord) -> AdministratorRecord {
        let found = self.store.administrator(&administrator.id).await.unwrap();
        let disabled = AdministratorRecord {
            state: AdministratorState::Disabled,
            ..found.unwrap()
        };
        self.store
            .change_administrator(&disabled, &[])
            .await
            .unwrap()
    }

    /// Adds somebody with [`PASSWORD`].
    pub async fn add_with_password(&self, name: &str, role: Role) -> AdministratorRecord {
        let added = self.add(name, role, AdministratorKind::Person).await;
        let hash = Passwords::default().hash(&PASSWORD.into()).await.unwrap();
        self.store
            .set_password(&added.id, &hash, None, &[])
            .await
            .unwrap();
        self.store.administrator(&added.id).await.unwrap().unwrap()
    }

    /// A session of an administrator, as if they had signed in.
    pub async fn session(&self, administrator: &AdministratorRecord) -> Sender {
        let secret = Secret::new(Purpose::Session).unwrap();
        let new = NewSession {
            id: self.store.new_session_id(),
            hash: secret.hash.clone(),
            administrator: administrator.id.clone(),
            method: SignInMethod::Password,
            password: None,
            address: None,
            user_agent: None,
            at: None,
        };
        self.store.begin_session(&new, None, &[]).await.unwrap();
        Sender::InPerson(format!("usher_session={}", secret.reveal()))
    }

    /// Somebody with this role, who has signed in.
    pub async fn in_person(&self, name: &str, role: Role) -> Sender {
        let added = self.add(name, role, AdministratorKind::Person).await;
        self.session(&added).await
    }

    /// An API token of an administrator or service account.
    pub async fn token(&self, of: &AdministratorRecord, scopes: &[Right]) -> Sender {
        let secret = Secret::new(Purpose::ApiToken).unwrap();
        let new = NewToken {
            id: self.store.new_token_id(),
            hash: secret.hash.clone(),
            administrator: of.id.clone(),
            name: "test".to_owned(),
            scopes: scopes.to_vec(),
            expires_at: None,
            created_by: Actor::System,
            session: None,
        };
        self.store.create_token(&new, &[]).await.unwrap();
        Sender::Token(secret.reveal().to_owned())
    }

    /// Whoever runs programs on the machine.
    fn operator(&self) -> usher_engine::Acting<'_> {
        usher_engine::Acting {
            store: &self.store,
            clock: &*self.clock,
            actor: &Actor::System,
            origin: Origin::CommandLine,
        }
    }

    /// Takes the key for secrets into use, as `usher secrets init` does.
    pub async fn begin_secrets(&self) {
        self.vault.begin(self.operator()).await.unwrap();
    }

    /// The token of a set-up link.
    pub async fn set_up_token(&self) -> Option<String> {
        let link = set_up_link(self.operator()).await.unwrap();
        link.map(|link| link.secret.reveal().to_owned())
    }

    pub async fn sign_in(&self, email: &str, password: &str) -> Answer {
        let body = json!({"email": email, "password": password});
        self.post(&Sender::Visitor, "/auth/sign-in", body).await
    }

    /// The events behind the one with this number.
    pub async fn events_after(&self, sequence: u64) -> Vec<Event> {
        use futures::TryStreamExt as _;
        let events = self.store.events(sequence, None);
        events
            .map_ok(|chained| chained.event)
            .try_collect()
            .await
            .unwrap()
    }

    /// Puts an inventory of three accounts and a team into organization 1.
    pub async fn inventory(&self) {
        let organization = Organization {
            id: "1".into(),
            name: Known::Known("Example".into()),
            plan: Known::Unknown,
            full_licenses_purchased: Known::Known(5),
        };
        let new = NewSync {
            id: self.store.new_sync_id(),
            organization,
            sources: Sources::RestAndScim,
            lease: Lease {
                owner: LeaseOwner::new("test"),
                duration: Duration::from_secs(30),
            },
        };
        let sync = self.store.begin_sync(&new, &[]).await.unwrap();
        self.store.begin_merge(&sync).await.unwrap();
        let names = ["ada", "bob", "eve"];
        let accounts = (1..).zip(names).map(|(id, name)| account(id, name));
        let team = Team {
            id: "10".into(),
            name: "Design".into(),
        };
        let grants = ["1", "2"].map(|account| Grant {
            account: account.into(),
            entitlement: "team:10:member".parse().unwrap(),
        });
        let merged = Merged {
            accounts: accounts.collect(),
            teams: vec![team],
            user_groups: Vec::new(),
            grants: grants.to_vec(),
        };
        self.store.merge(&sync, &merged).await.unwrap();
        let finish = Finish {
            verdict: Completeness::Complete,
            coverage: everything(),
            at: self.clock.now(),
            counts: json!({}),
            requests: json!({}),
        };
        self.store
            .publish(&sync, &finish, |_| Vec::new())
            .await
            .unwrap();
    }
}

fn everything() -> Coverage {
    Coverage {
        guests: Seen::Yes,
        activity: Seen::Yes,
        names: Seen::Yes,
        teams: Seen::Yes,
        team_roles: Seen::Yes,
        admin_roles: Seen::Yes,
        user_groups: Seen::Yes,
    }
}

fn account(id: u32, name: &str) -> Account {
    Account {
        id: id.to_string().into(),
        email: Email::new(format!("{name}@example.org")),
        display_name: Known::Known(name.to_owned()),
        status: AccountStatus::Active,
        role: Known::Known(OrganizationRole::InternalUser),
        license: Known::Known(License::Full),
        license_assigned_at: Known::Unknown,
        last_activity_at: Known::Known(None),
        admin_roles: Known::Known(Vec::new()),
        enterprise: Known::Known(EnterpriseAttributes::default()),
    }
}
