//! Cycles: the first over everything, then what changed.

use super::company::{Company, PEOPLE};

/// A company whose first plan was approved and applied.
fn running() -> Company {
    let company = Company::of_everyone();
    company.home.run(&["cycle", "--initial"]).expect(9);
    company.run(&["plan", "approve", "latest", "--reason", "first"]);
    company.run(&["apply", "--yes"]);
    company
}

#[test]
fn e10_an_initial_cycle_takes_everything_and_the_next_ones_what_changed() {
    let company = running();
    assert!(company.miro.user("frank@example.org").is_some());
    let before = company.miro.calls("POST") + company.miro.calls("PATCH");
    company.run(&["cycle", "--incremental"]);
    let after = company.miro.calls("POST") + company.miro.calls("PATCH");
    assert_eq!(after, before, "a quiet cycle writes nothing");

    company
        .home
        .write("people.csv", PEOPLE.replace("Library", "Archive"));
    company.run(&["cycle"]);
    let frank = company.miro.user("frank@example.org").unwrap();
    assert_eq!(
        frank.enterprise.unwrap().department.as_deref(),
        Some("Archive")
    );
    let cycles = company.json(&["cycles"]);
    let kinds: Vec<_> = cycles
        .as_array()
        .unwrap()
        .iter()
        .map(|row| &row["kind"])
        .collect();
    assert_eq!(kinds.last().unwrap().as_str(), Some("initial"));
    assert_eq!(kinds.len(), 3, "{cycles}");
}

#[test]
fn e11_every_action_is_in_the_provisioning_log_with_what_changed_and_why() {
    let company = running();
    let events = company.json(&["events", "--kind", "user_create_provision"]);
    let frank = events
        .as_array()
        .unwrap()
        .iter()
        .find(|event| event.to_string().contains("frank@example.org"))
        .unwrap_or_else(|| panic!("{events}"));
    assert!(frank["data"]["plan"].is_string(), "{frank}");
    assert!(company.miro.user("frank@example.org").is_some());
    let cycles = company.json(&["cycles"]);
    assert!(cycles[0]["counts"].is_object(), "{cycles}");
    assert!(cycles[0]["took"].is_u64(), "{cycles}");
}
