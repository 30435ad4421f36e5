//! Writes `.c1z` files.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use prost::{Message, Name};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteLockingMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use usher_boxed::boxed;
use usher_model::{Clock, Timestamp};

use super::keep::carry_over;
use super::rows::{Batch, Cell};
use super::schema::{CREATE_READING_INDEXES, CREATE_TABLES, Table};
use super::scratch::Scratch;
use super::target::{Target, publish};
use super::{C1zError, C1zFile, Ksuid, ReadOptions, RunStats, SyncRun, time};
use crate::messages::{Entitlement, Grant, GrantExpandable, Resource, ResourceId, ResourceType};

/// Ids longer than this are refused by every reader that validates.
const ID_LIMIT: usize = 1024;

/// How a file is written.
#[derive(Clone, Debug)]
pub struct WriteOptions {
    /// How many finished syncs the file holds in the end, the new one counted; the newest are kept. Two
    /// by default, like the Go tools. One: the new sync replaces everything in the file.
    pub keep_runs: NonZeroUsize,
    /// zstd level. 3 by default; higher ones are slower and save little.
    pub compression_level: i32,
    /// How large the database of an existing target may be, in bytes; 3 GiB by default.
    pub decoded_limit: u64,
}

impl Default for WriteOptions {
    fn default() -> Self {
        Self {
            keep_runs: NonZeroUsize::MIN.saturating_add(1),
            compression_level: zstd::DEFAULT_COMPRESSION_LEVEL,
            decoded_limit: ReadOptions::default().decoded_limit,
        }
    }
}

/// A file that was written.
#[derive(Clone, Debug)]
pub struct Written {
    /// The file.
    pub path: PathBuf,
    /// Id of the new sync.
    pub sync_id: Ksuid,
    /// How many rows the new sync has.
    pub stats: RunStats,
    /// Earlier syncs that the file still holds.
    pub kept: Vec<SyncRun>,
    /// Size of the file in bytes.
    pub file_bytes: u64,
    /// Size of the database in it, in bytes.
    pub database_bytes: u64,
}

/// Writes one full sync into a file, row by row and in any order.
///
/// Nothing is seen of it before [`C1zWriter::finish`]; dropped earlier, it leaves the target as it was.
/// What is written meanwhile lies next to the target in a private folder, which goes in either case. A
/// message with the id of an earlier one replaces that one. Memory stays the same however long the sync is.
#[derive(Debug)]
pub struct C1zWriter {
    target: Target,
    sync_id: Ksuid,
    clock: Arc<dyn Clock>,
    compression_level: i32,
    kept: Vec<SyncRun>,
    resource_types: Batch,
    resources: Batch,
    entitlements: Batch,
    grants: Batch,
    connection: SqliteConnection,
    scratch: Scratch,
}

impl C1zWriter {
    /// Begins a sync that will stand in `path`. An existing file is read for the syncs to keep.
    ///
    /// # Errors
    ///
    /// When nothing can be written next to `path`; [`C1zError::Target`] when there is a file that is no
    /// readable `.c1z`. It is left as it is.
    #[boxed]
    pub async fn create(
        path: &Path,
        sync_id: Ksuid,
        clock: Arc<dyn Clock>,
        options: WriteOptions,
    ) -> Result<Self, C1zError> {
        let target = Target::resolve(path)?;
        let scratch = Scratch::create(&target.folder, &format!(".{}.", target.name))?;
        let failed = C1zError::writing(path);
        let mut connection = connect(&scratch).await.map_err(&failed)?;
        sqlx::raw_sql(CREATE_TABLES)
            .execute(&mut connection)
            .await
            .map_err(&failed)?;
        let started_at = clock.now();
        let kept = if target.exists {
            keep_earlier(&mut connection, &target, &scratch, (started_at, &options))
                .await
                .map_err(|source| target.refused(source))?
        } else {
            Vec::new()
        };
        begin(&mut connection, sync_id, started_at)
            .await
            .map_err(failed)?;
        let batch = |table| Batch::new(table, &sync_id.to_string());
        Ok(Self {
            target,
            sync_id,
            clock,
            compression_level: options.compression_level,
            kept,
            resource_types: batch(Table::ResourceTypes),
            resources: batch(Table::Resources),
            entitlements: batch(Table::Entitlements),
            grants: batch(Table::Grants),
            connection,
            scratch,
        })
    }

    /// The id of the sync.
    pub fn sync_id(&self) -> Ksuid {
        self.sync_id
    }

    /// Adds resource types.
    ///
    /// # Errors
    ///
    /// When one has an unusable id, or the disk is full.
    #[boxed]
    pub async fn resource_types(&mut self, types: &[ResourceType]) -> Result<(), C1zError> {
        for kind in types {
            check_id(&kind.id, || "a resource type".to_owned())?;
            let cells = [
                Cell::Text(kind.id.clone()),
                Cell::Blob(kind.encode_to_vec()),
            ];
            self.push(Table::ResourceTypes, cells).await?;
        }
        Ok(())
    }

    /// Adds a resource.
    ///
    /// # Errors
    ///
    /// When it has an unusable id, or the disk is full.
    #[boxed]
    pub async fn resource(&mut self, resource: &Resource) -> Result<(), C1zError> {
        let id = checked(resource.id.as_ref(), || {
            format!("resource {:?}", resource.display_name)
        })?;
        let parent = resource.parent_resource_id.as_ref();
        let cells = [
            Cell::Text(id.resource_type.clone()),
            Cell::Text(id.external_id()),
            Cell::MaybeText(parent.map(|parent| parent.resource_type.clone())),
            Cell::MaybeText(parent.map(|parent| parent.resource.clone())),
            Cell::Blob(resource.encode_to_vec()),
        ];
        self.push(Table::Resources, cells).await
    }

    /// Adds an entitlement.
    ///
    /// # Errors
    ///
    /// When it or its resource has an unusable id, or the disk is full.
    #[boxed]
    pub async fn entitlement(&mut self, entitlement: &Entitlement) -> Result<(), C1zError> {
        let what = || format!("entitlement {:?}", entitlement.id);
        check_id(&entitlement.id, what)?;
        let resource = checked(resource_id(entitlement.resource.as_ref()), what)?;
        let cells = [
            Cell::Text(resource.resource_type.clone()),
            Cell::Text(resource.resource.clone()),
            Cell::Text(entitlement.id.clone()),
            Cell::Blob(entitlement.encode_to_vec()),
        ];
        self.push(Table::Entitlements, cells).await
    }

    /// Adds a grant. A [`GrantExpandable`] among its annotations moves to the column that newer readers
    /// look into, marked as not worked out yet.
    ///
    /// # Errors
    ///
    /// When it, its entitlement, that one's resource or the principal has an unusable id, or the disk is
    /// full.
    #[boxed]
    pub async fn grant(&mut self, grant: &Grant) -> Result<(), C1zError> {
        let what = || format!("grant {:?}", grant.id);
        check_id(&grant.id, what)?;
        let entitlement = grant.entitlement.as_ref();
        let entitlement_id = entitlement.map(|entitlement| entitlement.id.as_str());
        let entitlement_id = entitlement_id.unwrap_or_default();
        check_id(entitlement_id, what)?;
        let resource = entitlement.and_then(|entitlement| entitlement.resource.as_ref());
        let resource = checked(resource_id(resource), what)?;
        let principal = checked(resource_id(grant.principal.as_ref()), what)?;
        let (data, expansion) = without_expansion(grant);
        let cells = [
            Cell::Text(resource.resource_type.clone()),
            Cell::Text(resource.resource.clone()),
            Cell::Text(entitlement_id.to_owned()),
            Cell::Text(principal.resource_type.clone()),
            Cell::Text(principal.resource.clone()),
            Cell::Text(grant.id.clone()),
            Cell::Flag(expansion.is_some()),
            Cell::MaybeBlob(expansion),
            Cell::Blob(data),
        ];
        self.push(Table::Grants, cells).await
    }

    /// Ends the sync and puts the file in its place: first completely on the disk, then renamed.
    ///
    /// # Errors
    ///
    /// When the disk is full or the target's folder cannot be written. The target is then as it was.
    #[boxed]
    pub async fn finish(mut self) -> Result<Written, C1zError> {
        let stats = self.complete_database().await?;
        let failed = C1zError::writing(&self.target.path);
        self.connection.close().await.map_err(failed)?;
        let (target, scratch, level) = (self.target, self.scratch, self.compression_level);
        let path = target.path.clone();
        let work = tokio::task::spawn_blocking(move || publish(&target, &scratch, level));
        let (file_bytes, database_bytes) =
            work.await.map_err(|source| C1zError::Interrupted {
                path: path.clone(),
                source,
            })??;
        Ok(Written {
            path,
            sync_id: self.sync_id,
            stats,
            kept: self.kept,
            file_bytes,
            database_bytes,
        })
    }

    async fn complete_database(&mut self) -> Result<RunStats, C1zError> {
        let failed = C1zError::writing(&self.target.path);
        for table in Table::ALL {
            let (batch, connection) = self.batch(table);
            batch.flush(connection).await.map_err(&failed)?;
        }
        let id = self.sync_id.to_string();
        let stats = RunStats::count(&mut self.connection, Some(&id), |_| true)
            .await
            .map_err(&failed)?;
        let ended_at = self.clock.now();
        end(&mut self.connection, &id, (ended_at, &stats))
            .await
            .map_err(failed)?;
        Ok(stats)
    }

    async fn push<const N: usize>(
        &mut self,
        table: Table,
        cells: [Cell; N],
    ) -> Result<(), C1zError> {
        let clock = Arc::clone(&self.clock);
        let (batch, connection) = self.batch(table);
        let mut result = batch.push(cells, || time::to_text(clock.now()));
        if result.is_ok() && batch.is_full() {
            result = batch.flush(connection).await;
        }
        result.map_err(C1zError::writing(&self.target.path))
    }

    fn batch(&mut self, table: Table) -> (&mut Batch, &mut SqliteConnection) {
        let batch = match table {
            Table::ResourceTypes => &mut self.resource_types,
            Table::Resources => &mut self.resources,
            Table::Entitlements => &mut self.entitlements,
            Table::Grants => &mut self.grants,
        };
        (batch, &mut self.connection)
    }
}

fn resource_id(resource: Option<&Resource>) -> Option<&ResourceId> {
    resource.and_then(|resource| resource.id.as_ref())
}

fn check_id(id: &str, what: impl FnOnce() -> String) -> Result<(), C1zError> {
    let problem = match id.len() {
        0 => "an empty id, or lacks the message that has it",
        length if length > ID_LIMIT => "an id that is too long",
        _ => return Ok(()),
    };
    Err(C1zError::InvalidId {
        what: what(),
        problem,
    })
}

fn checked(id: Option<&ResourceId>, what: impl Fn() -> String) -> Result<&ResourceId, C1zError> {
    let (kind, resource) = id.map_or(("", ""), |id| {
        (id.resource_type.as_str(), id.resource.as_str())
    });
    check_id(kind, &what)?;
    check_id(resource, &what)?;
    id.ok_or_else(|| C1zError::InvalidId {
        what: what(),
        problem: "no id",
    })
}

/// The grant's bytes without the annotation that has a column of its own, and that annotation's bytes.
fn without_expansion(grant: &Grant) -> (Vec<u8>, Option<Vec<u8>>) {
    if grant.annotations.is_empty() {
        return (grant.encode_to_vec(), None);
    }
    let url = GrantExpandable::type_url();
    let mut stored = grant.clone();
    let (expansions, rest): (Vec<_>, Vec<_>) = std::mem::take(&mut stored.annotations)
        .into_iter()
        .partition(|annotation| annotation.type_url == url);
    stored.annotations = rest;
    let expansion = expansions.into_iter().next().map(|found| found.value);
    (stored.encode_to_vec(), expansion)
}

/// Opens the new database. It is thrown away after any failure, so nothing is done to survive one.
async fn connect(scratch: &Scratch) -> Result<SqliteConnection, sqlx::Error> {
    SqliteConnectOptions::new()
        .filename(scratch.file("image.db"))
        .create_if_missing(true)
        .locking_mode(SqliteLockingMode::Exclusive)
        .journal_mode(SqliteJournalMode::Off)
        .synchronous(SqliteSynchronous::Off)
        .pragma("cache_size", "-65536")
        .disable_statement_logging()
        .connect()
        .await
}

async fn keep_earlier(
    connection: &mut SqliteConnection,
    target: &Target,
    scratch: &Scratch,
    (started_at, options): (Timestamp, &WriteOptions),
) -> Result<Vec<SyncRun>, C1zError> {
    let reading = ReadOptions {
        decoded_limit: options.decoded_limit,
        temporary_folder: Some(scratch.path().to_owned()),
    };
    let file = C1zFile::open_with(&target.path, &reading).await?;
    carry_over(connection, &file, started_at, options.keep_runs.get() - 1).await
}

/// Begins the one transaction of the new sync, and the sync.
async fn begin(
    connection: &mut SqliteConnection,
    sync_id: Ksuid,
    started_at: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::raw_sql("begin").execute(&mut *connection).await?;
    sqlx::query(
        "insert into v1_sync_runs (sync_id, started_at, sync_token, sync_type, supports_diff, grants_backfilled) \
         values (?1, ?2, '', 'full', 1, 1)",
    )
    .bind(sync_id.to_string())
    .bind(time::to_text(started_at))
    .execute(connection)
    .await
    .map(|_| ())
}

async fn end(
    connection: &mut SqliteConnection,
    sync_id: &str,
    (ended_at, stats): (Timestamp, &RunStats),
) -> Result<(), sqlx::Error> {
    let stats = serde_json::to_string(stats).map_err(|error| sqlx::Error::Encode(error.into()))?;
    sqlx::query("update v1_sync_runs set ended_at = ?2, stats = ?3 where sync_id = ?1")
        .bind(sync_id)
        .bind(time::to_text(ended_at))
        .bind(stats)
        .execute(&mut *connection)
        .await?;
    sqlx::raw_sql(CREATE_READING_INDEXES)
        .execute(&mut *connection)
        .await?;
    sqlx::raw_sql("commit")
        .execute(connection)
        .await
        .map(|_| ())
}
