//! The same program with its inventory in PostgreSQL.

use tokio::runtime::Runtime;
use usher_store::postgres_for_tests::new_database_url;

use crate::support::{Home, Miro};

#[test]
fn sync_look_and_export_work_on_postgresql() {
    let url = Runtime::new()
        .unwrap()
        .block_on(new_database_url())
        .unwrap();
    let miro = Miro::small();
    let home = Home::beside(&miro).with("USHER_DATABASE", &url);
    // Neither the doctor nor a look makes a database of an empty one.
    for _ in 0..2 {
        let doctor = home.run(&["doctor"]).expect(0);
        assert!(
            doctor.stdout().contains("is not there yet"),
            "{}",
            doctor.stdout()
        );
        home.run(&["accounts"]).expect(6);
    }
    home.run(&["sync"]).expect(0);
    home.run(&["sync"]).expect(0);
    assert_eq!(home.json(&["syncs"])[0]["changed"], 0);
    assert_eq!(home.json(&["accounts"]).as_array().unwrap().len(), 6);
    assert_eq!(
        home.json(&["accounts", "--inactive", "2000d"])[0]["email"],
        "eve@example.org"
    );
    home.run(&["export", "sync.c1z"]).expect(0);
    let inspected = home.json(&["c1z", "inspect", "sync.c1z"]);
    assert_eq!(inspected["stats"]["resources_by_resource_type"]["user"], 6);
    home.run(&["doctor"]).expect(0);
    assert!(!home.path("usher.db").exists());
}
