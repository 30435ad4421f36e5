//! Looking at the inventory: filters, columns, order, forms.

use usher_sandbox::{OrganizationSource, SandboxSettings};

use crate::support::{Home, Miro, ORGANIZATION, assert_transcript, read, small};

fn synced() -> (Miro, Home) {
    let miro = Miro::small();
    let home = Home::beside(&miro);
    home.run(&["sync"]).expect(0);
    (miro, home)
}

fn emails(home: &Home, arguments: &[&str]) -> Vec<String> {
    let rows = home.json(arguments);
    let rows = rows.as_array().unwrap().iter();
    rows.map(|row| row["email"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn the_first_sync_says_what_it_found_and_what_it_cost() {
    let miro = Miro::small();
    assert_transcript!("sync_first", Home::beside(&miro).run(&["sync"]).expect(0));
}

#[test]
fn a_second_sync_of_an_unchanged_organization_changes_nothing() {
    let (_miro, home) = synced();
    assert_transcript!("sync_second", home.run(&["sync"]).expect(0));
    let syncs = home.json(&["syncs"]);
    assert_eq!(syncs[0]["changed"], 0);
}

#[test]
fn a_sync_for_programs_is_a_line_of_json_per_event() {
    let miro = Miro::small();
    let ran = Home::beside(&miro).run(&["sync", "--json"]).expect(0);
    let events: Vec<serde_json::Value> = ran
        .stdout()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(events.first().unwrap()["event"], "started");
    assert_eq!(events.last().unwrap()["event"], "finished");
    assert_eq!(events.last().unwrap()["counts"]["accounts"], 6);
}

#[test]
fn accounts_are_listed_for_people() {
    let (_miro, home) = synced();
    let columns = "email,display_name,status,role,license,teams";
    assert_transcript!(
        "accounts",
        home.run(&["accounts", "--columns", columns]).expect(0)
    );
}

#[test]
fn inactive_accounts_are_those_unused_for_that_long_or_never() {
    let (_miro, home) = synced();
    assert_eq!(
        emails(&home, &["accounts", "--inactive", "90d"]),
        ["carol@example.org", "dan@example.org", "eve@example.org"]
    );
    assert_eq!(
        emails(&home, &["accounts", "--inactive", "2000d"]),
        ["eve@example.org"]
    );
}

#[test]
fn unknown_activity_is_left_out_and_said() {
    let miro = Miro::small();
    let home = Home::beside(&miro).without("USHER_ACCESS_TOKEN");
    home.run(&["sync"]).expect(0);
    let ran = home.run(&["accounts", "--inactive", "90d"]).expect(0);
    assert!(
        ran.stderr()
            .contains("the activity of 5 accounts is unknown"),
        "{}",
        ran.stderr()
    );
}

#[test]
fn accounts_are_filtered_by_role_license_team_domain_status_and_text() {
    let (_miro, home) = synced();
    let found = |arguments: &[&str]| emails(&home, &[&["accounts"], arguments].concat());
    assert_eq!(found(&["--role", "admin"]), ["ada@example.org"]);
    assert_eq!(found(&["--admins"]), ["ada@example.org"]);
    assert_eq!(found(&["--guests"]), ["guest@partner.example"]);
    assert_eq!(
        found(&["--domain", "partner.example"]),
        ["guest@partner.example"]
    );
    assert_eq!(found(&["--status", "deactivated"]), ["dan@example.org"]);
    assert_eq!(found(&["--license", "free"]), ["eve@example.org"]);
    assert_eq!(
        found(&["--team", "design", "--role", "member"]),
        ["bob@example.org", "carol@example.org"]
    );
    assert_eq!(found(&["LOVE"]), ["ada@example.org"]);
}

#[test]
fn a_misspelt_team_is_answered_with_the_nearest_one() {
    let (_miro, home) = synced();
    assert_transcript!(
        "team_typo",
        home.run(&["accounts", "--team", "Desing"]).expect(2)
    );
}

#[test]
fn rows_sort_by_any_column_and_are_cut_off_after_sorting() {
    let (_miro, home) = synced();
    let sorted = emails(&home, &["accounts", "--sort", "-email", "--limit", "2"]);
    assert_eq!(sorted, ["guest@partner.example", "eve@example.org"]);
    let teams = home.json(&["teams", "--sort", "-members", "--limit", "1"]);
    assert_eq!(teams[0]["name"], "Everyone");
}

#[test]
fn csv_has_a_header_and_says_what_is_unknown() {
    let (_miro, home) = synced();
    let ran = home
        .run(&[
            "accounts",
            "--csv",
            "--columns",
            "email,display_name,license",
        ])
        .expect(0);
    assert_transcript!("accounts_csv", ran);
}

#[test]
fn a_name_that_begins_like_a_formula_cannot_run_in_a_spreadsheet() {
    let miro = Miro::start(SandboxSettings {
        organization: OrganizationSource::Text(ORGANIZATION.replace("Ada Lovelace", "=1+1")),
        ..small()
    });
    let home = Home::beside(&miro);
    home.run(&["sync"]).expect(0);
    let listed = home
        .run(&["accounts", "--csv", "--columns", "email,display_name"])
        .expect(0);
    assert!(
        listed.stdout().contains("ada@example.org,'=1+1\n"),
        "{}",
        listed.stdout()
    );
    home.run(&["export", "tables"]).expect(0);
    let exported = read(&home.path("tables/accounts.csv"));
    assert!(exported.contains("ada@example.org,'=1+1,"), "{exported}");
}

#[test]
fn a_column_that_does_not_exist_is_answered_with_the_nearest() {
    let (_miro, home) = synced();
    assert_transcript!(
        "column_typo",
        home.run(&["accounts", "--columns", "emial"]).expect(2)
    );
    let names = home
        .run(&["accounts", "--columns", "help"])
        .expect(0)
        .stdout();
    assert!(names.contains("last_activity_at\n"), "{names}");
}

#[test]
fn grants_of_one_person_are_all_that_they_hold() {
    let (_miro, home) = synced();
    let rows = home.json(&["grants", "BOB@example.org"]);
    let rows = rows.as_array().unwrap().iter();
    let kinds: Vec<&str> = rows.map(|row| row["kind"].as_str().unwrap()).collect();
    assert_eq!(
        kinds.iter().filter(|kind| **kind == "team").count(),
        2,
        "{kinds:?}"
    );
    assert!(
        kinds.contains(&"role") && kinds.contains(&"license"),
        "{kinds:?}"
    );
}

#[test]
fn empty_teams_are_found() {
    let (_miro, home) = synced();
    let teams = home.json(&["teams", "--empty"]);
    assert_eq!(teams.as_array().unwrap().len(), 1);
    assert_eq!(teams[0]["name"], "Empty");
}

#[test]
fn exports_hold_the_inventory_in_three_formats() {
    let (_miro, home) = synced();
    home.run(&["export", "sync.c1z"]).expect(0);
    home.run(&["export", "inventory.jsonl"]).expect(0);
    assert_transcript!("export_csv", home.run(&["export", "tables"]).expect(0));
    let accounts = read(&home.path("tables/accounts.csv"));
    assert_eq!(accounts.lines().count(), 7, "{accounts}");
    let lines = read(&home.path("inventory.jsonl"));
    assert!(
        lines
            .lines()
            .all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok())
    );
    let inspected = home.json(&["c1z", "inspect", "sync.c1z"]);
    assert_eq!(inspected["stats"]["resources_by_resource_type"]["user"], 6);
    let events = home.json(&["events", "--verify"]);
    let exports = events
        .as_array()
        .unwrap()
        .iter()
        .filter(|event| event["kind"] == "inventory_exported");
    assert_eq!(exports.count(), 3);
}

#[test]
fn a_closed_pipe_ends_the_program_quietly() {
    let (_miro, home) = synced();
    let mut child = home
        .command(&["grants", "--json"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert!(output.status.success());
}

#[test]
fn colour_is_for_terminals_unless_asked_for() {
    let (_miro, home) = synced();
    let plain = home.run(&["teams"]).expect(0);
    assert!(!plain.stdout().contains('\u{1b}'));
    let coloured = home.run(&["teams", "--color", "always"]).expect(0);
    assert!(coloured.stdout().contains('\u{1b}'));
}

#[test]
fn quiet_leaves_only_the_result() {
    let miro = Miro::small();
    let ran = Home::beside(&miro).run(&["sync", "--quiet"]).expect(0);
    assert_eq!(ran.stderr(), "");
    assert!(ran.stdout().contains("6 accounts"), "{}", ran.stdout());
}
