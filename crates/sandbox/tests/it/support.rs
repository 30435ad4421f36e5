//! A started sandbox and a client that speaks to it.

use reqwest::{Method, RequestBuilder, StatusCode};
use secrecy::ExposeSecret as _;
use serde_json::Value;
use usher_sandbox::{RunningSandbox, Sandbox, SandboxSettings};

/// A sandbox under test.
pub struct Miro {
    pub sandbox: RunningSandbox,
    pub http: reqwest::Client,
}

/// A reply that was read whole.
#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
}

impl Reply {
    /// The body as JSON; `null` when there is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    /// A header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Asserts the status and gives the body.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self.json()
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "tests speak to the sandbox with a client of their own, not ours"
)]
pub fn plain_client() -> reqwest::Client {
    let builder = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    builder.no_proxy().build().unwrap()
}

impl Miro {
    pub async fn start(settings: SandboxSettings) -> Self {
        let sandbox = Sandbox::start(settings).await.unwrap();
        let http = plain_client();
        Self { sandbox, http }
    }

    /// The address of a path that starts with a slash.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.sandbox.addresses[0])
    }

    /// A request without token.
    pub fn request(&self, method: &str, path: &str) -> RequestBuilder {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        self.http.request(method, self.url(path))
    }

    /// A request with a REST or SCIM token, as the path needs.
    pub fn authorized(&self, method: &str, path: &str) -> RequestBuilder {
        let token = if path.starts_with("/api/v1/scim") {
            &self.sandbox.scim_token
        } else {
            &self.sandbox.access_token
        };
        self.request(method, path)
            .bearer_auth(token.expose_secret())
    }

    pub async fn get(&self, path: &str) -> Reply {
        send(self.authorized("GET", path)).await
    }

    pub async fn call(&self, method: &str, path: &str, body: Value) -> Reply {
        let request = self.authorized(method, path);
        send(if body.is_null() {
            request
        } else {
            request.json(&body)
        })
        .await
    }

    /// The organization's id.
    pub async fn org(&self) -> String {
        let context = self.get("/v1/oauth-token").await.expect(200);
        context["organization"]["id"].as_str().unwrap().to_owned()
    }
}

/// Sends a request and reads the reply whole.
pub async fn send(request: RequestBuilder) -> Reply {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    let text = response.text().await.unwrap();
    Reply {
        status,
        headers,
        text,
    }
}
