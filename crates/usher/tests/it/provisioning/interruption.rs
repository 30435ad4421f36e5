//! An apply that is told to stop goes on where it stopped.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use serde_json::Value;
use usher_sandbox::{FaultRule, SandboxSettings};

use super::company::Company;
use crate::support::small;

#[test]
fn an_interrupted_apply_stops_cleanly_and_goes_on_without_doing_anything_twice() {
    let rule: FaultRule = "POST /api/v1/scim/Users latency=2s".parse().unwrap();
    let company = Company::beside(SandboxSettings {
        faults: vec![rule],
        ..small()
    });
    company.run(&["scope", "set", "--mode", "everyone", "--yes"]);
    company.plan();
    let mut child = company
        .home
        .command(&["apply", "--yes", "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let started: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    assert_eq!(started["event"], "started", "{started}");
    let id = child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &id])
            .status()
            .unwrap()
            .success()
    );
    lines.for_each(drop);
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(company.json(&["plan", "list"])[0]["state"], "interrupted");

    company.home.run(&["apply", "--yes"]).expect(11);
    company.run(&["apply", "--resume"]);
    let emails = company.miro.emails();
    for email in ["frank@example.org", "gina@example.org"] {
        assert!(emails.contains(email), "{email}: {emails:?}");
    }
    assert_eq!(company.json(&["plan", "list"])[0]["state"], "applied");
    let created = company.json(&["events", "--kind", "user_create_provision"]);
    assert_eq!(created.as_array().unwrap().len(), 2, "{created}");
}
