//! Microsoft Entra ID through Microsoft Graph.
//!
//! A full reading goes through the delta queries of users and groups, and keeps where they ended; the next one
//! asks there what changed. Changes name only the properties that changed, so each changed object is asked for as
//! a whole. Assignments to the application are read as a whole each time.

mod client;
mod convert;
mod errors;
mod pages;
mod read;
mod settings;
pub(crate) mod transport;

use secrecy::SecretString;

use crate::settings::refuse;
use crate::{DirectoryError, Reading, Source, Watermark};

pub use settings::{GraphGroups, GraphSettings};

/// A tenant that is read.
#[derive(Debug)]
pub struct GraphSource {
    settings: GraphSettings,
    client: client::GraphClient,
}

impl GraphSource {
    /// A source from its settings and the client secret.
    pub fn new(
        settings: GraphSettings,
        secret: Option<SecretString>,
    ) -> Result<Self, DirectoryError> {
        settings.check()?;
        let secret = secret.ok_or_else(|| refuse("secret", "there is no client secret"))?;
        Ok(Self {
            client: client::GraphClient::new(settings.clone(), secret)?,
            settings,
        })
    }
}

impl Source for GraphSource {
    async fn read(&self, since: Option<&Watermark>) -> Result<Reading, DirectoryError> {
        let reader = read::Reader {
            client: &self.client,
            settings: &self.settings,
            properties: convert::Properties::of(&self.settings),
        };
        reader.read(since).await
    }
}
