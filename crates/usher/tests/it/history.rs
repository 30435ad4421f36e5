//! What was, what changed, and what is not believed.

use serde_json::{Value, json};

use crate::support::{Home, Miro, assert_transcript};

/// A home with an inventory from before, and a Miro in which Carol left the team and Eve was made an admin of it.
fn changed() -> (Miro, Home) {
    let miro = Miro::small();
    let home = Home::beside(&miro);
    home.run(&["sync"]).expect(0);
    miro.edit(&json!({"edit": "remove_team_member", "team": "Design", "user": "carol@example.org", "audited": true}));
    miro.edit(&json!({"edit": "add_team_member", "team": "Design", "user": "eve@example.org", "role": "admin"}));
    miro.edit(&json!({"edit": "set_user", "user": "bob@example.org", "set": {"active": false}}));
    (miro, home)
}

fn emails(rows: &Value) -> Vec<&str> {
    let rows = rows.as_array().unwrap().iter();
    rows.map(|row| row["email"].as_str().unwrap()).collect()
}

#[test]
fn a_diff_lists_what_access_changed_and_by_whom_if_the_audit_log_says() {
    let (_miro, home) = changed();
    home.run(&["sync"]).expect(0);
    assert_transcript!("diff", home.run(&["diff"]).expect(0));
    let diff = home.json(&["diff", "previous", "latest"]);
    let changes = diff["changes"].as_array().unwrap();
    let removed = changes
        .iter()
        .find(|change| change["change"] == "grant_removed")
        .unwrap();
    assert_eq!(removed["email"], "carol@example.org");
    assert!(removed["by"]["by"].is_string(), "{removed}");
}

#[test]
fn an_earlier_sync_can_be_asked_by_its_id() {
    let (_miro, home) = changed();
    home.run(&["sync"]).expect(0);
    let syncs = home.json(&["syncs"]);
    let first = syncs[1]["id"].as_str().unwrap();
    let before = home.json(&["accounts", "--team", "Design", "--as-of", first]);
    assert_eq!(
        emails(&before),
        [
            "bob@example.org",
            "carol@example.org",
            "guest@partner.example"
        ]
    );
    let now = home.json(&["accounts", "--team", "Design"]);
    assert_eq!(
        emails(&now),
        [
            "bob@example.org",
            "eve@example.org",
            "guest@partner.example"
        ]
    );
}

#[test]
fn a_day_before_the_first_sync_is_unknown_rather_than_empty() {
    let miro = Miro::small();
    let home = Home::beside(&miro);
    home.run(&["sync"]).expect(0);
    let ran = home.run(&["accounts", "--as-of", "2020-01-01"]).expect(2);
    assert!(
        ran.stderr().contains("nothing is known of"),
        "{}",
        ran.stderr()
    );
}

#[test]
fn a_diff_the_wrong_way_round_is_refused() {
    let (_miro, home) = changed();
    home.run(&["sync"]).expect(0);
    let ran = home.run(&["diff", "latest", "previous"]).expect(2);
    assert!(
        ran.stderr().contains("the earlier one comes first"),
        "{}",
        ran.stderr()
    );
}

/// A home with an inventory, and a Miro that lost half of its people since.
fn halved() -> (Miro, Home) {
    let miro = Miro::small();
    let home = Home::beside(&miro);
    home.run(&["sync"]).expect(0);
    for user in ["carol@example.org", "dan@example.org", "eve@example.org"] {
        miro.edit(&json!({"edit": "delete_user", "user": user}));
    }
    (miro, home)
}

#[test]
fn a_halved_organization_is_not_believed_until_somebody_accepts_it() {
    let (_miro, home) = halved();
    assert_transcript!("sync_suspect", home.run(&["sync"]).expect(5));
    assert_eq!(home.json(&["accounts"]).as_array().unwrap().len(), 6);
    assert_eq!(home.json(&["syncs"])[0]["state"], "suspect");
    assert_transcript!("sync_accept", home.run(&["sync", "--accept"]).expect(0));
    assert_eq!(home.json(&["accounts"]).as_array().unwrap().len(), 3);
    assert_eq!(home.json(&["syncs"])[0]["state"], "accepted");
}

#[test]
fn accepting_believes_only_what_waits_and_reads_nothing() {
    let (miro, home) = halved();
    let before = miro.calls("GET");
    let ran = home.run(&["sync", "--accept"]).expect(2);
    assert!(
        ran.stderr().contains("has no suspect snapshot"),
        "{}",
        ran.stderr()
    );
    assert_eq!(miro.calls("GET"), before);
    assert_eq!(home.json(&["accounts"]).as_array().unwrap().len(), 6);
}

#[test]
fn a_wider_limit_believes_more() {
    let (_miro, home) = halved();
    home.run(&["sync", "--max-shrink", "90"]).expect(0);
    assert_eq!(home.json(&["accounts"]).as_array().unwrap().len(), 3);
}

#[test]
fn a_suspect_snapshot_of_another_id_is_not_accepted() {
    let (_miro, home) = halved();
    home.run(&["sync"]).expect(5);
    let ran = home.run(&["sync", "--accept=00000000"]).expect(2);
    assert!(
        ran.stderr().contains("no suspect snapshot has the id"),
        "{}",
        ran.stderr()
    );
    assert_eq!(home.json(&["accounts"]).as_array().unwrap().len(), 6);
}

#[test]
fn the_log_of_events_is_a_whole_chain_that_names_who_did_what() {
    let (_miro, home) = halved();
    home.run(&["sync"]).expect(5);
    home.run(&["sync", "--accept"]).expect(0);
    assert_transcript!("events", home.run(&["events", "--verify"]).expect(0));
}
