//! A started sandbox and a client that speaks to it.

use reqwest::{Method, RequestBuilder, StatusCode};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use usher_sandbox::world::World;
use usher_sandbox::{OrganizationSource, RunningSandbox, Sandbox, SandboxSettings};

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

    /// A reply of the control API.
    pub async fn control(&self, name: &str) -> Value {
        send(self.request("GET", &format!("/_sandbox/{name}")))
            .await
            .expect(200)
    }

    /// All pages of a list.
    pub async fn all(&self, path: &str) -> Vec<Value> {
        let mut items = Vec::new();
        let mut cursor = String::new();
        loop {
            let joint = if path.contains('?') { '&' } else { '?' };
            let escaped = cursor.replace('#', "%23").replace('+', "%2B");
            let page = self
                .get(&format!("{path}{joint}cursor={escaped}"))
                .await
                .expect(200);
            items.extend(page["data"].as_array().unwrap().iter().cloned());
            match page["cursor"].as_str().filter(|cursor| !cursor.is_empty()) {
                Some(next) => next.clone_into(&mut cursor),
                None => return items,
            }
        }
    }

    /// Ids of active members who are no admins.
    pub async fn some_people(&self, count: usize) -> Vec<String> {
        let org = self.org().await;
        let path = format!("/v2/orgs/{org}/members?active=true&role=organization_internal_user");
        let people = self.all(&path).await;
        let ids = people
            .iter()
            .map(|person| person["id"].as_str().unwrap().to_owned());
        ids.take(count).collect()
    }

    /// The e-mail address of an active member with a role.
    pub async fn member_with(&self, role: &str) -> String {
        let org = self.org().await;
        let people = self
            .all(&format!("/v2/orgs/{org}/members?active=true&role={role}"))
            .await;
        people[0]["email"].as_str().unwrap().to_owned()
    }

    /// How many members a team has.
    pub async fn team_size(&self, org: &str, team: &str) -> usize {
        self.all(&format!("/v2/orgs/{org}/teams/{team}/members"))
            .await
            .len()
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

/// Settings with a small organization: 2 company admins, 20 members (2 of them deactivated), 3 guests; everybody but the guests in the
/// default team, the first half and the guests in the second; a board for each of the first members.
pub fn small() -> SandboxSettings {
    SandboxSettings {
        organization: OrganizationSource::Given(Box::new(small_world())),
        ..SandboxSettings::default()
    }
}

fn small_world() -> World {
    const BORN: i64 = 1_700_000_000_000;
    let user = |number: u64| {
        let (role, license) = match number {
            0 | 1 => ("ORGANIZATION_INTERNAL_ADMIN", "Full"),
            2..=21 => (
                "ORGANIZATION_INTERNAL_USER",
                if number.is_multiple_of(3) {
                    "Free Restricted"
                } else {
                    "Full"
                },
            ),
            _ => ("ORGANIZATION_TEAM_GUEST_USER", "Free Restricted"),
        };
        json!({"id": 3_074_457_345_000_000_000 + 7 * number, "user_name": format!("person{number}@corp.example"),
            "full_name": format!("Person Number{number}"), "active": !(20..=21).contains(&number),
            "license": license, "role": role, "created_at": BORN + 1000 * i64::try_from(number).unwrap(),
            "last_activity_at": (number.is_multiple_of(2)).then_some(BORN)})
    };
    let member = |number: u64| {
        let role = match number {
            0 | 1 => "admin",
            2..=21 => "member",
            _ => "team_guest",
        };
        json!({"user": number, "role": role, "created_at": BORN + 1000 * i64::try_from(number).unwrap()})
    };
    let team = |id: u64, name: &str, members: Vec<Value>| json!({"id": 3_074_457_346_000_000_000 + id, "name": name, "created_at": BORN, "members": members});
    let board = |number: u64| json!({"id": number + 1, "name": format!("Board {number}"), "team": 0, "owner": number + 2});
    let parts = json!({
        "organization": {"id": 3_074_457_344_000_000_000_u64, "name": "Corp", "plan": "company",
            "full_licenses_purchased": 100, "licenses": ["Free Restricted", "Free", "Full"], "default_license": "Full",
            "allowed_domains": [], "claimed_domains": [], "foreign_domains": [], "custom_admin_roles": []},
        "default_team": 0,
        "users": (0..25).map(user).collect::<Vec<_>>(),
        "teams": [
            team(1, "Everybody", (0..22).map(member).collect()),
            team(2, "Product", (0..11).chain(22..25).map(member).collect()),
        ],
        "boards": (0..8).map(board).collect::<Vec<_>>(),
        "last_id": 3_074_457_347_000_000_000_u64,
    });
    serde_json::from_value(parts).unwrap()
}
