//! Microsoft Entra ID through Microsoft Graph.

mod settings;
pub(crate) mod transport;

use secrecy::SecretString;

use crate::{DirectoryError, ErrorKind, Reading, Source, Watermark};

pub use settings::{GraphGroups, GraphSettings};

/// A tenant that is read.
#[derive(Debug)]
pub struct GraphSource {
    settings: GraphSettings,
    secret: Option<SecretString>,
}

impl GraphSource {
    /// A source from its settings and the client secret.
    pub fn new(
        settings: GraphSettings,
        secret: Option<SecretString>,
    ) -> Result<Self, DirectoryError> {
        Ok(Self { settings, secret })
    }
}

impl Source for GraphSource {
    async fn read(&self, _since: Option<&Watermark>) -> Result<Reading, DirectoryError> {
        let _ = &self.secret;
        Err(DirectoryError::new(
            ErrorKind::Server,
            self.settings.tenant.clone(),
        ))
    }
}
