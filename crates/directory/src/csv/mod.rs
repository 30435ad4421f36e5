//! Files of separated values.

mod settings;
pub(crate) mod text;

use crate::{DirectoryError, ErrorKind, Reading, Source, Watermark};

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
    async fn read(&self, _since: Option<&Watermark>) -> Result<Reading, DirectoryError> {
        Err(DirectoryError::new(
            ErrorKind::Server,
            format!("{}", self.settings.path.display()),
        ))
    }
}
