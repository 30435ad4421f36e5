//! People of the built-in directory: adding, changing, removing, importing.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;
use usher_directory::builtin::{self, BuiltinProblem, Entries, EntryChange, NewPerson, PersonEdit};
use usher_directory::csv::{CsvSettings, CsvSource};
use usher_directory::{EntryKey, Source};
use usher_engine::people::{edit_builtin, import_builtin};
use usher_model::{AttributeName, AttributeValue, Attributes, PersonStatus};

use super::problems;
use super::source::absolute;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::inventory;
use crate::output::{humanize, note};
use crate::provisioning::{acting, actor};
use crate::provisioning_keys::word;

/// Arguments of `usher people add`.
#[derive(Args, Clone, Debug, Default)]
#[command(
    after_help = "The first one makes the source `builtin`, if there is none of that kind.

Examples:
  usher people add ada@example.org --name 'Ada Lovelace' --set department=Engines
  usher people add bob@example.org --set givenName=Bob --set familyName=Babbage --manager ada@example.org"
)]
pub struct AddArguments {
    /// The e-mail address
    pub email: String,
    /// The full name
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Set an attribute; may be given several times
    #[arg(long = "set", value_name = "ATTRIBUTE=VALUE")]
    pub set: Vec<String>,
    /// The manager, by e-mail address or user name
    #[arg(long, value_name = "PERSON")]
    pub manager: Option<String>,
    /// Active or disabled [default: active]
    #[arg(long, value_name = "STATUS")]
    pub status: Option<String>,
    /// What identifies the person for good [default: a new id]
    #[arg(long, value_name = "KEY")]
    pub key: Option<String>,
}

/// Arguments of `usher people edit`.
#[derive(Args, Clone, Debug, Default)]
#[command(after_help = "Examples:
  usher people edit ada@example.org --set department=Design --clear title
  usher people edit ada@example.org --set email=ada.king@example.org
  usher people edit bob@example.org --status disabled")]
pub struct EditArguments {
    /// The person, by e-mail address, user name or key
    pub person: String,
    /// Set an attribute; may be given several times
    #[arg(long = "set", value_name = "ATTRIBUTE=VALUE")]
    pub set: Vec<String>,
    /// Clear an attribute; may be given several times
    #[arg(long = "clear", value_name = "ATTRIBUTE")]
    pub clear: Vec<String>,
    /// The manager; an empty text takes the manager away
    #[arg(long, value_name = "PERSON")]
    pub manager: Option<String>,
    /// Active or disabled
    #[arg(long, value_name = "STATUS")]
    pub status: Option<String>,
}

/// Arguments of `usher people remove`.
#[derive(Args, Clone, Debug, Default)]
#[command(
    after_help = "Whom no other source knows has left: the next plan says what becomes of the account.

Examples:
  usher people remove bob@example.org"
)]
pub struct RemoveArguments {
    /// The person, by e-mail address, user name or key
    pub person: String,
}

/// Arguments of `usher people import`.
#[derive(Args, Clone, Debug, Default)]
#[command(
    after_help = "People with a known key or e-mail address are changed, others are added, nobody is removed. A file that is to be \
read again and again is better a source of its own: `usher people source add csv`.

Examples:
  usher people import people.csv
  usher people import people.tsv --json"
)]
pub struct ImportArguments {
    /// The file, with a header line
    pub file: PathBuf,
}

/// Runs `usher people add`.
pub async fn add(arguments: &AddArguments, context: &Context) -> Result<Exit, Failure> {
    let mut attributes = values(&arguments.set)?;
    attributes.set_text(AttributeName::EMAIL, &arguments.email);
    if let Some(name) = &arguments.name {
        attributes.set_text(AttributeName::DISPLAY_NAME, name);
    }
    let new = NewPerson {
        attributes,
        status: arguments.status.as_deref().map(status).transpose()?,
        manager: arguments.manager.clone(),
    };
    let store = inventory::open(context).await?;
    let key = arguments.key.clone();
    let key = EntryKey::new(key.unwrap_or_else(|| store.new_person_id().to_string()));
    let operation = |entries: &Entries| builtin::add_person(entries, key, &new);
    let done = format!("added: {}", arguments.email);
    edit_and_say(operation, &done, context).await
}

/// Runs `usher people edit`.
pub async fn edit(arguments: &EditArguments, context: &Context) -> Result<Exit, Failure> {
    let edit = PersonEdit {
        set: values(&arguments.set)?,
        clear: arguments.clear.iter().map(AttributeName::new).collect(),
        status: arguments.status.as_deref().map(status).transpose()?,
        manager: arguments.manager.clone(),
    };
    let operation = |entries: &Entries| builtin::edit_person(entries, &arguments.person, &edit);
    let done = format!("changed: {}", arguments.person);
    edit_and_say(operation, &done, context).await
}

/// Runs `usher people remove`.
pub async fn remove(arguments: &RemoveArguments, context: &Context) -> Result<Exit, Failure> {
    let operation = |entries: &Entries| builtin::remove_person(entries, &arguments.person);
    let done = format!("removed: {}", arguments.person);
    edit_and_say(operation, &done, context).await
}

/// Changes the built-in directory by an operation, and says what became of it.
pub async fn edit_and_say(
    operation: impl FnOnce(&Entries) -> Result<EntryChange, BuiltinProblem>,
    done: &str,
    context: &Context,
) -> Result<Exit, Failure> {
    let store = inventory::open(context).await?;
    let actor = actor(context);
    let change = edit_builtin(acting(&store, &actor, context), operation).await?;
    problems::of_merging(&change.problems);
    if context.output.is_json() {
        context.output.json(&change)?;
        return Ok(Exit::Success);
    }
    if change.people.is_empty() && change.groups.is_empty() {
        note("nothing about people or groups is other than before");
        return Ok(Exit::Success);
    }
    context.output.line(done)?;
    context.output.flush()?;
    note("`usher plan` shows what follows from it");
    Ok(Exit::Success)
}

/// Runs `usher people import`.
pub async fn import(arguments: &ImportArguments, context: &Context) -> Result<Exit, Failure> {
    let source = CsvSource::new(CsvSettings {
        path: absolute(&arguments.file)?,
        ..CsvSettings::default()
    });
    let reading = source.read(None).await?;
    let store = inventory::open(context).await?;
    let actor = actor(context);
    let acting = acting(&store, &actor, context);
    let (imported, change) = import_builtin(acting, &reading).await?;
    problems::list(&imported.problems);
    problems::of_merging(&change.problems);
    if context.output.is_json() {
        context.output.json(&json!({
            "added": imported.added,
            "edited": imported.edited,
            "unchanged": imported.unchanged,
            "problems": imported.problems,
            "directory": change,
        }))?;
        return Ok(Exit::Success);
    }
    context.output.line(format!(
        "{} added, {} changed, {} as they were",
        humanize::people(imported.added as u64),
        humanize::count(imported.edited as u64),
        humanize::count(imported.unchanged as u64),
    ))?;
    Ok(Exit::Success)
}

fn status(text: &str) -> Result<PersonStatus, Failure> {
    word(text, &["active", "disabled"])
        .map_err(|why| Failure::usage(format!("--status cannot be `{text}`: {why}")))
}

/// Attributes written `NAME=VALUE`.
fn values(texts: &[String]) -> Result<Attributes, Failure> {
    texts
        .iter()
        .map(|text| match text.split_once('=') {
            Some((name, value)) if !name.trim().is_empty() => {
                Ok((AttributeName::new(name.trim()), value_of(value)))
            }
            _ => Err(
                Failure::usage(format!("`{text}` is not of the form ATTRIBUTE=VALUE"))
                    .hint("write for example department=Design"),
            ),
        })
        .collect()
}

fn value_of(text: &str) -> AttributeValue {
    match text {
        "true" => AttributeValue::Bool(true),
        "false" => AttributeValue::Bool(false),
        text => AttributeValue::text(text),
    }
}
