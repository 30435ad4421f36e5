//! `usher people group …`: groups of the built-in directory.

use clap::{Args, Subcommand};
use usher_directory::EntryKey;
use usher_directory::builtin::{self, Entries, GroupEdit};

use super::builtin::edit_and_say;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::inventory;

/// `usher people group …`.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Add a group
    Add(AddArguments),
    /// Change a group's name, description or members
    Edit(EditArguments),
    /// Remove a group
    Remove(RemoveArguments),
}

/// Arguments of `usher people group add`.
#[derive(Args, Clone, Debug, Default)]
#[command(after_help = "Examples:
  usher people group add Designers --member ada@example.org --member bob@example.org
  usher people group add Everybody --member Designers --member Engineers")]
pub struct AddArguments {
    /// Its name
    pub name: String,
    /// What it is for
    #[arg(long, value_name = "TEXT")]
    pub description: Option<String>,
    /// A person or another group; may be given several times
    #[arg(long = "member", value_name = "PERSON|GROUP")]
    pub members: Vec<String>,
    /// What identifies the group for good [default: a new id]
    #[arg(long, value_name = "KEY")]
    pub key: Option<String>,
}

/// Arguments of `usher people group edit`.
#[derive(Args, Clone, Debug, Default)]
#[command(after_help = "Examples:
  usher people group edit Designers --add eve@example.org --remove bob@example.org
  usher people group edit Designers --name 'Design'")]
pub struct EditArguments {
    /// The group, by name or key
    pub group: String,
    /// A new name
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// A new description; an empty text takes it away
    #[arg(long, value_name = "TEXT")]
    pub description: Option<String>,
    /// Put in a person or another group; may be given several times
    #[arg(long = "add", value_name = "PERSON|GROUP")]
    pub add: Vec<String>,
    /// Take out a person or another group; may be given several times
    #[arg(long = "remove", value_name = "PERSON|GROUP")]
    pub remove: Vec<String>,
}

/// Arguments of `usher people group remove`.
#[derive(Args, Clone, Debug, Default)]
#[command(after_help = "Examples:
  usher people group remove Designers")]
pub struct RemoveArguments {
    /// The group, by name or key
    pub group: String,
}

/// Runs `usher people group …`.
pub async fn run(command: &Command, context: &Context) -> Result<Exit, Failure> {
    match command {
        Command::Add(arguments) => add(arguments, context).await,
        Command::Edit(arguments) => edit(arguments, context).await,
        Command::Remove(arguments) => remove(arguments, context).await,
    }
}

async fn add(arguments: &AddArguments, context: &Context) -> Result<Exit, Failure> {
    let store = inventory::open(context).await?;
    let key = arguments.key.clone();
    let key = EntryKey::new(key.unwrap_or_else(|| store.new_group_id().to_string()));
    let edit = GroupEdit {
        name: None,
        description: arguments.description.clone(),
        add: arguments.members.clone(),
        remove: Vec::new(),
    };
    let operation = |entries: &Entries| builtin::add_group(entries, key, &arguments.name, &edit);
    let done = format!("added: group {}", arguments.name);
    edit_and_say(operation, &done, context).await
}

async fn edit(arguments: &EditArguments, context: &Context) -> Result<Exit, Failure> {
    let edit = GroupEdit {
        name: arguments.name.clone(),
        description: arguments.description.clone(),
        add: arguments.add.clone(),
        remove: arguments.remove.clone(),
    };
    let operation = |entries: &Entries| builtin::edit_group(entries, &arguments.group, &edit);
    let done = format!("changed: group {}", arguments.group);
    edit_and_say(operation, &done, context).await
}

async fn remove(arguments: &RemoveArguments, context: &Context) -> Result<Exit, Failure> {
    let operation = |entries: &Entries| builtin::remove_group(entries, &arguments.group);
    let done = format!("removed: group {}", arguments.group);
    edit_and_say(operation, &done, context).await
}
