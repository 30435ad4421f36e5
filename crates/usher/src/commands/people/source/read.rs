//! `usher people source read`.

use clap::Args;
use usher_engine::people::{ReadDepth, RefreshOptions, Suspects};

use super::reading::{read_one, report};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::inventory::open_existing;

/// Arguments of `usher people source read`.
#[derive(Args, Clone, Debug, Default)]
#[command(
    after_help = "A source that comes back empty, or shrunk beyond the limit, is not believed and changes nothing; the exit code \
is 5 then.

Examples:
  usher people source read
  usher people source read hr
  usher people source read ad --full      everything, not only what changed"
)]
pub struct Arguments {
    /// The sources; all that can be read if none is named
    #[arg(value_name = "SOURCE")]
    pub sources: Vec<String>,
    /// Read everything, not only what changed
    #[arg(long)]
    pub full: bool,
}

/// Runs `usher people source read`.
pub async fn run(arguments: &Arguments, context: &Context) -> Result<Exit, Failure> {
    let store = open_existing(context).await?;
    let options = RefreshOptions {
        suspects: Suspects::Keep,
        depth: if arguments.full {
            ReadDepth::Everything
        } else {
            ReadDepth::Changes
        },
    };
    let records = super::reading::chosen(&arguments.sources, &store).await?;
    let mut all = Vec::new();
    for record in &records {
        if let Some(refreshed) = read_one(record, options, &store, context).await? {
            all.push(refreshed);
        }
    }
    report(&all, context)
}
