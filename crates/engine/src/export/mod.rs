//! Writing the inventory to files that other programs read.
//!
//! A file appears whole or not at all: everything is written beside its target and then renamed.

mod c1z;
mod csv_tables;
mod inventory;
mod json_lines;

pub use csv_tables::safe_field;

use std::path::Path;
use std::sync::Arc;

use serde::Serialize;
use usher_boxed::boxed;
use usher_model::{Clock, OrganizationId, Timestamp};
use usher_store::Store;

use crate::EngineError;

/// How the inventory is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// A `.c1z` file of the Baton ecosystem.
    C1z,
    /// A folder with one CSV file per table.
    Csv,
    /// One JSON object per line, each with its `type`.
    JsonLines,
}

impl Format {
    /// The format that a file name asks for: `.c1z`, `.jsonl` or `.ndjson`; a name without an extension is
    /// a folder of CSV files.
    pub fn of_path(path: &Path) -> Option<Self> {
        match path
            .extension()
            .map(|extension| extension.to_string_lossy().to_ascii_lowercase())
        {
            None => Some(Self::Csv),
            Some(extension) => match extension.as_str() {
                "c1z" => Some(Self::C1z),
                "jsonl" | "ndjson" => Some(Self::JsonLines),
                _ => None,
            },
        }
    }
}

/// What to write.
#[derive(Clone, Debug)]
pub struct ExportRequest<'a> {
    /// The organization.
    pub organization: &'a OrganizationId,
    /// The inventory of which time; `None`: the current one.
    pub as_of: Option<Timestamp>,
    /// How.
    pub format: Format,
    /// Where to.
    pub path: &'a Path,
    /// Says when the file was written.
    pub clock: &'a Arc<dyn Clock>,
}

/// How much was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Exported {
    /// Accounts.
    pub accounts: u64,
    /// Teams.
    pub teams: u64,
    /// User groups.
    pub user_groups: u64,
    /// Entitlements.
    pub entitlements: u64,
    /// Grants.
    pub grants: u64,
}

/// Writes the inventory.
#[boxed]
pub async fn export(store: &Store, request: &ExportRequest<'_>) -> Result<Exported, EngineError> {
    match request.format {
        Format::C1z => c1z::write(store, request).await,
        Format::Csv => csv_tables::write(store, request).await,
        Format::JsonLines => json_lines::write(store, request).await,
    }
}

/// An error that names the file.
fn write_error<E>(path: &Path) -> impl FnOnce(E) -> EngineError
where
    E: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let path = path.display().to_string();
    move |source| EngineError::Write {
        path,
        source: source.into(),
    }
}

/// The folder in which the target's temporary neighbour is made.
fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}
