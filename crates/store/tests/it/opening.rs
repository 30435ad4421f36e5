//! Opening good databases and bad ones.

use std::sync::Arc;
use std::time::Duration;

use sqlx::{ConnectOptions, Connection, Executor};
use usher_model::FixedClock;
use usher_store::*;

use crate::support::*;

fn clock() -> Arc<FixedClock> {
    Arc::new(FixedClock::new(at("2026-03-01T08:00:00Z")))
}

async fn refused(url: &DatabaseUrl) -> StoreError {
    let options = StoreOptions {
        lock_timeout: Duration::from_millis(50),
        connect_timeout: Duration::from_secs(5),
        ..StoreOptions::default()
    };
    Store::open_with(url, clock(), &options).await.unwrap_err()
}

async fn raw(url: &DatabaseUrl) -> sqlx::SqliteConnection {
    sqlx::sqlite::SqliteConnectOptions::new()
        .filename(url.path().unwrap())
        .create_if_missing(true)
        .connect()
        .await
        .unwrap()
}

on_both_engines! {
    async fn a_database_is_created_and_found_again(fixture: Fixture) {
        let inventory = small("1");
        fixture.publish(&inventory).await;
        let again = fixture.second_process().await;
        let organizations = again.organizations().await.unwrap();
        assert_eq!(organizations, [organization("1")]);
        let check = again.check().await.unwrap();
        assert!(check.writable);
        assert_eq!(check.schema_version, 9);
        assert!(check.size_bytes > 0);
        assert_eq!(check.engine, fixture.url.engine());
        assert!(!check.engine_version.is_empty());
    }

    async fn ids_sort_by_the_time_they_were_made(fixture: Fixture) {
        let ids: Vec<_> = (0..100).map(|_| fixture.store.new_sync_id()).collect();
        fixture.clock.advance(Duration::from_millis(1));
        let later = fixture.store.new_sync_id();
        assert!(ids.is_sorted());
        assert!(ids.iter().all(|id| *id < later));
    }
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_and_left_alone() {
    let (url, _directory) = sqlite_url();
    let text = "Dear diary, ".repeat(200);
    std::fs::write(url.path().unwrap(), &text).unwrap();
    let error = refused(&url).await;
    assert!(
        matches!(error, StoreError::NotADatabase { .. }),
        "{error:?}"
    );
    assert_eq!(std::fs::read_to_string(url.path().unwrap()).unwrap(), text);
}

#[tokio::test]
async fn another_programs_file_is_refused_and_left_alone() {
    for make in [
        "CREATE TABLE recipes (name TEXT)",
        "PRAGMA application_id = 7; CREATE TABLE t (a)",
    ] {
        let (url, _directory) = sqlite_url();
        let mut connection = raw(&url).await;
        connection.execute(make).await.unwrap();
        connection.close().await.unwrap();
        let before = std::fs::read(url.path().unwrap()).unwrap();
        let error = refused(&url).await;
        assert!(
            matches!(error, StoreError::ForeignDatabase { .. }),
            "{error:?}"
        );
        assert_eq!(std::fs::read(url.path().unwrap()).unwrap(), before);
    }
}

#[tokio::test]
async fn another_programs_database_on_a_server_is_refused_and_left_alone() {
    let url = postgres_url().await;
    let mut connection = sqlx::PgConnection::connect(&url.to_string()).await.unwrap();
    connection
        .execute("CREATE TABLE recipes (name TEXT)")
        .await
        .unwrap();
    let error = refused(&url).await;
    assert!(
        matches!(&error, StoreError::ForeignDatabase { why, .. } if why.contains("recipes")),
        "{error:?}"
    );
    let (tables,): (i64,) =
        sqlx::query_as("SELECT COUNT(*) FROM pg_tables WHERE schemaname = 'public'")
            .fetch_one(&mut connection)
            .await
            .unwrap();
    assert_eq!(tables, 1);
}

#[tokio::test]
async fn a_file_that_a_newer_usher_wrote_is_refused() {
    let fixture = Fixture::sqlite().await;
    fixture.store.close().await;
    raw(&fixture.url)
        .await
        .execute("INSERT INTO usher_schema VALUES (99, 'from the future', '', 0)")
        .await
        .unwrap();
    let error = refused(&fixture.url).await;
    assert!(
        matches!(
            error,
            StoreError::NewerSchema {
                found: 99,
                known: 9,
                ..
            }
        ),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_schema_with_another_history_is_refused() {
    let fixture = Fixture::sqlite().await;
    fixture.store.close().await;
    raw(&fixture.url)
        .await
        .execute("UPDATE usher_schema SET checksum = 'other'")
        .await
        .unwrap();
    let error = refused(&fixture.url).await;
    assert!(
        matches!(error, StoreError::AlteredMigration { version: 1, .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_file_that_another_program_locks_is_reported_as_locked() {
    let fixture = Fixture::sqlite().await;
    let mut other = raw(&fixture.url).await;
    other.execute("BEGIN IMMEDIATE").await.unwrap();
    let options = StoreOptions {
        lock_timeout: Duration::from_millis(50),
        ..StoreOptions::default()
    };
    let store = Store::open_with(&fixture.url, clock(), &options)
        .await
        .expect("reading goes on");
    let new = new_sync(&store, "1");
    let error = store.begin_sync(&new, &[]).await.unwrap_err();
    assert!(matches!(error, StoreError::Locked { .. }), "{error:?}");
    other.execute("ROLLBACK").await.unwrap();
    store.begin_sync(&new, &[]).await.unwrap();
}

#[tokio::test]
async fn a_row_that_another_program_locks_on_a_server_is_reported_as_locked() {
    let fixture = Fixture::postgres().await;
    fixture.begin("1").await;
    let mut other = sqlx::PgConnection::connect(&fixture.url.to_string())
        .await
        .unwrap();
    other
        .execute("BEGIN; SELECT * FROM organizations FOR UPDATE")
        .await
        .unwrap();
    let options = StoreOptions {
        lock_timeout: Duration::from_millis(50),
        ..StoreOptions::default()
    };
    let store = Store::open_with(&fixture.url, clock(), &options)
        .await
        .unwrap();
    let new = new_sync(&store, "1");
    let error = store.begin_sync(&new, &[]).await.unwrap_err();
    assert!(matches!(error, StoreError::Locked { .. }), "{error:?}");
}

#[tokio::test]
async fn a_directory_that_is_not_there_is_named() {
    let url = DatabaseUrl::sqlite("/nowhere/at/all/usher.db");
    let error = refused(&url).await;
    assert!(
        matches!(&error, StoreError::CannotOpen { path, .. } if path == "/nowhere/at/all/usher.db"),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_damaged_file_is_reported_and_not_believed() {
    let fixture = Fixture::sqlite().await;
    fixture.publish(&small("1")).await;
    fixture.store.close().await;
    let path = fixture.url.path().unwrap();
    let mut bytes = std::fs::read(path).unwrap();
    for byte in bytes.iter_mut().skip(4096) {
        *byte = 0x5a;
    }
    std::fs::write(path, bytes).unwrap();
    let error = refused(&fixture.url).await;
    assert!(matches!(error, StoreError::Damaged { .. }), "{error:?}");
}

#[cfg(unix)]
#[tokio::test]
async fn only_its_owner_can_read_the_file() {
    use std::os::unix::fs::PermissionsExt;
    let fixture = Fixture::sqlite().await;
    let mode = std::fs::metadata(fixture.url.path().unwrap())
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let url: DatabaseUrl = format!(
        "postgres://ada:secret@localhost/db?host={}",
        directory.path().display()
    )
    .parse()
    .unwrap();
    let error = refused(&url).await;
    assert!(matches!(error, StoreError::Unreachable { .. }), "{error:?}");
    assert!(!format!("{error:?}").contains("secret"));
}

#[tokio::test]
async fn a_wrong_password_is_reported_as_refused() {
    let url = postgres_url().await;
    let mut connection = sqlx::PgConnection::connect(&url.to_string()).await.unwrap();
    // Another test may have made the role.
    let _ = connection
        .execute("CREATE ROLE needs_password LOGIN PASSWORD 'right'")
        .await;
    let url: DatabaseUrl = url
        .to_string()
        .replace("usher@", "needs_password:wrong@")
        .parse()
        .unwrap();
    let error = refused(&url).await;
    assert!(
        matches!(&error, StoreError::Refused { user, .. } if user == "needs_password"),
        "{error:?}"
    );
    assert!(!format!("{error:?}").contains("wrong"));
}

#[tokio::test]
async fn a_database_that_the_server_does_not_have_is_named() {
    let url = postgres_url().await;
    let url: DatabaseUrl = url
        .to_string()
        .replace("/usher_test", "/no_usher_test")
        .parse()
        .unwrap();
    let error = refused(&url).await;
    assert!(
        matches!(&error, StoreError::NoSuchDatabase { name, .. } if name.starts_with("no_usher")),
        "{error:?}"
    );
}

#[tokio::test]
async fn tls_that_the_server_does_not_offer_is_reported() {
    let url = postgres_url().await;
    let url = format!("{url}&sslmode=require");
    // Over a Unix socket PostgreSQL never speaks TLS.
    let opened = Store::open(&url.parse().unwrap(), clock()).await;
    assert!(matches!(opened, Err(StoreError::Tls { .. })), "{opened:?}");
}

#[tokio::test]
async fn a_server_where_nothing_can_be_written_is_read_only() {
    let fixture = Fixture::postgres().await;
    let url: DatabaseUrl = format!(
        "{}&options=-c%20default_transaction_read_only%3Don",
        fixture.url
    )
    .parse()
    .unwrap();
    let store = Store::open(&url, clock()).await.expect("reading is enough");
    assert!(!store.check().await.unwrap().writable);
    let error = store.begin_sync(&new_sync(&store, "1"), &[]).await;
    let error = error.unwrap_err();
    assert!(matches!(error, StoreError::ReadOnly { .. }), "{error:?}");
}

#[tokio::test]
async fn two_processes_that_open_an_empty_database_at_once_both_succeed() {
    let (sqlite, _directory) = sqlite_url();
    for url in [sqlite, postgres_url().await] {
        let stores = futures::future::try_join_all((0..4).map(|_| Store::open(&url, clock())))
            .await
            .unwrap();
        assert_eq!(stores.len(), 4);
    }
}
