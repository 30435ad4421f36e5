//! `usher people source …`: where people come from.

mod accept;
mod add;
mod csv;
mod graph;
mod ldap;
mod read;
pub mod reading;
mod remove;
mod token;

use clap::Subcommand;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;

pub use csv::absolute;

/// `usher people source …`.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Add a source, or configure one anew
    #[command(subcommand)]
    Add(Box<add::Command>),
    /// Read sources now, and bring the directory up to date
    Read(read::Arguments),
    /// Believe a reading that was suspect
    Accept(accept::Arguments),
    /// Make, list or revoke the tokens of a source that an identity provider pushes to
    #[command(subcommand)]
    Token(token::Command),
    /// Remove a source and what it said; whom no other source knows is gone then
    Remove(remove::Arguments),
}

/// Runs `usher people source …`.
pub async fn run(command: &Command, context: &Context) -> Result<Exit, Failure> {
    match command {
        Command::Add(command) => add::run(command, context).await,
        Command::Read(arguments) => read::run(arguments, context).await,
        Command::Accept(arguments) => accept::run(arguments, context).await,
        Command::Token(command) => token::run(command, context).await,
        Command::Remove(arguments) => remove::run(arguments, context).await,
    }
}
