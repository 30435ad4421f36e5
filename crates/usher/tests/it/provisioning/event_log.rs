//! The log knows the names that directory products use.

use std::collections::BTreeSet;

use super::company::{Company, PEOPLE, without};

#[test]
fn j7_the_log_names_every_kind_of_provisioning_and_is_whole() {
    let company = Company::of_everyone();
    company.run(&["provisioning", "set", "group_actions.create", "on"]);
    company.run(&["assign", "--group", "Film", "--app-role", "User"]);
    company.provision();
    company.now_says(&PEOPLE.replace("Library", "Archive"));
    company.run(&["provision", "frank@example.org"]);
    company.now_says(&without("eve@example.org"));
    company.provision();
    assert!(!company.miro.user("eve@example.org").unwrap().active);

    let events = company.json(&["events"]);
    let rows = events.as_array().unwrap().iter();
    let kinds: BTreeSet<&str> = rows.map(|row| row["kind"].as_str().unwrap()).collect();
    for kind in [
        "idm_integration_activate",
        "user_create_provision",
        "user_update_provision",
        "user_deprovision",
        "user_lookup_provision",
        "group_create_provision",
        "plan_made",
        "plan_approved",
        "apply_started",
        "apply_finished",
        "assignment_created",
        "person_source_saved",
        "person_source_read",
        "people_changed",
        "provisioning_settings_saved",
    ] {
        assert!(kinds.contains(kind), "{kind} is missing: {kinds:?}");
    }
    let verified = company.json(&["audit", "verify"]);
    assert_eq!(verified["whole"], true);
    assert!(
        !events.to_string().contains(&company.miro.scim_token),
        "a token is in the log"
    );
}

#[test]
fn events_are_filtered_by_person_and_written_line_by_line() {
    let company = Company::of_everyone();
    company.provision();
    let of_frank = company.json(&["events", "--person", "frank@example.org"]);
    assert!(!of_frank.as_array().unwrap().is_empty());
    assert!(
        !of_frank.to_string().contains("gina@example.org"),
        "{of_frank}"
    );
    let lines = company
        .run(&["events", "--json-lines", "--last", "5"])
        .stdout();
    assert_eq!(lines.lines().count(), 5);
    for line in lines.lines() {
        let event: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(event["hash"].is_string(), "{event}");
    }
    let ran = company
        .home
        .run(&["events", "--kind", "user_create_provison"])
        .expect(2);
    assert!(
        ran.stderr()
            .contains("did you mean `user_create_provision`?"),
        "{}",
        ran.stderr()
    );
}
