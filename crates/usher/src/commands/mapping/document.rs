//! `usher mapping export` and `import`.

use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::json;
use usher_plan::{AttributeMapping, GroupMapping, MatchingProperty, Settings};

use super::{ExportArguments, ImportArguments};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{humanize, note};
use crate::provisioning::{Provisioning, saved};
use crate::settings_file;

/// What the file holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MappingDocument {
    /// Attribute by attribute.
    user_mapping: Vec<AttributeMapping>,
    /// How people are tied to accounts.
    #[serde(default)]
    matching: Option<Vec<MatchingProperty>>,
    /// How groups are named.
    #[serde(default)]
    group_mapping: Option<GroupMapping>,
}

impl MappingDocument {
    fn of(settings: &Settings) -> Self {
        Self {
            user_mapping: settings.user_mapping.clone(),
            matching: Some(settings.matching.clone()),
            group_mapping: Some(settings.group_mapping.clone()),
        }
    }

    /// Reads the file.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        settings_file::read(path)
    }

    /// Puts what the file holds in the place of what is set; parts that it leaves out stay.
    pub fn put_into(self, settings: &mut Settings) {
        settings.user_mapping = self.user_mapping;
        if let Some(matching) = self.matching {
            settings.matching = matching;
        }
        if let Some(group_mapping) = self.group_mapping {
            settings.group_mapping = group_mapping;
        }
    }
}

/// Runs `usher mapping export`.
pub async fn export(arguments: &ExportArguments, context: &Context) -> Result<Exit, Failure> {
    let provisioning = Provisioning::open(context, &arguments.organization).await?;
    let document = MappingDocument::of(&provisioning.settings);
    match &arguments.file {
        Some(file) => {
            settings_file::write(file, &document)?;
            note(format!("wrote {}", file.display()));
        }
        None => context.output.json(&document)?,
    }
    Ok(Exit::Success)
}

/// Runs `usher mapping import`.
pub async fn import(arguments: &ImportArguments, context: &Context) -> Result<Exit, Failure> {
    let document = MappingDocument::read(&arguments.file)?;
    let provisioning = Provisioning::open(context, &arguments.organization).await?;
    let mut settings = provisioning.settings.clone();
    document.put_into(&mut settings);
    let count = humanize::counted(settings.user_mapping.len() as u64, "mapping");
    let version = provisioning.save(settings, context).await?;
    let words = format!("{count} imported from {}", arguments.file.display());
    saved(version, (json!({"file": arguments.file}), words), context)
}
