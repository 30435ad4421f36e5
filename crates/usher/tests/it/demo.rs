//! `usher demo`.

use crate::support::Home;

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
