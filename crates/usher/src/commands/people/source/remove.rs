//! `usher people source remove`.

use clap::Args;
use serde_json::json;
use usher_engine::people::merge_directory;
use usher_model::EventKind;

use super::reading::chosen;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::inventory::open_existing;
use crate::output::{humanize, note};
use crate::provisioning::{acting, actor};

/// Arguments of `usher people source remove`.
#[derive(Args, Clone, Debug, Default)]
#[command(
    after_help = "Whom no other source knows has left then; the plan that follows is weighed by its guards as any other.

Examples:
  usher people source remove hr --yes"
)]
pub struct Arguments {
    /// The source
    pub source: String,
    /// It is meant
    #[arg(short, long)]
    pub yes: bool,
}

/// Runs `usher people source remove`.
pub async fn run(arguments: &Arguments, context: &Context) -> Result<Exit, Failure> {
    let store = open_existing(context).await?;
    let records = chosen(std::slice::from_ref(&arguments.source), &store).await?;
    let Some(record) = records.first() else {
        return Ok(Exit::Success);
    };
    let name = &record.definition.name;
    let counts = store.source_counts(name).await?;
    if !arguments.yes {
        let people = humanize::people(counts.people);
        return Err(Failure::usage(format!(
            "{people} come from {name}, and nothing was removed"
        ))
        .hint("run it again with --yes if that is meant"));
    }
    let actor = actor(context);
    let acting = acting(&store, &actor, context);
    let event = acting.event(
        EventKind::PersonSourceRemoved,
        format!("source:{name}"),
        json!({"before": record.definition, "entries": counts}),
    );
    store.remove_source(name, &[event]).await?;
    let change = merge_directory(acting).await?;
    if context.output.is_json() {
        context.output.json(&change)?;
        return Ok(Exit::Success);
    }
    let gone = humanize::people(change.gone);
    context
        .output
        .line(format!("removed: source {name}; {gone} gone with it"))?;
    context.output.flush()?;
    note("`usher plan` shows what follows from it");
    Ok(Exit::Success)
}
