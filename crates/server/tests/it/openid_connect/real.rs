//! Signing in at a provider that nobody here wrote: the npm package oidc-provider.
//!
//! `USHER_OIDC_PROVIDER` names the folder in which it is installed, and `cargo xtask test` installs it where npm is to be had.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use url::Url;
use usher_model::{Clock as _, EventKind, Role};
use usher_server::ServerSettings;
use usher_server::openid_connect::{ClientSecret, OpenIdConnectSettings, SignInSettings};

use super::support::*;
use crate::support::*;

fn installed() -> Option<PathBuf> {
    let folder = std::env::var_os("USHER_OIDC_PROVIDER").map(PathBuf::from);
    if folder.is_none() {
        let mut notes = std::io::stderr();
        let _ = writeln!(
            notes,
            "left out: signing in at oidc-provider (USHER_OIDC_PROVIDER does not name its folder; run `cargo xtask test`)"
        );
    }
    folder
}

/// The provider as a process. It ends with its standard input.
struct Provider {
    issuer: String,
    child: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl Provider {
    async fn start(folder: &Path, port: u16) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oidc-provider/server.mjs");
        let mut child = Command::new("node")
            .arg(script)
            .env("USHER_OIDC_PROVIDER", folder)
            .env("PORT", port.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap()).lines();
        Self {
            issuer: output
                .next_line()
                .await
                .unwrap()
                .expect("it says its issuer"),
            input: child.stdin.take().unwrap(),
            child,
            output,
        }
    }

    /// Tells it where browsers go back to, and waits until it answers.
    async fn begin(&mut self, usher: &str) {
        let addresses = json!({
            "redirect_uri": format!("{usher}/api/v1/auth/openid-connect/sso/callback"),
            "post_logout_redirect_uri": format!("{usher}/signed-out"),
        });
        self.input
            .write_all(format!("{addresses}\n").as_bytes())
            .await
            .unwrap();
        assert_eq!(self.output.next_line().await.unwrap().unwrap(), "ready");
    }

    fn port(&self) -> u16 {
        Url::parse(&self.issuer).unwrap().port().unwrap()
    }

    async fn stop(mut self) {
        self.child.kill().await.unwrap();
    }
}

/// Somebody's browser at the provider.
struct AtProvider {
    http: reqwest::Client,
    cookies: BTreeMap<String, String>,
}

impl AtProvider {
    fn new() -> Self {
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        Self {
            http,
            cookies: BTreeMap::new(),
        }
    }

    async fn send(&mut self, request: reqwest::RequestBuilder) -> reqwest::Response {
        let cookies = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"));
        let cookies = cookies.collect::<Vec<_>>().join("; ");
        let answer = request.header(COOKIE, cookies).send().await.unwrap();
        for cookie in answer.headers().get_all(SET_COOKIE) {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        answer
    }

    /// Fills in what the provider's pages ask for, until it sends the browser back.
    async fn sign_in(&mut self, begin: Url, who: &str, back: &str) -> Url {
        let mut answer = self.send(self.http.get(begin.clone())).await;
        for _ in 0..12 {
            if let Some(location) = answer.headers().get(LOCATION) {
                let next = begin.join(location.to_str().unwrap()).unwrap();
                if next.as_str().starts_with(back) {
                    return next;
                }
                answer = self.send(self.http.get(next)).await;
                continue;
            }
            let page = answer.text().await.unwrap();
            let between = |from: &str, to: &str| {
                let (_, rest) = page.split_once(from).unwrap_or_else(|| panic!("{page}"));
                rest.split_once(to).unwrap().0.to_owned()
            };
            let prompt = between("name=\"prompt\" value=\"", "\"");
            let form = [
                ("prompt", prompt.as_str()),
                ("login", who),
                ("password", "any"),
            ];
            let request = self.http.post(between("action=\"", "\"")).form(&form);
            answer = self.send(request).await;
        }
        panic!("the provider never sent the browser back");
    }
}

/// A server with this provider, whose clock is right.
async fn app(provider: &mut Provider, change: impl FnOnce(&mut OpenIdConnectSettings)) -> App {
    let mut settings = settings(&provider.issuer);
    settings.scopes = ["openid", "email", "profile", "groups"]
        .map(str::to_owned)
        .to_vec();
    settings.roles = rules(&[("usher-audit", Role::Auditor)]);
    change(&mut settings);
    let app = App::sqlite_at(|url| ServerSettings {
        public_url: Some(Url::parse(&format!("{url}/")).unwrap()),
        sign_in: SignInSettings {
            providers: vec![settings],
            ..SignInSettings::default()
        },
        ..ServerSettings::default()
    })
    .await;
    let late = jiff::Timestamp::now().duration_since(app.clock.now());
    app.clock.advance(late.try_into().unwrap());
    provider.begin(&app.url).await;
    app.add(
        "root",
        Role::SuperAdministrator,
        usher_store::AdministratorKind::Person,
    )
    .await;
    app
}

/// The whole way: what Usher answers in the end.
async fn sign_in(app: &App, browser: &mut Browser, who: &str) -> Answer {
    let begun = browser
        .get(app, "/api/v1/auth/openid-connect/sso")
        .await
        .expect(303);
    let back = AtProvider::new()
        .sign_in(location(&begun), who, &app.url)
        .await;
    let path = format!("{}?{}", back.path(), back.query().unwrap());
    browser.get(app, &path).await
}

#[tokio::test]
async fn somebody_signs_in_at_a_real_provider_and_out_again() {
    let Some(folder) = installed() else { return };
    let mut provider = Provider::start(&folder, 0).await;
    let app = app(&mut provider, |_| {}).await;
    app.add("ada", Role::Member, usher_store::AdministratorKind::Person)
        .await;
    let mut browser = Browser::default();
    sign_in(&app, &mut browser, "ada").await.expect(303);
    let me: Value = browser.get(&app, "/api/v1/me").await.expect(200).json();
    assert_eq!(me["administrator"]["email"], "ada@example.org");
    assert_eq!(me["administrator"]["role"], "auditor", "its groups say so");
    let events = app.events_after(0).await;
    let tied = events
        .iter()
        .find(|event| event.kind == EventKind::IdentityTied)
        .unwrap();
    assert_eq!(tied.data["subject"], "ada");
    let out = browser
        .post(&app, "/api/v1/auth/sign-out", json!({}))
        .await
        .expect(200)
        .json();
    let mut at_provider = AtProvider::new();
    let request = at_provider.http.get(out["location"].as_str().unwrap());
    let asked = at_provider.send(request).await;
    let (status, page) = (asked.status(), asked.text().await.unwrap());
    assert_eq!(status, 200, "{page}");
    assert!(page.contains("/session/end/confirm"), "{page}");
}

#[tokio::test]
async fn whom_a_real_provider_names_without_a_right_stays_out() {
    let Some(folder) = installed() else { return };
    let mut provider = Provider::start(&folder, 0).await;
    let app = app(&mut provider, |_| {}).await;
    for name in ["eve", "bob"] {
        app.add(name, Role::Member, usher_store::AdministratorKind::Person)
            .await;
    }
    for (who, said) in [("eve", "not verified"), ("bob", "none of your groups")] {
        let refused = sign_in(&app, &mut Browser::default(), who)
            .await
            .expect(403);
        assert!(refused.text.contains(said), "{who}: {refused:?}");
    }
}

#[tokio::test]
async fn a_real_provider_that_changes_its_key_is_believed_after_a_minute() {
    let Some(folder) = installed() else { return };
    let mut provider = Provider::start(&folder, 0).await;
    let app = app(&mut provider, |_| {}).await;
    app.add("ada", Role::Member, usher_store::AdministratorKind::Person)
        .await;
    sign_in(&app, &mut Browser::default(), "ada")
        .await
        .expect(303);
    let port = provider.port();
    provider.stop().await;
    let mut provider = Provider::start(&folder, port).await;
    provider.begin(&app.url).await;
    let refused = sign_in(&app, &mut Browser::default(), "ada")
        .await
        .expect(403);
    assert!(refused.text.contains("does not publish"), "{refused:?}");
    app.clock.advance(std::time::Duration::from_secs(60));
    sign_in(&app, &mut Browser::default(), "ada")
        .await
        .expect(303);
}

#[tokio::test]
async fn a_real_provider_refuses_a_wrong_secret_and_usher_says_so() {
    let Some(folder) = installed() else { return };
    let mut provider = Provider::start(&folder, 0).await;
    let wrong = |settings: &mut OpenIdConnectSettings| {
        settings.client_secret = Some(ClientSecret::Given("not the secret".into()));
    };
    let app = app(&mut provider, wrong).await;
    let refused = sign_in(&app, &mut Browser::default(), "ada")
        .await
        .expect(503);
    assert!(refused.text.contains("invalid_client"), "{refused:?}");
    assert!(
        refused.text.contains("secret in the settings is wrong"),
        "{refused:?}"
    );
}
