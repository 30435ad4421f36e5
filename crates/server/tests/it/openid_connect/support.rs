//! A server, a provider, and browsers that go from one to the other.

use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use url::Url;
use usher_model::{Clock as _, Event, EventKind, Role};
use usher_server::ServerSettings;
use usher_server::openid_connect::{
    ClaimNames, ClientSecret, Issuer, OpenIdConnectSettings, ProviderName, RoleRule, SecondFactor,
    SignInSettings, UnknownPeople,
};
use usher_store::AdministratorRecord;

use super::fake::{Brought, CLIENT_ID, CLIENT_SECRET, Fake, Running, Somebody};
use crate::support::*;

/// Defines each test twice: on SQLite and on PostgreSQL.
macro_rules! scenes_on_both_engines {
    ($(async fn $name:ident($scene:ident: Scene) $body:block)+) => {$(
        mod $name {
            #[allow(unused_imports, reason = "some tests need less")]
            use super::*;

            async fn test($scene: Scene) $body

            #[tokio::test]
            async fn on_sqlite() {
                test(Scene::sqlite(|_| {}).await).await;
            }

            #[tokio::test]
            async fn on_postgres() {
                test(Scene::postgres(|_| {}).await).await;
            }
        }
    )+};
}

/// A server with a provider called `sso`.
pub struct Scene {
    pub app: App,
    pub fake: Fake,
    _running: Running,
}

/// A browser with its cookies.
#[derive(Clone, Debug, Default)]
pub struct Browser(BTreeMap<String, String>);

pub fn settings(issuer: &str) -> OpenIdConnectSettings {
    OpenIdConnectSettings {
        name: ProviderName::parse("sso").unwrap(),
        title: "Example SSO".to_owned(),
        issuer: Issuer::parse(issuer).unwrap(),
        client_id: CLIENT_ID.to_owned(),
        client_secret: Some(ClientSecret::Given(CLIENT_SECRET.into())),
        scopes: ["openid", "email"].map(str::to_owned).to_vec(),
        claims: ClaimNames::default(),
        roles: Vec::new(),
        default_role: None,
        domains: Vec::new(),
        unknown_people: UnknownPeople::Refuse,
        second_factor: SecondFactor::Usher,
        ca_file: None,
        timeout: Duration::from_secs(5),
    }
}

pub fn rules(rules: &[(&str, Role)]) -> Vec<RoleRule> {
    let rule = |(group, role): &(&str, Role)| RoleRule {
        group: (*group).to_owned(),
        role: *role,
    };
    rules.iter().map(rule).collect()
}

/// A second provider is the same one under another name.
fn server_settings(url: &str, provider: OpenIdConnectSettings) -> ServerSettings {
    let other = OpenIdConnectSettings {
        name: ProviderName::parse("other").unwrap(),
        ..provider.clone()
    };
    ServerSettings {
        public_url: Some(Url::parse(&format!("{url}/")).unwrap()),
        sign_in: SignInSettings {
            providers: vec![provider, other],
            ..SignInSettings::default()
        },
        ..ServerSettings::default()
    }
}

impl Scene {
    pub async fn sqlite(change: impl FnOnce(&mut OpenIdConnectSettings)) -> Self {
        let running = Running::start().await;
        let mut provider = settings(&running.fake.issuer);
        change(&mut provider);
        let app = App::sqlite_at(|url| server_settings(url, provider)).await;
        Self::of(app, running)
    }

    pub async fn postgres(change: impl FnOnce(&mut OpenIdConnectSettings)) -> Self {
        let running = Running::start().await;
        let mut provider = settings(&running.fake.issuer);
        change(&mut provider);
        let app = App::postgres_at(|url| server_settings(url, provider)).await;
        Self::of(app, running)
    }

    fn of(app: App, running: Running) -> Self {
        Self {
            app,
            fake: running.fake.clone(),
            _running: running,
        }
    }

    /// Somebody at the provider, with a verified address.
    pub fn somebody(&self, name: &str) -> Somebody {
        let now = self.app.clock.now().as_second();
        Somebody {
            claims: json!({
                "sub": format!("sub-of-{name}"), "email": format!("{name}@example.org"), "email_verified": true,
                "name": name, "groups": [], "iat": now, "exp": now + 300,
            }),
            more: json!({}),
        }
    }

    pub fn with(&self, name: &str, claims: &[(&str, Value)]) -> Somebody {
        let mut somebody = self.somebody(name);
        for (claim, value) in claims {
            somebody.claims[*claim] = value.clone();
        }
        somebody
    }

    /// Begins, and signs somebody in at the provider: what the browser brings back.
    pub async fn brought(&self, browser: &mut Browser, somebody: &Somebody) -> Brought {
        let begun = browser
            .get(
                &self.app,
                "/api/v1/auth/openid-connect/sso?return_to=/plans",
            )
            .await;
        self.fake.authorize(&location(&begun.expect(303)), somebody)
    }

    /// The whole way.
    pub async fn sign_in(&self, browser: &mut Browser, somebody: &Somebody) -> Answer {
        let brought = self.brought(browser, somebody).await;
        browser.get(&self.app, &brought.to_path()).await
    }

    /// The whole way, which leads in; returns who the browser is now.
    pub async fn signed_in(&self, somebody: &Somebody) -> (Browser, Value) {
        let mut browser = Browser::default();
        let answer = self.sign_in(&mut browser, somebody).await.expect(303);
        assert_eq!(answer.header("location"), "/plans");
        let me = self.me(&mut browser).await;
        (browser, me)
    }

    /// A browser that was at the provider: its cookies, and the path below `/api/v1` to which it comes back.
    pub async fn arrival(&self, name: &str) -> (String, String) {
        let mut browser = Browser::default();
        let brought = self.brought(&mut browser, &self.somebody(name)).await;
        let path = brought.to_path();
        (
            browser.cookies(),
            path.strip_prefix("/api/v1").unwrap().to_owned(),
        )
    }

    /// The cookies of a browser that was at the provider and is asked for a code.
    pub async fn asked_for_code(&self, name: &str) -> String {
        let mut browser = Browser::default();
        self.sign_in(&mut browser, &self.somebody(name))
            .await
            .expect(401);
        browser.cookies()
    }

    pub async fn me(&self, browser: &mut Browser) -> Value {
        browser
            .get(&self.app, "/api/v1/me")
            .await
            .expect(200)
            .json()
    }

    /// The whole way, which leads nowhere; returns the problem.
    pub async fn refused(&self, somebody: &Somebody) -> Value {
        let mut browser = Browser::default();
        let answer = self.sign_in(&mut browser, somebody).await;
        assert!(
            answer.status.is_client_error() || answer.status.is_server_error(),
            "{answer:?}"
        );
        browser.get(&self.app, "/api/v1/me").await.expect(401);
        answer.json()
    }

    pub async fn administrator(&self, name: &str, role: Role) -> AdministratorRecord {
        self.app
            .add(name, role, usher_store::AdministratorKind::Person)
            .await
    }

    pub async fn events(&self, kind: EventKind) -> Vec<Event> {
        let events = self.app.events_after(0).await.into_iter();
        events.filter(|event| event.kind == kind).collect()
    }

    /// Why the last attempt failed, as the log has it.
    pub async fn why(&self) -> String {
        let failed = self.events(EventKind::SignInFailed).await;
        let last = failed.last().map(|event| event.data["why"].clone());
        last.and_then(|why| why.as_str().map(str::to_owned))
            .unwrap_or_default()
    }
}

pub fn location(answer: &Answer) -> Url {
    Url::parse(answer.header("location")).unwrap()
}

impl Browser {
    pub async fn get(&mut self, app: &App, path: &str) -> Answer {
        let request = app.browse(Method::GET, path, &self.cookies());
        self.keep(app.send(request).await)
    }

    /// What somebody sees.
    pub async fn look(&mut self, app: &App, path: &str) -> Answer {
        let request = app.browse(Method::GET, path, &self.cookies());
        let request = request.header("accept", "text/html,application/xhtml+xml,*/*;q=0.8");
        self.keep(app.send(request).await)
    }

    pub async fn post(&mut self, app: &App, path: &str, body: Value) -> Answer {
        let request = app.browse(Method::POST, path, &self.cookies());
        self.keep(app.send(request.json(&body)).await)
    }

    pub fn cookies(&self) -> String {
        let pairs = self.0.iter().map(|(name, value)| format!("{name}={value}"));
        pairs.collect::<Vec<_>>().join("; ")
    }

    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    pub fn set(&mut self, name: &str, value: &str) {
        self.0.insert(name.to_owned(), value.to_owned());
    }

    fn keep(&mut self, answer: Answer) -> Answer {
        for value in answer.headers.get_all("set-cookie") {
            let text = value.to_str().unwrap();
            let (name, value) = text.split(';').next().unwrap().split_once('=').unwrap();
            if text.contains("Max-Age=0") {
                self.0.remove(name);
            } else {
                self.0.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }
}
