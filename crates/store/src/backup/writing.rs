//! Writing a backup.

use std::io::{self, Write};

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use super::tables::{Column, column, columns_of, named, tables_at};
use super::{BackupSummary, FORMAT, Header, TableLine, Trailer, VERSION};
use crate::row::Columns;
use crate::schema::version;
use crate::snapshot::Snapshot;
use crate::{Store, StoreError};

/// zstd's own default: fast, and small enough for text that repeats itself.
const LEVEL: i32 = 3;

impl Store {
    /// Writes everything that the database holds at this moment. Others go on reading and writing meanwhile; what they
    /// write is not in the backup.
    pub async fn write_backup<W: Write>(&self, out: W) -> Result<BackupSummary, StoreError> {
        // Asked before the snapshot begins: the schema of a running program does not go back.
        let schema_version = version(&self.db).await?;
        let header = Header {
            format: FORMAT.to_owned(),
            version: VERSION,
            schema_version,
            made_at: self.clock.now(),
        };
        let mut snapshot = self.db.snapshot().await?;
        let mut lines = Lines::begin(out).map_err(unwritable)?;
        lines.json(&header).map_err(unwritable)?;
        for table in tables_at(schema_version) {
            self.write_table(table, &mut snapshot, &mut lines).await?;
        }
        let (rows, sha256) = lines.end().map_err(unwritable)?;
        Ok(BackupSummary {
            schema_version,
            made_at: header.made_at,
            rows,
            sha256,
        })
    }

    async fn write_table<W: Write>(
        &self,
        table: &str,
        snapshot: &mut Snapshot,
        lines: &mut Lines<W>,
    ) -> Result<(), StoreError> {
        let columns = columns_of(self.db.engine(), table);
        let columns: Vec<Column> = snapshot.all(columns, column).await?;
        let names: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
        let select = format!("SELECT {} FROM {table}", names.join(", "));
        let line = TableLine {
            table: table.to_owned(),
            columns: names,
        };
        lines.json(&line).map_err(unwritable)?;
        let take = |row: &mut Columns<'_>| {
            let values: Result<Vec<_>, _> = columns.iter().map(|column| column.read(row)).collect();
            lines.row(&values?).map_err(unwritable)
        };
        snapshot.each(named(select), take).await
    }
}

fn unwritable(source: io::Error) -> StoreError {
    StoreError::BackupUnwritable {
        source: source.into(),
    }
}

/// Writes lines, counts rows, and hashes everything.
struct Lines<W: Write> {
    out: zstd::Encoder<'static, W>,
    hash: Sha256,
    rows: u64,
}

impl<W: Write> Lines<W> {
    fn begin(out: W) -> io::Result<Self> {
        let mut out = zstd::Encoder::new(out, LEVEL)?;
        out.include_checksum(true)?;
        Ok(Self {
            out,
            hash: Sha256::new(),
            rows: 0,
        })
    }

    fn json<T: serde::Serialize>(&mut self, value: &T) -> io::Result<()> {
        let mut line = serde_json::to_vec(value)?;
        line.push(b'\n');
        self.hash.update(&line);
        self.out.write_all(&line)
    }

    fn row(&mut self, values: &[serde_json::Value]) -> io::Result<()> {
        self.rows += 1;
        self.json(&values)
    }

    fn end(mut self) -> io::Result<(u64, String)> {
        let sha256 = HEXLOWER.encode(&self.hash.finalize_reset());
        let trailer = Trailer {
            rows: self.rows,
            sha256: sha256.clone(),
        };
        self.json(&trailer)?;
        self.out.finish()?.flush()?;
        Ok((trailer.rows, sha256))
    }
}
