//! Cycles: the first over everything, then what changed.

use std::io::{BufRead, BufReader, Lines};
use std::process::{Child, ChildStdout, Stdio};

use serde_json::Value;

use super::company::{Company, PEOPLE};

/// A company whose first plan was approved and applied.
fn running() -> Company {
    let company = Company::of_everyone();
    company.home.run(&["cycle", "--initial"]).expect(9);
    company.run(&["plan", "approve", "latest", "--reason", "first"]);
    company.run(&["apply", "--yes"]);
    company
}

#[test]
fn e10_an_initial_cycle_takes_everything_and_the_next_ones_what_changed() {
    let company = running();
    assert!(company.miro.user("frank@example.org").is_some());
    let before = company.miro.calls("POST") + company.miro.calls("PATCH");
    company.run(&["cycle", "--incremental"]);
    let after = company.miro.calls("POST") + company.miro.calls("PATCH");
    assert_eq!(after, before, "a quiet cycle writes nothing");

    company
        .home
        .write("people.csv", PEOPLE.replace("Library", "Archive"));
    company.run(&["cycle"]);
    let frank = company.miro.user("frank@example.org").unwrap();
    assert_eq!(
        frank.enterprise.unwrap().department.as_deref(),
        Some("Archive")
    );
    let cycles = company.json(&["cycles"]);
    let kinds: Vec<_> = cycles
        .as_array()
        .unwrap()
        .iter()
        .map(|row| &row["kind"])
        .collect();
    assert_eq!(kinds.last().unwrap().as_str(), Some("initial"));
    assert_eq!(kinds.len(), 3, "{cycles}");
}

#[test]
fn e11_every_action_is_in_the_provisioning_log_with_what_changed_and_why() {
    let company = running();
    let events = company.json(&["events", "--kind", "user_create_provision"]);
    let frank = events
        .as_array()
        .unwrap()
        .iter()
        .find(|event| event.to_string().contains("frank@example.org"))
        .unwrap_or_else(|| panic!("{events}"));
    assert!(frank["data"]["plan"].is_string(), "{frank}");
    assert!(company.miro.user("frank@example.org").is_some());
    let cycles = company.json(&["cycles"]);
    assert!(cycles[0]["counts"].is_object(), "{cycles}");
    assert!(cycles[0]["took"].is_u64(), "{cycles}");
}

/// `usher cycle --every` at work; what it says comes line by line.
struct Daemon {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Daemon {
    fn start(company: &Company) -> Self {
        let mut child = company
            .home
            .command(&["cycle", "--every", "1s", "--json"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// What it says from now on until it has waited so often.
    fn events(&mut self, cycles: usize) -> Vec<Value> {
        let mut events = Vec::new();
        let waits = |events: &[Value]| {
            let waits = events.iter().filter(|event| event["event"] == "waiting");
            waits.count()
        };
        while waits(&events) < cycles {
            let line = self.lines.next().unwrap().unwrap();
            events.push(serde_json::from_str(&line).unwrap());
        }
        events
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_source_that_is_corrected_while_cycles_run_is_read_as_it_is_now() {
    let company = running();
    let mut daemon = Daemon::start(&company);
    daemon.events(1);
    company
        .home
        .write("moved.csv", PEOPLE.replace("Library", "Archive"));
    company.run(&["people", "source", "add", "csv", "hr", "moved.csv"]);
    let events = daemon.events(3);
    let frank = company.miro.user("frank@example.org").unwrap();
    let department = frank.enterprise.unwrap().department;
    assert_eq!(department.as_deref(), Some("Archive"), "{events:#?}");
}

#[test]
fn a_token_that_is_replaced_in_its_file_while_cycles_run_is_the_one_that_is_sent() {
    let company = running();
    company.home.write("scim-token", &company.miro.scim_token);
    let Company { miro, home } = company;
    let path = home.path("scim-token");
    let home = home
        .without("USHER_SCIM_TOKEN")
        .with("USHER_SCIM_TOKEN_FILE", path.to_str().unwrap());
    let company = Company { miro, home };
    let mut daemon = Daemon::start(&company);
    let failed = |events: &[Value]| events.iter().any(|event| event["event"] == "failed");
    assert!(!failed(&daemon.events(2)));
    company
        .home
        .write("scim-token", "one-that-miro-does-not-know");
    company
        .home
        .write("people.csv", PEOPLE.replace("Library", "Archive"));
    daemon.events(2);
    let status = company.json(&["connector", "status"]);
    let reason = status["quarantine"]["reason"].as_str().unwrap_or_default();
    assert!(reason.contains("credentials"), "{status}");
}
