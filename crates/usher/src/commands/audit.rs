//! `usher audit …`: proof that the log is whole.

use clap::{Args, Subcommand};
use serde_json::json;
use usher_store::{Direction, EventFilter};

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::inventory::{collect, open_existing};
use crate::output::humanize;

/// `usher audit …`.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Check that no event was changed, removed or added afterwards
    Verify(VerifyArguments),
}

/// Arguments of `usher audit verify`.
#[derive(Args, Debug)]
#[command(
    after_help = "Each event carries a hash over itself and the one before it. Keep the last hash elsewhere to notice a log \
that was made up anew as a whole.

Examples:
  usher audit verify
  usher audit verify --json
  usher audit verify --expect 5f2b…     the last hash as it was written down before"
)]
pub struct VerifyArguments {
    /// A hash that must be in the chain
    #[arg(long, value_name = "HASH")]
    pub expect: Option<String>,
}

/// Runs `usher audit …`.
pub async fn run(command: &Command, context: &Context) -> Result<Exit, Failure> {
    let Command::Verify(arguments) = command;
    let store = open_existing(context).await?;
    let count = store.verify_events().await?;
    let newest = EventFilter {
        direction: Direction::Descending,
        limit: Some(1),
        ..EventFilter::default()
    };
    let newest = collect(store.find_events(&newest)).await?.pop();
    let hash = newest.as_ref().map(|event| event.hash.to_string());
    if let Some(expected) = &arguments.expect {
        let all = collect(store.find_events(&EventFilter::default())).await?;
        let is_there = all.iter().any(|event| event.hash.to_string() == *expected);
        if !is_there {
            return Err(Failure::new(
                Exit::Failure,
                format!("no event has the hash {expected}: this is another log, or a new one"),
            )
            .hint("keep the database as evidence and compare it with a backup"));
        }
    }
    if context.output.is_json() {
        context
            .output
            .json(&json!({"events": count, "last_hash": hash, "whole": true}))?;
        return Ok(Exit::Success);
    }
    context.output.line(format!(
        "the chain of {} is whole",
        humanize::counted(count, "event")
    ))?;
    if let Some(hash) = hash {
        context.output.line(format!("last hash {hash}"))?;
    }
    Ok(Exit::Success)
}
