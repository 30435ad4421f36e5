//! `usher schedules list`.

use usher_store::{JobRecord, ScheduleRecord};

use super::{Kind, ScheduleListArguments};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::inventory::open_existing;
use crate::output::cell::Cell;
use crate::output::listing::{Column, ListArguments, Noun, show};

struct Row {
    schedule: ScheduleRecord,
    last: Option<JobRecord>,
}

const COLUMNS: &[Column<Row>] = &[
    Column::new("what", |row| Cell::text(Kind::of(row.schedule.task.kind()))),
    Column::new("of", |row| {
        let task = &row.schedule.task;
        let organization = task.organization().map(ToString::to_string);
        Cell::optional(organization.or_else(|| task.source().map(ToString::to_string)))
    }),
    Column::new("timing", |row| Cell::text(row.schedule.timing.clone())),
    Column::new("next_at", |row| {
        row.schedule.due_at.map_or(Cell::Never, Cell::Time)
    }),
    Column::new("last", |row| {
        Cell::optional(row.last.as_ref().map(|job| job.state.as_str()))
    }),
    Column::new("last_at", |row| {
        let at = row
            .last
            .as_ref()
            .map(|job| job.finished_at.unwrap_or(job.created_at));
        at.map_or(Cell::Never, Cell::Time)
    }),
    Column::extra("outcome", |row| {
        Cell::optional(row.last.as_ref().and_then(|job| job.outcome.clone()))
    }),
    Column::extra("set_at", |row| Cell::Time(row.schedule.set_at)),
    Column::extra("set_by", |row| Cell::optional(row.schedule.set_by.clone())),
];

/// Runs `usher schedules list`.
pub async fn run(arguments: &ScheduleListArguments, context: &Context) -> Result<Exit, Failure> {
    if arguments.list.wants_names() {
        return ListArguments::print_names(COLUMNS, &context.output);
    }
    let store = open_existing(context).await?;
    let jobs = store.newest_jobs().await?;
    let rows = store.schedules().await?.into_iter().map(|schedule| Row {
        last: jobs.iter().find(|job| job.task == schedule.task).cloned(),
        schedule,
    });
    show(
        rows.collect(),
        COLUMNS,
        &arguments.list,
        (&context.output, Noun("schedule"), context.now()),
    )?;
    Ok(Exit::Success)
}
