//! `usher link …`: which account is whose.

mod list;
mod pin;
mod remove;

use clap::{Args, Subcommand};

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::listing::ListArguments;
use crate::provisioning::OrganizationArguments;

/// `usher link …`.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the ties between people and accounts, or between groups and teams
    List(LinkListArguments),
    /// Tie a person to an account by hand; no matching overrides it
    Pin(PinArguments),
    /// Remove a tie; the account stays as it is
    Remove(RemoveArguments),
}

/// Arguments of `usher link list`.
#[derive(Args, Clone, Debug, Default)]
#[command(after_help = "Examples:
  usher link list
  usher link list --groups
  usher link list --sort person --json")]
pub struct LinkListArguments {
    /// Show the ties of groups instead
    #[arg(long)]
    pub groups: bool,
    /// Which organization.
    #[command(flatten)]
    pub organization: OrganizationArguments,
    /// How to show it.
    #[command(flatten)]
    pub list: ListArguments,
}

/// Arguments of `usher link pin`.
#[derive(Args, Clone, Debug, Default)]
#[command(after_help = "Examples:
  usher link pin ada@example.org ada.old@example.org
  usher link pin 'Ada Lovelace' 3074457345600000001")]
pub struct PinArguments {
    /// The person, by e-mail address, name or id
    pub person: String,
    /// The account, by e-mail address or id
    pub account: String,
    /// Which organization.
    #[command(flatten)]
    pub organization: OrganizationArguments,
}

/// Arguments of `usher link remove`.
#[derive(Args, Clone, Debug, Default)]
#[command(after_help = "Examples:
  usher link remove ada@example.org
  usher link remove --group Engineering")]
pub struct RemoveArguments {
    /// The person, by e-mail address, name or id
    #[arg(required_unless_present = "group")]
    pub person: Option<String>,
    /// The group instead
    #[arg(long, value_name = "GROUP", conflicts_with = "person")]
    pub group: Option<String>,
    /// Which organization.
    #[command(flatten)]
    pub organization: OrganizationArguments,
}

/// Runs `usher link …`.
pub async fn run(command: &Command, context: &Context) -> Result<Exit, Failure> {
    match command {
        Command::List(arguments) => list::run(arguments, context).await,
        Command::Pin(arguments) => pin::run(arguments, context).await,
        Command::Remove(arguments) => remove::run(arguments, context).await,
    }
}
