//! `usher people sources`.

use clap::Args;
use serde_json::{Value, json};
use usher_store::{ReadingState, SourceRecord};

use super::problems;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::inventory::open_existing;
use crate::output::cell::Cell;
use crate::output::listing::{Column, ListArguments, Noun, show};
use crate::provisioning_keys::worded;

/// Arguments of `usher people sources`.
#[derive(Args, Clone, Debug, Default)]
#[command(after_help = "Examples:
  usher people sources
  usher people sources --columns name,kind,reading,problems,why
  usher people sources --json")]
pub struct Arguments {
    /// How to show it.
    #[command(flatten)]
    pub list: ListArguments,
}

const COLUMNS: &[Column<SourceRecord>] = &[
    Column::new("place", |row| Cell::Number(row.definition.place.into())),
    Column::new("name", |row| Cell::text(row.definition.name.as_str())),
    Column::new("kind", |row| {
        Cell::optional(row.definition.settings.get("kind").and_then(Value::as_str))
    }),
    Column::new("reading", |row| {
        Cell::optional(row.reading.as_ref().map(|reading| worded(&reading.state)))
    }),
    Column::new("read_at", |row| {
        row.reading
            .as_ref()
            .map_or(Cell::Never, |reading| Cell::Time(reading.at))
    }),
    Column::new("people", |row| {
        row.reading
            .as_ref()
            .map_or(Cell::Empty, |reading| Cell::Number(reading.people))
    }),
    Column::new("groups", |row| {
        row.reading
            .as_ref()
            .map_or(Cell::Empty, |reading| Cell::Number(reading.groups))
    }),
    Column::new("problems", |row| {
        let details = row.reading.as_ref().map(|reading| &reading.details);
        Cell::Number(details.map_or(0, problems::count))
    }),
    Column::extra("why", |row| {
        let details = row.reading.as_ref().map(|reading| &reading.details);
        Cell::Several(details.map_or_else(Vec::new, problems::reasons))
    }),
    Column::extra("settings", |row| {
        Cell::Detail(String::new(), row.definition.settings.clone())
    }),
    Column::extra("details", |row| {
        Cell::Detail(String::new(), json!(row.reading))
    }),
];

/// Runs `usher people sources`.
pub async fn run(arguments: &Arguments, context: &Context) -> Result<Exit, Failure> {
    if arguments.list.wants_names() {
        return ListArguments::print_names(COLUMNS, &context.output);
    }
    let store = open_existing(context).await?;
    let rows = store.sources().await?;
    let suspects: Vec<String> = rows
        .iter()
        .filter(|row| is_suspect(row))
        .map(|row| row.definition.name.to_string())
        .collect();
    show(
        rows,
        COLUMNS,
        &arguments.list,
        (&context.output, Noun("source"), context.now()),
    )?;
    for name in suspects {
        problems::warn_of_suspect(&name);
    }
    Ok(Exit::Success)
}

fn is_suspect(row: &SourceRecord) -> bool {
    let reading = row.reading.as_ref();
    reading.is_some_and(|reading| reading.state == ReadingState::Suspect)
}
