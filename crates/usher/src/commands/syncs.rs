//! `usher syncs`.

use clap::Args;
use serde_json::{Value, json};
use usher_model::Completeness;
use usher_store::SyncRecord;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::inventory::{choose, open_if_there};
use crate::output::cell::Cell;
use crate::output::listing::{Column, ListArguments, Noun, show};
use crate::output::note;

/// Arguments of `usher syncs`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  usher syncs
  usher syncs --columns id,state,reasons
  usher syncs --json")]
pub struct Arguments {
    /// The organization, when the database holds several
    #[arg(long, value_name = "ID")]
    pub organization: Option<String>,
    /// How to show it.
    #[command(flatten)]
    pub list: ListArguments,
}

const COLUMNS: &[Column<SyncRecord>] = &[
    Column::new("id", |row| Cell::text(row.id.as_str())),
    Column::new("state", |row| Cell::text(row.state.as_str())),
    Column::new("started_at", |row| Cell::Time(row.started_at)),
    Column::extra("finished_at", |row| {
        row.finished_at.map_or(Cell::Empty, Cell::Time)
    }),
    Column::extra("effective_at", |row| {
        row.effective_at.map_or(Cell::Empty, Cell::Time)
    }),
    Column::new("sources", |row| Cell::text(row.sources.as_str())),
    Column::new("verdict", |row| {
        Cell::optional(row.verdict.as_ref().map(Completeness::as_str))
    }),
    Column::extra("reasons", reasons),
    Column::new("changed", changed),
    Column::extra("counts", |row| {
        Cell::Detail(numbers(&row.counts), row.counts.clone())
    }),
    Column::extra("requests", |row| {
        Cell::Detail(numbers(&row.requests), row.requests.clone())
    }),
    Column::extra("outcome", |row| {
        Cell::Detail(String::new(), json!(row.outcome))
    }),
    Column::extra("coverage", |row| {
        Cell::Detail(String::new(), json!(row.coverage))
    }),
];

fn reasons(row: &SyncRecord) -> Cell {
    match &row.verdict {
        Some(Completeness::Suspect { reasons }) => {
            Cell::Several(reasons.iter().map(ToString::to_string).collect())
        }
        _ => Cell::Several(Vec::new()),
    }
}

/// What it changed, in a few characters: added, changed, removed.
fn changed(row: &SyncRecord) -> Cell {
    let Some(outcome) = &row.outcome else {
        return Cell::Empty;
    };
    let of = |name: &str, delta: usher_store::Delta| {
        (!delta.is_empty()).then(|| {
            format!(
                "{name} +{} ~{} -{}",
                delta.added, delta.changed, delta.removed
            )
        })
    };
    let parts: Vec<String> = [
        of("accounts", outcome.accounts),
        of("teams", outcome.teams),
        of("grants", outcome.grants),
    ]
    .into_iter()
    .flatten()
    .collect();
    let short = if parts.is_empty() {
        "nothing".to_owned()
    } else {
        parts.join(", ")
    };
    Cell::Detail(short, json!(outcome.rows_written))
}

/// The members of an object that are numbers, on one line.
fn numbers(value: &Value) -> String {
    let Some(members) = value.as_object() else {
        return String::new();
    };
    let parts: Vec<String> = members
        .iter()
        .filter_map(|(name, value)| Some(format!("{name} {}", value.as_u64()?)))
        .collect();
    parts.join(", ")
}

/// Runs `usher syncs`.
pub async fn run(arguments: &Arguments, context: &Context) -> Result<Exit, Failure> {
    if arguments.list.wants_names() {
        return ListArguments::print_names(COLUMNS, &context.output);
    }
    let rows = syncs(arguments.organization.as_deref(), context).await?;
    let noun = Noun("sync");
    show(
        rows,
        COLUMNS,
        &arguments.list,
        (&context.output, noun, context.now()),
    )?;
    Ok(Exit::Success)
}

/// A database that is not there, or empty, has no syncs: that is an answer and no failure.
async fn syncs(organization: Option<&str>, context: &Context) -> Result<Vec<SyncRecord>, Failure> {
    let Some(store) = open_if_there(context).await? else {
        note(format!(
            "there is no database at {} yet",
            context.database_shown()
        ));
        return Ok(Vec::new());
    };
    if organization.is_none() && store.organizations().await?.is_empty() {
        return Ok(Vec::new());
    }
    let organization = choose(&store, organization).await?;
    Ok(store.syncs(&organization.id).await?)
}
