//! Rows on their way into a table, many to a statement.

use std::sync::Arc;

use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments, AssertSqlSafe, SqliteConnection};

use super::schema::Table;

/// Rows per statement: more makes no difference any more.
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
    sync_id: Arc<str>,
    discovered_at: Arc<str>,
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
            sync_id: sync_id.into(),
            discovered_at: "".into(),
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
            self.discovered_at = discovered_at().into();
        }
        for text in [&self.sync_id, &self.discovered_at] {
            let text = Arc::clone(text);
            self.arguments.add(text).map_err(sqlx::Error::Encode)?;
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

/// An insertion of `rows` rows. Its parameters have no numbers: SQLite looks up a numbered one by walking
/// through all of them, which takes longer than the insertion.
fn statement(table: Table, rows: usize) -> String {
    let columns = table.row_columns();
    let replaced: Vec<_> = table
        .replaced_columns()
        .iter()
        .map(|column| format!("{column} = excluded.{column}"))
        .collect();
    let row = format!("(?, ?{})", ", ?".repeat(columns.len()));
    format!(
        "insert into {} (sync_id, discovered_at, {}) values {} \
         on conflict (external_id, sync_id) do update set {}",
        table.name(),
        columns.join(", "),
        vec![row; rows].join(", "),
        replaced.join(", ")
    )
}
