//! `usher secrets status`.

use usher_engine::secrets::KeyStatus;

use super::StatusArguments;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::inventory::open_existing;
use crate::keeping::vault;
use crate::output::cell::Cell;
use crate::output::listing::{Column, ListArguments, Noun, show};

const COLUMNS: &[Column<KeyStatus>] = &[
    Column::new("version", |row| Cell::Number(u64::from(row.version))),
    Column::new("use", |row| Cell::text(in_use(row))),
    Column::new("secrets", |row| Cell::Number(row.secrets)),
    Column::new("created_at", |row| Cell::Time(row.created_at)),
    Column::extra("retired_at", |row| {
        row.retired_at.map_or(Cell::Never, Cell::Time)
    }),
    Column::new("trouble", |row| Cell::optional(row.trouble.clone())),
];

fn in_use(key: &KeyStatus) -> &'static str {
    match (key.is_current, key.secrets) {
        (true, _) => "current",
        (false, 0) => "retired",
        (false, _) => "being replaced",
    }
}

/// Runs `usher secrets status`. A key that is needed and not at hand is a failure.
pub async fn run(arguments: &StatusArguments, context: &Context) -> Result<Exit, Failure> {
    if arguments.list.wants_names() {
        return ListArguments::print_names(COLUMNS, &context.output);
    }
    let store = open_existing(context).await?;
    let rows = vault(&store, context)?.status().await?;
    let is_needed = |key: &&KeyStatus| key.is_current || key.secrets > 0;
    let trouble = rows
        .iter()
        .filter(is_needed)
        .find_map(|key| key.trouble.clone());
    show(
        rows,
        COLUMNS,
        &arguments.list,
        (&context.output, Noun("key"), context.now()),
    )?;
    context.output.flush()?;
    match trouble {
        Some(trouble) => {
            let (why, hint) = trouble.split_once("; ").unwrap_or((&trouble, ""));
            Err(Failure::usage(why).hint(hint))
        }
        None => Ok(Exit::Success),
    }
}
