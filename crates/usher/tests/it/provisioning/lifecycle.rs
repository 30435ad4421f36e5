//! A connector is activated, gets new tokens, and is deactivated.

use usher_sandbox::{ExtraToken, SandboxSettings, Scope};

use super::company::Company;
use crate::support::small;

fn kinds(company: &Company) -> Vec<String> {
    let events = company.json(&["events"]);
    let rows = events.as_array().unwrap().iter();
    let mut kinds: Vec<String> = rows
        .map(|row| row["kind"].as_str().unwrap().to_owned())
        .filter(|kind| kind.starts_with("idm_integration"))
        .collect();
    // Switching on is an update, too.
    kinds.dedup();
    kinds
}

#[test]
fn j4_a_connector_is_activated_updated_reauthorized_and_deactivated() {
    let company = Company::unconnected(small());
    company.run(&["connector", "activate"]);
    company.run(&["connector", "on"]);
    company.run(&["connector", "update"]);
    company.run(&["connector", "reauthorize"]);
    company.run(&["connector", "deactivate", "--yes"]);
    let status = company.json(&["connector", "status"]);
    assert_eq!(status["lifecycle"], "inactive");
    assert_eq!(
        kinds(&company),
        [
            "idm_integration_activate",
            "idm_integration_update",
            "idm_integration_reauth",
            "idm_integration_delete"
        ]
    );
    company.run(&["scope", "set", "--mode", "everyone", "--yes"]);
    let ran = company.home.run(&["cycle"]);
    assert_eq!(ran.code(), 12, "{}", ran.transcript());
    assert!(company.miro.user("frank@example.org").is_none());
}

#[test]
fn j4_a_new_token_takes_over_without_a_gap() {
    let extra = ExtraToken {
        token: "second".into(),
        user: None,
        scopes: Scope::ALL.iter().copied().collect(),
        expires_in: None,
    };
    let company = Company::beside(SandboxSettings {
        extra_tokens: vec![extra],
        ..small()
    });
    let ran = company
        .home
        .command(&["connector", "reauthorize"])
        .env("USHER_ACCESS_TOKEN", "second")
        .output()
        .unwrap();
    assert!(ran.status.success(), "{ran:?}");
    assert_eq!(
        company.json(&["connector", "status"])["lifecycle"],
        "active"
    );
    company.run(&["scope", "set", "--mode", "everyone", "--yes"]);
    company.provision();
    assert!(company.miro.user("frank@example.org").is_some());
}
