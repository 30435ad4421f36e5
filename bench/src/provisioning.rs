//! Carrying plans out: how much of Miro's limits is used, and how well the end is foreseen.
//!
//! Each case starts a sandbox with limits on, reads a directory from a table, plans, approves and applies, with the
//! program's own commands.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use anyhow::Result;

use crate::desk::{Desk, Size};

/// How Miro meters SCIM calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meter {
    /// Each kind of call has a limit of its own.
    PerClass,
    /// All share one pool of credits.
    SharedPool,
}

impl Meter {
    /// Both readings.
    pub const ALL: [Self; 2] = [Self::PerClass, Self::SharedPool];

    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::PerClass => "per class",
            Self::SharedPool => "shared pool",
        }
    }

    /// The sandbox's switch for it.
    pub fn switch(self) -> &'static str {
        match self {
            Self::PerClass => "rate_buckets=per_method",
            Self::SharedPool => "rate_buckets=shared",
        }
    }

    /// Usher's profile for it.
    pub fn profile(self) -> &'static str {
        match self {
            Self::PerClass => "per-class",
            Self::SharedPool => "shared-pool",
        }
    }
}

/// What is to be provisioned.
#[derive(Clone, Copy, Debug)]
pub struct Job {
    /// What to call it.
    pub name: &'static str,
    /// New people.
    pub people: usize,
    /// Groups, each of which gets a team.
    pub groups: usize,
    /// People in each group.
    pub members: usize,
}

/// The jobs of the report: a first cycle, one big team, and many teams.
pub const JOBS: [Job; 3] = [
    Job {
        name: "10,000 new people",
        people: 10_000,
        groups: 0,
        members: 0,
    },
    Job {
        name: "one team of 8,000",
        people: 8_000,
        groups: 1,
        members: 8_000,
    },
    Job {
        name: "500 teams of 60",
        people: 3_000,
        groups: 500,
        members: 60,
    },
];

/// How a job went.
#[derive(Clone, Debug)]
pub struct Applied {
    /// The job.
    pub job: Job,
    /// How calls were metered.
    pub meter: Meter,
    /// What the sandbox counted, by method and route, while the plan was applied.
    pub calls: Vec<(String, u64)>,
    /// Replies that the limit was exceeded.
    pub refused: u64,
    /// How long it took.
    pub wall: Duration,
    /// How long it would take at Miro's pace.
    pub at_miros_pace: Duration,
    /// The share of the binding limit that writes used, where one limit binds.
    pub share: Option<f64>,
    /// The least time that the limits allow.
    pub optimum: Duration,
    /// How far the estimate at a tenth of the way was from the end, as a share of the whole.
    pub eta_error: Option<f64>,
}

impl Applied {
    /// How many changes of groups were sent.
    pub fn group_patches(&self) -> u64 {
        let is_patch = |route: &str| route.starts_with("PATCH ") && route.contains("/Groups");
        let counts = self.calls.iter().filter(|(route, _)| is_patch(route));
        counts.map(|(_, count)| count).sum()
    }
}

/// Runs every job under both readings.
pub async fn run(usher: &Path, time_scale: f64) -> Result<Vec<Applied>> {
    let mut all = Vec::new();
    for job in JOBS {
        for meter in Meter::ALL {
            all.push(one(usher, job, meter, time_scale).await?);
        }
    }
    Ok(all)
}

async fn one(usher: &Path, job: Job, meter: Meter, time_scale: f64) -> Result<Applied> {
    let folder = tempfile::tempdir()?;
    let few = Size {
        users: 20,
        teams: 1,
        memberships: 1,
    };
    let desk = Desk::open(usher, folder.path(), (meter, time_scale), few)?;
    let (people, memberships) = tables(job);
    std::fs::write(folder.path().join("people.csv"), people)?;
    std::fs::write(folder.path().join("memberships.csv"), memberships)?;
    desk.usher(&["sync"])?;
    desk.usher(&["connector", "activate"])?;
    desk.usher(&[
        "people",
        "source",
        "add",
        "csv",
        "hr",
        "people.csv",
        "--memberships",
        "memberships.csv",
        "--member-by",
        "email",
    ])?;
    desk.usher(&["people", "source", "read", "hr"])?;
    desk.usher(&["scope", "set", "--mode", "everyone", "--yes"])?;
    if job.groups > 0 {
        // The people first, so that the figures are those of the memberships.
        desk.apply_unwatched("people")?;
        desk.usher(&["provisioning", "set", "group_actions.create", "on"])?;
        let mut words = vec!["assign".to_owned()];
        for group in 0..job.groups {
            words.push("--group".to_owned());
            words.push(group_name(group));
        }
        words.extend(["--app-role".to_owned(), "User".to_owned()]);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        desk.usher(&words)?;
    }
    desk.reset().await?;
    let watched = desk.apply_watched()?;
    let counted = desk.counted().await?;
    Ok(Applied {
        job,
        meter,
        share: (job.groups == 0).then(|| share(&counted.calls, meter, watched.wall, time_scale)),
        optimum: optimum(job, meter).div_f64(time_scale),
        calls: counted.calls,
        refused: counted.refused,
        wall: watched.wall,
        at_miros_pace: watched.wall.mul_f64(time_scale),
        eta_error: watched.eta_error,
    })
}

fn group_name(number: usize) -> String {
    format!("Bench {number:04}")
}

fn tables(job: Job) -> (String, String) {
    let mut people = "employee id,email,display name,department,status\n".to_owned();
    for number in 0..job.people {
        let _ = writeln!(
            people,
            "B{number:05},bench.person{number:05}@meridian.example,Bench Person {number:05},Department {},active",
            number % 40
        );
    }
    let mut memberships = "group,member\n".to_owned();
    for group in 0..job.groups {
        for member in 0..job.members {
            let person = (group * job.members + member) % job.people;
            let _ = writeln!(
                memberships,
                "{},bench.person{person:05}@meridian.example",
                group_name(group)
            );
        }
    }
    (people, memberships)
}

/// The share of the binding limit that writes used: of the pool, or of the busiest class's own limit.
fn share(calls: &[(String, u64)], meter: Meter, wall: Duration, time_scale: f64) -> f64 {
    let windows = wall.as_secs_f64() * time_scale / 30.0;
    let credits = calls
        .iter()
        .filter_map(|(route, count)| Some(write_credits(route)? * *count as f64));
    let spent = match meter {
        Meter::SharedPool => credits.sum::<f64>(),
        Meter::PerClass => credits.fold(0.0, f64::max),
    };
    spent / (windows * 10_000.0)
}

/// The least time in which Miro's limits allow a job: all but the last window of 30 seconds, since the calls of a window can
/// all be made at its beginning.
fn optimum(job: Job, meter: Meter) -> Duration {
    let windows = if job.groups == 0 {
        // 200 creations a window, whichever way calls are metered.
        job.people as f64 / 200.0
    } else {
        // A group is filled by one large call, or by small ones of eleven members.
        let small = job.members.div_ceil(11) as f64;
        let groups = job.groups as f64;
        match meter {
            Meter::PerClass => groups / (5.0 + 100.0 / small),
            Meter::SharedPool => groups * (100.0 * small).min(2000.0) / 10_000.0,
        }
    };
    Duration::from_secs_f64((windows.ceil() - 1.0).max(0.0) * 30.0)
}

/// What a write through SCIM costs, by the sandbox's name of its route; nothing for reads and REST.
fn write_credits(route: &str) -> Option<f64> {
    let (method, path) = route.split_once(' ')?;
    let is_group = path.contains("Groups");
    if !path.contains("scim") {
        return None;
    }
    match (method, is_group) {
        ("POST", false) => Some(50.0),
        ("PATCH" | "PUT", false) => Some(100.0),
        ("DELETE", _) | ("POST", true) => Some(500.0),
        _ => None,
    }
}
