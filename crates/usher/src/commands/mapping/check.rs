//! `usher mapping check`.

use serde_json::json;
use usher_plan::{GroupIndex, Settings, SettingsProblem};

use super::CheckArguments;
use super::document::MappingDocument;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::humanize;
use crate::provisioning::Provisioning;

/// Runs `usher mapping check`.
pub async fn run(arguments: &CheckArguments, context: &Context) -> Result<Exit, Failure> {
    let provisioning = Provisioning::open(context, &arguments.organization).await?;
    let mut settings = provisioning.settings.clone();
    if let Some(file) = &arguments.file {
        MappingDocument::read(file)?.put_into(&mut settings);
    }
    let groups = GroupIndex::build(&provisioning.directory().await?.groups);
    let problems = settings.check(&groups);
    if context.output.is_json() {
        context.output.json(&json!({ "problems": problems }))?;
    } else if problems.is_empty() {
        context.output.line(all_is_well(&settings))?;
    }
    into_failure(&problems).map_or(Ok(Exit::Success), Err)
}

fn all_is_well(settings: &Settings) -> String {
    format!(
        "{}, {} and {} are well formed",
        humanize::counted(settings.user_mapping.len() as u64, "mapping"),
        humanize::counted(settings.matching.len() as u64, "matching property"),
        humanize::counted(settings.scope.filters.len() as u64, "scoping filter"),
    )
}

/// All problems as one failure; `None` if there are none.
pub fn into_failure(problems: &[SettingsProblem]) -> Option<Failure> {
    if problems.is_empty() {
        return None;
    }
    let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
    let failure = Failure::usage(format!(
        "the settings cannot be used:\n  - {}",
        lines.join("\n  - ")
    ));
    Some(failure.hint("nothing was changed; correct what is named and try again"))
}
