//! `usher assignments`: who should hold what.

use clap::Args;
use jiff::Timestamp;
use serde_json::json;
use usher_model::{Assignment, AssignmentOrigin, Subject};
use usher_plan::GroupIndex;

use super::assign::labels;
use crate::assignment_text::Labels;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::cell::Cell;
use crate::output::listing::{Column, ListArguments, Noun, show};
use crate::people::{find_group, find_person};
use crate::provisioning::{OrganizationArguments, Provisioning};

/// Arguments of `usher assignments`.
#[derive(Args, Clone, Debug, Default)]
#[command(after_help = "Examples:
  usher assignments
  usher assignments ada@example.org            hers, and those of the groups she is in
  usher assignments --group Engineering
  usher assignments --origin manual --json")]
pub struct Arguments {
    /// Only those that reach this person, by e-mail address, name or id
    pub person: Option<String>,
    /// Only those of this group
    #[arg(
        long,
        value_name = "GROUP",
        help_heading = "Filters",
        conflicts_with = "person"
    )]
    pub group: Option<String>,
    /// Only of this origin: directory, manual, request, review or workflow
    #[arg(long, value_name = "ORIGIN", help_heading = "Filters")]
    pub origin: Option<String>,
    /// Which organization.
    #[command(flatten)]
    pub organization: OrganizationArguments,
    /// How to show it.
    #[command(flatten)]
    pub list: ListArguments,
}

struct Row {
    assignment: Assignment,
    subject: String,
    gives: String,
    state: &'static str,
}

const COLUMNS: &[Column<Row>] = &[
    Column::new("id", |row| Cell::text(row.assignment.id.as_str())),
    Column::new("subject", |row| Cell::text(row.subject.clone())),
    Column::new("gives", |row| Cell::text(row.gives.clone())),
    Column::new("state", |row| Cell::text(row.state)),
    Column::new("origin", |row| {
        Cell::text(row.assignment.origin.to_string())
    }),
    Column::extra("starts_at", |row| {
        row.assignment.starts_at.map_or(Cell::Empty, Cell::Time)
    }),
    Column::new("expires_at", |row| {
        row.assignment.expires_at.map_or(Cell::Empty, Cell::Time)
    }),
    Column::extra("note", |row| Cell::optional(row.assignment.note.clone())),
    Column::extra("assignment", |row| {
        Cell::Detail(String::new(), json!(row.assignment))
    }),
];

/// Runs `usher assignments`.
pub async fn run(arguments: &Arguments, context: &Context) -> Result<Exit, Failure> {
    if arguments.list.wants_names() {
        return ListArguments::print_names(COLUMNS, &context.output);
    }
    let provisioning = Provisioning::open(context, &arguments.organization).await?;
    let mut assignments = provisioning.store.assignments(provisioning.id()).await?;
    if let Some(text) = &arguments.person {
        let person = find_person(&provisioning.store, text).await?;
        let groups = GroupIndex::build(&provisioning.store.groups().await?);
        assignments.retain(|one| match &one.subject {
            Subject::Person(id) => *id == person.id,
            Subject::Group(id) => groups.contains(id, &person.id),
        });
    }
    if let Some(text) = &arguments.group {
        let group = find_group(&provisioning.store, text).await?;
        assignments.retain(|one| one.subject == Subject::Group(group.id.clone()));
    }
    if let Some(origin) = &arguments.origin {
        check_origin(origin)?;
        assignments.retain(|one| origin_word(&one.origin) == origin);
    }
    let labels = labels(&provisioning).await?;
    let now = context.now();
    let rows = assignments.into_iter().map(|one| row(one, &labels, now));
    show(
        rows.collect(),
        COLUMNS,
        &arguments.list,
        (&context.output, Noun("assignment"), now),
    )?;
    Ok(Exit::Success)
}

fn row(assignment: Assignment, labels: &Labels, now: Timestamp) -> Row {
    Row {
        subject: labels.subject(&assignment.subject),
        gives: labels.target(&assignment.target),
        state: state(&assignment, now),
        assignment,
    }
}

fn state(assignment: &Assignment, now: Timestamp) -> &'static str {
    match (assignment.holds_at(now), assignment.starts_at) {
        (true, _) => "holds",
        (false, Some(start)) if start > now => "to come",
        (false, _) => "over",
    }
}

const ORIGINS: [&str; 5] = ["directory", "manual", "request", "review", "workflow"];

fn origin_word(origin: &AssignmentOrigin) -> &'static str {
    match origin {
        AssignmentOrigin::Directory { .. } => "directory",
        AssignmentOrigin::Manual { .. } => "manual",
        AssignmentOrigin::Request { .. } => "request",
        AssignmentOrigin::Review { .. } => "review",
        AssignmentOrigin::Workflow { .. } => "workflow",
    }
}

fn check_origin(origin: &str) -> Result<(), Failure> {
    if ORIGINS.contains(&origin) {
        return Ok(());
    }
    Err(Failure::usage(format!("there is no origin `{origin}`"))
        .hint(format!("it must be one of {}", ORIGINS.join(", "))))
}
