//! Backup and restore, at the command line: while serving, and from one engine to the other.

use std::os::unix::fs::PermissionsExt as _;

use tokio::runtime::Runtime;
use usher_store::postgres_for_tests::new_database_url;

use super::{Serving, jobs, wait_until};
use crate::provisioning::company::Company;
use crate::support::{Home, small};

/// What a database says of the organization, its people, and what happened up to the backup.
fn told(home: &Home, events: usize) -> String {
    let lists: [&[&str]; 7] = [
        &["accounts", "--columns", "all"],
        &["teams", "--columns", "all"],
        &["grants", "--columns", "all"],
        &["people", "list", "--columns", "all"],
        &["plan", "list", "--columns", "all"],
        &["schedules", "list", "--columns", "all"],
        &["connector", "status"],
    ];
    let mut text: String = lists
        .iter()
        .map(|list| home.json(list).to_string())
        .collect();
    let log = home.json(&[
        "events",
        "--limit",
        "0",
        "--sort",
        "sequence",
        "--columns",
        "all",
    ]);
    for event in &log.as_array().unwrap()[..events] {
        text.push_str(&event.to_string());
    }
    text
}

fn events(home: &Home) -> usize {
    home.json(&["events", "--limit", "0"])
        .as_array()
        .unwrap()
        .len()
}

#[test]
fn a_database_moves_from_sqlite_to_postgresql_and_back() {
    let company = Company::of_everyone();
    company.provision();
    company.run(&["schedules", "set", "cycle", "--every", "40m"]);
    let count = events(&company.home);
    let before = told(&company.home, count);
    let made = company.json(&["backup", "one.backup"]);
    let mode = std::fs::metadata(company.home.path("one.backup"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600, "it holds personal data");
    let url = Runtime::new()
        .unwrap()
        .block_on(new_database_url())
        .unwrap();
    let on_server = Home::beside(&company.miro).with("USHER_DATABASE", &url);
    let file = company.home.path("one.backup");
    let restored = on_server.json(&["restore", file.to_str().unwrap()]);
    assert_eq!(restored["backup"], made["backup"]);
    assert_eq!(told(&on_server, count), before);
    on_server.run(&["audit", "verify"]).expect(0);
    // It can be worked with: what is to be done now is nothing.
    on_server.run(&["cycle", "--quiet"]).expect(0);
    on_server.run(&["backup", "two.backup"]).expect(0);
    let back = Home::beside(&company.miro);
    let file = on_server.path("two.backup");
    back.run(&["restore", file.to_str().unwrap()]).expect(0);
    assert_eq!(told(&back, count), told(&on_server, count));
    back.run(&["cycle", "--quiet"]).expect(0);
    back.run(&["audit", "verify"]).expect(0);
}

#[test]
fn a_backup_while_serving_is_whole() {
    let company = Company::unconnected(small());
    let company = Company {
        home: company.home.with("USHER_JOBS_POLL", "100ms"),
        ..company
    };
    company.run(&["schedules", "set", "source-read", "hr", "--every", "1s"]);
    company.run(&["schedules", "set", "sync", "--every", "1s"]);
    let _serving = Serving::start(&company.home);
    let done = || {
        jobs(&company.home)
            .iter()
            .filter(|job| job["state"] == "done")
            .count()
    };
    wait_until("jobs are done", || done() >= 1);
    for number in 0..5 {
        let file = format!("{number}.backup");
        company.run(&["backup", &file]);
        let other = Home::beside(&company.miro);
        let path = company.home.path(&file);
        other.run(&["restore", path.to_str().unwrap()]).expect(0);
        other.run(&["audit", "verify"]).expect(0);
        other.run(&["accounts"]).expect(0);
    }
    let before = done();
    wait_until("jobs go on", || done() > before);
}

#[test]
fn a_database_that_is_not_empty_is_kept_unless_its_loss_is_asked_for() {
    let company = Company::unconnected(small());
    company.run(&["backup", "one.backup"]);
    company.run(&["people", "add", "late@example.org"]);
    let ran = company.home.run(&["restore", "one.backup"]).expect(6);
    assert!(ran.stderr().contains("--replace"), "{}", ran.transcript());
    company.run(&["people", "show", "late@example.org"]);
    company.run(&["restore", "--replace", "one.backup"]);
    company
        .home
        .run(&["people", "show", "late@example.org"])
        .expect(2);
    company.run(&["audit", "verify"]);
    company.home.write("one.backup", "something else");
    company
        .home
        .run(&["restore", "--replace", "one.backup"])
        .expect(7);
    company.run(&["audit", "verify"]);
}
