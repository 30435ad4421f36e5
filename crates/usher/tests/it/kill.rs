//! `kill -9` at any point of a sync: the database opens, the next sync succeeds, and it sees what there is.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;
use usher_sandbox::{GenerateSettings, LimitSettings, OrganizationSource, SandboxSettings};

use crate::support::{Home, Miro};

/// How often is killed: at a random moment, and in the middle of a write.
fn rounds() -> (u32, u32) {
    if std::env::var_os("USHER_TEST_FULL").is_some() {
        (100, 20)
    } else {
        (8, 3)
    }
}

fn miro() -> Miro {
    Miro::start(SandboxSettings {
        organization: OrganizationSource::Generated(GenerateSettings {
            users: 900,
            teams: 40,
            seed: 42,
            ..GenerateSettings::default()
        }),
        limits: LimitSettings {
            enforced: false,
            time_scale: 1000.0,
        },
        ..SandboxSettings::default()
    })
}

fn begin_sync(home: &Home) -> Child {
    home.command(&["sync"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn kill(mut child: Child) {
    // SIGKILL; a sync that has ended by itself is as good.
    let _ = child.kill();
    child.wait().unwrap();
}

/// Everybody and all they hold, without the times at which it was seen.
fn inventory(home: &Home) -> Vec<String> {
    let mut held: Vec<String> = home
        .json(&["grants", "--limit", "0"])
        .as_array()
        .unwrap()
        .iter()
        .map(|row| format!("{} {}", row["account"], row["entitlement"]))
        .collect();
    held.sort();
    held
}

fn check(home: &Home, expected: &[String]) {
    home.run(&["syncs"]).expect(0);
    home.run(&["sync"]).expect(0);
    assert_eq!(inventory(home), expected);
    home.run(&["events", "--verify"]).expect(0);
}

/// A spread of moments over a sync, the same in every run.
fn moments(count: u32, whole: Duration) -> impl Iterator<Item = Duration> {
    let mut state = 42_u64;
    (0..count).map(move |_| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        whole.mul_f64((state >> 40) as f64 / f64::from(1_u32 << 24))
    })
}

#[test]
fn a_killed_sync_leaves_a_database_that_opens_and_a_next_sync_that_succeeds() {
    let miro = miro();
    let home = Home::beside(&miro);
    let started = Instant::now();
    home.run(&["sync"]).expect(0);
    let whole = started.elapsed();
    let expected = inventory(&home);
    for moment in moments(rounds().0, whole) {
        let home = Home::beside(&miro);
        let child = begin_sync(&home);
        std::thread::sleep(moment);
        kill(child);
        check(&home, &expected);
    }
}

#[test]
fn a_sync_killed_while_it_writes_leaves_a_database_that_opens() {
    let miro = miro();
    let home = Home::beside(&miro);
    home.run(&["sync"]).expect(0);
    let expected = inventory(&home);
    for round in 0..rounds().1 {
        let home = Home::beside(&miro);
        let mut child = begin_sync(&home);
        let journal = home.path("usher.db-wal");
        // A write is under way when the journal has just grown; later rounds wait for later writes.
        let (mut size, mut writes) = (0, 0);
        while writes <= round * 2 && child.try_wait().unwrap().is_none() {
            let now = std::fs::metadata(&journal).map_or(0, |journal| journal.len());
            if now != size {
                (size, writes) = (now, writes + 1);
            }
        }
        kill(child);
        check(&home, &expected);
    }
}

#[test]
fn a_kill_after_the_first_inventory_leaves_that_inventory_or_the_next() {
    let miro = miro();
    let first = Home::beside(&miro);
    first.run(&["sync"]).expect(0);
    let before = inventory(&first);
    change_behind_its_back(&miro, &first);
    let started = Instant::now();
    let reference = copy(&first, &miro);
    reference.run(&["sync"]).expect(0);
    let whole = started.elapsed();
    let after = inventory(&reference);
    assert_ne!(before, after);
    for moment in moments(rounds().0, whole) {
        let home = copy(&first, &miro);
        let child = begin_sync(&home);
        std::thread::sleep(moment);
        kill(child);
        let found = inventory(&home);
        assert!(found == before || found == after, "something between");
        check(&home, &after);
    }
}

/// Five people leave.
fn change_behind_its_back(miro: &Miro, home: &Home) {
    let accounts = home.json(&["accounts", "--sort", "email"]);
    let members = accounts.as_array().unwrap().iter();
    let emails = members
        .filter(|account| account["role"] == "organization_internal_user")
        .map(|account| account["email"].clone());
    for user in emails.take(5) {
        miro.edit(&json!({"edit": "delete_user", "user": user}));
    }
}

/// A home with a copy of another's database.
fn copy(home: &Home, miro: &Miro) -> Home {
    let copy = Home::beside(miro);
    std::fs::copy(home.path("usher.db"), copy.path("usher.db")).unwrap();
    copy
}
