//! Something that answers as Microsoft Graph and its sign-in service do: the shapes of their answers, pages, deltas,
//! tombstones, throttling. It keeps a list of everything that was asked.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use parking_lot::Mutex;
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use usher_directory::graph::{GraphSettings, GraphSource};

pub const SECRET: &str = "the client secret";

/// What the tenant has, and what happened to it.
#[derive(Default)]
pub struct Tenant {
    users: BTreeMap<String, Value>,
    groups: BTreeMap<String, Value>,
    members: BTreeMap<String, Vec<String>>,
    managers: BTreeMap<String, String>,
    application: Option<Value>,
    assignments: Vec<Value>,
    /// Every change: which collection, which id.
    log: Vec<(Kind, String)>,
    /// Deltas from before this are forgotten.
    pub forgotten: usize,
    pub page: usize,
    /// Answers to give before any other.
    pub trouble: Vec<(u16, Option<&'static str>)>,
    /// Every request's path and query.
    pub asked: Vec<String>,
    /// Tokens that were given, and whether they still hold.
    tokens: HashMap<String, bool>,
    pub expires_in: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    User,
    Group,
}

impl Tenant {
    pub fn user(&mut self, id: &str, properties: Value) {
        let mut user = json!({
            "id": id, "accountEnabled": true, "displayName": id, "mail": format!("{id}@example.com"),
            "userPrincipalName": format!("{id}@corp.example.com"), "givenName": null, "surname": null,
        });
        extend(&mut user, properties);
        self.users.insert(id.to_owned(), user);
        self.log.push((Kind::User, id.to_owned()));
    }

    pub fn change_user(&mut self, id: &str, properties: Value) {
        extend(self.users.get_mut(id).unwrap(), properties);
        self.log.push((Kind::User, id.to_owned()));
    }

    pub fn remove_user(&mut self, id: &str) {
        self.users.remove(id);
        self.log.push((Kind::User, id.to_owned()));
    }

    pub fn manager(&mut self, id: &str, manager: &str) {
        self.managers.insert(id.to_owned(), manager.to_owned());
        self.log.push((Kind::User, id.to_owned()));
    }

    pub fn group(&mut self, id: &str, members: &[&str]) {
        self.groups.insert(
            id.to_owned(),
            json!({"id": id, "displayName": format!("Group {id}"), "description": null}),
        );
        self.members.insert(
            id.to_owned(),
            members.iter().map(|id| (*id).to_owned()).collect(),
        );
        self.log.push((Kind::Group, id.to_owned()));
    }

    pub fn remove_group(&mut self, id: &str) {
        self.groups.remove(id);
        self.log.push((Kind::Group, id.to_owned()));
    }

    pub fn application(&mut self, roles: &Value) {
        self.application = Some(json!({"id": "sp", "displayName": "Miro", "appRoles": roles}));
    }

    pub fn assign(&mut self, principal: &str, kind: &str, role: &str) {
        self.assignments.push(json!({
            "id": format!("a-{principal}"), "principalId": principal, "principalType": kind, "appRoleId": role,
        }));
    }

    /// Withdraws all tokens.
    pub fn withdraw_tokens(&mut self) {
        self.tokens.values_mut().for_each(|holds| *holds = false);
    }

    pub fn asked_for(&self, part: &str) -> usize {
        self.asked
            .iter()
            .filter(|asked| asked.contains(part))
            .count()
    }

    fn member(&self, id: &str) -> Value {
        let kind = if self.groups.contains_key(id) {
            "#microsoft.graph.group"
        } else if id.starts_with("device") {
            "#microsoft.graph.device"
        } else {
            "#microsoft.graph.user"
        };
        json!({"@odata.type": kind, "id": id})
    }
}

fn extend(object: &mut Value, properties: Value) {
    let Value::Object(properties) = properties else {
        panic!()
    };
    object.as_object_mut().unwrap().extend(properties);
}

/// A running fake.
pub struct FakeGraph {
    pub tenant: Arc<Mutex<Tenant>>,
    pub url: String,
    _server: JoinSet<()>,
}

#[derive(Clone)]
struct Shared {
    tenant: Arc<Mutex<Tenant>>,
    url: String,
}

impl FakeGraph {
    pub async fn start(prepare: impl FnOnce(&mut Tenant)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let mut tenant = Tenant {
            page: 3,
            expires_in: 3599,
            ..Tenant::default()
        };
        prepare(&mut tenant);
        let tenant = Arc::new(Mutex::new(tenant));
        let shared = Shared {
            tenant: Arc::clone(&tenant),
            url: url.clone(),
        };
        let app = Router::new().fallback(answer).with_state(shared);
        let mut server = JoinSet::new();
        server.spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self {
            tenant,
            url,
            _server: server,
        }
    }

    pub fn settings(&self, more: Value) -> GraphSettings {
        let mut settings = json!({
            "tenant": "example.com", "client_id": "the-app", "secret": {"environment": "X"},
            "graph_url": format!("{}/v1.0", self.url), "login_url": self.url,
            "retry_pause_milliseconds": 1,
        });
        extend(&mut settings, more);
        serde_json::from_value(settings).unwrap()
    }

    pub fn source(&self) -> GraphSource {
        self.source_with(json!({}))
    }

    pub fn source_with(&self, more: Value) -> GraphSource {
        GraphSource::new(self.settings(more), Some(SECRET.into())).unwrap()
    }
}

async fn answer(State(shared): State<Shared>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let path = parts.uri.path().to_owned();
    let query: HashMap<String, String> =
        url::form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes())
            .into_owned()
            .collect();
    let mut tenant = shared.tenant.lock();
    tenant.asked.push(parts.uri.to_string());
    if let Some((status, retry_after)) = tenant.trouble.pop() {
        return trouble(status, retry_after);
    }
    if path == "/example.com/oauth2/v2.0/token" {
        return token(&mut tenant, &body);
    }
    if !signed_in(&tenant, &parts.headers) {
        return refuse(
            401,
            "InvalidAuthenticationToken",
            "Access token has expired or is not yet valid.",
        );
    }
    let path = path.strip_prefix("/v1.0/").unwrap_or_default();
    let asking = Asking {
        tenant: &tenant,
        base: &shared.url,
        query: &query,
    };
    asking.answer(path)
}

fn trouble(status: u16, retry_after: Option<&'static str>) -> Response {
    let mut response = refuse(status, "TooManyRequests", "Please retry after");
    if let Some(seconds) = retry_after {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, seconds.parse().unwrap());
    }
    response
}

fn refuse(status: u16, code: &str, message: &str) -> Response {
    let body =
        json!({"error": {"code": code, "message": message, "innerError": {"request-id": "1"}}});
    (StatusCode::from_u16(status).unwrap(), axum::Json(body)).into_response()
}

fn token(tenant: &mut Tenant, body: &Bytes) -> Response {
    let form: HashMap<String, String> = url::form_urlencoded::parse(body).into_owned().collect();
    assert_eq!(form["grant_type"], "client_credentials");
    assert!(form["scope"].ends_with("/.default"), "{form:?}");
    if form["client_secret"] != SECRET {
        let body = json!({
            "error": "invalid_client",
            "error_description": "AADSTS7000215: Invalid client secret provided.\r\nTrace ID: 1",
        });
        return (StatusCode::UNAUTHORIZED, axum::Json(body)).into_response();
    }
    let token = format!("token {}", tenant.tokens.len());
    tenant.tokens.insert(token.clone(), true);
    axum::Json(
        json!({"token_type": "Bearer", "expires_in": tenant.expires_in, "access_token": token}),
    )
    .into_response()
}

fn signed_in(tenant: &Tenant, headers: &HeaderMap) -> bool {
    let token = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.strip_prefix("Bearer "));
    token.is_some_and(|token| tenant.tokens.get(token) == Some(&true))
}

/// One request that is answered.
struct Asking<'a> {
    tenant: &'a Tenant,
    base: &'a str,
    query: &'a HashMap<String, String>,
}

impl Asking<'_> {
    fn answer(&self, path: &str) -> Response {
        let parts: Vec<&str> = path.split('/').collect();
        match parts[..] {
            ["users", "delta"] => self.delta(Kind::User),
            ["groups", "delta"] => self.delta(Kind::Group),
            ["users", id] => self.user(id),
            ["groups", id] => found(self.tenant.groups.get(id).map(|group| self.selected(group))),
            ["groups", id, "members"] => {
                let members = self.tenant.members.get(id).into_iter().flatten();
                let members: Vec<Value> = members.map(|id| self.tenant.member(id)).collect();
                self.page(path, &members, None)
            }
            ["servicePrincipals", "sp"] => found(self.tenant.application.clone()),
            ["servicePrincipals", "sp", "appRoleAssignedTo"] => {
                self.page(path, &self.tenant.assignments, None)
            }
            _ => refuse(404, "Request_ResourceNotFound", "Resource does not exist"),
        }
    }

    fn user(&self, id: &str) -> Response {
        found(self.tenant.users.get(id).map(|user| {
            let mut user = self.selected(user);
            if self
                .query
                .get("$expand")
                .is_some_and(|expand| expand.starts_with("manager"))
                && let Some(manager) = self.tenant.managers.get(id)
            {
                user["manager"] = self.tenant.member(manager);
            }
            user
        }))
    }

    /// Only what was asked for, as Graph does it.
    fn selected(&self, object: &Value) -> Value {
        let select = self
            .query
            .get("$select")
            .or_else(|| self.query.get("select"));
        let Some(select) = select else {
            return object.clone();
        };
        let names: Vec<&str> = select.split(',').chain(["id"]).collect();
        let object = object.as_object().unwrap();
        let kept: Map<String, Value> = object
            .iter()
            .filter(|(name, _)| names.contains(&name.as_str()))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        Value::Object(kept)
    }

    /// Everything, or what the log has since the token.
    fn delta(&self, kind: Kind) -> Response {
        let now = self.tenant.log.len();
        let since: Option<usize> = self
            .query
            .get("$deltatoken")
            .map(|token| token.parse().unwrap());
        if since.is_some_and(|since| since < self.tenant.forgotten) {
            return refuse(
                410,
                "syncStateNotFound",
                "The sync state generation is not found",
            );
        }
        let collection = match kind {
            Kind::User => &self.tenant.users,
            Kind::Group => &self.tenant.groups,
        };
        let items: Vec<Value> = match since {
            None => collection
                .keys()
                .flat_map(|id| self.parts(kind, id))
                .collect(),
            Some(since) => {
                let mut ids: Vec<&String> = self.tenant.log[since..]
                    .iter()
                    .filter(|(changed, _)| *changed == kind)
                    .map(|(_, id)| id)
                    .collect();
                ids.dedup();
                ids.iter()
                    .map(|id| match collection.get(*id) {
                        // A change names only what changed.
                        Some(_) => json!({"id": id}),
                        None => json!({"id": id, "@removed": {"reason": "changed"}}),
                    })
                    .collect()
            }
        };
        let path = if kind == Kind::User {
            "users/delta"
        } else {
            "groups/delta"
        };
        self.page(path, &items, Some(now))
    }

    /// An object as the first delta gives it: a group with many members comes in several parts.
    fn parts(&self, kind: Kind, id: &str) -> Vec<Value> {
        if kind == Kind::User {
            let mut user = self.selected(&self.tenant.users[id]);
            if let Some(manager) = self.tenant.managers.get(id) {
                user["manager@delta"] = json!([self.tenant.member(manager)]);
            }
            return vec![user];
        }
        let members: Vec<Value> = self.tenant.members[id]
            .iter()
            .map(|id| self.tenant.member(id))
            .collect();
        let mut parts: Vec<Value> = members
            .chunks(2)
            .map(|some| json!({"id": id, "members@delta": some}))
            .collect();
        let first = self.selected(&self.tenant.groups[id]);
        match parts.first_mut() {
            Some(part) => extend(part, first),
            None => parts.push(first),
        }
        parts
    }

    fn page(&self, path: &str, items: &[Value], delta: Option<usize>) -> Response {
        let skip: usize = self
            .query
            .get("$skiptoken")
            .map_or(0, |token| token.parse().unwrap());
        let rest: Vec<Value> = items.iter().skip(skip).cloned().collect();
        let here: Vec<Value> = rest.iter().take(self.tenant.page).cloned().collect();
        let mut body = json!({"@odata.context": "…", "value": here});
        let base = format!("{}/v1.0/{path}", self.base);
        let select = self
            .query
            .get("$select")
            .or_else(|| self.query.get("select"));
        // Graph puts what was asked for into the token.
        let keep = select
            .map(|select| format!("&select={select}"))
            .unwrap_or_default();
        let since = self
            .query
            .get("$deltatoken")
            .map(|token| format!("&$deltatoken={token}"))
            .unwrap_or_default();
        if rest.len() > here.len() {
            let next = skip + here.len();
            body["@odata.nextLink"] = json!(format!("{base}?$skiptoken={next}{keep}{since}"));
        } else if let Some(now) = delta {
            body["@odata.deltaLink"] = json!(format!("{base}?$deltatoken={now}{keep}"));
        }
        axum::Json(body).into_response()
    }
}

fn found(object: Option<Value>) -> Response {
    match object {
        Some(object) => axum::Json(object).into_response(),
        None => refuse(404, "Request_ResourceNotFound", "Resource does not exist"),
    }
}
