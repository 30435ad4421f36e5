//! Secrets at rest: sealed, rotated while in use, and nowhere in clear.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};
use usher_engine::secrets::{KeySource, NewSecret, SecretError, Vault};
use usher_engine::{Acting, EngineError};
use usher_model::{Actor, Origin, SecretId, SystemClock};
use usher_store::Store;

/// What must be found nowhere.
const CANARY: &str = "canary-9f3b7c21d5";

struct Desk {
    store: Store,
    folder: tempfile::TempDir,
}

impl Desk {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("usher.db").display());
        Self {
            store: Store::open(&url.parse().unwrap(), Arc::new(SystemClock))
                .await
                .unwrap(),
            folder,
        }
    }

    async fn on_postgres() -> Self {
        let url = usher_store::postgres_for_tests::new_database()
            .await
            .unwrap();
        Self {
            store: Store::open(&url, Arc::new(SystemClock)).await.unwrap(),
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn key_file(&self) -> PathBuf {
        self.folder.path().join("keys")
    }

    /// A vault as each process has its own.
    fn vault(&self) -> Vault {
        Vault::new(self.store.clone(), Some(KeySource::File(self.key_file())))
    }

    fn acting(&self) -> Acting<'_> {
        Acting {
            store: &self.store,
            clock: &SystemClock,
            actor: &Actor::System,
            origin: Origin::CommandLine,
        }
    }
}

fn secret(name: &str, text: &str) -> NewSecret {
    NewSecret {
        organization: None,
        kind: "access_token".into(),
        name: name.into(),
        owner: None,
        text: SecretString::from(text),
    }
}

async fn put(vault: &Vault, name: &str, text: &str) -> SecretId {
    vault
        .put(&secret(name, text), |_| Vec::new())
        .await
        .unwrap()
}

async fn revealed(vault: &Vault, id: &SecretId) -> String {
    let text = vault.reveal(id).await.unwrap().unwrap();
    text.expose_secret().to_owned()
}

fn is(result: Result<impl std::fmt::Debug, EngineError>, expected: fn(&SecretError) -> bool) {
    match result {
        Err(EngineError::Secret(error)) if expected(&error) => {}
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_secret_is_stored_replaced_and_opened_by_another_process() {
    let desk = Desk::new().await;
    let vault = desk.vault();
    is(
        vault.put(&secret("miro", CANARY), |_| Vec::new()).await,
        |error| matches!(error, SecretError::NotBegun),
    );
    assert_eq!(vault.begin(desk.acting()).await.unwrap(), 1);
    assert_eq!(vault.begin(desk.acting()).await.unwrap(), 1);
    let id = put(&vault, "miro", "first").await;
    assert_eq!(put(&vault, "miro", CANARY).await, id);
    assert_eq!(revealed(&desk.vault(), &id).await, CANARY);
    assert_eq!(desk.vault().trouble().await.unwrap(), None);
    assert!(
        vault
            .reveal(&SecretId::new("none"))
            .await
            .unwrap()
            .is_none()
    );
}

/// Rotating, storing and opening at the same time, in two processes.
async fn rotated_while_in_use(desk: Desk) {
    let (one, other) = (desk.vault(), desk.vault());
    one.begin(desk.acting()).await.unwrap();
    let mut ids = Vec::new();
    for number in 0..130 {
        ids.push(put(&one, &number.to_string(), &format!("text {number}")).await);
    }
    let rotating = async { one.rotate(desk.acting()).await.unwrap() };
    let using = async {
        for (number, id) in ids.iter().enumerate() {
            assert_eq!(revealed(&other, id).await, format!("text {number}"));
            put(&other, &format!("more {number}"), "more").await;
        }
    };
    let (rotated, ()) = tokio::join!(rotating, using);
    assert_eq!((rotated.version, rotated.is_new), (2, true));
    let rest = one.store_status().await;
    assert_eq!(rest, [(1, false, 0), (2, true, 260)]);
    for (number, id) in ids.iter().enumerate() {
        assert_eq!(revealed(&desk.vault(), id).await, format!("text {number}"));
    }
    let again = other.rotate(desk.acting()).await.unwrap();
    assert_eq!((again.version, again.resealed), (3, 260));
    assert_eq!(revealed(&one, &ids[0]).await, "text 0");
    desk.store.verify_events().await.unwrap();
}

trait Status {
    async fn store_status(&self) -> Vec<(u32, bool, u64)>;
}

impl Status for Vault {
    async fn store_status(&self) -> Vec<(u32, bool, u64)> {
        let status = self.status().await.unwrap();
        status
            .iter()
            .map(|key| (key.version, key.is_current, key.secrets))
            .collect()
    }
}

#[tokio::test]
async fn a_key_is_rotated_while_others_store_and_open_secrets_on_sqlite() {
    rotated_while_in_use(Desk::new().await).await;
}

#[tokio::test]
async fn a_key_is_rotated_while_others_store_and_open_secrets_on_postgres() {
    rotated_while_in_use(Desk::on_postgres().await).await;
}

#[tokio::test]
async fn a_rotation_that_was_interrupted_goes_on() {
    let desk = Desk::new().await;
    let vault = desk.vault();
    vault.begin(desk.acting()).await.unwrap();
    for number in 0..5 {
        put(&vault, &number.to_string(), "text").await;
    }
    let before = desk.store.secrets().await.unwrap();
    vault.rotate(desk.acting()).await.unwrap();
    // As if it had ended before the last two.
    let keys = desk.store.secret_keys().await.unwrap();
    let [first, second] = &keys[..] else {
        panic!("{keys:?}");
    };
    desk.store.use_secret_key(&first.check, &[]).await.unwrap();
    for stored in &before[3..] {
        let now = desk.store.secret(&stored.label.id).await.unwrap().unwrap();
        assert!(
            desk.store
                .reseal_secret(&now, &stored.sealed)
                .await
                .unwrap()
        );
    }
    desk.store.use_secret_key(&second.check, &[]).await.unwrap();
    let rotated = desk.vault().rotate(desk.acting()).await.unwrap();
    assert_eq!(
        (rotated.version, rotated.is_new, rotated.resealed),
        (2, false, 2)
    );
    for stored in &before {
        assert_eq!(revealed(&vault, &stored.label.id).await, "text");
    }
}

#[tokio::test]
async fn a_rotation_goes_past_a_secret_that_does_not_open_and_names_it() {
    let desk = Desk::new().await;
    let vault = desk.vault();
    vault.begin(desk.acting()).await.unwrap();
    let damaged = put(&vault, "damaged", "1").await;
    let whole = put(&vault, "whole", CANARY).await;
    let here = desk.store.secret(&damaged).await.unwrap().unwrap();
    let other = desk.store.secret(&whole).await.unwrap().unwrap();
    desk.store
        .reseal_secret(&here, &other.sealed)
        .await
        .unwrap();
    for version in 2..4 {
        let rotated = vault.rotate(desk.acting()).await.unwrap();
        assert_eq!((rotated.version, rotated.is_new), (version, true));
        assert_eq!(rotated.resealed, 1);
        let left: Vec<_> = rotated.left.iter().map(|left| &left.secret.id).collect();
        assert_eq!(left, [&damaged]);
    }
    assert_eq!(revealed(&desk.vault(), &whole).await, CANARY);
    assert_eq!(
        vault.store_status().await,
        [(1, false, 1), (2, false, 0), (3, true, 1)]
    );
}

#[tokio::test]
async fn a_seed_that_was_stored_as_it_is_is_sealed_once_there_is_a_key() {
    use sqlx::{ConnectOptions as _, Connection as _, Executor as _};
    let desk = Desk::new().await;
    let new = usher_store::NewAdministrator {
        id: desk.store.new_administrator_id(),
        kind: usher_store::AdministratorKind::Person,
        name: "Ada".to_owned(),
        email: Some("ada@example.org".to_owned()),
        role: usher_model::Role::Auditor,
        password: None,
    };
    desk.store.add_administrator(&new, &[]).await.unwrap();
    let mut raw = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(desk.folder.path().join("usher.db"))
        .connect()
        .await
        .unwrap();
    raw.execute("UPDATE administrators SET totp = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'")
        .await
        .unwrap();
    raw.close().await.unwrap();
    let kept = async || {
        let found = desk.store.credentials(&new.id).await.unwrap().unwrap();
        found.totp.unwrap()
    };
    assert!(matches!(kept().await, usher_store::KeptSeed::Unsealed(_)));
    assert_eq!(desk.vault().seal_second_factors().await.unwrap(), 0);
    desk.vault().begin(desk.acting()).await.unwrap();
    let sealed = kept().await;
    assert!(matches!(sealed, usher_store::KeptSeed::Sealed(_)));
    assert!(desk.store.unsealed_seeds().await.unwrap().is_empty());
    assert_eq!(
        desk.vault().rotate(desk.acting()).await.unwrap().resealed,
        1
    );
    let seed = desk.vault().second_factor(&sealed).await.unwrap();
    assert_eq!(seed.expose_secret(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
}

#[tokio::test]
async fn a_missing_or_wrong_key_is_named_and_seals_nothing() {
    let desk = Desk::new().await;
    desk.vault().begin(desk.acting()).await.unwrap();
    let id = put(&desk.vault(), "miro", CANARY).await;
    let right = std::fs::read_to_string(desk.key_file()).unwrap();
    std::fs::remove_file(desk.key_file()).unwrap();
    is(desk.vault().reveal(&id).await.map(|_| ()), |error| {
        matches!(error, SecretError::File { .. })
    });
    let none = Vault::new(desk.store.clone(), None);
    is(none.reveal(&id).await.map(|_| ()), |error| {
        matches!(error, SecretError::NotConfigured)
    });
    // Another key as version 1, and a file that has version 2 only.
    let other = Desk::new().await;
    other.vault().begin(other.acting()).await.unwrap();
    let wrong = std::fs::read_to_string(other.key_file()).unwrap();
    write_key(&desk.key_file(), &wrong);
    is(desk.vault().reveal(&id).await.map(|_| ()), |error| {
        matches!(error, SecretError::Wrong { version: 1 })
    });
    is(
        desk.vault().put(&secret("x", "y"), |_| Vec::new()).await,
        |error| matches!(error, SecretError::Wrong { version: 1 }),
    );
    let trouble = desk.vault().trouble().await.unwrap().unwrap();
    assert!(
        trouble.contains("version 1") && trouble.contains("put the right one back"),
        "{trouble}"
    );
    write_key(&desk.key_file(), &wrong.replace("\n1:", "\n2:"));
    is(desk.vault().rotate(desk.acting()).await, |error| {
        matches!(error, SecretError::Missing { version: 1 })
    });
    write_key(&desk.key_file(), &right);
    assert_eq!(revealed(&desk.vault(), &id).await, CANARY);
}

#[tokio::test]
async fn a_key_that_somebody_else_keeps_has_to_be_added_by_them() {
    let desk = Desk::new().await;
    desk.vault().begin(desk.acting()).await.unwrap();
    let text = std::fs::read_to_string(desk.key_file()).unwrap();
    let given = Vault::new(
        desk.store.clone(),
        Some(KeySource::Given(SecretString::from(text))),
    );
    is(given.rotate(desk.acting()).await, |error| {
        matches!(error, SecretError::NothingNewer { current: 1 })
    });
}

#[tokio::test]
async fn a_secret_that_was_put_in_the_place_of_another_does_not_open() {
    let desk = Desk::new().await;
    let vault = desk.vault();
    vault.begin(desk.acting()).await.unwrap();
    let (one, other) = (
        put(&vault, "one", "1").await,
        put(&vault, "other", "2").await,
    );
    let one = desk.store.secret(&one).await.unwrap().unwrap();
    let stolen = desk.store.secret(&other).await.unwrap().unwrap();
    desk.store
        .reseal_secret(&one, &stolen.sealed)
        .await
        .unwrap();
    is(vault.reveal(&one.label.id).await.map(|_| ()), |error| {
        matches!(error, SecretError::Damaged { .. })
    });
}

#[tokio::test]
async fn a_planted_secret_is_in_no_file_but_the_one_it_came_from() {
    let desk = Desk::new().await;
    let vault = desk.vault();
    vault.begin(desk.acting()).await.unwrap();
    let id = put(&vault, "miro", CANARY).await;
    vault.rotate(desk.acting()).await.unwrap();
    let backup = std::fs::File::create(desk.folder.path().join("usher.backup")).unwrap();
    desk.store.write_backup(backup).await.unwrap();
    let plain = std::fs::read(desk.folder.path().join("usher.backup")).unwrap();
    let plain = zstd_decoded(&plain);
    std::fs::write(desk.folder.path().join("usher.backup.plain"), plain).unwrap();
    let stored = desk.store.secret(&id).await.unwrap().unwrap();
    let shown = format!("{vault:?} {stored:?} {:?}", secret("x", CANARY));
    std::fs::write(desk.folder.path().join("shown"), shown).unwrap();
    let keys = std::fs::read_to_string(desk.key_file()).unwrap();
    let entries = keys.lines().filter(|line| !line.starts_with('#'));
    let keys: Vec<&str> = entries
        .filter_map(|line| Some(line.split_once(':')?.1))
        .collect();
    assert_eq!(keys.len(), 2);
    let mut files = 0;
    for entry in std::fs::read_dir(desk.folder.path()).unwrap() {
        let path = entry.unwrap().path();
        if path == desk.key_file() {
            continue;
        }
        files += 1;
        let bytes = std::fs::read(&path).unwrap();
        for word in keys.iter().copied().chain([CANARY]) {
            assert!(!has(&bytes, word), "{} has {word}", path.display());
        }
        assert!(path.extension().is_none_or(|end| end != "plain") || has(&bytes, "access_token"));
    }
    assert!(files >= 4, "{files}");
}

fn has(bytes: &[u8], word: &str) -> bool {
    bytes
        .windows(word.len())
        .any(|window| window == word.as_bytes())
}

fn zstd_decoded(bytes: &[u8]) -> Vec<u8> {
    zstd::decode_all(bytes).unwrap()
}

fn write_key(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}
