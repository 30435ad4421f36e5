//! `usher people source add …`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::json;
use usher_directory::{SecretReference, SourceSettings};
use usher_model::{EventKind, SourceName};
use usher_store::{SourceDefinition, SourceRecord, Store};

use super::{csv, graph, ldap};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::inventory;
use crate::output::note;
use crate::provisioning::{acting, actor};
use crate::settings_file;

/// `usher people source add …`.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// A file of comma- or otherwise separated values
    Csv(csv::Arguments),
    /// An LDAP directory: Active Directory, OpenLDAP, 389 Directory Server
    Ldap(Box<ldap::Arguments>),
    /// Microsoft Entra ID, through Microsoft Graph
    Graph(graph::Arguments),
    /// An identity provider that pushes people through SCIM
    Scim(PushedArguments),
    /// People who are entered by hand
    Builtin(PushedArguments),
    /// Any kind, from a file with its settings
    FromFile(FileArguments),
}

/// What every source has.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Source")]
pub struct CommonArguments {
    /// Its place in the order of precedence: where sources differ, the smaller number wins [default: behind the others]
    #[arg(long, value_name = "NUMBER")]
    pub place: Option<u32>,
}

/// Where a secret is kept. It is never stored, only where it is.
#[derive(Args, Clone, Debug, Default)]
pub struct SecretArguments {
    /// File that holds the secret
    #[arg(long, value_name = "FILE", conflicts_with = "secret_env")]
    pub secret_file: Option<PathBuf>,
    /// Environment variable that holds the secret
    #[arg(long, value_name = "NAME")]
    pub secret_env: Option<String>,
}

impl SecretArguments {
    /// The reference, if one was given.
    pub fn reference(&self) -> Option<SecretReference> {
        let file = self.secret_file.clone().map(SecretReference::File);
        file.or_else(|| self.secret_env.clone().map(SecretReference::Environment))
    }
}

/// Arguments of the kinds that have no settings.
#[derive(Args, Clone, Debug, Default)]
#[command(after_help = "Examples:
  usher people source add builtin by-hand
  usher people source add scim okta --place 0")]
pub struct PushedArguments {
    /// What to call it
    pub name: String,
    /// What every source has.
    #[command(flatten)]
    pub common: CommonArguments,
}

/// Arguments of `usher people source add from-file`.
#[derive(Args, Clone, Debug, Default)]
#[command(
    after_help = "The file is YAML or JSON (by its name) with the member `kind` and the settings of that kind.

Examples:
  usher people source add from-file ad ldap.yaml"
)]
pub struct FileArguments {
    /// What to call it
    pub name: String,
    /// The file
    pub file: PathBuf,
    /// What every source has.
    #[command(flatten)]
    pub common: CommonArguments,
}

/// Runs `usher people source add …`.
pub async fn run(command: &Command, context: &Context) -> Result<Exit, Failure> {
    let (name, settings, common) = match command {
        Command::Csv(one) => (&one.name, one.settings()?, &one.common),
        Command::Ldap(one) => (&one.name, one.settings()?, &one.common),
        Command::Graph(one) => (&one.name, one.settings()?, &one.common),
        Command::Scim(one) => {
            let settings = SourceSettings::Scim(usher_directory::scim::ScimSettings::default());
            (&one.name, settings, &one.common)
        }
        Command::Builtin(one) => {
            let settings =
                SourceSettings::Builtin(usher_directory::builtin::BuiltinSettings::default());
            (&one.name, settings, &one.common)
        }
        Command::FromFile(one) => (&one.name, settings_file::read(&one.file)?, &one.common),
    };
    save(name, &settings, common, context).await
}

async fn save(
    name: &str,
    settings: &SourceSettings,
    common: &CommonArguments,
    context: &Context,
) -> Result<Exit, Failure> {
    check_name(name)?;
    settings.check()?;
    let store = inventory::open(context).await?;
    let known = store.sources().await?;
    let definition = SourceDefinition {
        name: SourceName::new(name),
        place: common.place.unwrap_or_else(|| place(name, &known)),
        settings: json!(settings),
    };
    store_definition(&store, &definition, &known, context).await?;
    if context.output.is_json() {
        context.output.json(&definition)?;
        return Ok(Exit::Success);
    }
    let kind = settings.kind().as_str();
    context
        .output
        .line(format!("saved: {kind} source {name}"))?;
    context.output.flush()?;
    note(match settings {
        SourceSettings::Scim(_) => format!(
            "`usher people source token create {name}` makes the token that its identity provider needs"
        ),
        SourceSettings::Builtin(_) => "its people come by `usher people add`".to_owned(),
        _ => format!("`usher people source read {name}` reads it"),
    });
    Ok(Exit::Success)
}

async fn store_definition(
    store: &Store,
    definition: &SourceDefinition,
    known: &[SourceRecord],
    context: &Context,
) -> Result<(), Failure> {
    let before = known
        .iter()
        .find(|record| record.definition.name == definition.name)
        .map(|record| &record.definition);
    let actor = actor(context);
    let event = acting(store, &actor, context).event(
        EventKind::PersonSourceSaved,
        format!("source:{}", definition.name),
        json!({"before": before, "after": definition}),
    );
    store.save_source(definition, &[event]).await?;
    Ok(())
}

/// A source that is configured anew keeps its place; a new one comes last.
fn place(name: &str, known: &[SourceRecord]) -> u32 {
    let same = known
        .iter()
        .find(|record| record.definition.name.as_str() == name);
    let last = known.iter().map(|record| record.definition.place).max();
    same.map_or_else(
        || last.map_or(0, |last| last.saturating_add(1)),
        |record| record.definition.place,
    )
}

fn check_name(name: &str) -> Result<(), Failure> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if !name.is_empty() && name.len() <= 64 && name.chars().all(is_plain) {
        return Ok(());
    }
    Err(
        Failure::usage(format!("`{name}` cannot be a source's name"))
            .hint("use up to 64 letters, digits, dots, dashes and underscores"),
    )
}
