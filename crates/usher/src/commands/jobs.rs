//! `usher jobs`: what `usher serve` does and did.

use clap::Args;
use usher_store::{JobFilter, JobRecord};

use crate::commands::schedules::Kind;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::inventory::open_existing;
use crate::output::cell::Cell;
use crate::output::humanize;
use crate::output::listing::{Column, ListArguments, Noun, show};

/// Arguments of `usher jobs`.
#[derive(Args, Clone, Debug, Default)]
#[command(after_help = "Examples:
  usher jobs
  usher jobs --open
  usher jobs --limit 5 --columns all
  usher jobs --json")]
pub struct Arguments {
    /// Those that wait or run only
    #[arg(long)]
    pub open: bool,
    /// How to show it.
    #[command(flatten)]
    pub list: ListArguments,
}

const COLUMNS: &[Column<JobRecord>] = &[
    Column::new("id", |row| Cell::text(row.id.as_str())),
    Column::new("what", |row| Cell::text(Kind::of(row.task.kind()))),
    Column::new("of", |row| {
        let organization = row.task.organization().map(ToString::to_string);
        Cell::optional(organization.or_else(|| row.task.source().map(ToString::to_string)))
    }),
    Column::new("state", |row| Cell::text(row.state.as_str())),
    Column::new("due_at", |row| Cell::Time(row.due_at)),
    Column::extra("started_at", |row| {
        row.started_at.map_or(Cell::Never, Cell::Time)
    }),
    Column::extra("finished_at", |row| {
        row.finished_at.map_or(Cell::Never, Cell::Time)
    }),
    Column::new("took", took),
    Column::new("outcome", |row| Cell::optional(row.outcome.clone())),
    Column::extra("cause", |row| Cell::text(row.cause.as_str())),
    Column::extra("attempts", |row| Cell::Number(u64::from(row.attempts))),
    Column::extra("owner", |row| Cell::optional(row.owner.clone())),
    Column::extra("created_at", |row| Cell::Time(row.created_at)),
];

/// How long it took; in JSON in milliseconds.
fn took(row: &JobRecord) -> Cell {
    let (Some(start), Some(end)) = (row.started_at, row.finished_at) else {
        return Cell::Empty;
    };
    let length = end.duration_since(start).unsigned_abs();
    let milliseconds = u64::try_from(length.as_millis()).unwrap_or(u64::MAX);
    Cell::Detail(humanize::duration(length), milliseconds.into())
}

/// Runs `usher jobs`.
pub async fn run(arguments: &Arguments, context: &Context) -> Result<Exit, Failure> {
    if arguments.list.wants_names() {
        return ListArguments::print_names(COLUMNS, &context.output);
    }
    let store = open_existing(context).await?;
    let filter = JobFilter {
        kind: None,
        open: arguments.open,
        limit: arguments.list.pushed_limit(),
    };
    let rows = store.jobs(filter).await?;
    show(
        rows,
        COLUMNS,
        &arguments.list,
        (&context.output, Noun("job"), context.now()),
    )?;
    Ok(Exit::Success)
}
