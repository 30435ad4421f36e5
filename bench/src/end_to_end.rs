//! `usher plan` from the command line to its end: reading the inventory and the directory, planning, and keeping the plan.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context, Result};

use crate::desk::{Desk, Size};
use crate::process::{Taken, measure};
use crate::provisioning::Meter;

/// Everybody whom the organization holds is in the directory too, is linked, and in line.
#[derive(Clone, Copy, Debug)]
pub struct Planned {
    /// People, each with an account.
    pub people: usize,
    /// With nothing to do.
    pub nothing: Taken,
    /// With a change for every tenth person.
    pub tenth: Taken,
}

/// Limits do not matter here: nothing is sent while planning.
const TIME_SCALE: f64 = 2000.0;

/// Plans for an organization and a directory of so many people.
pub fn run(usher: &Path, people: usize) -> Result<Planned> {
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
        "--csv",
        "--columns",
        "email,name",
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
    std::fs::write(&file, directory(&accounts, Some("Moved")))?;
    desk.usher(&["people", "source", "read", "hr"])?;
    let tenth = measure(&mut desk.command(&["plan", "--quiet"]))?;
    Ok(Planned {
        people,
        nothing,
        tenth,
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
