//! `usher cycles`: what cycles did.

use clap::Args;
use serde_json::Value;
use usher_store::CycleRecord;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::cell::Cell;
use crate::output::humanize;
use crate::output::listing::{Column, ListArguments, Noun, show};
use crate::provisioning::{OrganizationArguments, Provisioning};

/// Arguments of `usher cycles`.
#[derive(Args, Clone, Debug, Default)]
#[command(after_help = "Examples:
  usher cycles
  usher cycles --limit 5 --columns all
  usher cycles --json")]
pub struct Arguments {
    /// Which organization.
    #[command(flatten)]
    pub organization: OrganizationArguments,
    /// How to show it.
    #[command(flatten)]
    pub list: ListArguments,
}

const COLUMNS: &[Column<CycleRecord>] = &[
    Column::new("id", |row| Cell::text(row.id.as_str())),
    Column::new("kind", |row| Cell::text(row.kind.as_str())),
    Column::new("state", |row| Cell::text(row.state.as_str())),
    Column::new("started_at", |row| Cell::Time(row.started_at)),
    Column::extra("finished_at", |row| {
        row.finished_at.map_or(Cell::Empty, Cell::Time)
    }),
    Column::new("took", took),
    Column::new("counts", |row| {
        Cell::Detail(numbers(&row.counts), row.counts.clone())
    }),
    Column::extra("plan", |row| {
        Cell::optional(row.plan.as_ref().map(ToString::to_string))
    }),
    Column::new("failure", |row| Cell::optional(row.failure.clone())),
    Column::extra("owner", |row| Cell::text(row.owner.clone())),
];

/// How long it took; in JSON in milliseconds.
fn took(row: &CycleRecord) -> Cell {
    row.finished_at.map_or(Cell::Empty, |end| {
        let length = end.duration_since(row.started_at).unsigned_abs();
        let milliseconds = u64::try_from(length.as_millis()).unwrap_or(u64::MAX);
        Cell::Detail(humanize::duration(length), milliseconds.into())
    })
}

/// The members that are numbers other than zero, on one line.
fn numbers(value: &Value) -> String {
    let Some(members) = value.as_object() else {
        return String::new();
    };
    let parts: Vec<String> = members
        .iter()
        .filter_map(|(name, value)| Some((name, value.as_u64()?)))
        .filter(|(_, number)| *number > 0)
        .map(|(name, number)| format!("{} {}", name.replace('_', " "), humanize::count(number)))
        .collect();
    if parts.is_empty() {
        return "nothing".to_owned();
    }
    parts.join(", ")
}

/// Runs `usher cycles`.
pub async fn run(arguments: &Arguments, context: &Context) -> Result<Exit, Failure> {
    if arguments.list.wants_names() {
        return ListArguments::print_names(COLUMNS, &context.output);
    }
    let provisioning = Provisioning::open(context, &arguments.organization).await?;
    let rows = provisioning
        .store
        .cycles(provisioning.id(), arguments.list.pushed_limit())
        .await?;
    show(
        rows,
        COLUMNS,
        &arguments.list,
        (&context.output, Noun("cycle"), context.now()),
    )?;
    Ok(Exit::Success)
}
