//! `usher entitlements`: what can be held, and by how many it is.

use std::collections::BTreeMap;

use clap::Args;
use usher_model::{Entitlement, EntitlementKind, TeamRole};
use usher_store::{EntitlementRow, TeamFilter};

use super::grants::kind;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::inventory::{Inventory, InventoryArguments, collect, footnote};
use crate::output::cell::Cell;
use crate::output::listing::{Column, ListArguments, Noun, show};

/// Arguments of `usher entitlements`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  usher entitlements --kind license
  usher entitlements --kind team --sort -holders --limit 20
  usher entitlements --held --json")]
pub struct Arguments {
    /// Only this kind: team, role, license, admin_role or user_group
    #[arg(long, value_name = "KIND", value_parser = kind, help_heading = "Filters")]
    pub kind: Option<EntitlementKind>,
    /// Only what somebody holds
    #[arg(long, help_heading = "Filters")]
    pub held: bool,
    /// Which inventory.
    #[command(flatten)]
    pub inventory: InventoryArguments,
    /// How to show it.
    #[command(flatten)]
    pub list: ListArguments,
}

/// The roles that a team has to give; *unknown* is Miro's word for not knowing, and nothing to hold.
const OFFERED: [TeamRole; 4] = [
    TeamRole::Admin,
    TeamRole::Member,
    TeamRole::TeamGuest,
    TeamRole::NonTeam,
];

const COLUMNS: &[Column<EntitlementRow>] = &[
    Column::new("entitlement", |row| Cell::text(row.entitlement.to_string())),
    Column::new("resource_name", |row| {
        Cell::optional(row.resource_name.clone())
    }),
    Column::extra("kind", |row| Cell::text(row.entitlement.kind().as_str())),
    Column::extra("resource", |row| Cell::text(row.entitlement.resource())),
    Column::new("holders", |row| Cell::Number(row.holders)),
];

/// Runs `usher entitlements`.
pub async fn run(arguments: &Arguments, context: &Context) -> Result<Exit, Failure> {
    if arguments.list.wants_names() {
        return ListArguments::print_names(COLUMNS, &context.output);
    }
    let inventory = Inventory::open(context, &arguments.inventory).await?;
    let rows = offered(&inventory)
        .await?
        .into_iter()
        .filter(|row| {
            arguments
                .kind
                .is_none_or(|kind| row.entitlement.kind() == kind)
        })
        .filter(|row| !arguments.held || row.holders > 0)
        .collect();
    let noun = Noun("entitlement");
    show(
        rows,
        COLUMNS,
        &arguments.list,
        (&context.output, noun, context.now()),
    )?;
    footnote(context, &inventory);
    Ok(Exit::Success)
}

/// What is held, and what every team offers whether held or not: one entitlement per team role.
async fn offered(inventory: &Inventory) -> Result<Vec<EntitlementRow>, Failure> {
    let held = collect(
        inventory
            .store
            .entitlements(&inventory.id(), inventory.as_of),
    )
    .await?;
    let mut rows: BTreeMap<Entitlement, EntitlementRow> = held
        .into_iter()
        .map(|row| (row.entitlement.clone(), row))
        .collect();
    let filter = TeamFilter {
        as_of: inventory.as_of,
        ..TeamFilter::of(inventory.id())
    };
    for team in collect(inventory.store.teams(&filter)).await? {
        for role in OFFERED {
            let entitlement = Entitlement::Team {
                team: team.team.id.clone(),
                role,
            };
            rows.entry(entitlement.clone())
                .or_insert_with(|| EntitlementRow {
                    entitlement,
                    resource_name: Some(team.team.name.clone()),
                    holders: 0,
                });
        }
    }
    Ok(rows.into_values().collect())
}
