//! The two engines behind one set of verbs.
//!
//! SQLite has one connection that writes and some that only read: in WAL mode readers and the writer do
//! not wait for each other, and a queue inside the process is fairer than SQLite's polling. Every
//! writing transaction begins with `BEGIN IMMEDIATE`, because one that begins by reading and then wants
//! to write fails at once, without waiting, when another program wrote in between.

use std::sync::Arc;

use futures::{StreamExt, TryStreamExt};
use sqlx::pool::PoolConnection;
use sqlx::{PgPool, Postgres, SqlSafeStr, Sqlite, SqlitePool, Transaction};
use tokio::sync::Notify;
use usher_model::Timestamp;

use crate::row::Row;
use crate::statement::{Statement, Value, sql};
use crate::trouble::Trouble;
use crate::{Engine, Rows, StoreError};

/// An open database.
#[derive(Clone)]
pub(crate) struct Db {
    pub(crate) pools: Pools,
    /// What to call it in messages; never with a password.
    pub(crate) name: Arc<str>,
    pub(crate) trouble: Arc<Trouble>,
    /// Rung when there may be something to do for a worker of this process.
    pub(crate) bell: Arc<Notify>,
}

#[derive(Clone)]
pub(crate) enum Pools {
    Sqlite {
        writer: SqlitePool,
        reader: SqlitePool,
    },
    Postgres(PgPool),
}

/// How much a transaction is worth when the power fails. (A killed process loses nothing either way.)
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Durability {
    /// It must be on disk when it is done: what is now on record.
    Record,
    /// It may be lost, in order: pages that can be read again.
    Repeatable,
}

/// Binds values to a statement for whichever driver the context asks for.
macro_rules! bound {
    ($statement:expr) => {{
        let Statement { text, values, keep } = $statement;
        let mut query = sqlx::query(Statement::safe(text)).persistent(keep);
        for value in values {
            query = match value {
                Value::Text(text) => query.bind(text),
                Value::Int(number) => query.bind(number),
            };
        }
        query
    }};
}
pub(crate) use bound;

impl Db {
    /// The engine.
    pub(crate) fn engine(&self) -> Engine {
        match self.pools {
            Pools::Sqlite { .. } => Engine::Sqlite,
            Pools::Postgres(_) => Engine::Postgres,
        }
    }

    /// The database's clock, in milliseconds, as an expression. The clocks of several machines differ: what they must agree
    /// on is compared with this one.
    pub(crate) fn now(&self) -> &'static str {
        match self.engine() {
            Engine::Sqlite => "CAST(unixepoch('subsec') * 1000 AS INTEGER)",
            Engine::Postgres => "(EXTRACT(EPOCH FROM clock_timestamp()) * 1000)::bigint",
        }
    }

    /// The rows that a reading statement finds, one at a time.
    pub(crate) fn rows(&self, statement: Statement) -> Rows<Row> {
        let db = self.clone();
        async_stream::try_stream! {
            match &db.pools {
                Pools::Sqlite { reader, .. } => {
                    let mut rows = bound!(statement).fetch(reader);
                    while let Some(row) = rows.try_next().await.map_err(|e| db.error("read", e))? {
                        yield Row::Sqlite(row);
                    }
                }
                Pools::Postgres(pool) => {
                    let mut rows = bound!(statement).fetch(pool);
                    while let Some(row) = rows.try_next().await.map_err(|e| db.error("read", e))? {
                        yield Row::Postgres(row);
                    }
                }
            }
        }
        .boxed()
    }

    /// All rows that a reading statement finds.
    pub(crate) async fn all(&self, statement: Statement) -> Result<Vec<Row>, StoreError> {
        self.rows(statement).try_collect().await
    }

    /// The only row that a reading statement finds.
    pub(crate) async fn optional(&self, statement: Statement) -> Result<Option<Row>, StoreError> {
        self.rows(statement).try_next().await
    }

    /// The row that a reading statement must find.
    pub(crate) async fn one(&self, statement: Statement) -> Result<Row, StoreError> {
        let row = self.optional(statement).await?;
        row.ok_or_else(|| self.error("read", sqlx::Error::RowNotFound))
    }

    /// Begins a transaction that writes.
    pub(crate) async fn write(&self, durability: Durability) -> Result<Tx, StoreError> {
        let failed = |error| self.error("write", error);
        let link = match &self.pools {
            Pools::Sqlite { writer, .. } => {
                let mut connection = writer.acquire().await.map_err(failed)?;
                // NORMAL does not wait for the disk at each commit, FULL does; neither can damage the file.
                let pragma = match durability {
                    Durability::Record => "PRAGMA synchronous = FULL",
                    Durability::Repeatable => "PRAGMA synchronous = NORMAL",
                };
                sqlx::query(pragma)
                    .execute(&mut *connection)
                    .await
                    .map_err(failed)?;
                Link::Sqlite(begin(connection).await.map_err(failed)?)
            }
            Pools::Postgres(pool) => {
                let mut transaction = pool.begin().await.map_err(failed)?;
                if durability == Durability::Repeatable {
                    sqlx::query("SET LOCAL synchronous_commit = off")
                        .execute(&mut *transaction)
                        .await
                        .map_err(failed)?;
                }
                Link::Postgres(transaction)
            }
        };
        Ok(Tx {
            link,
            db: self.clone(),
            rings: false,
        })
    }

    /// Says what an error of the driver means.
    pub(crate) fn error(&self, operation: &'static str, error: sqlx::Error) -> StoreError {
        self.trouble.explain(operation, error)
    }
}

async fn begin(
    connection: PoolConnection<Sqlite>,
) -> Result<Transaction<'static, Sqlite>, sqlx::Error> {
    Transaction::begin(connection, Some("BEGIN IMMEDIATE".into_sql_str())).await
}

/// A transaction that writes. Dropped without [`Tx::commit`], it changes nothing.
pub(crate) struct Tx {
    link: Link,
    pub(crate) db: Db,
    rings: bool,
}

enum Link {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

impl Tx {
    /// Which engine.
    pub(crate) fn engine(&self) -> Engine {
        self.db.engine()
    }

    /// Runs a statement; returns how many rows it wrote.
    pub(crate) async fn execute(&mut self, statement: Statement) -> Result<u64, StoreError> {
        let done = match &mut self.link {
            Link::Sqlite(tx) => bound!(statement)
                .execute(&mut **tx)
                .await
                .map(|done| done.rows_affected()),
            Link::Postgres(tx) => bound!(statement)
                .execute(&mut **tx)
                .await
                .map(|done| done.rows_affected()),
        };
        done.map_err(|error| self.db.error("write", error))
    }

    /// Runs a script of this crate, which may be several statements.
    pub(crate) async fn script(&mut self, text: String) -> Result<(), StoreError> {
        let script = sqlx::raw_sql(Statement::safe(text));
        let done = match &mut self.link {
            Link::Sqlite(tx) => script.execute(&mut **tx).await.map(|_| ()),
            Link::Postgres(tx) => script.execute(&mut **tx).await.map(|_| ()),
        };
        done.map_err(|error| self.db.error("write", error))
    }

    /// Runs a statement; returns the rows it gives back.
    pub(crate) async fn all(&mut self, statement: Statement) -> Result<Vec<Row>, StoreError> {
        let rows = match &mut self.link {
            Link::Sqlite(tx) => {
                bound!(statement)
                    .fetch(&mut **tx)
                    .map_ok(Row::Sqlite)
                    .try_collect()
                    .await
            }
            Link::Postgres(tx) => {
                bound!(statement)
                    .fetch(&mut **tx)
                    .map_ok(Row::Postgres)
                    .try_collect()
                    .await
            }
        };
        rows.map_err(|error| self.db.error("write", error))
    }

    /// Runs a statement; returns the first row it gives back.
    pub(crate) async fn optional(
        &mut self,
        statement: Statement,
    ) -> Result<Option<Row>, StoreError> {
        Ok(self.all(statement).await?.into_iter().next())
    }

    /// Runs a statement that must give a row back.
    pub(crate) async fn one(&mut self, statement: Statement) -> Result<Row, StoreError> {
        let row = self.optional(statement).await?;
        row.ok_or_else(|| self.db.error("read", sqlx::Error::RowNotFound))
    }

    /// What to append to a `SELECT` so that others wait before they change the rows. SQLite has one
    /// writer at a time, so that there is nothing to wait for.
    pub(crate) fn for_update(&self) -> &'static str {
        match self.engine() {
            Engine::Sqlite => "",
            Engine::Postgres => " FOR UPDATE",
        }
    }

    /// What time it is by the database's clock.
    pub(crate) async fn time(&mut self) -> Result<Timestamp, StoreError> {
        let mut statement = sql("SELECT ");
        statement.push(self.db.now());
        let row = self.one(statement).await?;
        row.columns(&self.db.name).time()
    }

    /// Inserts many rows, some hundred at a time.
    pub(crate) async fn insert(
        &mut self,
        insert: &Insert,
        rows: Vec<Vec<Value>>,
    ) -> Result<u64, StoreError> {
        let mut written = 0;
        for statement in insert.statements(self.engine(), rows) {
            written += self.execute(statement).await?;
        }
        Ok(written)
    }

    /// Inserts many rows and returns what `insert.after` gives back of each.
    pub(crate) async fn insert_returning(
        &mut self,
        insert: &Insert,
        rows: Vec<Vec<Value>>,
    ) -> Result<Vec<Row>, StoreError> {
        let mut returned = Vec::new();
        for statement in insert.statements(self.engine(), rows) {
            returned.extend(self.all(statement).await?);
        }
        Ok(returned)
    }

    /// Wakes the worker of this process once the transaction is committed.
    pub(crate) fn ring(&mut self) {
        self.rings = true;
    }

    /// Makes it true.
    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        let done = match self.link {
            Link::Sqlite(tx) => tx.commit().await,
            Link::Postgres(tx) => tx.commit().await,
        };
        done.map_err(|error| self.db.error("write", error))?;
        if self.rings {
            self.db.bell.notify_one();
        }
        Ok(())
    }
}

/// An `INSERT` of many rows.
pub(crate) struct Insert {
    /// Up to `VALUES`.
    pub(crate) before: &'static str,
    /// Behind the rows.
    pub(crate) after: &'static str,
}

/// Rows per statement: enough that the statement's own cost does not matter, and few enough that the
/// values of sixteen columns stay below the engines' limits (SQLite 32,766, PostgreSQL 65,535).
const ROWS_PER_INSERT: usize = 400;

impl Insert {
    fn statements(
        &self,
        engine: Engine,
        rows: Vec<Vec<Value>>,
    ) -> impl Iterator<Item = Statement> + use<'_> {
        let mut rows = rows.into_iter().peekable();
        std::iter::from_fn(move || {
            rows.peek()?;
            let chunk: Vec<_> = rows.by_ref().take(ROWS_PER_INSERT).collect();
            Some(self.statement(engine, chunk))
        })
    }

    fn statement(&self, engine: Engine, rows: Vec<Vec<Value>>) -> Statement {
        // Pages of Miro's lists are 50 or 100 long, and most pieces of a snapshot are full.
        let keep = rows.len().is_multiple_of(50);
        let mut text = String::with_capacity(self.before.len() + rows.len() * 64);
        text.push_str(self.before);
        let mut values = Vec::with_capacity(rows.iter().map(Vec::len).sum());
        for row in rows {
            text.push_str(if values.is_empty() { " (" } else { "), (" });
            for (at, value) in row.into_iter().enumerate() {
                if at > 0 {
                    text.push(',');
                }
                values.push(value);
                match engine {
                    // SQLite looks named parameters up in a list, one after the other.
                    Engine::Sqlite => text.push('?'),
                    Engine::Postgres => {
                        text.push('$');
                        text.push_str(&values.len().to_string());
                    }
                }
            }
        }
        text.push_str(") ");
        text.push_str(self.after);
        Statement { text, values, keep }
    }
}
