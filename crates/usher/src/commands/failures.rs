//! `usher failures`: changes that could not be made, and what to do about them.

use clap::{Args, Subcommand};
use serde_json::json;
use usher_engine::provisioning::retry_failures;
use usher_model::EventKind;
use usher_store::{FailureClass, FailureFilter, FailureRecord, Resolution, ShowFailures};

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::cell::Cell;
use crate::output::humanize;
use crate::output::listing::{Column, ListArguments, Noun, show};
use crate::people::find_person;
use crate::provisioning::{OrganizationArguments, Provisioning, acting, actor};

/// Arguments of `usher failures`.
#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true)]
#[command(
    after_help = "What failed for now is tried again after 5 minutes, then after twice as long each time, up to 6 hours; everything else \
daily. Until then plans for everybody leave it out, with what needs it. A change whose person or settings are others is another \
change, and is tried at once; so is everything that `usher plan --person` and `usher provision` are asked for. A failure leaves \
this list by success, by somebody's word, or when a plan for everybody does not want the change any more.

Examples:
  usher failures
  usher failures --person ada@example.org --columns all
  usher failures --all --json
  usher failures --dismiss 5c0ffee --reason 'she has left'
  usher failures retry 5c0ffee            the next plan for everybody has it
  usher failures retry --all"
)]
pub struct Arguments {
    /// What to do instead of listing them
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Which to list, and how.
    #[command(flatten)]
    pub listing: ListFailures,
}

/// `usher failures …`.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Let what failed be tried again by the next cycle or `usher plan`
    Retry(RetryArguments),
}

/// Arguments of `usher failures retry`.
#[derive(Args, Clone, Debug)]
#[command(
    after_help = "Nothing is changed in Miro by this: the next cycle, or the next `usher plan`, no longer leaves the change out.

Examples:
  usher failures retry 5c0ffee
  usher failures retry --all"
)]
pub struct RetryArguments {
    /// The failure with this key
    #[arg(value_name = "KEY", required_unless_present = "all")]
    pub key: Option<String>,
    /// All of them
    #[arg(long, conflicts_with = "key")]
    pub all: bool,
    /// Which organization.
    #[command(flatten)]
    pub organization: OrganizationArguments,
}

/// Arguments of listing failures.
#[derive(Args, Clone, Debug, Default)]
pub struct ListFailures {
    /// Only of this person
    #[arg(long, value_name = "PERSON", help_heading = "Filters")]
    pub person: Option<String>,
    /// Also those that were resolved
    #[arg(long, help_heading = "Filters")]
    pub all: bool,
    /// Take the failure with this key off the list
    #[arg(long, value_name = "KEY", requires = "reason")]
    pub dismiss: Option<String>,
    /// Why it is taken off
    #[arg(long, value_name = "TEXT", requires = "dismiss")]
    pub reason: Option<String>,
    /// Which organization.
    #[command(flatten)]
    pub organization: OrganizationArguments,
    /// How to show it.
    #[command(flatten)]
    pub list: ListArguments,
}

const COLUMNS: &[Column<FailureRecord>] = &[
    Column::new("label", |row| Cell::text(row.label.clone())),
    Column::new("change", |row| Cell::text(row.kind.replace('_', " "))),
    Column::new("error", |row| Cell::text(row.error.clone())),
    Column::new("class", |row| Cell::Word {
        value: row.class.as_str().to_owned(),
        label: class_word(row.class),
    }),
    Column::new("attempts", |row| Cell::Number(row.attempts.into())),
    Column::extra("first_at", |row| Cell::Time(row.first_at)),
    Column::new("last_at", |row| Cell::Time(row.last_at)),
    Column::new("next_try_at", |row| {
        row.next_try_at.map_or(Cell::Empty, Cell::Time)
    }),
    Column::new("remedy", |row| Cell::text(remedy(row.class))),
    Column::extra("plan", |row| Cell::text(row.plan.as_str())),
    Column::extra("number", |row| Cell::Number(row.number.into())),
    Column::extra("person", |row| {
        Cell::optional(row.person.as_ref().map(ToString::to_string))
    }),
    Column::extra("account", |row| {
        Cell::optional(row.account.as_ref().map(ToString::to_string))
    }),
    Column::extra("resolved_at", |row| {
        row.resolved_at.map_or(Cell::Empty, Cell::Time)
    }),
    Column::extra("resolution", |row| {
        Cell::Detail(String::new(), json!(row.resolution))
    }),
    Column::extra("key", |row| Cell::text(row.key.clone())),
];

/// A class as people say it.
pub fn class_word(class: FailureClass) -> &'static str {
    match class {
        FailureClass::Permanent => "permanent",
        FailureClass::Transient => "for now",
        FailureClass::NeedsAdmin => "needs an admin",
    }
}

/// What to do about a failure of this class.
pub fn remedy(class: FailureClass) -> &'static str {
    match class {
        FailureClass::Permanent => "change the person or the settings, then plan again",
        FailureClass::Transient => "nothing: it is tried again, less and less often",
        FailureClass::NeedsAdmin => {
            "do in Miro what the error names, then `usher failures retry`; it is tried daily otherwise"
        }
    }
}

/// Runs `usher failures`.
pub async fn run(arguments: &Arguments, context: &Context) -> Result<Exit, Failure> {
    match &arguments.command {
        Some(Command::Retry(arguments)) => retry(arguments, context).await,
        None => list(&arguments.listing, context).await,
    }
}

async fn list(arguments: &ListFailures, context: &Context) -> Result<Exit, Failure> {
    if arguments.list.wants_names() {
        return ListArguments::print_names(COLUMNS, &context.output);
    }
    let provisioning = Provisioning::open(context, &arguments.organization).await?;
    if let (Some(key), Some(reason)) = (&arguments.dismiss, &arguments.reason) {
        return dismiss(key, reason, &provisioning, context).await;
    }
    let person = match &arguments.person {
        Some(text) => Some(find_person(&provisioning.store, text).await?.id),
        None => None,
    };
    let filter = FailureFilter {
        show: if arguments.all {
            ShowFailures::All
        } else {
            ShowFailures::Open
        },
        person,
        limit: arguments.list.pushed_limit(),
    };
    let rows = provisioning
        .store
        .failures(provisioning.id(), &filter)
        .await?;
    show(
        rows,
        COLUMNS,
        &arguments.list,
        (&context.output, Noun("failure"), context.now()),
    )?;
    Ok(Exit::Success)
}

async fn open(provisioning: &Provisioning) -> Result<Vec<FailureRecord>, Failure> {
    let (store, id) = (&provisioning.store, provisioning.id());
    Ok(store.failures(id, &FailureFilter::default()).await?)
}

/// The failure whose key begins like this.
fn find(key: &str, open: Vec<FailureRecord>) -> Result<FailureRecord, Failure> {
    let mut found = open
        .into_iter()
        .filter(|row| key.len() >= 6 && row.key.starts_with(key));
    match (found.next(), found.next()) {
        (Some(row), None) => Ok(row),
        _ => Err(
            Failure::usage(format!("no single failure has the key `{key}`"))
                .hint("`usher failures --columns label,change,key` lists them"),
        ),
    }
}

async fn retry(arguments: &RetryArguments, context: &Context) -> Result<Exit, Failure> {
    let provisioning = Provisioning::open(context, &arguments.organization).await?;
    let mut rows = open(&provisioning).await?;
    if let Some(key) = &arguments.key {
        rows = vec![find(key, rows)?];
    }
    let actor = actor(context);
    let acting = acting(&provisioning.store, &actor, context);
    let retried = retry_failures(acting, provisioning.id(), &rows).await?;
    if context.output.is_json() {
        context.output.json(&json!({"retried": retried}))?;
    } else {
        let failures = humanize::counted(retried, "failure");
        context.output.line(format!(
            "{failures} to be tried again by the next cycle or `usher plan`"
        ))?;
    }
    Ok(Exit::Success)
}

async fn dismiss(
    key: &str,
    reason: &str,
    provisioning: &Provisioning,
    context: &Context,
) -> Result<Exit, Failure> {
    let (store, id) = (&provisioning.store, provisioning.id());
    let row = find(key, open(provisioning).await?)?;
    let by = context.operator.clone();
    let actor = actor(context);
    let event = acting(store, &actor, context).event(
        EventKind::FailureResolved,
        format!("change:{}", row.key),
        json!({
            "organization": id,
            "person": row.person,
            "account": row.account,
            "plan": row.plan,
            "label": row.label,
            "dismissed": reason,
        }),
    );
    let resolution = Resolution::Dismissed {
        by,
        reason: reason.to_owned(),
    };
    store
        .resolve_failure(id, &row.key, &resolution, &[event])
        .await?;
    if context.output.is_json() {
        context.output.json(&json!({"dismissed": row.key}))?;
    } else {
        context.output.line(format!("dismissed: {}", row.label))?;
    }
    Ok(Exit::Success)
}
