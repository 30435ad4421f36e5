//! What an independent SCIM tester says of the sandbox, in both group models.
//!
//! The tester is Python's scim2-cli; `USHER_SCIM2` names the program, and `cargo xtask test` installs it. Where Miro
//! departs from the standard, the departure is listed below by name; the test fails when the list lacks one, and when
//! one of the list is no longer seen.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use tokio::process::Command;

use crate::scim_office::{OFFICE, Office, with};

/// What the tester finds in either model, and why Miro is so.
const DEPARTURES: &[(&str, &str)] = &[
    (
        "ERROR check_add_attribute: PATCH modify() returned unexpected value for 'externalId'.",
        NO_EXTERNAL_ID,
    ),
    (
        "ERROR check_replace_attribute: PATCH modify() returned unexpected value for 'externalId'.",
        NO_EXTERNAL_ID,
    ),
    (
        "ERROR object_query_with_attributes: GET /Resource/{id}: requested attribute 'externalId' missing from User[EnterpriseUser] response",
        NO_EXTERNAL_ID,
    ),
    (
        "ERROR object_list_with_attributes: GET /Resource: requested attribute 'externalId' missing from User[EnterpriseUser] response",
        NO_EXTERNAL_ID,
    ),
    (
        "ERROR check_remove_attribute: Failed to remove attribute 'userType': attribute `userType` cannot be removed",
        "a member always has a licence",
    ),
    (
        "ERROR check_remove_attribute: PATCH modify() did not remove attribute 'displayName'",
        ONE_NAME,
    ),
    (
        "ERROR check_remove_attribute: PATCH modify() did not remove attribute 'name'",
        ONE_NAME,
    ),
    (
        "ERROR check_remove_attribute: PATCH modify() did not remove attribute 'photos'",
        "without a picture there is an entry without value (captured from Miro)",
    ),
    (
        "ERROR check_remove_attribute: PATCH modify() did not remove attribute 'roles'",
        "a member always has a role in the organization",
    ),
    (
        "ERROR search_with_attributes: There is nothing at /.search",
        "Miro offers no search by POST",
    ),
];

const NO_EXTERNAL_ID: &str =
    "externalId is in none of Miro's documents: it is ignored and never given out";
const ONE_NAME: &str =
    "Miro keeps one full name, and shows it or the e-mail address under every spelling";

/// What it finds only where groups are teams.
const TEAM_DEPARTURES: &[(&str, &str)] = &[
    (
        "ERROR object_creation: The server answered 405 without a SCIM error",
        NO_CREATION,
    ),
    (
        "ERROR object_query: The server answered 405 without a SCIM error",
        NO_CREATION,
    ),
    (
        "ERROR object_query_without_id: The server answered 405 without a SCIM error",
        NO_CREATION,
    ),
    (
        "ERROR object_query_with_attributes: The server answered 405 without a SCIM error",
        NO_CREATION,
    ),
    (
        "ERROR object_list_with_attributes: The server answered 405 without a SCIM error",
        NO_CREATION,
    ),
    (
        "ERROR search_with_attributes: The server answered 405 without a SCIM error",
        NO_CREATION,
    ),
    (
        "ERROR object_replacement: The server answered 405 without a SCIM error",
        NO_CREATION,
    ),
    (
        "ERROR object_deletion: The server answered 405 without a SCIM error",
        NO_CREATION,
    ),
    (
        "ERROR check_add_attribute: The server answered 405 without a SCIM error",
        NO_CREATION,
    ),
    (
        "ERROR check_remove_attribute: The server answered 405 without a SCIM error",
        NO_CREATION,
    ),
    (
        "ERROR check_replace_attribute: The server answered 405 without a SCIM error",
        NO_CREATION,
    ),
];

const NO_CREATION: &str = "each check begins by creating a group; a team is not created through SCIM, and Miro's 405 has a \
                           form of its own (captured)";

/// What it finds only where groups are user groups.
const USER_GROUP_DEPARTURES: &[(&str, &str)] = &[
    (
        "ERROR check_add_attribute: Failed to add attribute 'externalId': `externalId` cannot be changed; a group has members and displayName",
        GROUP_PATHS,
    ),
    (
        "ERROR check_replace_attribute: Failed to replace attribute 'externalId': `externalId` cannot be changed; a group has members and displayName",
        GROUP_PATHS,
    ),
    (
        "ERROR object_query_with_attributes: GET /Resource/{id}: requested attribute 'externalId' missing from Group response",
        NO_EXTERNAL_ID,
    ),
    (
        "ERROR object_list_with_attributes: GET /Resource: requested attribute 'externalId' missing from Group response",
        NO_EXTERNAL_ID,
    ),
    (
        "ERROR object_replacement: The server answered 405 without a SCIM error",
        "Miro offers no PUT of groups (captured)",
    ),
];

const GROUP_PATHS: &str =
    "Miro's description names members and displayName as the only paths of a group";

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

/// The office without restrictions on domains and seats: the tester makes up addresses.
fn open_office() -> String {
    let lines = OFFICE
        .lines()
        .filter(|line| !line.contains("domains:") && !line.contains("seats:"));
    lines.collect::<Vec<_>>().join("\n")
}

/// The schemas that the sandbox serves, with examples for the tester, which else makes up values that are no e-mail
/// addresses, licences or roles.
async fn schemas_with_examples(office: &Office) -> Value {
    let mut served = office.get("/Schemas").await;
    for schema in served["Resources"].as_array_mut().unwrap() {
        for attribute in schema["attributes"].as_array_mut().unwrap() {
            let name = attribute["name"].as_str().unwrap().to_owned();
            give_examples(office, &name, attribute);
            // The tester deactivates at random, and a deactivated user is frozen.
            if name == "active" {
                attribute["mutability"] = json!("readOnly");
            }
            let Some(subs) = attribute["subAttributes"].as_array_mut() else {
                continue;
            };
            for sub in subs {
                let path = format!("{name}.{}", sub["name"].as_str().unwrap());
                give_examples(office, &path, sub);
            }
        }
    }
    served["Resources"].clone()
}

fn give_examples(office: &Office, path: &str, attribute: &mut Value) {
    let examples = match path {
        "userName" => (0..5000)
            .map(|number| format!("somebody{number}@acme.com"))
            .collect(),
        "userType" => json!(["Full"]),
        "displayName" => json!(["Ann Example"]),
        "name.formatted" => json!(["Zoe Sample"]),
        "name.givenName" => json!(["Zoe"]),
        "name.familyName" => json!(["Sample"]),
        "employeeNumber" => json!(["E0001"]),
        "manager.value" => json!([office.id("jane@acme.com")]),
        "photos.type" => json!(["photo"]),
        "roles.type" => json!(["organization_user_role"]),
        "roles.value" => json!(["ORGANIZATION_INTERNAL_ADMIN"]),
        // There is one role in the organization, the primary one.
        "roles.primary" => json!(["true"]),
        "roles.display" => json!(["Company Admin"]),
        "members.value" => json!([office.id("bob@acme.com")]),
        "members.type" => json!(["User"]),
        "members.display" => json!(["Bob Roe"]),
        _ => return,
    };
    attribute["canonicalValues"] = examples;
}

/// The tester's findings that are no successes: what was checked, and the first line of what was wrong.
async fn findings(program: &Path, model: &str) -> BTreeSet<String> {
    let office = Office::with(&open_office(), with("group_model", model)).await;
    let folder = tempfile::tempdir().unwrap();
    let schemas = folder.path().join("schemas.json");
    std::fs::write(&schemas, schemas_with_examples(&office).await.to_string()).unwrap();
    let token = office.miro.sandbox.scim_token.expose_secret().to_owned();
    let output = Command::new(program)
        .args([
            "--url",
            office.miro.sandbox.scim_url().as_str(),
            "--schemas",
        ])
        .arg(&schemas)
        .arg("test")
        .env("SCIM_CLI_HEADERS", format!("Authorization: Bearer {token}"))
        .output()
        .await
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        text.contains("SUCCESS object_creation"),
        "the tester did not get far: {text}{errors}"
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

#[tokio::test]
async fn an_independent_tester_finds_only_miros_departures() {
    let Some(program) = tester() else { return };
    for (model, own) in [
        ("team", TEAM_DEPARTURES),
        ("user_group", USER_GROUP_DEPARTURES),
    ] {
        let known = DEPARTURES
            .iter()
            .chain(own)
            .map(|(finding, _)| (*finding).to_owned());
        let known: BTreeSet<String> = known.collect();
        let found = findings(&program, model).await;
        let fresh: Vec<&String> = found.difference(&known).collect();
        let obsolete: Vec<&String> = known.difference(&found).collect();
        assert!(
            fresh.is_empty(),
            "{model}: not among Miro's departures: {fresh:#?}"
        );
        assert!(
            obsolete.is_empty(),
            "{model}: listed as a departure of Miro, but no longer found: {obsolete:#?}"
        );
    }
}
