//! The directory: people, groups, and where they come from.

use serde_json::Value;

use super::company::{Company, PEOPLE, without};
use crate::support::{Home, assert_transcript};

fn emails(people: &Value) -> Vec<&str> {
    let rows = people.as_array().unwrap().iter();
    let mut emails: Vec<&str> = rows.map(|row| row["email"].as_str().unwrap()).collect();
    emails.sort_unstable();
    emails
}

#[test]
fn people_are_added_changed_imported_and_removed_by_hand() {
    let home = Home::new();
    let added = ["people", "add", "ada@example.org", "--name", "Ada Lovelace"];
    home.run(&[&added[..], &["--set", "department=Engines"]].concat())
        .expect(0);
    home.write(
        "more.csv",
        "email,name,department\nbob@example.org,Bob Babbage,Games\n",
    );
    assert_transcript!(
        "people_import",
        home.run(&["people", "import", "more.csv"]).expect(0)
    );
    home.run(&[
        "people",
        "edit",
        "ada@example.org",
        "--set",
        "department=Design",
    ])
    .expect(0);
    let people = home.json(&["people", "list"]);
    assert_eq!(emails(&people), ["ada@example.org", "bob@example.org"]);
    let shown = home.json(&["people", "show", "ada@example.org"]);
    assert_eq!(shown["attributes"]["department"], "Design");
    home.run(&["people", "remove", "bob@example.org"]).expect(0);
    let gone = home.json(&["people", "list", "--status", "gone"]);
    assert_eq!(emails(&gone), ["bob@example.org"]);
}

#[test]
fn groups_are_kept_by_hand_too_and_may_hold_groups() {
    let home = Home::new();
    for person in ["ada@example.org", "bob@example.org"] {
        home.run(&["people", "add", person]).expect(0);
    }
    home.run(&[
        "people",
        "group",
        "add",
        "Design",
        "--member",
        "ada@example.org",
    ])
    .expect(0);
    home.run(&[
        "people",
        "group",
        "add",
        "Staff",
        "--member",
        "Design",
        "--member",
        "bob@example.org",
    ])
    .expect(0);
    assert_transcript!("people_groups", home.run(&["people", "groups"]).expect(0));
    home.run(&[
        "people",
        "group",
        "edit",
        "Design",
        "--remove",
        "ada@example.org",
    ])
    .expect(0);
    let groups = home.json(&["people", "groups", "Staff"]);
    assert_eq!(groups[0]["people"], 1);
    home.run(&["people", "group", "remove", "Design"]).expect(0);
    assert_eq!(
        home.json(&["people", "groups"]).as_array().unwrap().len(),
        1
    );
}

#[test]
fn rows_that_cannot_be_read_are_reported_by_line_and_nobody_leaves_because_of_them() {
    let company = Company::new();
    let broken = PEOPLE.replace("eve@example.org,Eve", "eve at example.org,Eve");
    company.home.write("people.csv", broken);
    let ran = company.run(&["people", "source", "read", "hr"]);
    assert!(
        ran.stderr().contains("people.csv line 5"),
        "{}",
        ran.stderr()
    );
    let eve = company.json(&["people", "show", "eve@example.org"]);
    assert_ne!(eve["status"], "gone", "{eve}");
}

#[test]
fn a_source_that_comes_back_nearly_empty_is_not_believed_until_somebody_accepts_it() {
    let company = Company::new();
    let header = PEOPLE.lines().next().unwrap();
    company.home.write("people.csv", format!("{header}\n"));
    let ran = company
        .home
        .run(&["people", "source", "read", "hr"])
        .expect(5);
    assert!(ran.stderr().contains("not believed"), "{}", ran.stderr());
    assert_eq!(
        company
            .json(&["people", "list", "--status", "active"])
            .as_array()
            .unwrap()
            .len(),
        6
    );
    let sources = company.json(&["people", "sources"]);
    assert_eq!(sources[0]["reading"], "suspect");
    company.run(&["people", "source", "accept", "hr"]);
    assert!(
        company
            .json(&["people", "list", "--status", "active"])
            .as_array()
            .unwrap()
            .is_empty()
    );
}

#[test]
fn sources_are_listed_configured_anew_and_removed() {
    let company = Company::new();
    assert_transcript!(
        "people_sources",
        company.run(&[
            "people",
            "sources",
            "--columns",
            "place,name,kind,reading,people,groups,problems"
        ])
    );
    let ran = company
        .home
        .run(&["people", "source", "remove", "hr"])
        .expect(2);
    assert!(ran.stderr().contains("--yes"), "{}", ran.stderr());
    company.run(&["people", "source", "remove", "hr", "--yes"]);
    assert!(
        company
            .json(&["people", "list", "--status", "active"])
            .as_array()
            .unwrap()
            .is_empty()
    );
    let ran = company
        .home
        .run(&["people", "source", "read", "hr"])
        .expect(2);
    assert!(ran.stderr().contains("hint: "), "{}", ran.stderr());
}

#[test]
fn a_secret_is_named_and_never_stored() {
    let home = Home::new().with("ENTRA", "hush-hush");
    let add = [
        "people",
        "source",
        "add",
        "graph",
        "entra",
        "--tenant",
        "example.com",
    ];
    let with = ["--client-id", "app", "--secret-env", "ENTRA"];
    home.run(&[&add[..], &with].concat()).expect(0);
    let sources = home.json(&["people", "sources"]);
    assert!(!sources.to_string().contains("hush-hush"), "{sources}");
    assert_eq!(sources[0]["settings"]["secret"]["environment"], "ENTRA");
}

#[test]
fn one_person_is_found_by_part_of_the_name_and_two_are_asked_about() {
    let company = Company::new();
    let shown = company.json(&["people", "show", "lovelace"]);
    assert_eq!(shown["attributes"]["email"], "ada@example.org");
    let ran = company
        .home
        .run(&["people", "show", "example.org"])
        .expect(2);
    assert!(ran.stderr().contains("people match"), "{}", ran.stderr());
}

#[test]
fn a_leaver_is_gone_and_comes_back_as_the_same_person() {
    let company = Company::new();
    let before = company.json(&["people", "show", "eve@example.org"])["id"].clone();
    company.now_says(&without("eve@example.org"));
    assert_eq!(
        company.json(&["people", "show", "eve@example.org"])["status"],
        "gone"
    );
    company.now_says(PEOPLE);
    let after = company.json(&["people", "show", "eve@example.org"]);
    assert_eq!(after["status"], "active");
    assert_eq!(after["id"], before);
}
