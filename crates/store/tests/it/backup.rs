//! Backups: of one moment, whole or refused, from either engine to either.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sqlx::{Connection, Executor};
use usher_model::*;
use usher_store::*;

use crate::support::*;

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}

async fn back_up(store: &Store, path: &Path) -> BackupSummary {
    let file = std::fs::File::create(path).unwrap();
    store.write_backup(file).await.unwrap()
}

async fn restore(
    path: &Path,
    url: &DatabaseUrl,
    overwrite: Overwrite,
) -> Result<Store, StoreError> {
    let clock = Arc::new(FixedClock::new(at("2026-03-02T08:00:00Z")));
    let backup = BackupFile::open(path)?;
    Store::restore(url, clock, &backup, overwrite.into()).await
}

/// An inventory, events, a directory source, a job and a secret.
async fn furnish(fixture: &Fixture) {
    let store = &fixture.store;
    fixture.publish(&small("1")).await;
    let events: Vec<_> = (0..500)
        .map(|number| {
            fixture.event(
                EventKind::InventoryExported,
                &format!("of \u{1f9ed} {number} \"'\\"),
            )
        })
        .collect();
    store.append_events(&events).await.unwrap();
    let source = SourceDefinition {
        name: "hr".into(),
        place: 0,
        settings: serde_json::json!({"kind": "csv"}),
    };
    store.save_source(&source, &[]).await.unwrap();
    let task = JobTask::SourceRead {
        source: "hr".into(),
    };
    let event = |id: &JobId| fixture.event(EventKind::JobRequested, &format!("job:{id}"));
    store.request_job(&task, event).await.unwrap();
}

/// What a database says, in words.
async fn told(store: &Store) -> String {
    let events: Vec<ChainedEvent> = all(store.events(0, None)).await;
    let accounts: Vec<AccountRow> = all(store.accounts(&AccountFilter::of("1".into()))).await;
    let grants: Vec<GrantRow> = all(store.grants(&GrantFilter::of("1".into()))).await;
    let jobs = store.jobs(JobFilter::default()).await.unwrap();
    let sources = store.sources().await.unwrap();
    let syncs = store.syncs(&"1".into()).await.unwrap();
    format!("{events:?}{accounts:?}{grants:?}{jobs:?}{sources:?}{syncs:?}")
}

async fn urls() -> [(DatabaseUrl, Option<tempfile::TempDir>); 2] {
    let (sqlite, folder) = sqlite_url();
    [(sqlite, Some(folder)), (postgres_url().await, None)]
}

on_both_engines! {
    async fn a_backup_makes_the_same_database_on_either_engine(fixture: Fixture) {
        let folder = Folder::new();
        furnish(&fixture).await;
        let file = folder.path("one.backup");
        let summary = back_up(&fixture.store, &file).await;
        assert_eq!(BackupFile::open(&file).unwrap().summary, summary);
        assert!(summary.rows > 500);
        for (url, _folder) in urls().await {
            let made = restore(&file, &url, Overwrite::Refuse).await.unwrap();
            assert_eq!(told(&made).await, told(&fixture.store).await);
            assert_eq!(made.verify_events().await.unwrap(), fixture.store.verify_events().await.unwrap());
            // The numbers that the database gives out go on behind the restored ones.
            let new = new_sync(&made, "1");
            made.begin_sync(&new, &[]).await.unwrap();
            let again = folder.path("two.backup");
            back_up(&made, &again).await;
            BackupFile::open(&again).unwrap();
            made.close().await;
            Store::open(&url, fixture.clock.clone()).await.unwrap().close().await;
        }
    }

    async fn a_database_that_is_not_empty_is_replaced_only_when_that_is_said(fixture: Fixture) {
        let folder = Folder::new();
        furnish(&fixture).await;
        let file = folder.path("one.backup");
        back_up(&fixture.store, &file).await;
        let before = told(&fixture.store).await;
        fixture.publish(&Inventory::of("1")).await;
        let after = told(&fixture.store).await;
        assert_ne!(before, after);
        let refused = restore(&file, &fixture.url, Overwrite::Refuse).await.unwrap_err();
        assert!(matches!(refused, StoreError::NotEmpty { .. }), "{refused}");
        assert!(refused.to_string().contains("--replace"));
        assert_eq!(told(&fixture.store).await, after);
        restore(&file, &fixture.url, Overwrite::Lose).await.unwrap();
        assert_eq!(told(&fixture.second_process().await).await, before);
    }

    async fn what_may_have_ended_since_the_backup_does_not_come_back(fixture: Fixture) {
        let folder = Folder::new();
        let store = &fixture.store;
        let ada = NewAdministrator {
            id: store.new_administrator_id(),
            kind: AdministratorKind::Person,
            name: "Ada".into(),
            email: Some("ada@example.org".into()),
            role: Role::Auditor,
            password: None,
        };
        store.add_administrator(&ada, &[]).await.unwrap();
        let session = NewSession {
            id: store.new_session_id(),
            hash: "session".into(),
            administrator: ada.id.clone(),
            method: SignInMethod::Password,
            password: None,
            address: None,
            user_agent: None,
            at: None,
        };
        store.begin_session(&session, None, &[]).await.unwrap();
        let link = NewInvitation {
            hash: "link".into(),
            invitation: Invitation {
                purpose: InvitationPurpose::SetPassword,
                administrator: Some(ada.id.clone()),
                expires_at: at("2027-01-01T00:00:00Z"),
            },
        };
        store.invite(&link, &[]).await.unwrap();
        let flow = SignInFlow {
            browser: "browser".into(),
            provider: "sso".into(),
            return_to: "/".into(),
            proven: Some(ProvenFlow { administrator: ada.id.clone(), kept: None }),
        };
        store.begin_flow("flow", &flow, at("2027-01-01T00:00:00Z")).await.unwrap();
        let token = NewToken {
            id: store.new_token_id(),
            hash: "token".into(),
            administrator: ada.id.clone(),
            name: "report".into(),
            scopes: vec![Right::InventoryRead],
            expires_at: None,
            created_by: Actor::System,
            session: None,
        };
        store.create_token(&token, &[]).await.unwrap();
        let file = folder.path("one.backup");
        back_up(store, &file).await;
        let forever = SessionLimits { idle: std::time::Duration::MAX, absolute: std::time::Duration::MAX };
        for (tokens, opens) in [(RestoredTokens::Keep, true), (RestoredTokens::Revoke, false)] {
            let (url, _folder) = sqlite_url();
            let backup = BackupFile::open(&file).unwrap();
            let how = Restoring { overwrite: Overwrite::Refuse, tokens };
            let made = Store::restore(&url, fixture.clock.clone(), &backup, how).await.unwrap();
            assert_eq!(made.session("session", forever).await.unwrap(), None);
            assert_eq!(made.invitation("link").await.unwrap(), None);
            assert_eq!(made.flow("flow").await.unwrap(), None);
            assert_eq!(made.use_token("token").await.unwrap().is_some(), opens);
        }
    }

    async fn a_database_that_was_opened_and_never_used_is_empty(fixture: Fixture) {
        let folder = Folder::new();
        let file = folder.path("one.backup");
        back_up(&fixture.store, &file).await;
        restore(&file, &fixture.url, Overwrite::Refuse).await.unwrap();
    }

    async fn a_backup_is_of_one_moment_whatever_is_written_meanwhile(fixture: Fixture) {
        let folder = Folder::new();
        furnish(&fixture).await;
        let writer = fixture.second_process().await;
        let is_over = AtomicBool::new(false);
        let writing = async {
            let mut written = 0;
            while !is_over.load(Ordering::Relaxed) {
                let events = [(); 20].map(|()| fixture.event(EventKind::InventoryExported, "meanwhile"));
                writer.append_events(&events).await.unwrap();
                written += 1;
                tokio::task::yield_now().await;
            }
            written
        };
        let backing_up = async {
            for number in 0..8 {
                let file = folder.path(&number.to_string());
                // Between reading and writing of the blocking kind others get their turn.
                back_up(&fixture.store, &file).await;
                tokio::task::yield_now().await;
            }
            is_over.store(true, Ordering::Relaxed);
        };
        let (written, ()) = tokio::join!(writing, backing_up);
        assert!(written > 2, "nothing was written meanwhile");
        for number in 0..8 {
            let (url, _folder) = sqlite_url();
            let made = restore(&folder.path(&number.to_string()), &url, Overwrite::Refuse).await.unwrap();
            // A torn backup has a log that ends before or behind its head.
            made.verify_events().await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_backup_that_was_cut_off_or_changed_changes_nothing() {
    let folder = Folder::new();
    let fixture = Fixture::sqlite().await;
    furnish(&fixture).await;
    let file = folder.path("one.backup");
    back_up(&fixture.store, &file).await;
    let whole = std::fs::read(&file).unwrap();
    let plain = zstd::decode_all(&whole[..]).unwrap();
    let text = String::from_utf8(plain).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let pack = |text: String| zstd::encode_all(text.as_bytes(), 1).unwrap();
    let damaged: Vec<(&str, Vec<u8>)> = vec![
        ("cut off", whole[..whole.len() / 2].to_vec()),
        ("cut off", pack(lines[..lines.len() - 1].join("\n") + "\n")),
        ("checksum", pack(text.replacen("Example", "Exbmple", 1))),
        (
            "checksum",
            pack(text.replacen("\"rows\":", "\"rows\":1", 1)),
        ),
        ("follows", pack(text.clone() + "[]\n")),
        ("no backup", b"something else".to_vec()),
        ("no backup", pack("{}\n".into())),
        ("cut off", Vec::new()),
    ];
    for (number, (what, bytes)) in damaged.into_iter().enumerate() {
        std::fs::write(&file, bytes).unwrap();
        let (url, _folder) = sqlite_url();
        let error = restore(&file, &url, Overwrite::Refuse).await.unwrap_err();
        assert!(
            matches!(error, StoreError::BackupUnusable { .. }),
            "{number} {what}: {error}"
        );
        assert!(error.to_string().contains(what), "{number} {what}: {error}");
        assert!(!url.path().unwrap().exists(), "{number} {what}");
    }
}

#[tokio::test]
async fn a_backup_of_a_newer_usher_is_refused() {
    let folder = Folder::new();
    let fixture = Fixture::sqlite().await;
    let file = folder.path("one.backup");
    back_up(&fixture.store, &file).await;
    let text =
        String::from_utf8(zstd::decode_all(&std::fs::read(&file).unwrap()[..]).unwrap()).unwrap();
    let newer = text.replacen("\"schema_version\":", "\"schema_version\":9", 1);
    std::fs::write(&file, zstd::encode_all(newer.as_bytes(), 1).unwrap()).unwrap();
    let (url, _folder) = sqlite_url();
    let error = restore(&file, &url, Overwrite::Refuse).await.unwrap_err();
    assert!(matches!(error, StoreError::NewerSchema { .. }), "{error}");
    let newer = text.replacen("\"version\":1", "\"version\":2", 1);
    std::fs::write(&file, zstd::encode_all(newer.as_bytes(), 1).unwrap()).unwrap();
    let error = restore(&file, &url, Overwrite::Refuse).await.unwrap_err();
    let said = error.to_string();
    assert!(
        said.contains("format 2") && said.contains("newer Usher"),
        "{said}"
    );
}

#[tokio::test]
async fn a_database_of_another_program_is_not_touched() {
    let folder = Folder::new();
    let fixture = Fixture::sqlite().await;
    let file = folder.path("one.backup");
    back_up(&fixture.store, &file).await;
    let url = postgres_url().await;
    let mut connection = sqlx::PgConnection::connect(&url.to_string()).await.unwrap();
    let make = "CREATE TABLE recipes (name TEXT)";
    connection.execute(make).await.unwrap();
    let error = restore(&file, &url, Overwrite::Lose).await.unwrap_err();
    assert!(
        matches!(error, StoreError::ForeignDatabase { .. }),
        "{error}"
    );
}
