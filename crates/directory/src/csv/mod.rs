//! Files of separated values: CSV, TSV and their relatives.
//!
//! A row that cannot be read is a problem with its line; its person stays as they were. A file that cannot
//! be read as a whole is an error, and changes nothing.

mod date;
mod layout;
mod memberships;
mod names;
mod read;
mod row;
mod settings;
mod status;
mod table;
pub(crate) mod text;

#[cfg(test)]
mod tests;

use crate::{DirectoryError, ErrorKind, Reading, Source, Watermark};

pub(crate) use row::is_email;
pub use settings::{CsvSettings, GroupColumn, ManagerColumn, MembershipFile, StatusColumn};

/// A file that is read.
#[derive(Clone, Debug)]
pub struct CsvSource {
    settings: CsvSettings,
}

impl CsvSource {
    /// A source from its settings.
    pub fn new(settings: CsvSettings) -> Self {
        Self { settings }
    }
}

impl Source for CsvSource {
    async fn read(&self, since: Option<&Watermark>) -> Result<Reading, DirectoryError> {
        let settings = self.settings.clone();
        let since = since.cloned();
        tokio::task::spawn_blocking(move || read::read(&settings, since.as_ref()))
            .await
            .map_err(|error| {
                DirectoryError::new(ErrorKind::File, "reading the file was interrupted")
                    .caused_by(error)
            })?
    }
}
