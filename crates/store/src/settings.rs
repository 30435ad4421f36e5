//! Settings as documents, each version kept.

use serde::Serialize;
use serde_json::Value;
use usher_boxed::boxed;
use usher_model::{Actor, Event, OrganizationId, Timestamp};

use crate::database::{Durability, Tx};
use crate::directory::advance_directory;
use crate::row::{Columns, read_all};
use crate::statement::{json, sql};
use crate::{Store, StoreError, events, organizations};

/// Which settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettingsOf<'a> {
    /// How people are provisioned to an organization.
    Provisioning(&'a OrganizationId),
    /// Who is told of what happens in an organization.
    Notifications(&'a OrganizationId),
    /// How sources are merged into one directory; the same for all organizations.
    Directory,
}

/// One version of settings.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SettingsVersion {
    /// Its number, from 1.
    pub version: u64,
    /// The settings.
    pub value: Value,
    /// When they were saved.
    pub saved_at: Timestamp,
    /// Who saved them, as the event that was written with them says.
    pub saved_by: Option<Actor>,
}

impl SettingsOf<'_> {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Provisioning(_) => "provisioning",
            Self::Notifications(_) => "notifications",
            Self::Directory => "directory",
        }
    }

    fn organization(&self) -> Option<&OrganizationId> {
        match self {
            Self::Provisioning(organization) | Self::Notifications(organization) => {
                Some(organization)
            }
            Self::Directory => None,
        }
    }
}

impl Store {
    /// The newest version of settings and its number; `None` while nothing was saved.
    #[boxed]
    pub async fn settings(&self, of: SettingsOf<'_>) -> Result<Option<(u64, Value)>, StoreError> {
        let newest = self.versions(of, Some(1)).await?.into_iter().next();
        Ok(newest.map(|newest| (newest.version, newest.value)))
    }

    /// All versions, newest first.
    #[boxed]
    pub async fn settings_history(
        &self,
        of: SettingsOf<'_>,
    ) -> Result<Vec<SettingsVersion>, StoreError> {
        self.versions(of, None).await
    }

    /// Saves settings as a new version and returns its number. Refused with [`StoreError::SettingsMoved`] when the
    /// newest version is not `expected` (`None`: there must be none): somebody else saved meanwhile.
    #[boxed]
    pub async fn save_settings(
        &self,
        of: SettingsOf<'_>,
        value: &Value,
        expected: Option<u64>,
        events: &[Event],
    ) -> Result<u64, StoreError> {
        let mut tx = self.db.write(Durability::Record).await?;
        let number = match of.organization() {
            Some(organization) => organizations::ensure(&mut tx, organization).await?,
            None => 0,
        };
        let found = newest_version(&mut tx, number, of).await?;
        let moved = |found| StoreError::SettingsMoved {
            name: of.name(),
            expected: expected.unwrap_or(0),
            found,
        };
        if found != expected.unwrap_or(0) {
            return Err(moved(found));
        }
        let insert = sql(
            "INSERT INTO settings (organization, name, version, document, saved_at, saved_by)
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
        );
        let insert = insert
            .bind(number)
            .bind(of.name())
            .bind(found + 1)
            .bind(json(value))
            .bind(self.clock.now())
            .bind(events.first().map(|event| json(&event.actor)));
        if tx.execute(insert).await? == 0 {
            return Err(moved(found + 1));
        }
        if of == SettingsOf::Directory {
            // What was merged by the settings before is merged anew.
            advance_directory(&mut tx).await?;
        }
        events::append(&mut tx, events).await?;
        tx.commit().await?;
        Ok(found + 1)
    }

    /// [`Store::settings`] of an organization's provisioning.
    #[boxed]
    pub async fn provisioning_settings(
        &self,
        organization: &OrganizationId,
    ) -> Result<Option<(u64, Value)>, StoreError> {
        self.settings(SettingsOf::Provisioning(organization)).await
    }

    /// [`Store::save_settings`] of an organization's provisioning.
    #[boxed]
    pub async fn save_provisioning_settings(
        &self,
        organization: &OrganizationId,
        value: &Value,
        expected: Option<u64>,
        events: &[Event],
    ) -> Result<u64, StoreError> {
        let of = SettingsOf::Provisioning(organization);
        self.save_settings(of, value, expected, events).await
    }

    async fn versions(
        &self,
        of: SettingsOf<'_>,
        limit: Option<u64>,
    ) -> Result<Vec<SettingsVersion>, StoreError> {
        let number = match of.organization() {
            Some(organization) => match self.organization_number(organization).await? {
                0 => return Ok(Vec::new()),
                number => number,
            },
            None => 0,
        };
        let mut statement = sql("SELECT version, document, saved_at, saved_by FROM settings
             WHERE organization = $1 AND name = $2 ORDER BY version DESC")
        .bind(number)
        .bind(of.name());
        statement.push_limit(limit);
        let rows = self.db.all(statement).await?;
        read_all(&rows, &self.db.name, read)
    }
}

async fn newest_version(
    tx: &mut Tx,
    organization: i64,
    of: SettingsOf<'_>,
) -> Result<u64, StoreError> {
    let statement =
        sql("SELECT COALESCE(MAX(version), 0) FROM settings WHERE organization = $1 AND name = $2");
    let row = tx.one(statement.bind(organization).bind(of.name())).await?;
    row.columns(&tx.db.name).count()
}

fn read(columns: &mut Columns<'_>) -> Result<SettingsVersion, StoreError> {
    Ok(SettingsVersion {
        version: columns.count()?,
        value: columns.json()?,
        saved_at: columns.time()?,
        saved_by: columns.optional_json()?,
    })
}
