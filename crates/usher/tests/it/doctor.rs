//! `usher doctor`.

use crate::support::{Home, Miro, assert_transcript};

#[test]
fn all_is_well() {
    let miro = Miro::small();
    let home = Home::beside(&miro);
    assert_transcript!("doctor_well", home.run(&["doctor"]).expect(0));
    assert!(
        !home.path("usher.db").exists(),
        "the doctor made a database"
    );
}

#[test]
fn a_refused_token_has_its_remedy_and_its_exit_code() {
    let miro = Miro::small();
    let home = Home::beside(&miro).with("USHER_ACCESS_TOKEN", "wrong");
    assert_transcript!("doctor_token", home.run(&["doctor"]).expect(3));
}

#[test]
fn the_first_failed_check_decides_the_exit_code() {
    let miro = Miro::small();
    let home = Home::beside(&miro).with("USHER_ACCESS_TOKEN", "wrong");
    home.write(
        "usher.db",
        "no database at all, but long enough to look like the header of one, which it is not",
    );
    let ran = home.run(&["doctor", "--json"]).expect(6);
    let checks: serde_json::Value = serde_json::from_str(&ran.stdout()).unwrap();
    let failed: Vec<&str> = checks
        .as_array()
        .unwrap()
        .iter()
        .filter(|check| check["outcome"] == "failed")
        .map(|check| check["name"].as_str().unwrap())
        .collect();
    assert_eq!(failed, ["database", "REST API"]);
}
