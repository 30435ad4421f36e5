//! `usher people groups`.

use clap::Args;
use usher_model::{Group, GroupMember};
use usher_plan::GroupIndex;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::inventory::open_existing;
use crate::output::cell::Cell;
use crate::output::listing::{Column, ListArguments, Noun, show};

/// Arguments of `usher people groups`.
#[derive(Args, Clone, Debug, Default)]
#[command(after_help = "Examples:
  usher people groups
  usher people groups --sort -people
  usher people groups eng --json")]
pub struct Arguments {
    /// Text that the name contains
    pub search: Option<String>,
    /// How to show it.
    #[command(flatten)]
    pub list: ListArguments,
}

struct Row {
    group: Group,
    people: u64,
    groups: Vec<String>,
}

const COLUMNS: &[Column<Row>] = &[
    Column::extra("id", |row| Cell::text(row.group.id.as_str())),
    Column::new("name", |row| Cell::text(row.group.name.clone())),
    Column::new("people", |row| Cell::Number(row.people)),
    Column::new("groups_in_it", |row| Cell::Several(row.groups.clone())),
    Column::extra("description", |row| {
        Cell::optional(row.group.description.clone())
    }),
];

/// Runs `usher people groups`.
pub async fn run(arguments: &Arguments, context: &Context) -> Result<Exit, Failure> {
    if arguments.list.wants_names() {
        return ListArguments::print_names(COLUMNS, &context.output);
    }
    let store = open_existing(context).await?;
    let groups = store.groups().await?;
    let index = GroupIndex::build(&groups);
    let wanted = arguments
        .search
        .as_deref()
        .unwrap_or_default()
        .to_lowercase();
    let mut rows: Vec<Row> = groups
        .into_iter()
        .filter(|group| group.name.to_lowercase().contains(&wanted))
        .map(|group| row(group, &index))
        .collect();
    rows.sort_by_key(|row| row.group.name.to_lowercase());
    show(
        rows,
        COLUMNS,
        &arguments.list,
        (&context.output, Noun("group"), context.now()),
    )?;
    Ok(Exit::Success)
}

/// People are counted through groups in groups, each once.
fn row(group: Group, index: &GroupIndex) -> Row {
    let inner = group.members.iter().filter_map(|member| match member {
        GroupMember::Group(id) => Some(index.name(id).unwrap_or(id.as_str()).to_owned()),
        GroupMember::Person(_) => None,
    });
    Row {
        people: index.members(&group.id).len() as u64,
        groups: inner.collect(),
        group,
    }
}
