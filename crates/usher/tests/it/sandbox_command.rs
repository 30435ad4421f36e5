//! `usher sandbox`, as its own process.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use crate::support::Home;

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts `usher sandbox` and reads its first lines up to the one that begins with `last`.
fn start(home: &Home, arguments: &[&str], last: &str) -> (Running, Vec<String>) {
    let all = [&["sandbox", "--listen", "127.0.0.1:0"], arguments].concat();
    let mut child = home.command(&all).stdout(Stdio::piped()).spawn().unwrap();
    let reader = BufReader::new(child.stdout.take().unwrap());
    let running = Running(child);
    let mut lines = Vec::new();
    for line in reader.lines() {
        let line = line.unwrap();
        let is_last = line.starts_with(last);
        lines.push(line);
        if is_last {
            break;
        }
    }
    (running, lines)
}

fn value<'a>(lines: &'a [String], name: &str) -> &'a str {
    let prefix = format!("{name}: ");
    lines
        .iter()
        .find_map(|line| line.strip_prefix(&prefix))
        .unwrap_or_else(|| panic!("no {name}: {lines:?}"))
}

#[test]
fn it_says_where_it_is_and_its_tokens_and_the_pasted_line_syncs() {
    let home = Home::new();
    let arguments = [
        "--users",
        "60",
        "--teams",
        "4",
        "--time-scale",
        "1000",
        "--scim-token",
        "scim-secret",
    ];
    let (_running, lines) = start(&home, &arguments, "  ");
    assert_eq!(value(&lines, "scim token"), "scim-secret");
    assert!(value(&lines, "access token").len() > 10);
    assert!(
        lines
            .iter()
            .any(|line| line.contains("default team") && line.contains("60")),
        "{lines:?}"
    );
    let pasted = lines.last().unwrap().trim();
    let words: Vec<&str> = pasted.split(' ').skip(1).collect();
    home.run(&words).expect(0);
    assert_eq!(home.json(&["accounts"]).as_array().unwrap().len(), 60);
}

#[test]
fn it_tells_programs_the_same_on_one_line() {
    let home = Home::new();
    let (_running, lines) = start(&home, &["--users", "20", "--json"], "{");
    let said: serde_json::Value = serde_json::from_str(&lines[0]).unwrap();
    for member in [
        "rest_url",
        "scim_url",
        "control_url",
        "access_token",
        "scim_token",
    ] {
        assert!(said[member].is_string(), "{member}: {said}");
    }
}

#[test]
fn an_address_that_is_taken_is_one_clear_error() {
    let home = Home::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let ran = home.run(&["sandbox", "--listen", &address]).expect(2);
    assert!(
        ran.stderr().contains("cannot listen on"),
        "{}",
        ran.stderr()
    );
}

#[test]
fn a_misspelt_switch_is_answered_with_the_nearest_one() {
    let home = Home::new();
    let ran = home
        .run(&["sandbox", "--switch", "group_modle=team"])
        .expect(2);
    assert!(
        ran.stderr().contains("did you mean `group_model`?"),
        "{}",
        ran.stderr()
    );
}

#[test]
fn the_switches_are_listed_on_request() {
    let listed = Home::new()
        .run(&["sandbox", "--switch", "help"])
        .expect(0)
        .stdout();
    assert!(listed.contains("group_model"), "{listed}");
}
