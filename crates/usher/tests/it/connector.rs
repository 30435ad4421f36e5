//! C1–C3: what a connector reads of Miro, through the command line.

use std::collections::BTreeSet;

use serde_json::Value;
use usher_sandbox::{ExtraToken, Scope};

use crate::support::{Home, Miro, small};

fn texts(rows: &Value, member: &str) -> BTreeSet<String> {
    let rows = rows.as_array().unwrap().iter();
    rows.map(|row| row[member].as_str().unwrap().to_owned())
        .collect()
}

fn row<'a>(rows: &'a Value, member: &str, value: &str) -> &'a Value {
    let rows = rows.as_array().unwrap();
    rows.iter()
        .find(|row| row[member] == value)
        .unwrap_or_else(|| panic!("no {value} in {rows:?}"))
}

#[test]
fn c1_a_sync_lists_every_account_of_the_organization() {
    let miro = Miro::small();
    let home = Home::beside(&miro);
    home.run(&["sync"]).expect(0);
    let accounts = home.json(&["accounts"]);
    let expected = [
        "ada@example.org",
        "bob@example.org",
        "carol@example.org",
        "dan@example.org",
        "eve@example.org",
        "guest@partner.example",
    ];
    assert_eq!(
        texts(&accounts, "email"),
        expected.map(str::to_owned).into()
    );
    let ada = row(&accounts, "email", "ada@example.org");
    assert_eq!(ada["display_name"], "Ada Lovelace");
    assert_eq!(ada["role"], "organization_internal_admin");
    assert_eq!(ada["license"], "full");
    assert_eq!(ada["status"], "active");
    assert_eq!(
        row(&accounts, "email", "dan@example.org")["status"],
        "deactivated"
    );
    let guest = row(&accounts, "email", "guest@partner.example");
    assert_eq!(
        guest["unknown"],
        serde_json::json!([
            "display_name",
            "employee_number",
            "department",
            "division",
            "cost_center",
            "organization",
            "manager"
        ])
    );
}

#[test]
fn c2_a_sync_lists_teams_what_each_offers_and_who_holds_it() {
    let miro = Miro::small();
    let home = Home::beside(&miro);
    home.run(&["sync"]).expect(0);
    let teams = home.json(&["teams"]);
    assert_eq!(
        texts(&teams, "name"),
        ["Everyone", "Design", "Empty"].map(str::to_owned).into()
    );
    let design = row(&teams, "name", "Design");
    assert_eq!(design["members"], 3);
    assert_eq!(design["admins"], 1);
    let id = design["id"].as_str().unwrap();

    let empty = row(&teams, "name", "Empty")["id"].as_str().unwrap();
    let offered = home.json(&["entitlements", "--kind", "team"]);
    for team in [id, empty] {
        let of_team = |text: &String| text.starts_with(&format!("team:{team}:"));
        let offered: BTreeSet<String> = texts(&offered, "entitlement")
            .into_iter()
            .filter(of_team)
            .collect();
        let roles = ["admin", "member", "non_team", "team_guest"];
        assert_eq!(
            offered,
            roles.map(|role| format!("team:{team}:{role}")).into()
        );
    }

    let held = home.json(&["grants", "--team", "Design"]);
    let held: BTreeSet<(String, String)> = held
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            let text = |member: &str| row[member].as_str().unwrap().to_owned();
            (text("email"), text("entitlement"))
        })
        .collect();
    let expected = [
        ("bob@example.org", format!("team:{id}:admin")),
        ("carol@example.org", format!("team:{id}:member")),
        ("guest@partner.example", format!("team:{id}:team_guest")),
    ];
    assert_eq!(
        held,
        expected
            .map(|(email, held)| (email.to_owned(), held))
            .into()
    );
}

#[test]
fn c3_one_access_token_with_two_read_scopes_is_enough() {
    let miro = Miro::start(with_token(
        "reader",
        &[Scope::OrganizationsRead, Scope::TeamsRead],
    ));
    let home = Home::beside(&miro)
        .with("USHER_ACCESS_TOKEN", "reader")
        .without("USHER_SCIM_TOKEN");
    home.run(&["sync"]).expect(0);
    let accounts = home.json(&["accounts"]);
    assert_eq!(accounts.as_array().unwrap().len(), 6);
    let ada = row(&accounts, "email", "ada@example.org");
    assert!(
        ada["unknown"]
            .as_array()
            .unwrap()
            .contains(&"display_name".into()),
        "{ada}"
    );
}

#[test]
fn c3_the_connectors_own_variable_and_flag_carry_the_token() {
    let miro = Miro::small();
    let home = Home::beside(&miro)
        .without("USHER_ACCESS_TOKEN")
        .without("USHER_SCIM_TOKEN");
    let token = miro.access_token.clone();
    home.run(&["sync", "-f", "sync.c1z", "--miro-access-token", &token])
        .expect(0);
    let home = Home::beside(&miro)
        .without("USHER_ACCESS_TOKEN")
        .without("USHER_SCIM_TOKEN")
        .with("BATON_MIRO_ACCESS_TOKEN", &token)
        .with("BATON_FILE", "out.c1z");
    home.run(&["sync"]).expect(0);
    let inspected = home.json(&["c1z", "inspect", "out.c1z"]);
    assert_eq!(inspected["stats"]["resources_by_resource_type"]["user"], 6);
    assert_eq!(inspected["stats"]["resources_by_resource_type"]["team"], 3);
}

#[test]
fn c3_a_token_that_lacks_a_scope_is_refused_naming_it() {
    let miro = Miro::start(with_token("half", &[Scope::OrganizationsRead]));
    let home = Home::beside(&miro)
        .with("USHER_ACCESS_TOKEN", "half")
        .without("USHER_SCIM_TOKEN");
    let ran = home.run(&["sync"]).expect(3);
    assert!(
        ran.stderr().contains("organizations:teams:read"),
        "{}",
        ran.stderr()
    );
}

/// The small organization, with one more access token of these scopes.
pub fn with_token(token: &str, scopes: &[Scope]) -> usher_sandbox::SandboxSettings {
    let token = ExtraToken {
        token: token.into(),
        user: None,
        scopes: scopes.iter().copied().collect(),
        expires_in: None,
    };
    usher_sandbox::SandboxSettings {
        extra_tokens: vec![token],
        ..small()
    }
}
