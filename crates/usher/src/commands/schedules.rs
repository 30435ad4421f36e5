//! `usher schedules …`: what `usher serve` does again and again.

mod list;
mod remove;
mod run_now;
mod set;

use clap::{Args, Subcommand, ValueEnum};
use usher_model::SourceName;
use usher_store::{JobKind, JobTask, Store};

use crate::commands::people::reading;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::inventory::choose;
use crate::output::listing::ListArguments;

/// `usher schedules …`.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List what is done when
    List(ScheduleListArguments),
    /// Have something done again and again
    Set(SetArguments),
    /// Have it done no longer by itself
    Remove(TaskArguments),
    /// Have it done now, once
    RunNow(TaskArguments),
}

/// Arguments of `usher schedules list`.
#[derive(Args, Clone, Debug, Default)]
#[command(after_help = "Examples:
  usher schedules list
  usher schedules list --columns all
  usher schedules list --json")]
pub struct ScheduleListArguments {
    /// How to show it.
    #[command(flatten)]
    pub list: ListArguments,
}

/// Arguments of `usher schedules set`.
#[derive(Args, Clone, Debug)]
#[command(
    after_help = "A running `usher serve` on the same database does it: with several, whichever comes first. Where clocks are put \
forward, what falls into the hour left out is done when it would have begun; where they are put back, it is done the first \
time only. A cron pattern whose hours begin with * follows the clocks instead.

Examples:
  usher schedules set cycle --every 40m
  usher schedules set sync --daily 02:30 --zone Europe/Vienna
  usher schedules set source-read hr --cron '0 6-18 * * 1-5' --zone America/New_York"
)]
pub struct SetArguments {
    /// What is done.
    #[command(flatten)]
    pub task: TaskArguments,
    /// At this distance, counted from now
    #[arg(long, value_name = "TIME", group = "when")]
    pub every: Option<String>,
    /// Each day at this time
    #[arg(long, value_name = "HH:MM", group = "when")]
    pub daily: Option<String>,
    /// Whenever this cron pattern of five fields says
    #[arg(long, value_name = "PATTERN", group = "when")]
    pub cron: Option<String>,
    /// Whose clocks count for --daily and --cron [default: UTC]
    #[arg(long, value_name = "NAME", conflicts_with = "every")]
    pub zone: Option<String>,
}

/// What is done.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:
  usher schedules run-now cycle
  usher schedules run-now source-read hr
  usher schedules remove sync")]
pub struct TaskArguments {
    /// What is done
    #[arg(value_name = "WHAT")]
    pub kind: Kind,
    /// Which source, for source-read
    #[arg(value_name = "SOURCE")]
    pub source: Option<String>,
    /// The organization, when the database holds several
    #[arg(long, value_name = "ID")]
    pub organization: Option<String>,
}

/// What can be done on a schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// Read the organization into the inventory
    Sync,
    /// Run a provisioning cycle
    Cycle,
    /// Read a directory source
    SourceRead,
}

impl Kind {
    /// As people write it.
    pub fn of(kind: JobKind) -> &'static str {
        match kind {
            JobKind::Sync => "sync",
            JobKind::Cycle => "cycle",
            JobKind::SourceRead => "source-read",
        }
    }
}

impl TaskArguments {
    /// The task that is meant; its organization or source must be there.
    async fn task(&self, store: &Store) -> Result<JobTask, Failure> {
        if self.kind != Kind::SourceRead {
            if let Some(source) = &self.source {
                return Err(Failure::usage(format!("`{source}` is one word too many"))
                    .hint("a source is named for source-read only"));
            }
            let organization = choose(store, self.organization.as_deref()).await?.id;
            return Ok(match self.kind {
                Kind::Sync => JobTask::Sync { organization },
                _ => JobTask::Cycle { organization },
            });
        }
        let Some(source) = &self.source else {
            return Err(Failure::usage("source-read needs the name of a source")
                .hint("`usher people sources` lists them"));
        };
        reading::chosen(std::slice::from_ref(source), store).await?;
        Ok(JobTask::SourceRead {
            source: SourceName::new(source),
        })
    }
}

/// Runs `usher schedules …`.
pub async fn run(command: &Command, context: &Context) -> Result<Exit, Failure> {
    match command {
        Command::List(arguments) => list::run(arguments, context).await,
        Command::Set(arguments) => set::run(arguments, context).await,
        Command::Remove(arguments) => remove::run(arguments, context).await,
        Command::RunNow(arguments) => run_now::run(arguments, context).await,
    }
}
