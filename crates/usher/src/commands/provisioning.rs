//! `usher provisioning …`: everything else that decides how the organization is provisioned.

mod difference;
mod document;
mod history;
mod show;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::json;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::listing::ListArguments;
use crate::provisioning::{OrganizationArguments, Provisioning, saved};
use crate::provisioning_keys as keys;

/// `usher provisioning …`.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the settings, or show one
    Show(ShowArguments),
    /// Change a setting
    Set(SetArguments),
    /// Write all settings, mappings and scope included, to a file
    Export(ExportArguments),
    /// Read all settings from a file
    Import(ImportArguments),
    /// List who changed the settings, when, and what
    History(HistoryArguments),
}

/// Arguments of `usher provisioning show`.
#[derive(Args, Clone, Debug, Default)]
#[command(after_help = "Examples:
  usher provisioning show
  usher provisioning show --columns all
  usher provisioning show guards.disables.percent
  usher provisioning show --json")]
pub struct ShowArguments {
    /// Only this setting's value
    pub key: Option<String>,
    /// Which organization.
    #[command(flatten)]
    pub organization: OrganizationArguments,
    /// How to show it.
    #[command(flatten)]
    pub list: ListArguments,
}

/// Arguments of `usher provisioning set`.
#[derive(Args, Clone, Debug, Default)]
#[command(
    after_help = "`drift.ATTRIBUTE` says what happens when an attribute was changed in Miro by hand: correct, report or \
adopt.

Examples:
  usher provisioning set deprovision.leave disable
  usher provisioning set guards.disables.percent 10
  usher provisioning set guards.protected ceo@example.org,3074457345600000001
  usher provisioning set drift.department adopt
  usher provisioning set approval always"
)]
pub struct SetArguments {
    /// The setting; `usher provisioning show` lists them
    pub key: String,
    /// Its value
    #[arg(allow_hyphen_values = true)]
    pub value: String,
    /// Which organization.
    #[command(flatten)]
    pub organization: OrganizationArguments,
}

/// Arguments of `usher provisioning export`.
#[derive(Args, Clone, Debug, Default)]
#[command(after_help = "The name decides the form: .json, or YAML.

Examples:
  usher provisioning export provisioning.yaml
  usher provisioning export                     JSON on standard output")]
pub struct ExportArguments {
    /// The file; standard output if there is none
    pub file: Option<PathBuf>,
    /// Which organization.
    #[command(flatten)]
    pub organization: OrganizationArguments,
}

/// Arguments of `usher provisioning import`.
#[derive(Args, Clone, Debug, Default)]
#[command(
    after_help = "The file is checked first; when anything in it is wrong, nothing is changed. What it leaves out gets its \
default.

Examples:
  usher provisioning import provisioning.yaml"
)]
pub struct ImportArguments {
    /// The file
    pub file: PathBuf,
    /// Which organization.
    #[command(flatten)]
    pub organization: OrganizationArguments,
}

/// Arguments of `usher provisioning history`.
#[derive(Args, Clone, Debug, Default)]
#[command(after_help = "Examples:
  usher provisioning history
  usher provisioning history --json    with what was changed")]
pub struct HistoryArguments {
    /// Which organization.
    #[command(flatten)]
    pub organization: OrganizationArguments,
    /// How to show it.
    #[command(flatten)]
    pub list: ListArguments,
}

/// Runs `usher provisioning …`.
pub async fn run(command: &Command, context: &Context) -> Result<Exit, Failure> {
    match command {
        Command::Show(arguments) => show::run(arguments, context).await,
        Command::Set(arguments) => set(arguments, context).await,
        Command::Export(arguments) => document::export(arguments, context).await,
        Command::Import(arguments) => document::import(arguments, context).await,
        Command::History(arguments) => history::run(arguments, context).await,
    }
}

async fn set(arguments: &SetArguments, context: &Context) -> Result<Exit, Failure> {
    let provisioning = Provisioning::open(context, &arguments.organization).await?;
    let before = keys::get(&provisioning.settings, &arguments.key)?;
    let mut settings = provisioning.settings.clone();
    keys::set(&mut settings, &arguments.key, &arguments.value)?;
    let after = keys::get(&settings, &arguments.key)?;
    let what = json!({"setting": arguments.key, "before": before, "after": after});
    if before == after {
        let words = format!("{} is {after} already", arguments.key);
        return saved(provisioning.version.unwrap_or(0), (what, words), context);
    }
    let version = provisioning.save(settings, context).await?;
    let words = format!("{}: {before} -> {after}", arguments.key);
    saved(version, (what, words), context)
}
