//! The program at work in a folder of its own, beside a made-up Miro.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::process::SandboxProcess;
use crate::provisioning::Meter;

/// What applying showed of itself.
pub struct Watched {
    /// How long it took.
    pub wall: Duration,
    /// How far the estimate at a tenth of the way was from the end, as a share of the whole.
    pub eta_error: Option<f64>,
}

/// What the sandbox counted.
pub struct Counted {
    /// Calls by method and route.
    pub calls: Vec<(String, u64)>,
    /// Replies that the limit was exceeded.
    pub refused: u64,
}

/// How big a Miro is made up.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// People.
    pub users: usize,
    /// Teams.
    pub teams: usize,
    /// Teams that each person is in.
    pub memberships: usize,
}

/// A folder with a database, and the Miro it belongs to.
pub struct Desk<'a> {
    usher: &'a Path,
    folder: &'a Path,
    sandbox: SandboxProcess,
    meter: Meter,
    time_scale: f64,
}

impl<'a> Desk<'a> {
    /// Starts a Miro of so many people whose limits are metered so, and pass faster by `time_scale`.
    pub fn open(
        usher: &'a Path,
        folder: &'a Path,
        (meter, time_scale): (Meter, f64),
        size: Size,
    ) -> Result<Self> {
        let scale = time_scale.to_string();
        let (users, teams) = (size.users.to_string(), size.teams.to_string());
        let memberships = size.memberships.to_string();
        let arguments = [
            "--users",
            &users,
            "--teams",
            &teams,
            "--memberships",
            &memberships,
            "--guests",
            "0%",
            "--seed",
            "42",
            "--time-scale",
            &scale,
            "--switch",
            meter.switch(),
        ];
        let sandbox = SandboxProcess::start(usher, &arguments.map(ToOwned::to_owned))?;
        Ok(Self {
            usher,
            folder,
            sandbox,
            meter,
            time_scale,
        })
    }

    /// The program with the environment that leads to this Miro.
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(self.usher);
        let address = &self.sandbox.address;
        command
            .args(words)
            .current_dir(self.folder)
            .env("USHER_REST_URL", address)
            .env("USHER_SCIM_URL", format!("{address}/api/v1/scim"))
            .env("USHER_ACCESS_TOKEN", &self.sandbox.access_token)
            .env("USHER_SCIM_TOKEN", &self.sandbox.scim_token)
            .env("USHER_SCIM_LIMITS", self.meter.profile())
            .env("USHER_TIME_SCALE", self.time_scale.to_string());
        command
    }

    /// Runs a command that must succeed; its output.
    pub fn usher(&self, words: &[&str]) -> Result<Vec<u8>> {
        let output = self.command(words).output()?;
        if !output.status.success() {
            let words = words.get(..words.len().min(6)).unwrap_or_default();
            bail!(
                "usher {words:?}: {}",
                String::from_utf8_lossy(&output.stderr)
            );
        }
        Ok(output.stdout)
    }

    /// Plans, and approves what is held.
    pub fn plan_and_approve(&self) -> Result<()> {
        self.usher(&["plan", "-o", "plan.json"])?;
        let text = std::fs::read_to_string(self.folder.join("plan.json"))?;
        let plan: Value = serde_json::from_str(&text)?;
        if plan.get("state").and_then(Value::as_str) == Some("held") {
            self.usher(&["plan", "approve", "latest", "--reason", "a benchmark"])?;
        }
        Ok(())
    }

    /// Plans, approves and applies.
    pub fn apply_unwatched(&self, what: &str) -> Result<()> {
        self.plan_and_approve()?;
        self.usher(&["apply", "--yes", "--quiet"])
            .with_context(|| format!("applying {what}"))?;
        Ok(())
    }

    /// Applies the plan and reads its progress as it comes.
    pub fn apply_watched(&self) -> Result<Watched> {
        self.plan_and_approve()?;
        let mut child = self
            .command(&["apply", "--yes", "--json"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let output = child.stdout.take().context("no standard output")?;
        let mut at_a_tenth = None;
        let mut elapsed = None;
        for line in BufReader::new(output).lines() {
            let event: Value = serde_json::from_str(&line?)?;
            let number = |path: &str| event.pointer(path).and_then(Value::as_f64);
            match event.get("event").and_then(Value::as_str) {
                Some("progressed") if at_a_tenth.is_none() => {
                    let calls = number("/calls").unwrap_or_default();
                    let left = number("/calls_left").unwrap_or_default();
                    if calls > 0.0 && calls >= (calls + left) / 10.0 {
                        at_a_tenth = seconds(&event, "/elapsed_ms").zip(seconds(&event, "/eta_ms"));
                    }
                }
                Some("finished") => elapsed = seconds(&event, "/elapsed_ms"),
                _ => {}
            }
        }
        let status = child.wait()?;
        let wall = elapsed.context("the apply did not say how long it took")?;
        if !status.success() {
            bail!("usher apply ended with {status}");
        }
        Ok(Watched {
            wall: Duration::from_secs_f64(wall),
            eta_error: at_a_tenth.map(|(elapsed, eta)| (elapsed + eta - wall) / wall),
        })
    }

    /// Starts the sandbox's counters anew.
    #[expect(
        clippy::disallowed_methods,
        reason = "a benchmark's own look at the sandbox's counters"
    )]
    pub async fn reset(&self) -> Result<()> {
        let url = format!("{}/_sandbox/requests", self.sandbox.address);
        reqwest::Client::new()
            .delete(url)
            .send()
            .await?
            .error_for_status()?;
        Ok(())
    }

    /// What the sandbox counted since.
    #[expect(
        clippy::disallowed_methods,
        reason = "a benchmark's own look at the sandbox's counters"
    )]
    pub async fn counted(&self) -> Result<Counted> {
        let url = format!("{}/_sandbox/requests", self.sandbox.address);
        let counted: Value = reqwest::Client::new().get(url).send().await?.json().await?;
        let routes = counted.get("by_route").and_then(Value::as_object);
        let calls = routes
            .into_iter()
            .flatten()
            .filter_map(|(route, count)| Some((route.clone(), count.as_u64()?)));
        let refused = counted.pointer("/by_status/429").and_then(Value::as_u64);
        Ok(Counted {
            calls: calls.collect(),
            refused: refused.unwrap_or(0),
        })
    }
}

/// A length of time that is written in milliseconds.
fn seconds(event: &Value, path: &str) -> Option<f64> {
    Some(event.pointer(path)?.as_f64()? / 1000.0)
}
