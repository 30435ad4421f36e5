//! Rows on their way into a table, many to a statement.

use std::fmt::Write;
use std::sync::Arc;

use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments, AssertSqlSafe, SqliteConnection};

use super::schema::Table;

/// Rows per statement, as the Go tools do it.
const ROWS: usize = 100;
/// Rows are written when they take this much memory, however few they are.
const BYTES: usize = 1024 * 1024;

/// A value of a row.
pub(crate) enum Cell {
    Text(String),
    MaybeText(Option<String>),
    Blob(Vec<u8>),
    MaybeBlob(Option<Vec<u8>>),
    Flag(bool),
}

impl Cell {
    fn bytes(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::MaybeText(text) => text.as_ref().map_or(0, String::len),
            Self::Blob(bytes) => bytes.len(),
            Self::MaybeBlob(bytes) => bytes.as_ref().map_or(0, Vec::len),
            Self::Flag(_) => 1,
        }
    }

    fn bind(self, arguments: &mut SqliteArguments) -> Result<(), sqlx::Error> {
        match self {
            Self::Text(text) => arguments.add(text),
            Self::MaybeText(text) => arguments.add(text),
            Self::Blob(bytes) => arguments.add(bytes),
            Self::MaybeBlob(bytes) => arguments.add(bytes),
            Self::Flag(flag) => arguments.add(flag),
        }
        .map_err(sqlx::Error::Encode)
    }
}

/// Rows of one table that are not written yet.
#[derive(Debug)]
pub(crate) struct Batch {
    table: Table,
    sync_id: String,
    arguments: SqliteArguments,
    rows: usize,
    bytes: usize,
    /// The statement for a full batch, which the connection keeps prepared.
    full_statement: Arc<str>,
}

impl Batch {
    pub(crate) fn new(table: Table, sync_id: &str) -> Self {
        Self {
            table,
            sync_id: sync_id.to_owned(),
            arguments: SqliteArguments::default(),
            rows: 0,
            bytes: 0,
            full_statement: statement(table, ROWS).into(),
        }
    }

    /// Adds a row; its cells are the table's [`Table::row_columns`]. `discovered_at` is when it was seen.
    pub(crate) fn push<const N: usize>(
        &mut self,
        cells: [Cell; N],
        discovered_at: impl FnOnce() -> String,
    ) -> Result<(), sqlx::Error> {
        debug_assert_eq!(N, self.table.row_columns().len());
        if self.rows == 0 {
            Cell::Text(self.sync_id.clone()).bind(&mut self.arguments)?;
            Cell::Text(discovered_at()).bind(&mut self.arguments)?;
        }
        for cell in cells {
            self.bytes += cell.bytes();
            cell.bind(&mut self.arguments)?;
        }
        self.rows += 1;
        Ok(())
    }

    /// Whether it is time to write.
    pub(crate) fn is_full(&self) -> bool {
        self.rows >= ROWS || self.bytes >= BYTES
    }

    /// Writes the rows. A row whose id is there already replaces that row's message.
    pub(crate) async fn flush(
        &mut self,
        connection: &mut SqliteConnection,
    ) -> Result<(), sqlx::Error> {
        if self.rows == 0 {
            return Ok(());
        }
        let arguments = std::mem::take(&mut self.arguments);
        let is_full = self.rows == ROWS;
        let sql = if is_full {
            Arc::clone(&self.full_statement)
        } else {
            statement(self.table, self.rows).into()
        };
        (self.rows, self.bytes) = (0, 0);
        sqlx::query_with(AssertSqlSafe(sql), arguments)
            .persistent(is_full)
            .execute(connection)
            .await
            .map(|_| ())
    }
}

/// An insertion of `rows` rows. Parameters 1 and 2 are the sync's id and the time, the same in each row.
fn statement(table: Table, rows: usize) -> String {
    let columns = table.row_columns();
    let mut sql = format!(
        "insert into {} (sync_id, discovered_at, {}) values ",
        table.name(),
        columns.join(", ")
    );
    let mut parameter = 2;
    for row in 0..rows {
        sql.push_str(if row == 0 { "(?1, ?2" } else { ", (?1, ?2" });
        for _ in columns {
            parameter += 1;
            // Writing to a string cannot fail.
            let _ = write!(sql, ", ?{parameter}");
        }
        sql.push(')');
    }
    sql.push_str(" on conflict (external_id, sync_id) do update set ");
    let replaced: Vec<_> = table
        .replaced_columns()
        .iter()
        .map(|column| format!("{column} = excluded.{column}"))
        .collect();
    sql.push_str(&replaced.join(", "));
    sql
}
