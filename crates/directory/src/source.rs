//! What can be read.

use secrecy::SecretString;

use crate::csv::CsvSource;
use crate::graph::GraphSource;
use crate::ldap::LdapSource;
use crate::{DirectoryError, Reading, SourceSettings, Watermark};

/// A place where people come from, and that is read.
pub trait Source {
    /// Reads everything, or what changed since the watermark of an earlier reading. A source that cannot go on
    /// from there reads everything, and says so in [`Reading::kind`].
    fn read(
        &self,
        since: Option<&Watermark>,
    ) -> impl Future<Output = Result<Reading, DirectoryError>> + Send;
}

/// A source of any kind that is read.
#[derive(Debug)]
pub enum OpenSource {
    /// A file.
    Csv(Box<CsvSource>),
    /// A directory server.
    Ldap(Box<LdapSource>),
    /// Microsoft Entra ID.
    Graph(Box<GraphSource>),
}

impl OpenSource {
    /// Prepares a source; `secret` is what [`SourceSettings::secret`] refers to. `None` for the kinds whose
    /// entries are pushed (inbound SCIM, the built-in directory): there is nothing to read.
    pub fn open(
        settings: &SourceSettings,
        secret: Option<&SecretString>,
    ) -> Result<Option<Self>, DirectoryError> {
        settings.check()?;
        match settings {
            SourceSettings::Csv(csv) => Ok(Some(Self::Csv(Box::new(CsvSource::new(csv.clone()))))),
            SourceSettings::Ldap(ldap) => {
                let source = LdapSource::new(ldap.as_ref().clone(), secret.cloned())?;
                Ok(Some(Self::Ldap(Box::new(source))))
            }
            SourceSettings::Graph(graph) => {
                let source = GraphSource::new(graph.clone(), secret.cloned())?;
                Ok(Some(Self::Graph(Box::new(source))))
            }
            SourceSettings::Scim(_) | SourceSettings::Builtin(_) => Ok(None),
        }
    }
}

impl Source for OpenSource {
    async fn read(&self, since: Option<&Watermark>) -> Result<Reading, DirectoryError> {
        match self {
            Self::Csv(source) => source.read(since).await,
            Self::Ldap(source) => source.read(since).await,
            Self::Graph(source) => source.read(since).await,
        }
    }
}
