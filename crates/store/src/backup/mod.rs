//! Backups: everything that a database holds, as it is at one moment, in a file that either engine can be made from.
//!
//! The file is a zstd stream of lines of JSON:
//!
//! ```text
//!   {"format":"usher-backup","version":1,"schema_version":5,"made_at":"…"}
//!   {"table":"organizations","columns":["number","id",…]}     tables in the order in which they were created, so that what
//!   [1,"3074457345618265000",…]                               a row refers to comes before it
//!   …
//!   {"rows":123456,"sha256":"…"}                              SHA-256 over all lines before this one
//! ```
//!
//! A restore makes the schema of the backup's version, fills it, and then brings it up to date, all in one transaction.

mod file;
mod restoring;
mod tables;
mod writing;

use serde::{Deserialize, Serialize};
use usher_model::Timestamp;

pub use file::BackupFile;
pub use restoring::{Overwrite, RestoredTokens, Restoring};

const FORMAT: &str = "usher-backup";
const VERSION: u32 = 1;

/// The first line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Header {
    format: String,
    version: u32,
    schema_version: i64,
    made_at: Timestamp,
}

/// The line before the rows of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct TableLine {
    table: String,
    columns: Vec<String>,
}

/// The last line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Trailer {
    rows: u64,
    sha256: String,
}

/// What a backup holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BackupSummary {
    /// The version of the schema.
    pub schema_version: i64,
    /// As of when.
    pub made_at: Timestamp,
    /// How many rows.
    pub rows: u64,
    /// What the lines are checked against.
    pub sha256: String,
}
