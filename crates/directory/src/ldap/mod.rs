//! LDAP directories.

pub(crate) mod filter;
mod settings;
pub(crate) mod trust;

use secrecy::SecretString;

use crate::{DirectoryError, ErrorKind, Reading, Source, Watermark};

pub use settings::{
    DisabledRule, Encryption, GroupSettings, Incremental, LdapSettings, Membership, Preset,
    Tombstones,
};

/// A directory that is read.
#[derive(Debug)]
pub struct LdapSource {
    settings: LdapSettings,
    password: Option<SecretString>,
}

impl LdapSource {
    /// A source from its settings and the password of `bind_dn`.
    pub fn new(
        settings: LdapSettings,
        password: Option<SecretString>,
    ) -> Result<Self, DirectoryError> {
        Ok(Self { settings, password })
    }
}

impl Source for LdapSource {
    async fn read(&self, _since: Option<&Watermark>) -> Result<Reading, DirectoryError> {
        let _ = &self.password;
        Err(DirectoryError::new(
            ErrorKind::Server,
            format!("{}", self.settings.url),
        ))
    }
}
