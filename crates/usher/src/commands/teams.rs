//! `usher teams`.

use clap::Args;
use usher_store::{TeamFilter, TeamRow};

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::inventory::{Inventory, InventoryArguments, footnote};
use crate::output::cell::Cell;
use crate::output::listing::{Column, ListArguments, Noun, show_stream};

/// Arguments of `usher teams`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  usher teams --sort -members --limit 10   the ten biggest teams
  usher teams --empty                      teams with nobody in them
  usher teams design                       teams with `design` in their name")]
pub struct Arguments {
    /// Text that the name contains
    pub search: Option<String>,
    /// Only teams with nobody in them
    #[arg(long, help_heading = "Filters", conflicts_with_all = ["min_members", "max_members"])]
    pub empty: bool,
    /// Only teams with at least so many members
    #[arg(long, value_name = "NUMBER", help_heading = "Filters")]
    pub min_members: Option<u64>,
    /// Only teams with at most so many members
    #[arg(long, value_name = "NUMBER", help_heading = "Filters")]
    pub max_members: Option<u64>,
    /// Which inventory.
    #[command(flatten)]
    pub inventory: InventoryArguments,
    /// How to show it.
    #[command(flatten)]
    pub list: ListArguments,
}

/// The columns of a team.
pub const COLUMNS: &[Column<TeamRow>] = &[
    Column::new("id", |row| Cell::text(row.team.id.as_str())),
    Column::new("name", |row| Cell::text(row.team.name.clone())),
    Column::new("members", |row| Cell::Number(row.members)),
    Column::new("admins", |row| {
        // Where no role is known, nothing can be said of admins.
        if row.members > 0 && row.unknown_roles >= row.members {
            Cell::Unknown
        } else {
            Cell::Number(row.admins)
        }
    }),
    Column::extra("outsiders", |row| Cell::Number(row.outsiders)),
    Column::extra("unknown_roles", |row| Cell::Number(row.unknown_roles)),
    Column::new("since", |row| Cell::Time(row.since)),
];

/// Runs `usher teams`.
pub async fn run(arguments: &Arguments, context: &Context) -> Result<Exit, Failure> {
    if arguments.list.wants_names() {
        return ListArguments::print_names(COLUMNS, &context.output);
    }
    let inventory = Inventory::open(context, &arguments.inventory).await?;
    let filter = TeamFilter {
        as_of: inventory.as_of,
        search: arguments.search.clone(),
        members_at_most: if arguments.empty {
            Some(0)
        } else {
            arguments.max_members
        },
        members_at_least: arguments.min_members,
        limit: arguments.list.pushed_limit(),
        ..TeamFilter::of(inventory.id())
    };
    let rows = inventory.store.teams(&filter);
    let noun = Noun("team");
    show_stream(
        rows,
        COLUMNS,
        &arguments.list,
        (&context.output, noun, context.now()),
    )
    .await?;
    footnote(context, &inventory);
    Ok(Exit::Success)
}
