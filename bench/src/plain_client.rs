//! A plain sequential client: what a connector does that was written without Miro's limits in mind.
//!
//! It reads 50 members a page, then every member again by itself to learn the role that the list already
//! held, then one team after the other. One request is under way at a time. On 429 it waits until the time
//! that Miro names.

use anyhow::{Context, Result, bail};
use clap::Args;
use reqwest::{Client, StatusCode};
use serde_json::Value;

/// Where and as whom to read.
#[derive(Args)]
pub struct Settings {
    /// Base address of the REST API
    #[arg(long)]
    rest_url: String,
    /// Access token
    #[arg(long)]
    token: String,
    /// Milliseconds to wait after a 429
    #[arg(long, default_value_t = 10)]
    pause: u64,
}

/// Reads everything, and prints how much there was.
#[expect(clippy::print_stdout, reason = "a program of its own")]
pub async fn run(settings: Settings) -> Result<()> {
    let plain = PlainClient::new(settings)?;
    let context = plain.get("/v1/oauth-token").await?;
    let organization = text(&context, "/organization/id")?;
    let members = plain
        .list(&format!("/v2/orgs/{organization}/members"))
        .await?;
    let mut grants = 0_u64;
    for member in &members {
        let id = text(member, "/id")?;
        let alone = plain
            .get(&format!("/v2/orgs/{organization}/members/{id}"))
            .await?;
        grants += u64::from(alone.get("role").is_some());
    }
    let teams = plain
        .list(&format!("/v2/orgs/{organization}/teams"))
        .await?;
    for team in &teams {
        let id = text(team, "/id")?;
        let held = plain
            .list(&format!("/v2/orgs/{organization}/teams/{id}/members"))
            .await?;
        grants += held.len() as u64;
    }
    println!(
        "{} members, {} teams, {grants} grants",
        members.len(),
        teams.len()
    );
    Ok(())
}

struct PlainClient {
    http: Client,
    settings: Settings,
}

impl PlainClient {
    #[expect(
        clippy::disallowed_methods,
        reason = "the contestant is not to use Usher's client"
    )]
    fn new(settings: Settings) -> Result<Self> {
        let http = Client::builder().build()?;
        Ok(Self { http, settings })
    }

    async fn list(&self, path: &str) -> Result<Vec<Value>> {
        let mut items = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = self.get(&format!("{path}?limit=50{cursor}")).await?;
            let data = page
                .get("data")
                .and_then(Value::as_array)
                .context("a page without data")?;
            items.extend(data.iter().cloned());
            match page.get("cursor").and_then(Value::as_str) {
                Some(next) if !next.is_empty() => cursor = format!("&cursor={next}"),
                _ => return Ok(items),
            }
        }
    }

    async fn get(&self, path: &str) -> Result<Value> {
        let url = format!("{}{path}", self.settings.rest_url.trim_end_matches('/'));
        loop {
            let reply = self
                .http
                .get(&url)
                .bearer_auth(&self.settings.token)
                .send()
                .await?;
            match reply.status() {
                StatusCode::OK => return Ok(reply.json().await?),
                StatusCode::TOO_MANY_REQUESTS => {
                    tokio::time::sleep(std::time::Duration::from_millis(self.settings.pause)).await;
                }
                other => bail!("{path}: {other}"),
            }
        }
    }
}

fn text(value: &Value, pointer: &str) -> Result<String> {
    let found = value.pointer(pointer).and_then(Value::as_str);
    Ok(found
        .with_context(|| format!("no {pointer} in the reply"))?
        .to_owned())
}
