//! Several processes on one database.

use std::fmt::Write as _;
use std::process::Stdio;

use jiff::Timestamp;
use tokio::runtime::Runtime;
use usher_store::postgres_for_tests::new_database_url;

use super::company::{Company, PEOPLE};
use crate::support::{Home, Miro, small};

/// Another process is at work on the organization.
const BUSY: i32 = 13;

#[test]
fn several_processes_on_one_database_never_run_two_cycles_of_a_connector_at_once() {
    let url = Runtime::new()
        .unwrap()
        .block_on(new_database_url())
        .unwrap();
    let company = on(&url);
    let mut people = PEOPLE.to_owned();
    let (mut ran, mut refused) = (0, 0);
    for round in 0..4 {
        let _ = writeln!(
            people,
            "new{round}@example.org,New,Person,Engines,{},Staff,active",
            100 + round
        );
        company.home.write("people.csv", &people);
        let together = [0, 1, 2].map(|_| {
            let mut command = company.home.command(&["cycle", "--quiet"]);
            let command = command.stdout(Stdio::null()).stderr(Stdio::piped());
            command.spawn().unwrap()
        });
        for one in together {
            let output = one.wait_with_output().unwrap();
            match output.status.code() {
                Some(0) => ran += 1,
                Some(BUSY) => refused += 1,
                code => panic!("{code:?}: {}", String::from_utf8_lossy(&output.stderr)),
            }
        }
        assert!(
            company
                .miro
                .user(&format!("new{round}@example.org"))
                .is_some(),
            "round {round}"
        );
    }
    assert!(ran >= 4 && refused > 0, "{ran} ran, {refused} were refused");
    assert_they_follow_each_other(&company);
    let created = company.json(&["events", "--kind", "user_create_provision"]);
    assert_eq!(created.as_array().unwrap().len(), 4 + 2, "{created}");
    company.run(&["audit", "verify"]);
}

/// A company whose first plan was applied, and a Miro that takes its time.
pub fn on(url: &str) -> Company {
    let company = in_line(url, Miro::start(small()), "1000");
    company.miro.fault("* /** latency=30ms");
    company
}

/// A company whose first plan was applied, in a Miro whose time runs at this scale.
pub fn in_line(url: &str, miro: Miro, time_scale: &str) -> Company {
    let home = Home::beside(&miro)
        .with("USHER_DATABASE", url)
        .with("USHER_TIME_SCALE", time_scale);
    let company = Company { miro, home };
    company.run(&["sync"]);
    company.home.write("people.csv", PEOPLE);
    company.run(&["people", "source", "add", "csv", "hr", "people.csv"]);
    company.read_people();
    company.run(&["connector", "activate"]);
    company.run(&["connector", "on"]);
    company.run(&["scope", "set", "--mode", "everyone", "--yes"]);
    company.home.run(&["cycle", "--initial"]).expect(9);
    company.run(&["plan", "approve", "latest", "--reason", "first"]);
    company.run(&["apply", "--yes", "--quiet"]);
    company
}

fn assert_they_follow_each_other(company: &Company) {
    let cycles = company.json(&["cycles"]);
    let at = |text: &serde_json::Value| text.as_str().unwrap().parse::<Timestamp>().unwrap();
    let mut spans: Vec<(Timestamp, Timestamp)> = cycles
        .as_array()
        .unwrap()
        .iter()
        .map(|cycle| (at(&cycle["started_at"]), at(&cycle["finished_at"])))
        .collect();
    spans.sort();
    for pair in spans.windows(2) {
        assert!(pair[0].1 <= pair[1].0, "two at once: {cycles}");
    }
}
