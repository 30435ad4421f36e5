//! `usher administrators list`.

use clap::Args;
use usher_store::{AdministratorFilter, AdministratorRecord};

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::inventory::open_existing;
use crate::output::cell::Cell;
use crate::output::listing::{Column, ListArguments, Noun, show};

/// Arguments of `usher administrators list`.
#[derive(Args, Clone, Debug, Default)]
#[command(after_help = "Examples:
  usher administrators list
  usher administrators list --columns email,role,signed_in_at --csv")]
pub struct Arguments {
    /// How to show it.
    #[command(flatten)]
    pub list: ListArguments,
}

const COLUMNS: &[Column<AdministratorRecord>] = &[
    Column::extra("id", |row| Cell::text(row.id.as_str())),
    Column::new("name", |row| Cell::text(row.name.clone())),
    Column::new("email", |row| Cell::optional(row.email.clone())),
    Column::new("role", |row| Cell::text(row.role.as_str())),
    Column::new("state", |row| Cell::text(row.state.as_str())),
    Column::new("kind", |row| Cell::text(row.kind.as_str())),
    Column::new("second_factor", |row| {
        Cell::text(if row.has_second_factor { "yes" } else { "no" })
    }),
    Column::new("signed_in_at", |row| {
        row.signed_in_at.map_or(Cell::Empty, Cell::Time)
    }),
    Column::extra("created_at", |row| Cell::Time(row.created_at)),
];

/// Runs `usher administrators list`.
pub async fn run(arguments: &Arguments, context: &Context) -> Result<Exit, Failure> {
    if arguments.list.wants_names() {
        return ListArguments::print_names(COLUMNS, &context.output);
    }
    let store = open_existing(context).await?;
    let rows = store
        .administrators(&AdministratorFilter::default())
        .await?;
    show(
        rows,
        COLUMNS,
        &arguments.list,
        (&context.output, Noun("administrator"), context.now()),
    )?;
    Ok(Exit::Success)
}
