//! `usher demo`.

use std::path::Path;

use crate::support::{Home, read};

#[test]
fn the_demo_syncs_a_simulated_miro_plans_applies_and_proves_it() {
    let ran = Home::new()
        .run(&["demo", "--exit", "--users", "300"])
        .expect(0);
    let said = ran.stdout();
    for line in [
        "Meridian Works: 300 accounts in 15 teams with 1,505 grants",
        "12 people have joined, 4 people have left, 15 people work in another department",
        "  + create                       12",
        "  - disable                       4",
        "64 of 64 changes done",
        "planned again: nothing to do, Miro is as the directory wants it",
    ] {
        assert!(said.contains(line), "{line}: {said}");
    }
}

/// How many requests it took, and how long they waited, depends on the machine.
fn is_fixed(line: &str) -> bool {
    line != "…" && !line.contains(" requests (")
}

/// A line without lengths of time: `1.1 s`, `40 ms`.
fn without_times(line: &str) -> String {
    let words: Vec<&str> = line.split(' ').collect();
    let is_time = |at: usize| {
        words[at].starts_with(|first: char| first.is_ascii_digit())
            && words
                .get(at + 1)
                .is_some_and(|unit| ["s", "ms"].contains(&unit.trim_end_matches([',', ';', ')'])))
    };
    let plain: Vec<&str> = (0..words.len())
        .filter(|at| *at == 0 || !is_time(at - 1))
        .map(|at| if is_time(at) { "TIME" } else { words[at] })
        .collect();
    plain.join(" ")
}

#[test]
fn the_readme_shows_what_the_demo_says() {
    let ran = Home::new().run(&["demo", "--exit"]).expect(0);
    let said = ran.stdout();
    let book = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let page = read(&book.join("README.md"));
    let (_, shown) = page.split_once("```text\n").expect("the transcript");
    let (shown, _) = shown.split_once("```").expect("its end");
    let mut lines = said.lines().map(without_times);
    for line in shown.lines().filter(|line| is_fixed(line)) {
        let line = without_times(line);
        assert!(lines.any(|next| next == line), "{line}\n\n{said}");
    }
}

#[test]
fn the_demo_leaves_nothing_behind_unless_told_to() {
    let home = Home::new();
    home.run(&["demo", "--exit", "--users", "50"]).expect(0);
    assert_eq!(std::fs::read_dir(home.path(".")).unwrap().count(), 0);
    home.run(&[
        "demo",
        "--exit",
        "--users",
        "50",
        "--database",
        "sqlite://kept.db",
    ])
    .expect(0);
    let accounts = home.json(&["accounts", "--database", "sqlite://kept.db"]);
    let accounts = accounts.as_array().unwrap();
    assert_eq!(accounts.len(), 50 + 12, "everybody, and who joined");
    let joined = |account: &&serde_json::Value| account["email"] == "amara.osei@meridian.example";
    assert!(accounts.iter().any(|account| joined(&account)));
}

#[test]
fn the_demo_does_not_touch_the_configured_inventory() {
    let home = Home::new().with("USHER_DATABASE", "sqlite://real.db");
    home.run(&["demo", "--exit", "--users", "50"]).expect(0);
    assert!(!home.path("real.db").exists());
}
