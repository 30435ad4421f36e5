//! `usher cycle`: one provisioning run, or one after another.

mod every;
mod once;
pub mod setting_up;
mod summary;

use clap::Args;

use crate::cli::MiroFlags;
use crate::config::Layers;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::provisioning::OrganizationArguments;

/// Arguments of `usher cycle`.
#[derive(Args, Debug)]
#[command(
    after_help = "A cycle reads the sources, brings the inventory up to date, plans, and applies what the settings allow without \
anybody's yes; anything else waits for `usher plan approve`, and the cycle ends with code 9. The first cycle of an \
organization always waits.

Examples:
  usher cycle
  usher cycle --initial           read everything anew
  usher cycle --every 40m         again and again, until Ctrl-C
  usher cycle --json              a line of JSON per event"
)]
pub struct Arguments {
    /// Read everything anew
    #[arg(long, conflicts_with = "incremental")]
    pub initial: bool,
    /// Read only what changed, where that can be known
    #[arg(long)]
    pub incremental: bool,
    /// Repeat, waiting this long between the beginnings of two cycles [default with --every alone: 40m]
    #[arg(long, value_name = "TIME", num_args = 0..=1, default_missing_value = "configured")]
    pub every: Option<String>,
    /// Which organization.
    #[command(flatten)]
    pub organization: OrganizationArguments,
    /// How to reach Miro.
    #[command(flatten)]
    pub miro: MiroFlags,
}

impl Arguments {
    /// Lays the flags that were given over `layers`.
    pub fn layer(&self, layers: &mut Layers) {
        self.miro.layer(layers);
    }
}

/// Runs `usher cycle`.
pub async fn run(arguments: &Arguments, context: &Context) -> Result<Exit, Failure> {
    match &arguments.every {
        Some(every) => Box::pin(every::run(arguments, every, context)).await,
        None => Box::pin(once::run(arguments, context)).await,
    }
}
