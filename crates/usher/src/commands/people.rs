//! `usher people …`: the directory, that is people, groups, and where they come from.

mod builtin;
mod group;
mod groups;
mod list;
mod problems;
mod settings;
mod show;
mod source;
mod sources;

use clap::Subcommand;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;

pub use source::reading;

/// `usher people …`.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List people
    #[command(alias = "find")]
    List(list::Arguments),
    /// Show everything that is known of one person
    Show(show::Arguments),
    /// Add a person to the built-in directory
    Add(builtin::AddArguments),
    /// Change a person of the built-in directory
    Edit(builtin::EditArguments),
    /// Remove a person from the built-in directory
    Remove(builtin::RemoveArguments),
    /// Read people from a file into the built-in directory
    Import(builtin::ImportArguments),
    /// List groups
    Groups(groups::Arguments),
    /// Add, change or remove a group of the built-in directory
    #[command(subcommand)]
    Group(group::Command),
    /// List the sources, in their order of precedence, and how their last reading went
    Sources(sources::Arguments),
    /// Add, read or remove a source
    #[command(subcommand)]
    Source(source::Command),
    /// Show or change how sources become one directory
    #[command(subcommand)]
    Settings(settings::Command),
}

/// Runs `usher people …`.
pub async fn run(command: &Command, context: &Context) -> Result<Exit, Failure> {
    match command {
        Command::List(arguments) => list::run(arguments, context).await,
        Command::Show(arguments) => show::run(arguments, context).await,
        Command::Add(arguments) => builtin::add(arguments, context).await,
        Command::Edit(arguments) => builtin::edit(arguments, context).await,
        Command::Remove(arguments) => builtin::remove(arguments, context).await,
        Command::Import(arguments) => builtin::import(arguments, context).await,
        Command::Groups(arguments) => groups::run(arguments, context).await,
        Command::Group(command) => group::run(command, context).await,
        Command::Sources(arguments) => sources::run(arguments, context).await,
        Command::Source(command) => source::run(command, context).await,
        Command::Settings(command) => settings::run(command, context).await,
    }
}
