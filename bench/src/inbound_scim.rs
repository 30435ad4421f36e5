//! Identity providers push: how many users a second, how many look-ups, and what one membership costs in a large group;
//! beside an independent SCIM server that keeps everything in memory.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use futures::StreamExt;
use reqwest::Client;
use serde_json::{Value, json};

use crate::scim_servers::ScimServer;

/// How long one server may take to be filled.
const PATIENCE: Duration = Duration::from_secs(600);
/// Clients at a time.
const CLIENTS: usize = 4;
/// Members of the large group.
const MEMBERS: usize = 50_000;

/// What was measured of a server with so many users.
pub struct Pushed {
    /// Which server.
    pub server: &'static str,
    /// How many users it had.
    pub users: usize,
    /// Users created a second, one request each.
    pub creates: f64,
    /// Look-ups by `userName` a second.
    pub gets: f64,
    /// Median time of a creation with one client.
    pub create_median: Duration,
    /// Median time of a look-up with one client.
    pub get_median: Duration,
}

/// What one membership costs in a large group.
pub struct Joined {
    /// How many members there are.
    pub members: usize,
    /// Median time of a PATCH that adds one.
    pub median: Duration,
    /// 99th percentile.
    pub p99: Duration,
}

/// Measures Usher at both sizes, and the other server at the smaller one, where it is installed.
pub async fn run(usher: &Path, sizes: &[u64]) -> Result<(Vec<Pushed>, Option<Joined>)> {
    let mut all = Vec::new();
    let mut joined = None;
    for size in sizes {
        let size = usize::try_from(*size)?;
        let server = ScimServer::usher(usher)?;
        let load = Load::new(&server)?;
        let ids = load.fill(size, Filling::Bulk).await?;
        all.push(load.measure(size).await?);
        if ids.len() > MEMBERS {
            joined = Some(load.join(&ids).await?);
        }
    }
    let smallest = sizes.iter().min().copied().unwrap_or(10_000);
    if let Some(peer) = ScimServer::peer()? {
        let load = Load::new(&peer)?;
        let filled = load.fill(usize::try_from(smallest)?, Filling::OneByOne);
        let filled = filled.await?.len();
        all.push(load.measure(filled).await?);
    }
    Ok((all, joined))
}

/// How a server is filled before it is measured.
#[derive(Clone, Copy)]
enum Filling {
    /// By bulk requests.
    Bulk,
    /// User by user.
    OneByOne,
}

/// Clients of one server.
struct Load<'a> {
    server: &'a ScimServer,
    http: Client,
}

fn user(number: usize) -> Value {
    let name = format!("somebody{number}@example.com");
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": name, "externalId": format!("x{number}"), "active": true,
        "displayName": format!("Some Body {number}"), "name": {"givenName": "Some", "familyName": format!("Body {number}")},
        "emails": [{"value": name, "type": "work", "primary": true}],
    })
}

impl<'a> Load<'a> {
    #[expect(clippy::disallowed_methods, reason = "a load generator")]
    fn new(server: &'a ScimServer) -> Result<Self> {
        let http = Client::builder().no_proxy().build()?;
        Ok(Self { server, http })
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Result<Value> {
        let reply = request.bearer_auth(&self.server.token).send().await?;
        let status = reply.status();
        let bytes = reply.bytes().await?;
        if !status.is_success() {
            bail!("{status}: {}", String::from_utf8_lossy(&bytes));
        }
        if bytes.is_empty() {
            return Ok(Value::Null);
        }
        Ok(serde_json::from_slice(&bytes)?)
    }

    async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        let url = format!("{}{path}", self.server.url);
        let request = self.http.post(url).body(body.to_string());
        self.send(request.header("content-type", "application/scim+json"))
            .await
    }

    /// Fills the server with this many users, as far as patience lasts; returns the ids where they are told.
    async fn fill(&self, size: usize, filling: Filling) -> Result<Vec<String>> {
        let started = Instant::now();
        let mut ids = Vec::with_capacity(size);
        while ids.len() < size && started.elapsed() < PATIENCE {
            let from = ids.len();
            match filling {
                Filling::OneByOne => ids.push(id(&self.post("/Users", &user(from)).await?)?),
                Filling::Bulk => {
                    let until = size.min(from + 1000);
                    ids.extend(self.bulk(from..until).await?);
                }
            }
        }
        Ok(ids)
    }

    async fn bulk(&self, range: std::ops::Range<usize>) -> Result<Vec<String>> {
        let operation = |number: usize| {
            let name = number.to_string();
            json!({"method": "POST", "path": "/Users", "bulkId": name, "data": user(number)})
        };
        let operations: Vec<Value> = range.map(operation).collect();
        let reply = self
            .post("/Bulk", &json!({"Operations": operations}))
            .await?;
        let results = reply.get("Operations").and_then(Value::as_array);
        let results = results.context("a bulk answer without operations")?;
        let id = |one: &Value| {
            let location = one.get("location").and_then(Value::as_str)?;
            Some(location.rsplit('/').next()?.to_owned())
        };
        let ids: Option<Vec<String>> = results.iter().map(id).collect();
        ids.context("an operation of a bulk request failed")
    }

    async fn measure(&self, users: usize) -> Result<Pushed> {
        let created = |number: usize| async move {
            self.post("/Users", &user(users + number)).await.map(drop)
        };
        let found = |number: usize| async move { self.find(number * 7919 % users).await };
        let creates = each_second(1000, created).await?;
        let gets = each_second(2000, found).await?;
        let create_median = quantiles(200, |number| created(number + 1000)).await?.0;
        let get_median = quantiles(500, found).await?.0;
        Ok(Pushed {
            server: self.server.name,
            users,
            creates,
            gets,
            create_median,
            get_median,
        })
    }

    async fn find(&self, number: usize) -> Result<()> {
        let url = format!(
            "{}/Users?filter=userName%20eq%20%22somebody{number}@example.com%22",
            self.server.url
        );
        let list = self.send(self.http.get(url)).await?;
        if list.get("totalResults").and_then(Value::as_u64) != Some(1) {
            bail!("user {number} was not found: {list}");
        }
        Ok(())
    }

    /// Adds members one at a time to a group that has many.
    async fn join(&self, ids: &[String]) -> Result<Joined> {
        let (members, others) = ids.split_at(MEMBERS);
        let members: Vec<Value> = members.iter().map(|id| json!({"value": id})).collect();
        let group = json!({"displayName": "Everybody", "members": members});
        let group = id(&self.post("/Groups", &group).await?)?;
        let url = format!("{}/Groups/{group}", self.server.url);
        let add = |number: usize| {
            let newcomer = others.get(number).cloned().unwrap_or_default();
            let body = json!({
                "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
                "Operations": [{"op": "Add", "path": "members", "value": [{"value": newcomer}]}],
            });
            let request = self.http.patch(&url).body(body.to_string());
            async move { self.send(request).await.map(drop) }
        };
        let (median, p99) = quantiles(500, add).await?;
        Ok(Joined {
            members: MEMBERS,
            median,
            p99,
        })
    }
}

fn id(resource: &Value) -> Result<String> {
    let id = resource.get("id").and_then(Value::as_str);
    Ok(id.context("a resource without id")?.to_owned())
}

/// How many a second, with several clients.
async fn each_second<F: Future<Output = Result<()>>>(
    count: usize,
    request: impl Fn(usize) -> F,
) -> Result<f64> {
    let started = Instant::now();
    let mut requests = futures::stream::iter(0..count)
        .map(&request)
        .buffer_unordered(CLIENTS);
    while let Some(outcome) = requests.next().await {
        outcome?;
    }
    Ok(count as f64 / started.elapsed().as_secs_f64())
}

/// The median and the 99th percentile, with one client.
async fn quantiles<F: Future<Output = Result<()>>>(
    count: usize,
    request: impl Fn(usize) -> F,
) -> Result<(Duration, Duration)> {
    let mut taken = Vec::with_capacity(count);
    for number in 0..count {
        let started = Instant::now();
        request(number).await?;
        taken.push(started.elapsed());
    }
    taken.sort_unstable();
    let at = |share: usize| taken.get(count * share / 100).copied().unwrap_or_default();
    Ok((at(50), at(99)))
}
