//! A conversation with a directory server.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use ldap3::adapters::{Adapter, PagedResults};
use ldap3::controls::RawControl;
use ldap3::{Ldap, LdapConnAsync, LdapConnSettings, Scope, SearchStream};
use secrecy::{ExposeSecret, SecretString};
use tokio::task::JoinSet;
use usher_boxed::boxed;

use super::entry::Entry;
use super::settings::{Encryption, LdapSettings};
use super::{errors, trust};
use crate::DirectoryError;

/// An open connection. It is closed when this is dropped.
pub(super) struct Session<'s> {
    settings: &'s LdapSettings,
    ldap: Ldap,
    /// Carries messages to and fro; ends with this.
    _driver: JoinSet<()>,
}

/// What to search for.
#[derive(Clone, Debug)]
pub(super) struct Search<'s> {
    /// For messages: `reading people`.
    pub doing: &'s str,
    pub base: &'s str,
    pub scope: Scope,
    pub filter: &'s str,
    pub attributes: Vec<String>,
    pub deleted: Deleted,
}

/// Whether deleted entries are found too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deleted {
    Hidden,
    Shown,
}

/// What a search gave besides entries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    /// References to other servers, which are not followed.
    pub referrals: usize,
    /// Answers that made no sense.
    pub malformed: usize,
}

/// Shows entries that were deleted (Active Directory).
const SHOW_DELETED: &str = "1.2.840.113556.1.4.417";

impl<'s> Session<'s> {
    /// Connects and signs in.
    pub async fn open(
        settings: &'s LdapSettings,
        password: Option<&SecretString>,
    ) -> Result<Self, DirectoryError> {
        let shown = Arc::new(Mutex::new(None));
        let mut how = LdapConnSettings::new()
            .set_conn_timeout(Duration::from_secs(settings.connect_seconds.max(1).into()));
        let encrypted =
            settings.url.scheme() == "ldaps" || settings.encryption == Encryption::StartTls;
        if encrypted {
            how = how
                .set_starttls(settings.url.scheme() == "ldap")
                .set_config(Arc::new(trust::client_config(settings, &shown)?));
        }
        let (connection, ldap) = LdapConnAsync::from_url_with_settings(how, &settings.url)
            .await
            .map_err(|error| errors::connecting(settings, &shown, error))?;
        let mut driver = JoinSet::new();
        driver.spawn(async move {
            if let Err(error) = connection.drive().await {
                tracing::debug!(%error, "the LDAP connection ended");
            }
        });
        let mut session = Self {
            settings,
            ldap,
            _driver: driver,
        };
        session.sign_in(password).await?;
        Ok(session)
    }

    async fn sign_in(&mut self, password: Option<&SecretString>) -> Result<(), DirectoryError> {
        let (Some(name), Some(password)) = (&self.settings.bind_dn, password) else {
            return Ok(());
        };
        // A server takes a name without password for a stranger, and says yes.
        if password.expose_secret().is_empty() {
            return Err(DirectoryError::new(
                crate::ErrorKind::BadCredentials,
                format!("signing in as {name}: the password is empty"),
            )
            .with_hint("check where the setting `password` points"));
        }
        let doing = format!("signing in as {name}");
        let answer = self
            .ldap
            .with_timeout(self.patience())
            .simple_bind(name, password.expose_secret())
            .await;
        let result = answer.map_err(|error| errors::talking(self.settings, &doing, error))?;
        if result.rc == 0 {
            return Ok(());
        }
        Err(errors::refused(&doing, &result))
    }

    fn patience(&self) -> Duration {
        Duration::from_secs(self.settings.answer_seconds.max(1).into())
    }

    /// Reads one entry, if it is there.
    #[boxed]
    pub async fn entry(
        &mut self,
        base: &str,
        attributes: &[&str],
    ) -> Result<Option<Entry>, DirectoryError> {
        let mut found = None;
        let search = Search {
            doing: "reading one entry",
            base,
            scope: Scope::Base,
            filter: "(objectClass=*)",
            attributes: attributes.iter().map(|name| (*name).to_owned()).collect(),
            deleted: Deleted::Hidden,
        };
        self.run(&search, &mut |entry| found = Some(entry), Vec::new())
            .await?;
        Ok(found)
    }

    /// Gives every entry of a paged search to `take`.
    #[boxed]
    pub async fn search(
        &mut self,
        search: &Search<'_>,
        take: &mut (dyn FnMut(Entry) + Send),
    ) -> Result<Found, DirectoryError> {
        let pages: Box<dyn Adapter<'static, String, Vec<String>>> =
            Box::new(PagedResults::new(i32::from(self.settings.page_size)));
        let mut cut_off = Vec::new();
        let found = self
            .run(
                search,
                &mut |entry| {
                    if entry.cut_off().is_some() {
                        cut_off.push(entry);
                    } else {
                        take(entry);
                    }
                },
                vec![pages],
            )
            .await?;
        for entry in cut_off {
            take(self.complete(search.doing, entry).await?);
        }
        Ok(found)
    }

    /// Fetches the values that the server left out of a long list.
    async fn complete(&mut self, doing: &str, mut entry: Entry) -> Result<Entry, DirectoryError> {
        while let Some((attribute, mut next)) = entry.cut_off() {
            loop {
                let range = format!("{attribute};range={next}-*");
                let rest = self.entry(&entry.dn, &[&range]).await?.unwrap_or_default();
                match entry.extend(&attribute, &rest) {
                    None if rest.values(&attribute).is_empty() => {
                        return Err(DirectoryError::new(
                            crate::ErrorKind::Server,
                            format!("{doing}: the server keeps values {next} and up of `{attribute}` of {} back", entry.dn),
                        )
                        .with_hint("the entry may have changed meanwhile; try again"));
                    }
                    None => break,
                    Some(further) => next = further,
                }
            }
        }
        Ok(entry)
    }

    async fn run(
        &mut self,
        search: &Search<'_>,
        take: &mut (dyn FnMut(Entry) + Send),
        adapters: Vec<Box<dyn Adapter<'static, String, Vec<String>>>>,
    ) -> Result<Found, DirectoryError> {
        let broken = |error| errors::talking(self.settings, search.doing, error);
        let mut ldap = self.ldap.clone();
        ldap.with_timeout(self.patience());
        if search.deleted == Deleted::Shown {
            ldap.with_controls(RawControl {
                ctype: SHOW_DELETED.to_owned(),
                crit: true,
                val: None,
            });
        }
        let mut stream: SearchStream<'static, String, Vec<String>> = ldap
            .streaming_search_with(
                adapters,
                search.base,
                search.scope,
                search.filter,
                search.attributes.clone(),
            )
            .await
            .map_err(broken)?;
        let mut found = Found::default();
        while let Some(answer) = stream.next().await.map_err(broken)? {
            if answer.is_ref() {
                found.referrals += 1;
            } else if !answer.is_intermediate() {
                match Entry::read(answer) {
                    Some(entry) => take(entry),
                    None => found.malformed += 1,
                }
            }
        }
        let result = stream.finish().await;
        if result.rc == 0 {
            return Ok(found);
        }
        Err(errors::refused(
            &format!("{} at {}", search.doing, search.base),
            &result,
        ))
    }
}
