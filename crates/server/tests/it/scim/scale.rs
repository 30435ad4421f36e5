//! One member more in a large group is one row more.

use serde_json::{Value, json};

use super::support::*;

const MEMBERS: usize = 1500;

/// How many bytes of the write-ahead log are written by `work`. The log is emptied before: one that was copied into the
/// database is written from its beginning again, and does not grow.
async fn written(provider: &Provider, work: impl Future<Output = ()>) -> u64 {
    use sqlx::{ConnectOptions as _, Connection as _, Executor as _};
    let database = provider.store.database();
    let path = database.trim_start_matches("sqlite://").to_owned();
    let mut raw = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(&path)
        .connect()
        .await
        .unwrap();
    raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        .await
        .unwrap();
    let length = || std::fs::metadata(format!("{path}-wal")).map_or(0, |file| file.len());
    assert_eq!(length(), 0, "the log could not be emptied");
    work.await;
    let written = length();
    raw.close().await.unwrap();
    written
}

async fn users(provider: &Provider) -> Vec<String> {
    let mut ids = Vec::new();
    for chunk in 0..MEMBERS / 500 {
        let operations: Vec<Value> = (0..500)
            .map(|at| {
                let name = format!("u{}@example.com", chunk * 500 + at);
                json!({"method": "POST", "path": "/Users", "bulkId": name, "data": {"userName": name}})
            })
            .collect();
        let body = json!({"Operations": operations});
        let reply = provider.post("/Bulk", body).await.expect(200);
        ids.extend(reply["Operations"].as_array().unwrap().iter().map(|one| {
            let location = one["location"].as_str().unwrap();
            location.rsplit('/').next().unwrap().to_owned()
        }));
    }
    ids
}

#[tokio::test]
async fn one_member_more_writes_little_however_large_the_group_is() {
    let provider = Provider::on_sqlite().await;
    let ids = users(&provider).await;
    let (newcomer, members) = ids.split_first().unwrap();
    let members: Vec<&str> = members.iter().map(String::as_str).collect();
    let group = provider.group("All", &members).await;
    let join = json!([{"op": "Add", "path": "members", "value": [{"value": newcomer}]}]);
    let one_more = async {
        let path = format!("/Groups/{group}");
        provider.patch(&path, join).await.expect(204);
    };
    let written = written(&provider, one_more).await;
    assert!(
        (1..200_000).contains(&written),
        "{written} bytes for one membership"
    );
    assert_eq!(provider.members(&group).await.len(), MEMBERS);
    assert_eq!(provider.groups().await[0].1.len(), MEMBERS);
    provider.merging_everything_changes_nothing().await;
}
