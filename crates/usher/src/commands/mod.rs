//! The commands, one file each.

pub mod accounts;
pub mod c1z;
pub mod completions;
pub mod config;
pub mod demo;
pub mod diff;
pub mod doctor;
pub mod entitlements;
pub mod events;
pub mod export;
pub mod generate_docs;
pub mod grants;
pub mod sandbox;
pub mod sync;
pub mod syncs;
pub mod teams;

use crate::cli::Command;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;

/// Runs the command.
pub async fn run(command: &Command, context: &Context) -> Result<Exit, Failure> {
    match command {
        Command::Demo(arguments) => demo::run(arguments, context).await,
        Command::Sandbox(arguments) => sandbox::run(arguments, context).await,
        Command::Doctor(arguments) => doctor::run(arguments, context).await,
        Command::Sync(arguments) => sync::run(arguments, context).await,
        Command::Syncs(arguments) => syncs::run(arguments, context).await,
        Command::Accounts(arguments) => accounts::run(arguments, context).await,
        Command::Teams(arguments) => teams::run(arguments, context).await,
        Command::Entitlements(arguments) => entitlements::run(arguments, context).await,
        Command::Grants(arguments) => grants::run(arguments, context).await,
        Command::Diff(arguments) => diff::run(arguments, context).await,
        Command::Export(arguments) => export::run(arguments, context).await,
        Command::Events(arguments) => events::run(arguments, context).await,
        Command::C1z(command) => c1z::run(command, context).await,
        Command::Config(command) => config::run(command, context),
        Command::Completions(arguments) => completions::run(arguments, &context.output),
        Command::GenerateDocs(arguments) => generate_docs::run(arguments),
    }
}
