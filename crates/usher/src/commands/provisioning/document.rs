//! `usher provisioning export` and `import`.

use serde_json::json;
use usher_plan::Settings;

use super::{ExportArguments, ImportArguments};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::note;
use crate::provisioning::{Provisioning, saved};
use crate::settings_file;

/// Runs `usher provisioning export`.
pub async fn export(arguments: &ExportArguments, context: &Context) -> Result<Exit, Failure> {
    let provisioning = Provisioning::open(context, &arguments.organization).await?;
    match &arguments.file {
        Some(file) => {
            settings_file::write(file, &provisioning.settings)?;
            note(format!("wrote {}", file.display()));
        }
        None => context.output.json(&provisioning.settings)?,
    }
    Ok(Exit::Success)
}

/// Runs `usher provisioning import`.
pub async fn import(arguments: &ImportArguments, context: &Context) -> Result<Exit, Failure> {
    let settings: Settings = settings_file::read(&arguments.file)?;
    let provisioning = Provisioning::open(context, &arguments.organization).await?;
    let what = json!({"file": arguments.file});
    if settings == provisioning.settings {
        let words = "the file says what is set already".to_owned();
        return saved(provisioning.version.unwrap_or(0), (what, words), context);
    }
    let version = provisioning.save(settings, context).await?;
    let words = format!("settings imported from {}", arguments.file.display());
    saved(version, (what, words), context)
}
