//! What can go wrong with a `.c1z` file.

use std::io;
use std::path::{Path, PathBuf};

/// A `.c1z` file could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum C1zError {
    /// The operating system refused.
    #[error("cannot {action} {path}")]
    Io {
        /// What was tried: "read", "create a temporary folder in", …
        action: &'static str,
        /// With which file or folder.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The path names a folder, a device or a pipe.
    #[error("{path} is not a regular file; name a file such as sync.c1z")]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// The first bytes are those of something else.
    #[error(
        "{path} is not a .c1z file: it does not begin with `C1ZF`; check that it is the right file"
    )]
    NotC1z {
        /// The file.
        path: PathBuf,
    },
    /// The file has the newer container, a Pebble database.
    #[error(
        "{path} is a version 3 .c1z file (storage engine pebble), which only Go programs can read; sync again into a new file with the storage engine set to sqlite (`--storage-engine sqlite`, or BATON_STORAGE_ENGINE=sqlite in the connector's environment)"
    )]
    Version3 {
        /// The file.
        path: PathBuf,
    },
    /// The file begins like a `.c1z` and then breaks off or makes no sense.
    #[error("{path} is damaged: {what}; take it from a backup, or sync again into a new file")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        what: &'static str,
        /// What the decoder or the database said.
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// The database in the file is larger than allowed.
    #[error("{path} unpacks to more than {limit} bytes; if the file can be trusted, allow more")]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The limit in bytes ([`super::ReadOptions::decoded_limit`]).
        limit: u64,
    },
    /// Unpacking would take more memory than any Baton program takes.
    #[error(
        "{path} needs a decompression window of more than 128 MiB, which no Baton program accepts; write it again with a smaller one"
    )]
    WindowTooLarge {
        /// The file.
        path: PathBuf,
    },
    /// A row holds no such message.
    #[error("row {row} of {table} in {path} holds no readable message; sync again into a new file")]
    Message {
        /// The file.
        path: PathBuf,
        /// The table.
        table: &'static str,
        /// The row's number.
        row: i64,
        /// What the decoder said.
        #[source]
        source: prost::DecodeError,
    },
    /// The database refused: the disk is full, for example.
    #[error("cannot {action} the database of {path}")]
    Database {
        /// What was tried.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: sqlx::Error,
    },
    /// The file has no sync of that id.
    #[error("{path} holds no sync {sync_id}; it holds {available}")]
    NoSuchRun {
        /// The file.
        path: PathBuf,
        /// The id that was asked for.
        sync_id: String,
        /// The ids that are there, in words.
        available: String,
    },
    /// The target exists, and its earlier syncs could not be carried over. It was left as it was.
    #[error(
        "{path} exists and cannot be continued, so it was left as it is; move it away, or write to another file"
    )]
    Target {
        /// The target.
        path: PathBuf,
        /// Why it cannot be read.
        #[source]
        source: Box<C1zError>,
    },
    /// A message lacks an id, or has one that readers refuse.
    #[error("{what} has {problem}; ids are 1 to 1024 bytes")]
    InvalidId {
        /// Which message: "grant role:x:assigned:user:1", …
        what: String,
        /// What is wrong with which id.
        problem: &'static str,
    },
    /// A part of the work was stopped from outside.
    #[error("work on {path} was interrupted")]
    Interrupted {
        /// The file.
        path: PathBuf,
        /// How.
        #[source]
        source: tokio::task::JoinError,
    },
}

impl C1zError {
    /// Wraps an error of the operating system.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::Io {
            action,
            path,
            source,
        }
    }

    /// Wraps what the database said while it was read: damage where it means damage.
    pub(crate) fn reading(path: &Path) -> impl Fn(sqlx::Error) -> Self + use<> {
        Self::reading_to("read", path)
    }

    /// Wraps what the database said while it was read to do something with it.
    pub(crate) fn reading_to(
        action: &'static str,
        path: &Path,
    ) -> impl Fn(sqlx::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| {
            let path = path.clone();
            if means_damage(&source) {
                return Self::Damaged {
                    path,
                    what: "the database in it is inconsistent",
                    source: Some(Box::new(source)),
                };
            }
            Self::Database {
                action,
                path,
                source,
            }
        }
    }

    /// Whether the error is about what is in a file, not about reading it.
    pub(crate) fn is_about_content(&self) -> bool {
        matches!(
            self,
            Self::NotC1z { .. }
                | Self::Version3 { .. }
                | Self::Damaged { .. }
                | Self::TooLarge { .. }
                | Self::WindowTooLarge { .. }
        )
    }

    /// Wraps what the database said while it was written.
    pub(crate) fn writing(path: &Path) -> impl Fn(sqlx::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::Database {
            action: "write",
            path: path.clone(),
            source,
        }
    }
}

/// SQLite's primary result codes for a database that is not in order (`SQLITE_ERROR` comes from a query
/// that meets an unexpected schema).
const DAMAGE_CODES: [u32; 3] = [1, 11, 26];

fn means_damage(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(error) => error
            .code()
            .and_then(|code| code.parse::<u32>().ok())
            .is_some_and(|code| DAMAGE_CODES.contains(&(code & 0xff))),
        sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => true,
        _ => false,
    }
}
