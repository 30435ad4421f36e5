//! `usher grants`.

use clap::Args;
use usher_model::{AccountId, Entitlement, EntitlementKind};
use usher_store::{GrantFilter, GrantRow};

use super::accounts::email_cell;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::inventory::{Inventory, InventoryArguments, footnote};
use crate::output::cell::Cell;
use crate::output::listing::{Column, ListArguments, Noun, show_stream};

/// Arguments of `usher grants`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  usher grants ada@example.org                              what one person holds
  usher grants --kind role                                  who is what in the organization
  usher grants --entitlement role:organization_internal_admin
  usher grants --team Design                                who holds what in a team
  usher grants ada@example.org --as-of 2026-03-01           what she held on 1 March")]
pub struct Arguments {
    /// Only this account's, by e-mail address or id
    pub account: Option<String>,
    /// Only this kind: team, role, license, admin_role or user_group
    #[arg(long, value_name = "KIND", value_parser = kind, help_heading = "Filters")]
    pub kind: Option<EntitlementKind>,
    /// Only this entitlement, such as team:42:admin or license:full
    #[arg(long, value_name = "ENTITLEMENT", help_heading = "Filters", conflicts_with_all = ["kind", "team"])]
    pub entitlement: Option<Entitlement>,
    /// Only in this team, by name or id
    #[arg(
        long,
        value_name = "TEAM",
        help_heading = "Filters",
        conflicts_with = "kind"
    )]
    pub team: Option<String>,
    /// Which inventory.
    #[command(flatten)]
    pub inventory: InventoryArguments,
    /// How to show it.
    #[command(flatten)]
    pub list: ListArguments,
}

/// A kind of entitlement by its word.
pub fn kind(text: &str) -> Result<EntitlementKind, String> {
    let wanted = text.replace('-', "_");
    EntitlementKind::ALL
        .into_iter()
        .find(|kind| kind.as_str() == wanted)
        .ok_or_else(|| {
            let words: Vec<_> = EntitlementKind::ALL
                .iter()
                .map(|kind| kind.as_str())
                .collect();
            format!("it must be one of {}", words.join(", "))
        })
}

/// The columns of a grant.
pub const COLUMNS: &[Column<GrantRow>] = &[
    Column::extra("account", |row| Cell::text(row.grant.account.as_str())),
    Column::new("email", |row| email_cell(row.email.as_ref())),
    Column::new("display_name", |row| Cell::known(row.display_name.clone())),
    Column::new("entitlement", |row| {
        Cell::text(row.grant.entitlement.to_string())
    }),
    Column::new("resource_name", |row| {
        Cell::optional(row.resource_name.clone())
    }),
    Column::extra("kind", |row| {
        Cell::text(row.grant.entitlement.kind().as_str())
    }),
    Column::extra("resource", |row| {
        Cell::text(row.grant.entitlement.resource())
    }),
    Column::new("since", |row| Cell::Time(row.since)),
];

/// Runs `usher grants`.
pub async fn run(arguments: &Arguments, context: &Context) -> Result<Exit, Failure> {
    if arguments.list.wants_names() {
        return ListArguments::print_names(COLUMNS, &context.output);
    }
    let inventory = Inventory::open(context, &arguments.inventory).await?;
    let filter = filter(arguments, &inventory).await?;
    let rows = inventory.store.grants(&filter);
    let noun = Noun("grant");
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

async fn filter(arguments: &Arguments, inventory: &Inventory) -> Result<GrantFilter, Failure> {
    let team = match &arguments.team {
        Some(team) => Some(inventory.team(team).await?.id.to_string()),
        None => None,
    };
    let account = arguments.account.as_deref();
    let (email, id) = match account {
        Some(text) if text.contains('@') => (Some(text.to_owned()), None),
        Some(text) => (None, Some(AccountId::new(text))),
        None => (None, None),
    };
    Ok(GrantFilter {
        as_of: inventory.as_of,
        account: id,
        email,
        kind: if team.is_some() {
            Some(EntitlementKind::Team)
        } else {
            arguments.kind
        },
        entitlement: arguments.entitlement.clone(),
        resource: team,
        limit: arguments.list.pushed_limit(),
        ..GrantFilter::of(inventory.id())
    })
}
