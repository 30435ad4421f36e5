//! `usher plan list`.

use serde_json::Value;
use usher_store::PlanRecord;

use super::ListPlans;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::cell::Cell;
use crate::output::humanize;
use crate::output::listing::{Column, ListArguments, Noun, show};
use crate::provisioning::Provisioning;

const COLUMNS: &[Column<PlanRecord>] = &[
    Column::new("id", |row| Cell::text(row.id.as_str())),
    Column::new("state", |row| Cell::text(row.state.as_str())),
    Column::new("created_at", |row| Cell::Time(row.created_at)),
    Column::new("changes", |row| Cell::Number(row.changes)),
    Column::new("counts", |row| {
        Cell::Detail(counts(&row.counts), row.counts.clone())
    }),
    Column::new("decided_by", |row| {
        Cell::optional(row.decision.as_ref().map(|decision| decision.by.clone()))
    }),
    Column::extra("reason", |row| {
        let decision = row.decision.as_ref();
        Cell::optional(decision.and_then(|decision| decision.reason.clone()))
    }),
    Column::extra("started_at", |row| {
        row.started_at.map_or(Cell::Empty, Cell::Time)
    }),
    Column::extra("finished_at", |row| {
        row.finished_at.map_or(Cell::Empty, Cell::Time)
    }),
    Column::extra("ending", |row| Cell::optional(row.ending.clone())),
    Column::extra("basis", |row| Cell::text(row.basis_hash.clone())),
    Column::extra("parent", |row| {
        Cell::optional(row.parent.as_ref().map(ToString::to_string))
    }),
];

/// Kinds and how many of each, in a few words.
fn counts(value: &Value) -> String {
    let Some(kinds) = value.as_object() else {
        return String::new();
    };
    let parts: Vec<String> = kinds
        .iter()
        .filter_map(|(kind, count)| Some((kind, count.as_u64()?)))
        .map(|(kind, count)| format!("{} {}", kind.replace('_', " "), humanize::count(count)))
        .collect();
    if parts.is_empty() {
        return "nothing".to_owned();
    }
    parts.join(", ")
}

/// Runs `usher plan list`.
pub async fn run(arguments: &ListPlans, context: &Context) -> Result<Exit, Failure> {
    if arguments.list.wants_names() {
        return ListArguments::print_names(COLUMNS, &context.output);
    }
    let provisioning = Provisioning::open(context, &arguments.organization).await?;
    let rows = provisioning
        .store
        .plans(provisioning.id(), arguments.list.pushed_limit())
        .await?;
    show(
        rows,
        COLUMNS,
        &arguments.list,
        (&context.output, Noun("plan"), context.now()),
    )?;
    Ok(Exit::Success)
}
