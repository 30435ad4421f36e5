//! How sources become one directory, as it is stored.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::json;
use usher_boxed::boxed;
use usher_directory::{Existence, MergeSettings, ReadingLimits};
use usher_model::{AttributeName, EventKind, OrganizationId, SourceName};
use usher_store::{SettingsOf, SourceRecord, Store};

use crate::{Acting, EngineError};

/// How sources become one directory. Their order of precedence is that of their places.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DirectorySettings {
    /// The attribute whose value identifies a person across sources.
    pub key: AttributeName,
    /// Other orders of precedence for single attributes.
    pub attributes: BTreeMap<AttributeName, Vec<SourceName>>,
    /// Who says that a person exists.
    pub existence: Existence,
    /// How much a source may lose between two readings.
    pub limits: ReadingLimits,
    /// For which organizations the assignments of a source count. A source without entry assigns to the only
    /// organization there is; when there are several, to none.
    pub assigns: BTreeMap<SourceName, Vec<OrganizationId>>,
}

impl Default for DirectorySettings {
    fn default() -> Self {
        let merge = MergeSettings::default();
        Self {
            key: merge.key,
            attributes: merge.attributes,
            existence: merge.existence,
            limits: ReadingLimits::default(),
            assigns: BTreeMap::new(),
        }
    }
}

impl DirectorySettings {
    /// What merging needs; `sources` are in the order of precedence.
    pub(super) fn merge(&self, sources: &[SourceRecord]) -> MergeSettings {
        let names = sources.iter().map(|source| source.definition.name.clone());
        MergeSettings {
            precedence: names.collect(),
            attributes: self.attributes.clone(),
            key: self.key.clone(),
            existence: self.existence,
        }
    }

    /// Whether the assignments of `source` count for `organization`, when these are all there are.
    pub(super) fn assigns_to(
        &self,
        source: &SourceName,
        organization: &OrganizationId,
        all: &[OrganizationId],
    ) -> bool {
        match self.assigns.get(source) {
            Some(named) => named.contains(organization),
            None => matches!(all, [only] if only == organization),
        }
    }
}

/// The stored settings of the directory and their version; the defaults, and no version, while nothing was saved.
#[boxed]
pub async fn directory_settings(
    store: &Store,
) -> Result<(Option<u64>, DirectorySettings), EngineError> {
    let Some((version, value)) = store.settings(SettingsOf::Directory).await? else {
        return Ok((None, DirectorySettings::default()));
    };
    let settings = serde_json::from_value(value).map_err(|error| EngineError::StoredSettings {
        what: "settings of the directory",
        why: error.to_string(),
    })?;
    Ok((Some(version), settings))
}

/// Saves the settings of the directory as a new version. Refused when another version is there than `expected`.
#[boxed]
pub async fn save_directory_settings(
    acting: Acting<'_>,
    settings: &DirectorySettings,
    expected: Option<u64>,
) -> Result<u64, EngineError> {
    let value = serde_json::to_value(settings).unwrap_or_default();
    let data = json!({"about": "directory", "settings": value});
    let event = acting.event(EventKind::ProvisioningSettingsSaved, "directory", data);
    let store = acting.store;
    Ok(store
        .save_settings(SettingsOf::Directory, &value, expected, &[event])
        .await?)
}
