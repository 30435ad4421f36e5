//! What an independent SCIM tester says of the server.
//!
//! The tester is Python's scim2-cli; `USHER_SCIM2` names the program, and `cargo xtask test` installs it. What it
//! complains of without reason is listed below; the test fails when the list lacks one, and when one of the list is no
//! longer seen.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use tokio::process::Command;

use super::support::*;

/// What the tester finds, and why it is right as it is.
const FALSE_ALARMS: &[(&str, &str)] = &[];

fn tester() -> Option<PathBuf> {
    let program = std::env::var_os("USHER_SCIM2").map(PathBuf::from);
    if program.is_none() {
        let mut notes = std::io::stderr();
        let _ = writeln!(
            notes,
            "left out: the SCIM tester (USHER_SCIM2 does not name scim2; run `cargo xtask test`)"
        );
    }
    program
}

/// The tester's findings that are no successes: what was checked, and the first line of what was wrong.
async fn findings(program: &Path, provider: &Provider) -> BTreeSet<String> {
    let output = Command::new(program)
        .args(["--url", &provider.url, "test"])
        .env(
            "SCIM_CLI_HEADERS",
            format!("Authorization: Bearer {}", provider.token),
        )
        .output()
        .await
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    let done = text
        .lines()
        .filter(|line| line.starts_with("SUCCESS"))
        .count();
    assert!(
        done > 100,
        "the tester did not get far ({done} checks): {text}{errors}"
    );
    read_findings(&text)
}

fn read_findings(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut lines = text.lines().skip(1).peekable();
    while let Some(line) = lines.next() {
        let (status, check) = line.split_once(' ').unwrap_or((line, ""));
        let is_result =
            !status.is_empty() && status.chars().all(|letter| letter.is_ascii_uppercase());
        if !is_result || status == "SUCCESS" {
            continue;
        }
        let reason = lines
            .peek()
            .and_then(|next| next.strip_prefix("  "))
            .unwrap_or_default();
        found.insert(format!("{status} {check}: {reason}"));
    }
    found
}

on_both_engines! {
    async fn an_independent_tester_finds_nothing_but_false_alarms(provider: Provider) {
        let Some(program) = tester() else { return };
        let known: BTreeSet<String> = FALSE_ALARMS.iter().map(|(finding, _)| (*finding).to_owned()).collect();
        let found = findings(&program, &provider).await;
        let fresh: Vec<&String> = found.difference(&known).collect();
        let obsolete: Vec<&String> = known.difference(&found).collect();
        assert!(fresh.is_empty(), "not among the false alarms: {fresh:#?}");
        assert!(obsolete.is_empty(), "listed as a false alarm, but no longer found: {obsolete:#?}");
        provider.merging_everything_changes_nothing().await;
    }
}
