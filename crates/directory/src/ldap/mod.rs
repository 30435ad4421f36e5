//! LDAP directories: Active Directory, `OpenLDAP`, 389 Directory Server.
//!
//! A reading is full, or has what changed since the last one: by `uSNChanged` of the same domain controller, or
//! by `modifyTimestamp`. Neither tells who was deleted or moved away; a full reading does.

mod convert;
mod dn;
mod entry;
mod errors;
pub(crate) mod filter;
mod preset;
mod read;
mod session;
mod settings;
pub(crate) mod trust;
mod value;
mod watermark;

#[cfg(test)]
mod tests;

use secrecy::SecretString;

use crate::settings::refuse;
use crate::{DirectoryError, Reading, Source, Watermark};

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
        settings.check()?;
        if settings.bind_dn.is_some() && password.is_none() {
            return Err(refuse("password", "there is none for `bind_dn`"));
        }
        Ok(Self { settings, password })
    }
}

impl Source for LdapSource {
    async fn read(&self, since: Option<&Watermark>) -> Result<Reading, DirectoryError> {
        let mut session = session::Session::open(&self.settings, self.password.as_ref()).await?;
        read::read(&mut session, &self.settings, since).await
    }
}
