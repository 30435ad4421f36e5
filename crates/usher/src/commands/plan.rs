//! `usher plan`: what should change in Miro, and why.

mod decide;
mod list;
mod make;
mod show;

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::cli::MiroFlags;
use crate::config::Layers;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::listing::ListArguments;
use crate::provisioning::OrganizationArguments;

pub use show::{Presentation, present};

/// Arguments of `usher plan`.
#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true)]
#[command(
    after_help = "Nothing is changed in Miro. A plan that a guard holds waits for `usher plan approve`; any other can be \
applied with `usher apply`. The plan is made from the inventory as it is: `usher sync` brings that up to date, and \
`usher people source read` the directory.

Examples:
  usher plan
  usher plan --person ada@example.org
  usher plan -o plan.json                 also write the plan, whole, to a file
  usher plan --html plan.html             also write a page for people
  usher plan --exit-code || echo changes  8: it has changes, 9: and is held
  usher plan show latest --kind disable
  usher plan approve latest --reason 'the department was closed'"
)]
pub struct Arguments {
    /// What to do instead of making a plan
    #[command(subcommand)]
    pub command: Option<Command>,
    /// What kind of plan, and where to write it.
    #[command(flatten)]
    pub make: MakeArguments,
}

/// Arguments of making a plan.
#[derive(Args, Clone, Debug, Default)]
pub struct MakeArguments {
    /// Only for this person; may be given several times
    #[arg(long = "person", value_name = "PERSON")]
    pub people: Vec<String>,
    /// Also write the plan to this file, as JSON
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Also write the plan to this file, as a page
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Show every change, however many there are
    #[arg(long)]
    pub all: bool,
    /// End with code 8 if there are changes, and 9 if the plan is held
    #[arg(long)]
    pub exit_code: bool,
    /// Ask Miro how many boards each account owns that would change hands, at the price of a request each
    #[arg(long)]
    pub count_boards: bool,
    /// Which organization.
    #[command(flatten)]
    pub organization: OrganizationArguments,
    /// How to reach Miro, whose limits decide how long applying takes.
    #[command(flatten)]
    pub miro: MiroFlags,
}

impl Arguments {
    /// Lays the flags that were given over `layers`.
    pub fn layer(&self, layers: &mut Layers) {
        self.make.miro.layer(layers);
    }
}

/// `usher plan …`.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the plans so far
    List(ListPlans),
    /// Show a plan again, whole or in part
    Show(ShowArguments),
    /// Release a plan that is held
    Approve(DecideArguments),
    /// Drop a plan
    Reject(DecideArguments),
}

/// Arguments of `usher plan list`.
#[derive(Args, Clone, Debug, Default)]
#[command(after_help = "Examples:
  usher plan list
  usher plan list --limit 5 --columns all")]
pub struct ListPlans {
    /// Which organization.
    #[command(flatten)]
    pub organization: OrganizationArguments,
    /// How to show it.
    #[command(flatten)]
    pub list: ListArguments,
}

/// Arguments of `usher plan show`.
#[derive(Args, Clone, Debug, Default)]
#[command(after_help = "Examples:
  usher plan show
  usher plan show latest --kind disable,remove_from_team
  usher plan show 0199f0c2 --all
  usher plan show --html plan.html
  usher plan show --json")]
pub struct ShowArguments {
    /// The plan: an id, the beginning of one, or `latest`
    #[arg(default_value = "latest")]
    pub plan: String,
    /// Only these kinds of changes; `help` lists them
    #[arg(long = "kind", value_name = "KIND,…", value_delimiter = ',')]
    pub kinds: Vec<String>,
    /// Show every change, however many there are
    #[arg(long)]
    pub all: bool,
    /// Write the plan to this file, as JSON
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Write the plan to this file, as a page
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Which organization.
    #[command(flatten)]
    pub organization: OrganizationArguments,
}

/// Arguments of `usher plan approve` and `usher plan reject`.
#[derive(Args, Clone, Debug, Default)]
#[command(after_help = "Examples:
  usher plan approve latest --reason 'the department was closed'
  usher plan reject 0199f0c2 --reason 'the filter was wrong'")]
pub struct DecideArguments {
    /// The plan: an id, the beginning of one, or `latest`
    pub plan: String,
    /// Why, for the log
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// Which organization.
    #[command(flatten)]
    pub organization: OrganizationArguments,
}

/// Runs `usher plan …`.
pub async fn run(arguments: &Arguments, context: &Context) -> Result<Exit, Failure> {
    match &arguments.command {
        None => make::run(&arguments.make, context).await,
        Some(Command::List(arguments)) => list::run(arguments, context).await,
        Some(Command::Show(arguments)) => show::run(arguments, context).await,
        Some(Command::Approve(arguments)) => decide::approve(arguments, context).await,
        Some(Command::Reject(arguments)) => decide::reject(arguments, context).await,
    }
}
