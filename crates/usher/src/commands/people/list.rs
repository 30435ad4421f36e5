//! `usher people list`.

use clap::Args;
use serde_json::json;
use usher_model::{AttributeName, Person, PersonStatus};
use usher_store::PersonFilter;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::inventory::open_existing;
use crate::output::cell::Cell;
use crate::output::listing::{Column, ListArguments, Noun, show_stream};
use crate::provisioning_keys::word;

/// Arguments of `usher people list`.
#[derive(Args, Clone, Debug, Default)]
#[command(after_help = "Examples:
  usher people list
  usher people list lovelace
  usher people list --status gone
  usher people list --columns email,display_name,department --csv")]
pub struct Arguments {
    /// Text that the e-mail address, the user name or the name contains
    pub search: Option<String>,
    /// Only people who are active, disabled or gone
    #[arg(long, value_name = "STATUS", help_heading = "Filters")]
    pub status: Option<String>,
    /// How to show it.
    #[command(flatten)]
    pub list: ListArguments,
}

const COLUMNS: &[Column<Person>] = &[
    Column::extra("id", |row| Cell::text(row.id.as_str())),
    Column::new("email", |row| {
        Cell::optional(row.email().map(|email| email.to_string()))
    }),
    Column::new("display_name", |row| text(row, AttributeName::DISPLAY_NAME)),
    Column::new("status", |row| Cell::text(row.status.as_str())),
    Column::new("department", |row| text(row, "department")),
    Column::new("title", |row| text(row, "title")),
    Column::extra("user_name", |row| text(row, AttributeName::USER_NAME)),
    Column::extra("employee_number", |row| text(row, "employeeNumber")),
    Column::extra("manager", |row| {
        Cell::optional(row.manager.as_ref().map(ToString::to_string))
    }),
    Column::extra("attributes", |row| {
        let pairs: Vec<String> = row
            .attributes
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        Cell::Detail(pairs.join("; "), json!(row.attributes))
    }),
];

fn text(person: &Person, name: &str) -> Cell {
    Cell::optional(person.attributes.get(name).map(ToString::to_string))
}

/// Runs `usher people list`.
pub async fn run(arguments: &Arguments, context: &Context) -> Result<Exit, Failure> {
    if arguments.list.wants_names() {
        return ListArguments::print_names(COLUMNS, &context.output);
    }
    let status = arguments.status.as_deref().map(status).transpose()?;
    let store = open_existing(context).await?;
    let filter = PersonFilter {
        status,
        search: arguments.search.clone(),
        limit: arguments.list.pushed_limit(),
        ..PersonFilter::default()
    };
    show_stream(
        store.people(&filter),
        COLUMNS,
        &arguments.list,
        (&context.output, Noun("person"), context.now()),
    )
    .await?;
    Ok(Exit::Success)
}

fn status(text: &str) -> Result<PersonStatus, Failure> {
    word(text, &["active", "disabled", "gone"])
        .map_err(|why| Failure::usage(format!("--status cannot be `{text}`: {why}")))
}
