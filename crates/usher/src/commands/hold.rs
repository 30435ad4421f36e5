//! `usher hold …`: accounts that must stay as they are.

mod list;
mod place;
mod release;

use clap::{Args, Subcommand};

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::listing::ListArguments;
use crate::provisioning::OrganizationArguments;

/// `usher hold …`.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Keep somebody's account disabled, or leave it alone
    Place(PlaceArguments),
    /// List the holds
    List(HoldListArguments),
    /// Release a hold
    Release(ReleaseArguments),
}

/// Arguments of `usher hold place`.
#[derive(Args, Clone, Debug, Default)]
#[command(after_help = "Examples:
  usher hold place ada@example.org --kind leave-alone --reason 'her account is being examined'
  usher hold place bob@example.org --kind keep-disabled --reason 'parental leave' --until 2027-01-31
  usher hold place --account robot@example.org --kind leave-alone --reason 'owned by IT'")]
pub struct PlaceArguments {
    /// The person, by e-mail address, name or id: whatever account they have, now or later
    #[arg(required_unless_present = "account")]
    pub person: Option<String>,
    /// The account instead, by e-mail address or id
    #[arg(long, value_name = "ACCOUNT", conflicts_with = "person")]
    pub account: Option<String>,
    /// What it keeps: keep-disabled or leave-alone
    #[arg(long, value_name = "KIND")]
    pub kind: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// Until when: a date (that day included), a time, or a length of time from now
    #[arg(long, value_name = "WHEN")]
    pub until: Option<String>,
    /// Which organization.
    #[command(flatten)]
    pub organization: OrganizationArguments,
}

/// Arguments of `usher hold list`.
#[derive(Args, Clone, Debug, Default)]
#[command(after_help = "Examples:
  usher hold list
  usher hold list --json")]
pub struct HoldListArguments {
    /// Which organization.
    #[command(flatten)]
    pub organization: OrganizationArguments,
    /// How to show it.
    #[command(flatten)]
    pub list: ListArguments,
}

/// Arguments of `usher hold release`.
#[derive(Args, Clone, Debug, Default)]
#[command(after_help = "Examples:
  usher hold release ada@example.org
  usher hold release 0199f0c2-77aa-7000-8000-000000000001")]
pub struct ReleaseArguments {
    /// The hold's id, or the person or account it is about
    pub hold: String,
    /// Which organization.
    #[command(flatten)]
    pub organization: OrganizationArguments,
}

/// Runs `usher hold …`.
pub async fn run(command: &Command, context: &Context) -> Result<Exit, Failure> {
    match command {
        Command::Place(arguments) => place::run(arguments, context).await,
        Command::List(arguments) => list::run(arguments, context).await,
        Command::Release(arguments) => release::run(arguments, context).await,
    }
}
