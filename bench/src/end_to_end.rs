//! `usher plan` and `usher cycle` from the command line to their end: reading the inventory and the directory, planning, and
//! keeping what came of it.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context, Result};

use crate::desk::{Desk, Size};
use crate::process::{Taken, measure};
use crate::provisioning::Meter;

/// Every active account's owner is in the directory too, is linked, and in line. The others' owners have left, and
/// their accounts have nothing to be changed, so that Miro's audit log is silent.
#[derive(Clone, Copy, Debug)]
pub struct Planned {
    /// People, each with an account.
    pub people: usize,
    /// With nothing to do.
    pub nothing: Taken,
    /// With a change for every tenth person.
    pub tenth: Taken,
    /// A full pass; without `auditlogs:read` every cycle is one.
    pub full: Cycled,
    /// An incremental cycle in which nothing happened.
    pub quiet: Cycled,
}

/// A cycle.
#[derive(Clone, Copy, Debug)]
pub struct Cycled {
    /// What it took.
    pub taken: Taken,
    /// What it sent to Miro.
    pub requests: u64,
}

/// Limits do not matter here: nothing is sent while planning.
const TIME_SCALE: f64 = 2000.0;

/// Plans for an organization and a directory of so many people.
pub async fn run(usher: &Path, people: usize) -> Result<Planned> {
    let folder = tempfile::tempdir()?;
    let size = Size {
        users: people,
        teams: people / 200,
        memberships: 3,
    };
    let meter = (Meter::PerClass, TIME_SCALE);
    let desk = Desk::open(usher, folder.path(), meter, size)?;
    desk.usher(&["sync"])?;
    desk.usher(&["connector", "activate"])?;
    let accounts = desk.usher(&[
        "accounts",
        "--status",
        "active",
        "--csv",
        "--columns",
        "email,display_name",
        "--limit",
        "0",
    ])?;
    let accounts = String::from_utf8(accounts).context("the accounts are not UTF-8")?;
    let file = folder.path().join("people.csv");
    std::fs::write(&file, directory(&accounts, None))?;
    desk.usher(&["people", "source", "add", "csv", "hr", "people.csv"])?;
    desk.usher(&["people", "source", "read", "hr"])?;
    desk.usher(&["scope", "set", "--mode", "everyone", "--yes"])?;
    desk.apply_unwatched("the links")?;
    let nothing = measure(&mut desk.command(&["plan", "--quiet"]))?;
    desk.usher(&["connector", "on"])?;
    let full = cycle(&desk, "--initial").await?;
    let quiet = cycle(&desk, "--incremental").await?;
    std::fs::write(&file, directory(&accounts, Some("Moved")))?;
    desk.usher(&["people", "source", "read", "hr"])?;
    let tenth = measure(&mut desk.command(&["plan", "--quiet"]))?;
    Ok(Planned {
        people,
        nothing,
        tenth,
        full,
        quiet,
    })
}

async fn cycle(desk: &Desk<'_>, kind: &str) -> Result<Cycled> {
    desk.reset().await?;
    let taken = measure(&mut desk.command(&["cycle", kind, "--quiet"]))?;
    let counted = desk.counted().await?;
    Ok(Cycled {
        taken,
        requests: counted.calls.iter().map(|(_, calls)| calls).sum(),
    })
}

/// The accounts as a directory; every tenth person is in the department, if there is one.
fn directory(accounts: &str, department: Option<&str>) -> String {
    let mut rows = "email,display name,department\n".to_owned();
    for (at, line) in accounts.lines().skip(1).enumerate() {
        let moved = department.filter(|_| at % 10 == 0).unwrap_or_default();
        let _ = writeln!(rows, "{line},{moved}");
    }
    rows
}
