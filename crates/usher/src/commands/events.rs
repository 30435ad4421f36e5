//! `usher events`: what Usher did, from its hash-chained log.

use clap::Args;
use serde_json::json;
use usher_model::{Actor, ChainedEvent};

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::inventory::{collect, open_existing};
use crate::output::cell::Cell;
use crate::output::listing::{Column, ListArguments, Noun, show};
use crate::output::{humanize, note};

/// Arguments of `usher events`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  usher events
  usher events --json
  usher events --verify     check that nothing in the log was changed, removed or added")]
pub struct Arguments {
    /// Only events after the one with this number
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    pub after: u64,
    /// Check the whole chain before listing
    #[arg(long)]
    pub verify: bool,
    /// How to show it.
    #[command(flatten)]
    pub list: ListArguments,
}

const COLUMNS: &[Column<ChainedEvent>] = &[
    Column::new("sequence", |row| Cell::Number(row.sequence)),
    Column::new("at", |row| Cell::Time(row.event.at)),
    Column::new("kind", |row| Cell::text(row.event.kind.as_str())),
    Column::new("subject", |row| Cell::text(row.event.subject.clone())),
    Column::new("actor", |row| match &row.event.actor {
        Actor::System => Cell::text("system"),
        Actor::Operator { name } => Cell::text(name.clone()),
    }),
    Column::extra("origin", |row| {
        Cell::Detail(String::new(), json!(row.event.origin))
    }),
    Column::extra("data", |row| {
        Cell::Detail(row.event.data.to_string(), row.event.data.clone())
    }),
    Column::extra("id", |row| Cell::text(row.event.id.as_str())),
    Column::extra("hash", |row| Cell::text(row.hash.to_string())),
];

/// Runs `usher events`.
pub async fn run(arguments: &Arguments, context: &Context) -> Result<Exit, Failure> {
    if arguments.list.wants_names() {
        return ListArguments::print_names(COLUMNS, &context.output);
    }
    let store = open_existing(context).await?;
    if arguments.verify {
        let count = store.verify_events().await?;
        note(format!(
            "the chain of {} is whole",
            humanize::counted(count, "event")
        ));
    }
    let rows = collect(store.events(arguments.after, arguments.list.pushed_limit())).await?;
    let noun = Noun("event");
    show(
        rows,
        COLUMNS,
        &arguments.list,
        (&context.output, noun, context.now()),
    )?;
    Ok(Exit::Success)
}
