//! Reading a backup file.

use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind};
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{BackupSummary, FORMAT, Header, TableLine, Trailer, VERSION};
use crate::StoreError;
use crate::schema::known_version;

const CUT_OFF: &str = "it ends too soon: it was cut off; take another one";
const NO_BACKUP: &str = "it is no backup of Usher's; name a file that `usher backup` has written";

/// A backup file that is whole: every line was read and checked.
#[derive(Clone, Debug)]
pub struct BackupFile {
    path: PathBuf,
    /// What it holds.
    pub summary: BackupSummary,
}

/// A line of the file.
#[derive(Debug)]
pub(super) enum Line {
    Table(TableLine),
    Row(Vec<Value>),
}

impl BackupFile {
    /// Reads and checks the whole file. Fails with [`StoreError::BackupUnusable`] when it was cut off or changed, and with
    /// [`StoreError::NewerSchema`] when a newer Usher wrote it.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let mut lines = Raw::open(path)?;
        let header = lines.header()?;
        let mut hash = Sha256::new();
        hash.update(&lines.bytes);
        let mut rows = 0;
        while lines.next()? {
            if let Some(trailer) = lines.trailer() {
                lines.check_end(&trailer, rows, &HEXLOWER.encode(&hash.finalize()))?;
                let summary = BackupSummary {
                    schema_version: header.schema_version,
                    made_at: header.made_at,
                    rows,
                    sha256: trailer.sha256,
                };
                return Ok(Self {
                    path: path.to_owned(),
                    summary,
                });
            }
            hash.update(&lines.bytes);
            rows += u64::from(lines.bytes.starts_with(b"["));
        }
        Err(lines.unusable(CUT_OFF))
    }

    /// The tables and rows, from the beginning, in order.
    pub(super) fn lines(&self) -> Result<Lines, StoreError> {
        let mut raw = Raw::open(&self.path)?;
        raw.header()?;
        Ok(Lines(raw))
    }
}

/// The tables and rows of a file that was checked before.
pub(super) struct Lines(Raw);

impl Lines {
    /// The next one; `None` at the end.
    pub fn next(&mut self) -> Result<Option<Line>, StoreError> {
        if !self.0.next()? || self.0.trailer().is_some() {
            return Ok(None);
        }
        let read = if self.0.bytes.starts_with(b"[") {
            serde_json::from_slice(&self.0.bytes).map(Line::Row)
        } else {
            serde_json::from_slice(&self.0.bytes).map(Line::Table)
        };
        read.map(Some)
            .map_err(|error| self.0.unusable(&error.to_string()))
    }

    /// The file is not what a backup is.
    pub fn unusable(&self, why: &str) -> StoreError {
        self.0.unusable(why)
    }
}

/// Reads line by line.
struct Raw {
    path: PathBuf,
    lines: BufReader<zstd::Decoder<'static, BufReader<File>>>,
    /// The line at hand, with its end.
    bytes: Vec<u8>,
    /// Whether no line was read yet.
    is_at_beginning: bool,
}

impl Raw {
    fn open(path: &Path) -> Result<Self, StoreError> {
        let failed = |error: std::io::Error| unusable(path, &error.to_string());
        let file = File::open(path).map_err(failed)?;
        Ok(Self {
            path: path.to_owned(),
            lines: BufReader::new(zstd::Decoder::new(file).map_err(failed)?),
            bytes: Vec::new(),
            is_at_beginning: true,
        })
    }

    /// Reads the next line; `false` at the end.
    fn next(&mut self) -> Result<bool, StoreError> {
        self.bytes.clear();
        let read = self.lines.read_until(b'\n', &mut self.bytes);
        let read = read.map_err(|error| match error.kind() {
            ErrorKind::UnexpectedEof => self.unusable(CUT_OFF),
            // It is not even compressed as a backup is.
            ErrorKind::Other | ErrorKind::InvalidData if self.is_at_beginning => {
                self.unusable(NO_BACKUP)
            }
            _ => self.unusable(&error.to_string()),
        })?;
        self.is_at_beginning = false;
        Ok(read > 0)
    }

    fn header(&mut self) -> Result<Header, StoreError> {
        self.next()?;
        let header: Header =
            serde_json::from_slice(&self.bytes).map_err(|_| self.unusable(NO_BACKUP))?;
        if header.format != FORMAT {
            return Err(self.unusable(NO_BACKUP));
        }
        if header.version > VERSION {
            let found = header.version;
            return Err(self.unusable(&format!(
                "it is in format {found}, and this program reads formats up to {VERSION}: run a newer Usher"
            )));
        }
        let known = known_version();
        if header.schema_version > known {
            return Err(StoreError::NewerSchema {
                database: self.path.display().to_string(),
                found: header.schema_version,
                known,
            });
        }
        Ok(header)
    }

    /// The line at hand as the last one, if it is that.
    fn trailer(&self) -> Option<Trailer> {
        if self.bytes.starts_with(b"[") {
            return None;
        }
        serde_json::from_slice(&self.bytes).ok()
    }

    fn check_end(&mut self, trailer: &Trailer, rows: u64, sha256: &str) -> Result<(), StoreError> {
        if trailer.sha256 != sha256 || trailer.rows != rows {
            return Err(self.unusable(
                "its checksum does not match: it was changed or damaged; take another one",
            ));
        }
        if self.next()? {
            return Err(self.unusable("something follows its end; take another one"));
        }
        Ok(())
    }

    fn unusable(&self, why: &str) -> StoreError {
        unusable(&self.path, why)
    }
}

fn unusable(path: &Path, why: &str) -> StoreError {
    StoreError::BackupUnusable {
        path: path.display().to_string(),
        why: why.to_owned(),
    }
}
