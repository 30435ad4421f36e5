//! `usher people source accept`.

use clap::Args;
use usher_engine::people::{ReadDepth, RefreshOptions, Suspects};

use super::reading::{chosen, read_one, report};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::inventory::open_existing;

/// Arguments of `usher people source accept`.
#[derive(Args, Clone, Debug, Default)]
#[command(
    after_help = "The source is read again, and whatever comes is believed, even if many people are gone. `usher plan` shows what \
follows before anything is done about it.

Examples:
  usher people source accept hr"
)]
pub struct Arguments {
    /// The source
    pub source: String,
}

/// Runs `usher people source accept`.
pub async fn run(arguments: &Arguments, context: &Context) -> Result<Exit, Failure> {
    let store = open_existing(context).await?;
    let options = RefreshOptions {
        suspects: Suspects::Accept,
        depth: ReadDepth::Everything,
    };
    let mut all = Vec::new();
    for record in &chosen(std::slice::from_ref(&arguments.source), &store).await? {
        all.extend(read_one(record, options, &store, context).await?);
    }
    report(&all, context)
}
