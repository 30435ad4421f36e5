//! `usher connector …`: the configured link to one organization.

mod lifecycle;
mod status;
mod switch;

use clap::{Args, Subcommand};

use crate::cli::MiroFlags;
use crate::config::Layers;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::provisioning::OrganizationArguments;

/// `usher connector …`.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show whether it is active, on, in quarantine, and how its last cycle went
    #[command(alias = "show")]
    Status(StatusArguments),
    /// Prove the tokens with real calls, and make the connector active
    Activate(MiroArguments),
    /// Prove the tokens and settings again
    Update(MiroArguments),
    /// Take a new token into use, without a gap
    Reauthorize(MiroArguments),
    /// End provisioning of the organization; accounts stay as they are
    Deactivate(DeactivateArguments),
    /// Let cycles change Miro
    On(SwitchArguments),
    /// Keep cycles from changing Miro
    Off(SwitchArguments),
    /// Let the connector out of quarantine
    Release(SwitchArguments),
}

/// Arguments of `usher connector status`.
#[derive(Args, Clone, Debug, Default)]
#[command(after_help = "Examples:
  usher connector status
  usher connector status --json")]
pub struct StatusArguments {
    /// Which organization.
    #[command(flatten)]
    pub organization: OrganizationArguments,
}

/// Arguments of the commands that talk to Miro.
#[derive(Args, Clone, Debug, Default)]
#[command(
    after_help = "The tokens are taken from the settings as everywhere: environment, files, flags. A new token takes over at once; \
the one before stays valid in Miro until somebody ends it there.

Examples:
  USHER_SCIM_TOKEN=… usher connector activate
  USHER_SCIM_TOKEN=NEW usher connector reauthorize"
)]
pub struct MiroArguments {
    /// Which organization.
    #[command(flatten)]
    pub organization: OrganizationArguments,
    /// How to reach Miro.
    #[command(flatten)]
    pub miro: MiroFlags,
}

/// Arguments of `usher connector deactivate`.
#[derive(Args, Clone, Debug, Default)]
#[command(after_help = "Examples:
  usher connector deactivate --yes")]
pub struct DeactivateArguments {
    /// It is meant
    #[arg(short, long)]
    pub yes: bool,
    /// Which organization.
    #[command(flatten)]
    pub organization: OrganizationArguments,
}

/// Arguments of `usher connector on`, `off` and `release`.
#[derive(Args, Clone, Debug, Default)]
#[command(after_help = "Examples:
  usher connector on
  usher connector off
  usher connector release")]
pub struct SwitchArguments {
    /// Which organization.
    #[command(flatten)]
    pub organization: OrganizationArguments,
}

impl Command {
    /// Lays the flags that were given over `layers`.
    pub fn layer(&self, layers: &mut Layers) {
        match self {
            Self::Activate(arguments) | Self::Update(arguments) | Self::Reauthorize(arguments) => {
                arguments.miro.layer(layers);
            }
            _ => {}
        }
    }
}

/// Runs `usher connector …`.
pub async fn run(command: &Command, context: &Context) -> Result<Exit, Failure> {
    match command {
        Command::Status(arguments) => status::run(arguments, context).await,
        Command::Activate(arguments) => lifecycle::activate(arguments, context).await,
        Command::Update(arguments) => lifecycle::update(arguments, context).await,
        Command::Reauthorize(arguments) => lifecycle::reauthorize(arguments, context).await,
        Command::Deactivate(arguments) => lifecycle::deactivate(arguments, context).await,
        Command::On(arguments) => switch::on(arguments, context).await,
        Command::Off(arguments) => switch::off(arguments, context).await,
        Command::Release(arguments) => switch::release(arguments, context).await,
    }
}
