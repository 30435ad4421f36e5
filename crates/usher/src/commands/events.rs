//! `usher events`: what Usher did, from its hash-chained log.

mod filter;
mod follow;
mod view;

use clap::Args;
use usher_store::{Direction, Store};

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::inventory::{collect, open_existing};
use crate::output::listing::{ListArguments, Noun, show};
use crate::output::{humanize, note};

use view::COLUMNS;

/// Arguments of `usher events`.
#[derive(Args, Debug, Default)]
#[command(after_help = "Examples:
  usher events
  usher events --last 20
  usher events --kind user_create_provision,user_deprovision --since 7d
  usher events --person ada@example.org --columns all
  usher events --plan 0199f0c2-77aa-7000-8000-000000000001
  usher events --follow
  usher events --json-lines --since 2026-03-01 > events.jsonl
  usher events --verify     check that nothing in the log was changed, removed or added")]
pub struct Arguments {
    /// Only events after the one with this number
    #[arg(long, value_name = "NUMBER", help_heading = "Filters")]
    pub after: Option<u64>,
    /// Only the newest so many
    #[arg(
        long,
        value_name = "NUMBER",
        help_heading = "Filters",
        conflicts_with = "after"
    )]
    pub last: Option<u64>,
    /// Only these kinds; `help` lists them
    #[arg(
        long = "kind",
        value_name = "KIND,…",
        value_delimiter = ',',
        help_heading = "Filters"
    )]
    pub kinds: Vec<String>,
    /// Only about this person, by e-mail address, name or id
    #[arg(long, value_name = "PERSON", help_heading = "Filters")]
    pub person: Option<String>,
    /// Only about this account, by id
    #[arg(long, value_name = "ID", help_heading = "Filters")]
    pub account: Option<String>,
    /// Only about this plan, by id
    #[arg(long, value_name = "ID", help_heading = "Filters")]
    pub plan: Option<String>,
    /// Only with this subject, such as `sync:ID`
    #[arg(long, value_name = "SUBJECT", help_heading = "Filters")]
    pub subject: Option<String>,
    /// Only by this actor: an administrator's e-mail address, a service account's or operator's name, `source NAME`,
    /// `visitor` or `system`
    #[arg(long, value_name = "NAME", help_heading = "Filters")]
    pub actor: Option<String>,
    /// Only at this time or later: a date, a time, or a length of time before now
    #[arg(long, value_name = "WHEN", help_heading = "Filters")]
    pub since: Option<String>,
    /// Only before this time: a date (that day included), a time, or a length of time before now
    #[arg(long, value_name = "WHEN", help_heading = "Filters")]
    pub until: Option<String>,
    /// Wait for further events, until Ctrl-C
    #[arg(long, conflicts_with_all = ["until", "sort", "limit", "csv"])]
    pub follow: bool,
    /// Write one JSON object per line, for archives and log collectors
    #[arg(long, conflicts_with_all = ["csv", "columns", "sort"])]
    pub json_lines: bool,
    /// Check the whole chain before listing
    #[arg(long)]
    pub verify: bool,
    /// How to show it.
    #[command(flatten)]
    pub list: ListArguments,
}

/// Runs `usher events`.
pub async fn run(arguments: &Arguments, context: &Context) -> Result<Exit, Failure> {
    if arguments.list.wants_names() {
        return ListArguments::print_names(COLUMNS, &context.output);
    }
    if arguments.kinds.iter().any(|kind| kind == "help") {
        return filter::print_kinds(&context.output);
    }
    let store = open_existing(context).await?;
    if arguments.verify {
        let count = store.verify_events().await?;
        note(format!(
            "the chain of {} is whole",
            humanize::counted(count, "event")
        ));
    }
    if arguments.follow {
        return follow::run(arguments, &store, context).await;
    }
    list(arguments, &store, context).await
}

async fn list(arguments: &Arguments, store: &Store, context: &Context) -> Result<Exit, Failure> {
    let filter = filter::filter(arguments, store, context).await?;
    let is_backwards = filter.direction == Direction::Descending;
    let mut rows = collect(store.find_events(&filter)).await?;
    if is_backwards {
        rows.reverse();
    }
    if arguments.json_lines {
        for row in &rows {
            context.output.json_line(&view::object(row))?;
        }
        return Ok(Exit::Success);
    }
    let noun = Noun("event");
    show(
        rows,
        COLUMNS,
        &arguments.list,
        (&context.output, noun, context.now()),
    )?;
    Ok(Exit::Success)
}
