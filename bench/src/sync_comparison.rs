//! Usher's synchronization against the plain client, on organizations of several sizes.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::Arguments;
use crate::process::{SandboxProcess, Taken, measure, resident_high_water};

/// One contestant's run.
#[derive(Clone, Debug)]
pub struct Run {
    /// Who ran.
    pub contestant: &'static str,
    /// People in the organization.
    pub users: u64,
    /// Requests that the sandbox counted.
    pub requests: u64,
    /// Credits of the REST pool that they took.
    pub credits: u64,
    /// Replies that refused for the rate limit.
    pub refused: u64,
    /// The fewest requests for the same data, where the contestant knows it.
    pub floor: Option<u64>,
    /// Wall time and memory.
    pub taken: Taken,
    /// Peak memory of the sandbox, in bytes.
    pub sandbox_memory: u64,
    /// Size of the `.c1z` file and time to write it.
    pub export: Option<(u64, Taken)>,
}

/// Runs every contestant on every size.
pub async fn run(usher: &Path, arguments: &Arguments) -> Result<Vec<Run>> {
    let mut runs = Vec::new();
    for &users in &arguments.users {
        let folder = tempfile::tempdir()?;
        let sandbox = start(usher, users, arguments.time_scale)?;
        runs.push(
            usher_sync(
                usher,
                &sandbox,
                users,
                arguments.time_scale,
                folder.path(),
                Names::Without,
            )
            .await?,
        );
        let folder = tempfile::tempdir()?;
        runs.push(
            usher_sync(
                usher,
                &sandbox,
                users,
                arguments.time_scale,
                folder.path(),
                Names::With,
            )
            .await?,
        );
        drop(sandbox);
        if users <= arguments.plain_up_to {
            let sandbox = start(usher, users, arguments.time_scale)?;
            runs.push(plain(&sandbox, users, arguments.time_scale).await?);
        }
    }
    Ok(runs)
}

/// Whether SCIM is read too.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Names {
    With,
    Without,
}

fn start(usher: &Path, users: u64, time_scale: f64) -> Result<SandboxProcess> {
    let teams = (users / 20).max(1);
    let arguments = [
        "--users".to_owned(),
        users.to_string(),
        "--teams".to_owned(),
        teams.to_string(),
        "--memberships".to_owned(),
        "3".to_owned(),
        "--seed".to_owned(),
        "42".to_owned(),
        "--time-scale".to_owned(),
        time_scale.to_string(),
    ];
    SandboxProcess::start(usher, &arguments)
}

async fn usher_sync(
    usher: &Path,
    sandbox: &SandboxProcess,
    users: u64,
    time_scale: f64,
    folder: &Path,
    names: Names,
) -> Result<Run> {
    reset_counters(sandbox).await?;
    let database = format!("sqlite://{}", folder.join("usher.db").display());
    let command = |words: &[&str]| {
        let mut command = Command::new(usher);
        command.args(words).current_dir(folder);
        command.env("USHER_DATABASE", &database);
        command.env("USHER_REST_URL", &sandbox.address);
        command.env("USHER_SCIM_URL", format!("{}/api/v1/scim", sandbox.address));
        command.env("USHER_ACCESS_TOKEN", &sandbox.access_token);
        command.env("USHER_TIME_SCALE", time_scale.to_string());
        if names == Names::With {
            command.env("USHER_SCIM_TOKEN", &sandbox.scim_token);
        }
        command
    };
    let taken = measure(&mut command(&["sync"]))?;
    let counted = counters(sandbox).await?;
    let syncs = command(&["syncs", "--json"]).output()?;
    let syncs: Value = serde_json::from_slice(&syncs.stdout).context("`usher syncs --json`")?;
    let floor = syncs.pointer("/0/requests/floor").and_then(Value::as_u64);
    let file = folder.join("sync.c1z");
    let export = measure(&mut command(&["export", &file.display().to_string()]))?;
    let size = std::fs::metadata(&file)?.len();
    Ok(Run {
        contestant: if names == Names::With {
            "usher sync, REST + SCIM"
        } else {
            "usher sync, REST"
        },
        floor,
        taken,
        export: Some((size, export)),
        ..counted.into_run(users, sandbox)
    })
}

async fn plain(sandbox: &SandboxProcess, users: u64, time_scale: f64) -> Result<Run> {
    reset_counters(sandbox).await?;
    let mut command = Command::new(std::env::current_exe()?);
    command.args([
        "plain-client",
        "--rest-url",
        &sandbox.address,
        "--token",
        &sandbox.access_token,
    ]);
    // A tenth of a window: it notices a new window soon, and asks rarely.
    command.args(["--pause", &format!("{:.0}", (6000.0 / time_scale).max(1.0))]);
    let taken = measure(&mut command)?;
    let counted = counters(sandbox).await?;
    Ok(Run {
        contestant: "plain client",
        floor: None,
        taken,
        export: None,
        ..counted.into_run(users, sandbox)
    })
}

struct Counters {
    requests: u64,
    credits: u64,
    refused: u64,
}

impl Counters {
    fn into_run(self, users: u64, sandbox: &SandboxProcess) -> Run {
        Run {
            contestant: "",
            users,
            requests: self.requests - self.refused,
            credits: self.credits,
            refused: self.refused,
            floor: None,
            taken: Taken {
                wall: std::time::Duration::ZERO,
                peak_memory: 0,
            },
            sandbox_memory: resident_high_water(sandbox.id()),
            export: None,
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a benchmark's own look at the sandbox's counters"
)]
async fn counters(sandbox: &SandboxProcess) -> Result<Counters> {
    let url = format!("{}/_sandbox/requests", sandbox.address);
    let counted: Value = reqwest::Client::new()
        .get(url)
        .send()
        .await?
        .error_for_status()?
        .json()
        .await?;
    let number = |pointer: &str| {
        counted
            .pointer(pointer)
            .and_then(Value::as_u64)
            .unwrap_or(0)
    };
    Ok(Counters {
        requests: number("/total"),
        credits: number("/rest_credits"),
        refused: number("/by_status/429"),
    })
}

#[expect(
    clippy::disallowed_methods,
    reason = "a benchmark's own look at the sandbox's counters"
)]
async fn reset_counters(sandbox: &SandboxProcess) -> Result<()> {
    let url = format!("{}/_sandbox/requests", sandbox.address);
    reqwest::Client::new()
        .delete(url)
        .send()
        .await?
        .error_for_status()?;
    Ok(())
}
