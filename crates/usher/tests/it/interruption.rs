//! Ctrl-C, termination, and syncs that repeat.

use std::io::{BufRead, BufReader, Lines};
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::Value;
use usher_sandbox::FaultRule;

use crate::support::{Home, Miro, small};

/// A command that writes a line of JSON per event.
struct Running {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Running {
    fn start(home: &Home, arguments: &[&str]) -> Self {
        let mut command = home.command(arguments);
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// Reads up to the next event of this name.
    fn wait_for(&mut self, event: &str) -> Value {
        loop {
            let line = self.lines.next().expect("the program ended").unwrap();
            let said: Value = serde_json::from_str(&line).unwrap();
            if said["event"] == event {
                return said;
            }
        }
    }

    fn signal(mut self, signal: &str) -> i32 {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args([signal, &id]).status().unwrap();
        assert!(sent.success());
        // What it still writes must find a reader.
        self.lines.by_ref().for_each(drop);
        self.child.wait().unwrap().code().unwrap_or(-1)
    }
}

/// A Miro that answers slowly enough to be interrupted.
fn slow() -> Miro {
    let rule: FaultRule = "GET /v2/**/teams/** latency=3s".parse().unwrap();
    Miro::start(usher_sandbox::SandboxSettings {
        faults: vec![rule],
        ..small()
    })
}

#[test]
fn an_interrupted_sync_says_so_and_the_next_one_goes_on() {
    let miro = slow();
    let home = Home::beside(&miro);
    let mut running = Running::start(&home, &["sync", "--json"]);
    let mut progress = running.wait_for("progressed");
    while progress["accounts"] == 0 {
        progress = running.wait_for("progressed");
    }
    assert_eq!(running.signal("-INT"), 130);
    let mut running = Running::start(&home, &["sync", "--json"]);
    let started = running.wait_for("started");
    assert!(started["pages_kept"].as_u64().unwrap() > 0, "{started}");
    running.wait_for("finished");
    assert_eq!(home.json(&["accounts"]).as_array().unwrap().len(), 6);
}

#[test]
fn a_watching_sync_repeats_until_it_is_told_to_stop() {
    let miro = Miro::small();
    let home = Home::beside(&miro);
    let mut running = Running::start(&home, &["sync", "--watch", "1s", "--json"]);
    running.wait_for("finished");
    running.wait_for("finished");
    assert_eq!(running.signal("-TERM"), 0);
    let syncs = home.json(&["syncs"]);
    let complete = syncs
        .as_array()
        .unwrap()
        .iter()
        .filter(|sync| sync["state"] == "complete");
    assert!(complete.count() >= 2, "{syncs}");
}

#[test]
fn a_watching_sync_ends_when_repeating_cannot_help() {
    let miro = Miro::small();
    let home = Home::beside(&miro).with("USHER_ACCESS_TOKEN", "wrong");
    home.run(&["sync", "--watch", "1s"]).expect(3);
}
