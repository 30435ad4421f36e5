//! How fast the sandbox answers, alone and under load.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;
use futures::StreamExt;
use reqwest::Client;
use serde_json::Value;

use crate::process::SandboxProcess;

/// One kind of request on one size of organization.
pub struct Rate {
    /// People in the organization.
    pub users: u64,
    /// The request, in words.
    pub request: String,
    /// Requests per second with eight clients.
    pub per_second: f64,
    /// Median time of a request with one client.
    pub median: Duration,
    /// 99th percentile with one client.
    pub p99: Duration,
}

/// Measures the routes whose speed matters at 1,000 and 100,000 people.
pub async fn run(usher: &Path) -> Result<Vec<Rate>> {
    let mut rates = Vec::new();
    for users in [1_000, 100_000] {
        let arguments = [
            "--users",
            &users.to_string(),
            "--teams",
            "500",
            "--no-limits",
            "--seed",
            "42",
        ];
        let sandbox = SandboxProcess::start(usher, &arguments.map(ToOwned::to_owned))?;
        let requests = requests(&sandbox, users).await?;
        for (request, url, token) in &requests {
            rates.push(measure(users, request, url, token).await?);
        }
    }
    Ok(rates)
}

#[expect(clippy::disallowed_methods, reason = "a load generator")]
async fn requests(sandbox: &SandboxProcess, users: u64) -> Result<Vec<(String, String, String)>> {
    let base = &sandbox.address;
    let http = Client::new();
    let first = format!("{base}/api/v1/scim/Users?count=1&startIndex={}", users / 2);
    let page: Value = http
        .get(first)
        .bearer_auth(&sandbox.scim_token)
        .send()
        .await?
        .json()
        .await?;
    let name = page
        .pointer("/Resources/0/userName")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    let context: Value = http
        .get(format!("{base}/v1/oauth-token"))
        .bearer_auth(&sandbox.access_token)
        .send()
        .await?
        .json()
        .await?;
    let organization = context
        .pointer("/organization/id")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let scim = |request: &str| format!("{base}/api/v1/scim/Users?{request}");
    let middle = users / 2;
    Ok([
        (
            "GET /Users, 100 from the middle",
            scim(&format!("count=100&startIndex={middle}")),
            &sandbox.scim_token,
        ),
        (
            "the same, sortBy=userName",
            scim(&format!("count=100&startIndex={middle}&sortBy=userName")),
            &sandbox.scim_token,
        ),
        (
            "the same, sortBy=name.familyName",
            scim(&format!(
                "count=100&startIndex={middle}&sortBy=name.familyName"
            )),
            &sandbox.scim_token,
        ),
        (
            "GET /Users?filter=userName eq …",
            scim(&format!(
                "filter=userName%20eq%20%22{}%22",
                name.replace('+', "%2B")
            )),
            &sandbox.scim_token,
        ),
        (
            "GET …/members?limit=100",
            format!("{base}/v2/orgs/{organization}/members?limit=100"),
            &sandbox.access_token,
        ),
        (
            "GET /v1/oauth-token",
            format!("{base}/v1/oauth-token"),
            &sandbox.access_token,
        ),
    ]
    .map(|(request, url, token)| (request.to_owned(), url, token.clone()))
    .to_vec())
}

#[expect(clippy::disallowed_methods, reason = "a load generator")]
async fn measure(users: u64, request: &str, url: &str, token: &str) -> Result<Rate> {
    let http = Client::new();
    let once = || async {
        let started = Instant::now();
        let reply = http
            .get(url)
            .bearer_auth(token)
            .send()
            .await?
            .error_for_status()?;
        reply.bytes().await?;
        anyhow::Ok(started.elapsed())
    };
    // The first call of a sort order builds its index.
    once().await?;
    let mut alone = Vec::new();
    for _ in 0..300 {
        alone.push(once().await?);
    }
    alone.sort_unstable();
    let total: u32 = 4000;
    let started = Instant::now();
    let mut running = futures::stream::iter((0..total).map(|_| once())).buffer_unordered(8);
    while let Some(done) = running.next().await {
        done?;
    }
    let per_second = f64::from(total) / started.elapsed().as_secs_f64();
    let at = |share: usize| {
        alone
            .get(alone.len() * share / 100)
            .copied()
            .unwrap_or_default()
    };
    Ok(Rate {
        users,
        request: request.to_owned(),
        per_second,
        median: at(50),
        p99: at(99),
    })
}
