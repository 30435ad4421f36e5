//! `usher probe`: what looks after containers is told.

use super::{Serving, wait_until};
use crate::support::Home;

#[test]
fn a_probe_says_whether_a_server_is_well_and_why_it_is_not() {
    let home = Home::new();
    let keys = home.path("keys");
    let home = home.with("USHER_SECRETS_KEY_FILE", keys.to_str().unwrap());
    home.run(&["secrets", "init"]).expect(0);
    let serving = Serving::start(&home);
    let port = serving
        .url
        .trim_end_matches('/')
        .rsplit(':')
        .next()
        .unwrap();
    let everywhere = format!("0.0.0.0:{port}");
    let beside = Home::new().with("USHER_LISTEN", &everywhere);
    wait_until("it is well", || beside.run(&["probe"]).code() == 0);
    let well = beside.json(&["probe"]);
    assert_eq!(well["status"], 200);
    assert_eq!(well["url"], format!("http://127.0.0.1:{port}/readyz"));
    std::fs::remove_file(&keys).unwrap();
    let unwell = beside.run(&["probe"]).expect(1);
    assert!(
        unwell.stderr().contains("answers 503; secrets: "),
        "{}",
        unwell.transcript()
    );
    let alive = format!("{}livez", serving.url);
    beside.run(&["probe", &alive]).expect(0);
    assert_eq!(serving.stop(), Some(0));
    let silent = beside.run(&["probe"]).expect(1);
    assert!(
        silent.stderr().contains("no answer from"),
        "{}",
        silent.transcript()
    );
    assert!(silent.stderr().contains("hint:"), "{}", silent.transcript());
}
