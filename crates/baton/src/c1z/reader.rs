//! Reads `.c1z` files.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use futures::{Stream, StreamExt, TryStreamExt};
use prost::Message;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions, Row, SqlitePool};
use usher_boxed::boxed;
use usher_model::Timestamp;

use super::container::{Unpacked, unpack};
use super::run::shown;
use super::schema::{SYNC_RUNS, Table};
use super::scratch::Scratch;
use super::{C1zError, Format, RunSelection, RunStats, SyncRun};
use crate::messages::{Any, Entitlement, Grant, GrantExpandable, Resource, ResourceType};

/// Names of the folders into which files are unpacked begin with this.
const FOLDER_PREFIX: &str = "usher-c1z-";
/// How many streams of one file can be read at the same time.
const CONNECTIONS: u32 = 4;

/// How files are read.
#[derive(Clone, Debug)]
pub struct ReadOptions {
    /// How many bytes the database in a file may have; a larger one is refused while it is unpacked.
    /// 3 GiB by default, the limit of the older Go tools.
    pub decoded_limit: u64,
    /// Where the database is unpacked; the system's folder for temporary files by default.
    pub temporary_folder: Option<PathBuf>,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self {
            decoded_limit: 3 * 1024 * 1024 * 1024,
            temporary_folder: None,
        }
    }
}

/// An open `.c1z` file.
///
/// Its database lies unpacked in a private folder, which goes when this is dropped. The file itself is
/// only read once, at opening.
#[derive(Debug)]
pub struct C1zFile {
    path: PathBuf,
    pool: SqlitePool,
    /// Columns by table.
    tables: HashMap<String, HashSet<String>>,
    unpacked: Unpacked,
    image: PathBuf,
    _scratch: Scratch,
}

impl C1zFile {
    /// Opens a file with the default options.
    ///
    /// # Errors
    ///
    /// See [`C1zFile::open_with`].
    #[boxed]
    pub async fn open(path: &Path) -> Result<Self, C1zError> {
        Self::open_with(path, &ReadOptions::default()).await
    }

    /// Opens a file. One of no bytes, or of the first five bytes only, is a file without syncs.
    ///
    /// # Errors
    ///
    /// When there is no such file, when it is no `.c1z` file or one of version 3, and when it is damaged
    /// or larger than allowed.
    #[boxed]
    pub async fn open_with(path: &Path, options: &ReadOptions) -> Result<Self, C1zError> {
        let folder = options
            .temporary_folder
            .clone()
            .unwrap_or_else(std::env::temp_dir);
        let (source, limit) = (path.to_owned(), options.decoded_limit);
        let work = tokio::task::spawn_blocking(move || {
            let scratch = Scratch::create(&folder, FOLDER_PREFIX)?;
            let image = scratch.file("image.db");
            let unpacked = unpack(&source, &image, limit)?;
            Ok::<_, C1zError>((scratch, image, unpacked))
        });
        let (scratch, image, unpacked) = work.await.map_err(|source| C1zError::Interrupted {
            path: path.to_owned(),
            source,
        })??;
        let pool = connect(&image).await.map_err(C1zError::reading(path))?;
        let tables = tables(&pool).await.map_err(C1zError::reading(path))?;
        Ok(Self {
            path: path.to_owned(),
            pool,
            tables,
            unpacked,
            image,
            _scratch: scratch,
        })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How it is built.
    pub fn format(&self) -> Format {
        self.unpacked.format
    }

    /// Its size in bytes.
    pub fn file_bytes(&self) -> u64 {
        self.unpacked.file_bytes
    }

    /// The size of the database in it, in bytes.
    pub fn database_bytes(&self) -> u64 {
        self.unpacked.image_bytes
    }

    /// Where the unpacked database lies.
    pub(crate) fn image(&self) -> &Path {
        &self.image
    }

    /// The syncs in it, in the order in which they were written.
    ///
    /// # Errors
    ///
    /// When the database is damaged.
    #[boxed]
    pub async fn syncs(&self) -> Result<Vec<SyncRun>, C1zError> {
        let Some(columns) = self.tables.get(SYNC_RUNS) else {
            return Ok(Vec::new());
        };
        let optional = |column: &'static str, default: &'static str| {
            if columns.contains(column) {
                column
            } else {
                default
            }
        };
        let sql = format!(
            "select cast(sync_id as text), cast(started_at as text), cast({} as text), \
             cast({} as text), cast({} as text) from {SYNC_RUNS} order by id",
            optional("ended_at", "null"),
            optional("sync_type", "'full'"),
            optional("parent_sync_id", "''"),
        );
        let failed = C1zError::reading(&self.path);
        let rows = sqlx::query(AssertSqlSafe(sql))
            .fetch_all(&self.pool)
            .await
            .map_err(&failed)?;
        rows.iter()
            .map(|row| {
                let sync_type: String = row.try_get(3)?;
                let started: String = row.try_get(1)?;
                let (id, ended, parent) = (row.try_get(0)?, row.try_get(2)?, row.try_get(4)?);
                Ok(SyncRun::from_texts(id, &sync_type, &started, ended, parent))
            })
            .collect::<Result<_, _>>()
            .map_err(failed)
    }

    /// The sync of that id, or without one the sync that Baton readers show: the newest finished full
    /// one, else the newest unfinished one that began at most seven days before `now`, else every row.
    ///
    /// # Errors
    ///
    /// When there is no sync of that id, or the database is damaged.
    #[boxed]
    pub async fn select(
        &self,
        sync_id: Option<&str>,
        now: Timestamp,
    ) -> Result<RunSelection, C1zError> {
        let runs = self.syncs().await?;
        let Some(wanted) = sync_id else {
            return Ok(shown(&runs, now));
        };
        if let Some(run) = runs.iter().find(|run| run.sync_id == wanted) {
            return Ok(RunSelection::Run(run.clone()));
        }
        let ids: Vec<_> = runs.into_iter().map(|run| run.sync_id).collect();
        Err(C1zError::NoSuchRun {
            path: self.path.clone(),
            sync_id: wanted.to_owned(),
            available: if ids.is_empty() {
                "no sync".to_owned()
            } else {
                ids.join(", ")
            },
        })
    }

    /// Counts the rows of a selection.
    ///
    /// # Errors
    ///
    /// When the database is damaged.
    #[boxed]
    pub async fn stats(&self, run: &RunSelection) -> Result<RunStats, C1zError> {
        let failed = C1zError::reading(&self.path);
        let mut connection = self.pool.acquire().await.map_err(&failed)?;
        let is_there = |table: Table| self.tables.contains_key(table.name());
        RunStats::count(&mut connection, run.sync_id(), is_there)
            .await
            .map_err(failed)
    }

    /// The resource types of a selection, in the order of their rows.
    pub fn resource_types<'a>(
        &'a self,
        run: &RunSelection,
    ) -> impl Stream<Item = Result<ResourceType, C1zError>> + Send + use<'a> {
        self.messages(Table::ResourceTypes, run)
    }

    /// The resources of a selection, in the order of their rows.
    pub fn resources<'a>(
        &'a self,
        run: &RunSelection,
    ) -> impl Stream<Item = Result<Resource, C1zError>> + Send + use<'a> {
        self.messages(Table::Resources, run)
    }

    /// The entitlements of a selection, in the order of their rows.
    pub fn entitlements<'a>(
        &'a self,
        run: &RunSelection,
    ) -> impl Stream<Item = Result<Entitlement, C1zError>> + Send + use<'a> {
        self.messages(Table::Entitlements, run)
    }

    /// The grants of a selection, in the order of their rows. What a newer file keeps in the column
    /// `expansion` stands among the annotations again.
    pub fn grants<'a>(
        &'a self,
        run: &RunSelection,
    ) -> impl Stream<Item = Result<Grant, C1zError>> + Send + use<'a> {
        self.rows(Table::Grants, run).map(|row| {
            let row = row?;
            let expansion = row.expansion.clone();
            let mut grant: Grant = row.decode()?;
            if let Some(value) = expansion {
                grant.annotations.push(Any {
                    type_url: <GrantExpandable as prost::Name>::type_url(),
                    value,
                });
            }
            Ok(grant)
        })
    }

    fn messages<'a, M: Message + Default>(
        &'a self,
        table: Table,
        run: &RunSelection,
    ) -> impl Stream<Item = Result<M, C1zError>> + Send + use<'a, M> {
        self.rows(table, run).map(|row| row?.decode())
    }

    fn rows<'a>(
        &'a self,
        table: Table,
        run: &RunSelection,
    ) -> impl Stream<Item = Result<StoredRow<'a>, C1zError>> + Send + use<'a> {
        let sync_id = run.sync_id().map(str::to_owned);
        let sql = self.tables.get(table.name()).map(|columns| {
            let expansion = if columns.contains("expansion") {
                "cast(expansion as blob)"
            } else {
                "null"
            };
            format!(
                "select id, cast(data as blob), {expansion} from {} \
                 where ?1 is null or sync_id = ?1 order by id",
                table.name()
            )
        });
        async_stream::try_stream! {
            let Some(sql) = sql else { return };
            let failed = C1zError::reading(&self.path);
            let mut rows = sqlx::query(AssertSqlSafe(sql)).bind(sync_id).fetch(&self.pool);
            while let Some(row) = rows.try_next().await.map_err(&failed)? {
                yield StoredRow {
                    path: &self.path,
                    table,
                    id: row.try_get(0).map_err(&failed)?,
                    data: row.try_get(1).map_err(&failed)?,
                    expansion: row.try_get(2).map_err(&failed)?,
                };
            }
        }
    }
}

struct StoredRow<'a> {
    path: &'a Path,
    table: Table,
    id: i64,
    data: Vec<u8>,
    expansion: Option<Vec<u8>>,
}

impl StoredRow<'_> {
    fn decode<M: Message + Default>(self) -> Result<M, C1zError> {
        M::decode(self.data.as_slice()).map_err(|source| C1zError::Message {
            path: self.path.to_owned(),
            table: self.table.name(),
            row: self.id,
            source,
        })
    }
}

/// Opens an unpacked database that nobody else has open. What it may contain is not trusted.
async fn connect(image: &Path) -> Result<SqlitePool, sqlx::Error> {
    let options = SqliteConnectOptions::new()
        .filename(image)
        .read_only(true)
        .immutable(true)
        .pragma("trusted_schema", "OFF")
        .pragma("cell_size_check", "ON")
        .disable_statement_logging();
    SqlitePoolOptions::new()
        .max_connections(CONNECTIONS)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .connect_with(options)
        .await
}

/// The ordinary tables of the database and their columns; views and virtual tables are not read.
async fn tables(pool: &SqlitePool) -> Result<HashMap<String, HashSet<String>>, sqlx::Error> {
    let rows = sqlx::query(
        "select m.name, c.name from sqlite_master m, pragma_table_info(m.name) c \
         where m.type = 'table' and m.sql like 'create table%'",
    )
    .fetch_all(pool)
    .await?;
    let mut tables: HashMap<String, HashSet<String>> = HashMap::new();
    for row in rows {
        tables
            .entry(row.try_get(0)?)
            .or_default()
            .insert(row.try_get(1)?);
    }
    Ok(tables)
}
