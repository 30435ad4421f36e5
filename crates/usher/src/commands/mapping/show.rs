//! `usher mapping show`.

use usher_plan::AttributeMapping;

use super::ShowArguments;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::cell::Cell;
use crate::output::listing::{Column, ListArguments, Noun, show};
use crate::provisioning::Provisioning;
use crate::provisioning_keys::{source_text, worded};

const COLUMNS: &[Column<AttributeMapping>] = &[
    Column::new("target", |row| Cell::text(row.target.label())),
    Column::extra("path", |row| Cell::text(row.target.path())),
    Column::new("source", |row| Cell::text(source_text(&row.source))),
    Column::new("default", |row| Cell::optional(row.default.clone())),
    Column::new("when_empty", |row| Cell::text(worded(&row.when_empty))),
    Column::new("apply", |row| Cell::text(worded(&row.apply))),
];

/// Runs `usher mapping show`.
pub async fn run(arguments: &ShowArguments, context: &Context) -> Result<Exit, Failure> {
    if arguments.list.wants_names() {
        return ListArguments::print_names(COLUMNS, &context.output);
    }
    let provisioning = Provisioning::open(context, &arguments.organization).await?;
    let rows = provisioning.settings.user_mapping.clone();
    show(
        rows,
        COLUMNS,
        &arguments.list,
        (&context.output, Noun("mapping"), context.now()),
    )?;
    Ok(Exit::Success)
}
