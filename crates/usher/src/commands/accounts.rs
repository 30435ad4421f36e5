//! `usher accounts`.

use clap::Args;
use jiff::Timestamp;
use usher_model::{Account, AccountStatus, Email, Known, License, OrganizationRole};
use usher_store::{AccountFilter, AccountRow, Population};

use crate::config::suggest::nearest;
use crate::config::value::Period;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::inventory::{Inventory, InventoryArguments, footnote};
use crate::output::cell::Cell;
use crate::output::listing::{Column, ListArguments, Noun, show_stream};
use crate::output::{humanize, note, style};

/// Arguments of `usher accounts`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  usher accounts --inactive 90d                      who has not used Miro for 90 days, or never
  usher accounts --inactive 90d --license full       whose seats could be freed
  usher accounts --admins --json                     who administers, for programs
  usher accounts --team Design --columns email,role  who is in a team
  usher accounts --as-of 2026-03-01 --csv            who was there on 1 March")]
pub struct Arguments {
    /// Text that the e-mail address or the name contains
    pub search: Option<String>,
    /// Only accounts not used for this long, or never; those whose activity is unknown are left out
    #[arg(long, value_name = "TIME", value_parser = crate::cli::period, help_heading = "Filters")]
    pub inactive: Option<Period>,
    /// Only this role: admin, member, external or guest, or Miro's own word
    #[arg(long, value_name = "ROLE", help_heading = "Filters")]
    pub role: Option<String>,
    /// Only this licence: full, free, free_restricted, …
    #[arg(long, value_name = "LICENSE", help_heading = "Filters")]
    pub license: Option<String>,
    /// Only members of this team, by name or id
    #[arg(long, value_name = "TEAM", help_heading = "Filters")]
    pub team: Option<String>,
    /// Only addresses of this domain
    #[arg(long, value_name = "DOMAIN", help_heading = "Filters")]
    pub domain: Option<String>,
    /// Only accounts that are active or deactivated
    #[arg(long, value_name = "STATUS", value_parser = status, help_heading = "Filters")]
    pub status: Option<AccountStatus>,
    /// Only guests and external users
    #[arg(long, conflicts_with = "admins", help_heading = "Filters")]
    pub guests: bool,
    /// Only company admins and holders of an admin role
    #[arg(long, help_heading = "Filters")]
    pub admins: bool,
    /// Which inventory.
    #[command(flatten)]
    pub inventory: InventoryArguments,
    /// How to show it.
    #[command(flatten)]
    pub list: ListArguments,
}

fn status(text: &str) -> Result<AccountStatus, String> {
    match text {
        "active" => Ok(AccountStatus::Active),
        "deactivated" | "inactive" => Ok(AccountStatus::Deactivated),
        _ => Err("it must be active or deactivated".to_owned()),
    }
}

/// The columns of an account.
pub const COLUMNS: &[Column<AccountRow>] = &[
    Column::extra("id", |row| Cell::text(row.account.id.as_str())),
    Column::new("email", |row| Cell::text(row.account.email.as_str())),
    Column::new("display_name", |row| {
        Cell::known(row.account.display_name.clone())
    }),
    Column::new("status", |row| Cell::text(row.account.status.as_str())),
    Column::new("role", |row| role_cell(&row.account)),
    Column::new("license", |row| Cell::known(text(&row.account.license))),
    Column::extra("license_assigned_at", |row| {
        Cell::known_time(row.account.license_assigned_at)
    }),
    Column::new("last_activity_at", |row| {
        Cell::known_time(row.account.last_activity_at)
    }),
    Column::new("teams", |row| Cell::Number(row.teams)),
    Column::extra("admin_roles", |row| admin_roles(&row.account)),
    Column::extra("domain", |row| Cell::optional(row.account.email.domain())),
    Column::extra("employee_number", |row| {
        enterprise(row, |attributes| attributes.employee_number.clone())
    }),
    Column::extra("department", |row| {
        enterprise(row, |attributes| attributes.department.clone())
    }),
    Column::extra("division", |row| {
        enterprise(row, |attributes| attributes.division.clone())
    }),
    Column::extra("cost_center", |row| {
        enterprise(row, |attributes| attributes.cost_center.clone())
    }),
    Column::extra("organization", |row| {
        enterprise(row, |attributes| attributes.organization.clone())
    }),
    Column::extra("manager", |row| {
        enterprise(row, |attributes| {
            let manager = attributes.manager.as_ref()?;
            let account = manager.account.as_ref().map(ToString::to_string);
            manager.display_name.clone().or(account)
        })
    }),
    Column::extra("since", |row| Cell::Time(row.since)),
];

fn text<T: ToString>(value: &Known<T>) -> Known<String> {
    value.as_ref().map(ToString::to_string)
}

/// Miro's words for roles are long; people see the short ones that `--role` takes too.
fn role_cell(account: &Account) -> Cell {
    let Known::Known(role) = &account.role else {
        return Cell::Unknown;
    };
    let label = match role {
        OrganizationRole::InternalAdmin => "admin",
        OrganizationRole::InternalUser => "member",
        OrganizationRole::ExternalUser => "external",
        OrganizationRole::TeamGuestUser => "guest",
        OrganizationRole::Other(word) => return Cell::text(word.clone()),
    };
    Cell::Word {
        value: role.as_str().to_owned(),
        label,
    }
}

fn admin_roles(account: &Account) -> Cell {
    match &account.admin_roles {
        Known::Known(roles) => Cell::Several(roles.iter().map(|role| role.name.clone()).collect()),
        Known::Unknown => Cell::Unknown,
    }
}

fn enterprise(
    row: &AccountRow,
    attribute: impl Fn(&usher_model::EnterpriseAttributes) -> Option<String>,
) -> Cell {
    match &row.account.enterprise {
        Known::Known(attributes) => Cell::optional(attribute(attributes)),
        Known::Unknown => Cell::Unknown,
    }
}

/// Runs `usher accounts`.
pub async fn run(arguments: &Arguments, context: &Context) -> Result<Exit, Failure> {
    if arguments.list.wants_names() {
        return ListArguments::print_names(COLUMNS, &context.output);
    }
    let inventory = Inventory::open(context, &arguments.inventory).await?;
    let filter = filter(arguments, &inventory, context.now()).await?;
    let rows = inventory.store.accounts(&filter);
    let noun = Noun("account");
    show_stream(
        rows,
        COLUMNS,
        &arguments.list,
        (&context.output, noun, context.now()),
    )
    .await?;
    footnote(context, &inventory);
    if filter.inactive_before.is_some() {
        warn_of_unknown(&inventory, &filter).await?;
    }
    Ok(Exit::Success)
}

async fn warn_of_unknown(inventory: &Inventory, filter: &AccountFilter) -> Result<(), Failure> {
    let unknown = inventory.store.accounts_of_unknown_activity(filter).await?;
    if unknown > 0 {
        note(format!(
            "{} the activity of {} is unknown, so they are left out; a sync with a REST token shows it",
            style::warning_label(),
            humanize::counted(unknown, "account"),
        ));
    }
    Ok(())
}

async fn filter(
    arguments: &Arguments,
    inventory: &Inventory,
    now: Timestamp,
) -> Result<AccountFilter, Failure> {
    let team = match &arguments.team {
        Some(team) => Some(inventory.team(team).await?.id),
        None => None,
    };
    let population = match (arguments.guests, arguments.admins) {
        (true, _) => Population::Guests,
        (_, true) => Population::Admins,
        _ => Population::Everybody,
    };
    Ok(AccountFilter {
        as_of: inventory.as_of,
        inactive_before: before(arguments.inactive, inventory.as_of.unwrap_or(now))?,
        role: arguments.role.as_deref().map(role),
        license: arguments.license.as_deref().map(license),
        team,
        domain: arguments
            .domain
            .as_deref()
            .map(|domain| domain.trim_start_matches('@').to_lowercase()),
        population,
        status: arguments.status,
        search: arguments.search.clone(),
        limit: arguments.list.pushed_limit(),
        ..AccountFilter::of(inventory.id())
    })
}

fn before(inactive: Option<Period>, now: Timestamp) -> Result<Option<Timestamp>, Failure> {
    inactive
        .map(|period| {
            now.checked_sub(period.signed())
                .map_err(|error| Failure::usage("--inactive reaches too far back").because(error))
        })
        .transpose()
}

/// A role by its short or its full name.
fn role(text: &str) -> OrganizationRole {
    match text.to_lowercase().as_str() {
        "admin" | "company_admin" => OrganizationRole::InternalAdmin,
        "member" | "user" => OrganizationRole::InternalUser,
        "external" => OrganizationRole::ExternalUser,
        "guest" => OrganizationRole::TeamGuestUser,
        _ => {
            let role = OrganizationRole::from(text);
            let words = OrganizationRole::PUBLISHED
                .iter()
                .map(OrganizationRole::as_str);
            warn_unpublished(role.is_published(), "role", text, words);
            role
        }
    }
}

fn license(text: &str) -> License {
    let license = License::from(text.replace([' ', '-'], "_").as_str());
    let words = License::PUBLISHED.iter().map(License::as_str);
    warn_unpublished(license.is_published(), "licence", text, words);
    license
}

/// Miro may use words that it has not published, so an unknown one is a warning and no error.
fn warn_unpublished<'a>(
    is_published: bool,
    what: &str,
    text: &str,
    words: impl Iterator<Item = &'a str>,
) {
    if !is_published {
        let near = nearest(text, words)
            .map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        note(format!(
            "{} Miro publishes no {what} `{text}`{near}",
            style::warning_label()
        ));
    }
}

/// The e-mail address as a cell.
pub fn email_cell(email: Option<&Email>) -> Cell {
    email.map_or(Cell::Unknown, |email| Cell::text(email.as_str()))
}
