//! What schemathesis, which nobody here wrote, makes of the API and its document.
//!
//! It reads the OpenAPI document from the server, sends what the document allows and what it does not, follows from one operation to
//! the next, and leaves out who asks. `USHER_SCHEMATHESIS` names the program `st`, and `cargo xtask test` installs it.

use std::io::Write as _;
use std::path::PathBuf;

use tokio::process::Command;
use usher_model::{Right, Role};
use usher_store::AdministratorKind;

use crate::support::*;

/// What has to hold for every answer: Usher never breaks, and what asks for somebody is not done for nobody.
const CHECKS: &str = "not_a_server_error,ignored_auth,content_type_conformance,response_schema_conformance,unsupported_method";

fn fuzzer() -> Option<PathBuf> {
    let program = std::env::var_os("USHER_SCHEMATHESIS").map(PathBuf::from);
    if program.is_none() {
        let mut notes = std::io::stderr();
        let _ = writeln!(
            notes,
            "left out: schemathesis (USHER_SCHEMATHESIS does not name st; run `cargo xtask test`)"
        );
    }
    program
}

#[tokio::test]
async fn whatever_is_sent_the_api_does_not_break_and_lets_nobody_in_whom_it_should_not() {
    let Some(program) = fuzzer() else { return };
    let app = App::sqlite().await;
    app.inventory().await;
    app.add("root", Role::SuperAdministrator, AdministratorKind::Person)
        .await;
    // A service account: what is sent can change people, and then nobody would be left to ask.
    let robot = app
        .add(
            "robot",
            Role::SuperAdministrator,
            AdministratorKind::ServiceAccount,
        )
        .await;
    let Sender::Token(token) = app.token(&robot, Right::ALL).await else {
        panic!()
    };
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(program)
        .current_dir(&folder)
        .args(["run", &format!("{}/api/v1/openapi.json", app.url)])
        .args(["--url", &format!("{}/api/v1", app.url)])
        .args(["--header", &format!("Authorization: Bearer {token}")])
        .args(["--checks", CHECKS])
        .args(["--phases", "examples,coverage,fuzzing,stateful"])
        .args([
            "--max-examples",
            "5",
            "--seed",
            "1",
            "--no-shrink",
            "--warnings",
            "off",
        ])
        .env("NO_COLOR", "1")
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{errors}");
    assert!(said.contains("Stateful"), "it did not get that far: {said}");
    app.store.verify_events().await.unwrap();
}
