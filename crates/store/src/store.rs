//! Opening a database, and what can be said of it.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePoolOptions};
use sqlx::{ConnectOptions, Connection};
use usher_boxed::boxed;
use usher_model::{Clock, EventId, Organization, SyncId};
use uuid::ContextV7;
use uuid::Uuid;

use crate::database::{Db, Durability, Pools};
use crate::schema::{
    APPLICATION_ID, MIGRATIONS, Migration, is_there, known_version, migrate, version,
};
use crate::statement::sql;
use crate::trouble::Trouble;
use crate::url::{Address, PostgresAddress};
use crate::{DatabaseUrl, Engine, StoreError, tls_files};

/// A database of Usher's. Clones share its connections.
#[derive(Clone)]
pub struct Store {
    pub(crate) db: Db,
    pub(crate) clock: Arc<dyn Clock>,
    ids: Arc<Mutex<ContextV7>>,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Store({})", self.db.name)
    }
}

/// How to open a database.
#[derive(Clone, Debug)]
pub struct StoreOptions {
    /// How long to wait for a lock that another program holds before giving up (default 5 s).
    pub lock_timeout: Duration,
    /// How long to wait for a connection to a server (default 10 s).
    pub connect_timeout: Duration,
    /// The most connections that are open to a server at the same time, or readers of a file (default 8). A
    /// stream holds one until it ends.
    pub connections: u32,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self {
            lock_timeout: Duration::from_secs(5),
            connect_timeout: Duration::from_secs(10),
            connections: 8,
        }
    }
}

/// What [`Store::check`] found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// The engine.
    pub engine: Engine,
    /// Its version, in its own words.
    pub engine_version: String,
    /// Where the database is, without a password.
    pub database: String,
    /// The version of the schema.
    pub schema_version: i64,
    /// The version to which this program brings it.
    pub known_version: i64,
    /// How much room the database takes, in bytes.
    pub size_bytes: u64,
    /// Whether a write was possible just now.
    pub writable: bool,
}

impl Store {
    /// Opens a database, creates it if it is a SQLite file that is not there, and brings its schema up
    /// to date.
    ///
    /// Fails with the variant of [`StoreError`] that says what is wrong with it; a database that is not
    /// Usher's, or that a newer Usher wrote, is not touched.
    #[boxed]
    pub async fn open(url: &DatabaseUrl, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        Self::open_with(url, clock, &StoreOptions::default()).await
    }

    /// [`Store::open`] with other settings.
    #[boxed]
    pub async fn open_with(
        url: &DatabaseUrl,
        clock: Arc<dyn Clock>,
        options: &StoreOptions,
    ) -> Result<Self, StoreError> {
        Self::open_at(url, clock, options, MIGRATIONS).await
    }

    /// Two processes that turn a fresh file into a database at once get in each other's way where SQLite does
    /// not wait by itself (the change to WAL mode takes no busy time-out), so a refusal that came early is tried again.
    pub(crate) async fn open_at(
        url: &DatabaseUrl,
        clock: Arc<dyn Clock>,
        options: &StoreOptions,
        migrations: &[Migration],
    ) -> Result<Self, StoreError> {
        let started = tokio::time::Instant::now();
        loop {
            match Self::open_once(url, clock.clone(), options, migrations).await {
                Err(StoreError::Locked { .. }) if started.elapsed() < options.lock_timeout => {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                outcome => return outcome,
            }
        }
    }

    async fn open_once(
        url: &DatabaseUrl,
        clock: Arc<dyn Clock>,
        options: &StoreOptions,
        migrations: &[Migration],
    ) -> Result<Self, StoreError> {
        Self::connect(url, clock, options)
            .await?
            .up_to_date(migrations)
            .await
    }

    /// Opens a database that is there, and brings its schema up to date; `None` when there is no file, or nothing in
    /// the database, which stays so.
    #[boxed]
    pub async fn open_existing(
        url: &DatabaseUrl,
        clock: Arc<dyn Clock>,
    ) -> Result<Option<Self>, StoreError> {
        match Self::connect_existing(url, clock).await? {
            Some(store) => store.up_to_date(MIGRATIONS).await.map(Some),
            None => Ok(None),
        }
    }

    /// What can be said of a database as it is, for `usher doctor`; `None` when there is no file, or nothing in the
    /// database. Its schema is not brought up to date.
    #[boxed]
    pub async fn look(
        url: &DatabaseUrl,
        clock: Arc<dyn Clock>,
    ) -> Result<Option<Check>, StoreError> {
        let Some(store) = Self::connect_existing(url, clock).await? else {
            return Ok(None);
        };
        let check = store.check().await;
        store.close().await;
        check.map(Some)
    }

    /// The organizations of a database as it is; none where [`Store::look`] finds nothing.
    #[boxed]
    pub async fn known_organizations(
        url: &DatabaseUrl,
        clock: Arc<dyn Clock>,
    ) -> Result<Vec<Organization>, StoreError> {
        let Some(store) = Self::connect_existing(url, clock).await? else {
            return Ok(Vec::new());
        };
        let organizations = store.organizations().await;
        store.close().await;
        organizations
    }

    async fn connect_existing(
        url: &DatabaseUrl,
        clock: Arc<dyn Clock>,
    ) -> Result<Option<Self>, StoreError> {
        let is_empty = |path: &Path| std::fs::metadata(path).map_or(true, |file| file.len() == 0);
        if url.path().is_some_and(is_empty) {
            return Ok(None);
        }
        let store = Self::connect(url, clock, &StoreOptions::default()).await?;
        let found = is_there(&store.db).await;
        if !matches!(found, Ok(true)) {
            store.close().await;
        }
        Ok(found?.then_some(store))
    }

    async fn up_to_date(self, migrations: &[Migration]) -> Result<Self, StoreError> {
        if let Err(error) = migrate(&self.db, migrations, self.clock.now()).await {
            self.close().await;
            return Err(error);
        }
        Ok(self)
    }

    pub(crate) async fn connect(
        url: &DatabaseUrl,
        clock: Arc<dyn Clock>,
        options: &StoreOptions,
    ) -> Result<Self, StoreError> {
        let trouble = Arc::new(Trouble::with(url));
        let pools = match &url.0 {
            Address::Sqlite(path) => sqlite(path, options, &trouble).await?,
            Address::Postgres(address) => postgres(address, options, &trouble).await?,
        };
        let db = Db {
            pools,
            name: trouble.database().into(),
            trouble,
            bell: Arc::default(),
        };
        Ok(Self {
            db,
            clock,
            ids: Arc::new(Mutex::new(ContextV7::new())),
        })
    }

    /// What can be said of the database, for `usher doctor`.
    #[boxed]
    pub async fn check(&self) -> Result<Check, StoreError> {
        let (version_of_engine, size) = match self.db.engine() {
            Engine::Sqlite => (
                "SELECT sqlite_version()",
                "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
            ),
            Engine::Postgres => (
                "SELECT current_setting('server_version')",
                "SELECT pg_database_size(current_database())",
            ),
        };
        let engine_version = self.db.one(sql(version_of_engine)).await?;
        let size = self.db.one(sql(size)).await?;
        Ok(Check {
            engine: self.db.engine(),
            engine_version: engine_version.columns(&self.db.name).text()?,
            database: self.database(),
            schema_version: version(&self.db).await?,
            known_version: known_version(),
            size_bytes: size.columns(&self.db.name).count()?,
            writable: self.try_to_write().await?,
        })
    }

    /// Why the schema is not the one that this program works with, if it is not: a newer Usher changed it meanwhile.
    #[boxed]
    pub async fn schema_trouble(&self) -> Result<Option<String>, StoreError> {
        let (found, known) = (version(&self.db).await?, known_version());
        Ok((found != known).then(|| {
            format!("the database has schema version {found}, and this program works with {known}")
        }))
    }

    /// Ends when this process has committed something that a worker may have to act on: a job was asked for, a schedule
    /// set. What other processes commit is found by looking.
    #[boxed]
    pub async fn job_asked_for(&self) {
        self.db.bell.notified().await;
    }

    /// Whether the database answers.
    #[boxed]
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.db.one(sql("SELECT 1")).await.map(|_| ())
    }

    /// Writes something and takes it back.
    async fn try_to_write(&self) -> Result<bool, StoreError> {
        let attempt = async {
            let mut tx = self.db.write(Durability::Repeatable).await?;
            tx.execute(sql("UPDATE event_head SET sequence = sequence + 1"))
                .await
        };
        match attempt.await {
            Ok(_) => Ok(true),
            Err(StoreError::ReadOnly { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Closes all connections, once the streams that use them have ended.
    #[boxed]
    pub async fn close(&self) {
        self.db.close().await;
    }

    /// Where the database is, without a password.
    pub fn database(&self) -> String {
        self.db.name.to_string()
    }

    /// A new id that sorts after the ones made before, by this store's clock.
    pub fn new_sync_id(&self) -> SyncId {
        SyncId::new(self.new_id().to_string())
    }

    /// A new id that sorts after the ones made before, by this store's clock.
    pub fn new_event_id(&self) -> EventId {
        EventId::new(self.new_id().to_string())
    }

    pub(crate) fn new_id(&self) -> Uuid {
        let now = self.clock.now();
        let seconds = u64::try_from(now.as_second()).unwrap_or(0);
        let nanoseconds = u32::try_from(now.subsec_nanosecond()).unwrap_or(0);
        Uuid::new_v7(uuid::Timestamp::from_unix(&*self.ids, seconds, nanoseconds))
    }
}

impl Db {
    async fn close(&self) {
        match &self.pools {
            Pools::Sqlite { writer, reader, .. } => {
                reader.close().await;
                writer.close().await;
            }
            Pools::Postgres(pool) => pool.close().await,
        }
    }
}

async fn sqlite(
    path: &Path,
    options: &StoreOptions,
    trouble: &Trouble,
) -> Result<Pools, StoreError> {
    let plain = SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(options.lock_timeout)
        .foreign_keys(true)
        .row_buffer_size(250)
        .disable_statement_logging();
    refuse_foreign_file(path, &plain, trouble).await?;
    create_private(path, trouble)?;
    // WAL is a property of the file, and the writer sets it before anybody reads.
    // The log may grow to 64 MB (16,000 pages) before it is copied into the file, and the writer keeps
    // as much in memory (a negative cache size is in KiB): both make large synchronizations faster.
    let writing = plain
        .clone()
        .journal_mode(SqliteJournalMode::Wal)
        .pragma("wal_autocheckpoint", "16000")
        .pragma("cache_size", "-65536");
    let writer = SqlitePoolOptions::new()
        .max_connections(1)
        .acquire_timeout(Duration::from_mins(1).max(options.lock_timeout))
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_with(writing)
        .await
        .map_err(|error| trouble.explain("open", error))?;
    let reader = SqlitePoolOptions::new()
        .max_connections(options.connections.max(1))
        .connect_lazy_with(plain.read_only(true).pragma("cache_size", "-16384"));
    Ok(Pools::Sqlite { writer, reader })
}

/// Looks at a file before anything is written to it: setting WAL mode alone would change it.
async fn refuse_foreign_file(
    path: &Path,
    plain: &SqliteConnectOptions,
    trouble: &Trouble,
) -> Result<(), StoreError> {
    if std::fs::metadata(path).map_or(true, |file| file.len() == 0) {
        return Ok(());
    }
    let failed = |error| trouble.explain("open", error);
    let mut connection = SqliteConnection::connect_with(&plain.clone().read_only(true))
        .await
        .map_err(failed)?;
    let (application, tables): (i64, i64) = sqlx::query_as(
        "SELECT (SELECT application_id FROM pragma_application_id()), (SELECT COUNT(*) FROM sqlite_master)",
    )
    .fetch_one(&mut connection)
    .await
    .map_err(failed)?;
    connection.close().await.map_err(failed)?;
    if application == APPLICATION_ID || (application == 0 && tables == 0) {
        return Ok(());
    }
    Err(StoreError::ForeignDatabase {
        database: trouble.database().to_owned(),
        why: format!(
            "its application id is {application:#x} and it has {tables} tables and indexes"
        ),
    })
}

/// Creates the file so that only its owner can read it: it will hold personal data. SQLite gives the
/// files beside it the same permissions.
fn create_private(path: &Path, trouble: &Trouble) -> Result<(), StoreError> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(StoreError::CannotOpen {
            path: trouble.database().to_owned(),
            source: error.into(),
        }),
    }
}

async fn postgres(
    address: &PostgresAddress,
    options: &StoreOptions,
    trouble: &Trouble,
) -> Result<Pools, StoreError> {
    tls_files::check(address, trouble)?;
    let connect: PgConnectOptions = address.options.clone().disable_statement_logging();
    // A pool tries again and again and then says that time is up; one connection says why.
    let first = tokio::time::timeout(
        options.connect_timeout,
        PgConnection::connect_with(&connect),
    )
    .await
    .unwrap_or(Err(sqlx::Error::PoolTimedOut))
    .map_err(|error| trouble.explain("open", error))?;
    let _ = first.close().await;
    let lock_timeout = format!("SET lock_timeout = {}", options.lock_timeout.as_millis());
    PgPoolOptions::new()
        .max_connections(options.connections.max(2))
        .acquire_timeout(Duration::from_mins(1).max(options.connect_timeout))
        .after_connect(move |connection, _| {
            let lock_timeout = crate::statement::Statement::safe(lock_timeout.clone());
            Box::pin(async move {
                sqlx::query(lock_timeout).execute(connection).await?;
                Ok(())
            })
        })
        .connect_with(connect)
        .await
        .map(Pools::Postgres)
        .map_err(|error| trouble.explain("open", error))
}

#[cfg(test)]
mod tests {
    use usher_model::{FixedClock, Known, Organization, Sources, Timestamp};

    use super::*;
    use crate::{Lease, LeaseOwner, NewSync};

    async fn store(directory: &Path) -> Store {
        let url = DatabaseUrl::sqlite(directory.join("usher.db"));
        let clock = Arc::new(FixedClock::new(Timestamp::UNIX_EPOCH));
        Store::open(&url, clock).await.unwrap()
    }

    /// Sets a limit on the connection that writes.
    async fn limit(store: &Store, pragma: &'static str) {
        let Pools::Sqlite { writer, .. } = &store.db.pools else {
            panic!("SQLite only");
        };
        sqlx::query(pragma).execute(writer).await.unwrap();
    }

    fn new_sync(store: &Store, name: String) -> NewSync {
        NewSync {
            id: store.new_sync_id(),
            organization: Organization {
                id: "1".into(),
                name: Known::Known(name),
                plan: Known::Unknown,
                full_licenses_purchased: Known::Unknown,
            },
            sources: Sources::Rest,
            lease: Lease {
                owner: LeaseOwner::new("this process"),
                duration: Duration::from_secs(30),
            },
        }
    }

    #[tokio::test]
    async fn a_full_disk_is_reported_and_what_was_stored_is_intact() {
        let directory = tempfile::tempdir().unwrap();
        let store = store(directory.path()).await;
        let first = new_sync(&store, "Example".into());
        store.begin_sync(&first, &[]).await.unwrap();
        limit(&store, "PRAGMA max_page_count = 1").await;
        let much = new_sync(&store, "x".repeat(1_000_000));
        let error = store.begin_sync(&much, &[]).await.unwrap_err();
        assert!(matches!(error, StoreError::DiskFull { .. }), "{error:?}");
        assert!(error.to_string().contains("usher.db"));
        limit(&store, "PRAGMA max_page_count = 1000000").await;
        let found = store.organization(&"1".into()).await.unwrap().unwrap();
        assert_eq!(found.name, Known::Known("Example".into()));
        store.begin_sync(&much, &[]).await.unwrap();
    }

    #[tokio::test]
    async fn a_file_that_cannot_be_written_is_read_only() {
        let directory = tempfile::tempdir().unwrap();
        let store = store(directory.path()).await;
        limit(&store, "PRAGMA query_only = ON").await;
        let error = store
            .begin_sync(&new_sync(&store, "Example".into()), &[])
            .await
            .unwrap_err();
        assert!(matches!(error, StoreError::ReadOnly { .. }), "{error:?}");
        assert!(!store.check().await.unwrap().writable);
    }
}
