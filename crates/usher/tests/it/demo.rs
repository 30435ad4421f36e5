//! `usher demo`.

use crate::support::{Home, assert_transcript};

#[test]
fn the_demo_syncs_a_simulated_miro_and_says_what_it_found() {
    let ran = Home::new()
        .run(&["demo", "--exit", "--users", "300"])
        .expect(0);
    assert_transcript!("demo", ran);
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
