//! `usher mapping …`: how a person's attributes become an account's.

mod check;
mod document;
mod editing;
mod preview;
mod show;

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::listing::ListArguments;
use crate::provisioning::OrganizationArguments;

pub use check::into_failure;

/// `usher mapping …`.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Check mappings, matching and scope, all mistakes at once
    Check(CheckArguments),
    /// List the mappings
    Show(ShowArguments),
    /// Set where one attribute of accounts comes from
    Set(SetArguments),
    /// Show or set the attributes by which people are tied to accounts that are there
    Matching(MatchingArguments),
    /// Show what the mappings make of one person: input, expression, output, Miro's own rules
    Preview(PreviewArguments),
    /// Go back to the default mapping, of everything or of one attribute
    Reset(ResetArguments),
    /// Write the mappings to a file
    Export(ExportArguments),
    /// Read the mappings from a file
    Import(ImportArguments),
}

/// Arguments of `usher mapping check`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  usher mapping check
  usher mapping check --file mapping.yaml    before it is imported")]
pub struct CheckArguments {
    /// Check this file instead of what is set
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Which organization.
    #[command(flatten)]
    pub organization: OrganizationArguments,
}

/// Arguments of `usher mapping show`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  usher mapping show
  usher mapping show --columns all
  usher mapping show --json")]
pub struct ShowArguments {
    /// Which organization.
    #[command(flatten)]
    pub organization: OrganizationArguments,
    /// How to show it.
    #[command(flatten)]
    pub list: ListArguments,
}

/// Arguments of `usher mapping set`.
#[derive(Args, Clone, Debug, Default)]
#[command(
    after_help = "The page on mappings lists the functions that expressions know.

Examples:
  usher mapping set department --direct department
  usher mapping set displayName --expression 'join(\" \", person.givenName, person.familyName)'
  usher mapping set preferredLanguage --direct preferredLanguage --default en_US
  usher mapping set costCenter --direct costCenter --when-empty clear
  usher mapping set photo --none                     never touch it
  usher mapping set userType --constant Full --apply only-at-creation"
)]
pub struct SetArguments {
    /// The account's attribute, by its path or short name
    pub target: String,
    /// Take this attribute of the person as it is
    #[arg(long, value_name = "ATTRIBUTE", group = "mapping_source")]
    pub direct: Option<String>,
    /// The same text for everybody
    #[arg(long, value_name = "TEXT", group = "mapping_source")]
    pub constant: Option<String>,
    /// Compute it
    #[arg(long, value_name = "EXPRESSION", group = "mapping_source")]
    pub expression: Option<String>,
    /// Never touch the attribute
    #[arg(long, group = "mapping_source")]
    pub none: bool,
    /// The value when the source has none; `none` for no default
    #[arg(long, value_name = "TEXT")]
    pub default: Option<String>,
    /// What happens when there is no value at all: keep or clear
    #[arg(long, value_name = "WHAT")]
    pub when_empty: Option<String>,
    /// When it is applied: always or only-at-creation
    #[arg(long, value_name = "WHEN")]
    pub apply: Option<String>,
    /// Which organization.
    #[command(flatten)]
    pub organization: OrganizationArguments,
}

/// Arguments of `usher mapping matching`.
#[derive(Args, Clone, Debug, Default)]
#[command(
    after_help = "The first property that finds an account wins; one that finds several is an error on that person.

Examples:
  usher mapping matching
  usher mapping matching userName=email employeeNumber=employeeNumber
  usher mapping matching 'userName=expression:lower(person.email)'"
)]
pub struct MatchingArguments {
    /// The properties, in order; without any, what is set is shown
    #[arg(value_name = "TARGET=SOURCE")]
    pub properties: Vec<String>,
    /// Which organization.
    #[command(flatten)]
    pub organization: OrganizationArguments,
}

/// Arguments of `usher mapping preview`.
#[derive(Args, Clone, Debug, Default)]
#[command(after_help = "Examples:
  usher mapping preview ada@example.org
  usher mapping preview 'Ada Lovelace' --creation
  usher mapping preview ada@example.org --json")]
pub struct PreviewArguments {
    /// The person, by e-mail address, name or id
    pub person: String,
    /// As if the account were created now
    #[arg(long)]
    pub creation: bool,
    /// Which organization.
    #[command(flatten)]
    pub organization: OrganizationArguments,
}

/// Arguments of `usher mapping reset`.
#[derive(Args, Clone, Debug, Default)]
#[command(after_help = "Examples:
  usher mapping reset
  usher mapping reset displayName")]
pub struct ResetArguments {
    /// Only this attribute of accounts
    pub target: Option<String>,
    /// Which organization.
    #[command(flatten)]
    pub organization: OrganizationArguments,
}

/// Arguments of `usher mapping export`.
#[derive(Args, Clone, Debug, Default)]
#[command(after_help = "The name decides the form: .json, or YAML.

Examples:
  usher mapping export mapping.yaml
  usher mapping export                 JSON on standard output")]
pub struct ExportArguments {
    /// The file; standard output if there is none
    pub file: Option<PathBuf>,
    /// Which organization.
    #[command(flatten)]
    pub organization: OrganizationArguments,
}

/// Arguments of `usher mapping import`.
#[derive(Args, Clone, Debug, Default)]
#[command(
    after_help = "The file is checked first; when anything in it is wrong, nothing is changed.

Examples:
  usher mapping import mapping.yaml"
)]
pub struct ImportArguments {
    /// The file
    pub file: PathBuf,
    /// Which organization.
    #[command(flatten)]
    pub organization: OrganizationArguments,
}

/// Runs `usher mapping …`.
pub async fn run(command: &Command, context: &Context) -> Result<Exit, Failure> {
    match command {
        Command::Check(arguments) => check::run(arguments, context).await,
        Command::Show(arguments) => show::run(arguments, context).await,
        Command::Set(arguments) => editing::set(arguments, context).await,
        Command::Matching(arguments) => editing::matching(arguments, context).await,
        Command::Preview(arguments) => preview::run(arguments, context).await,
        Command::Reset(arguments) => editing::reset(arguments, context).await,
        Command::Export(arguments) => document::export(arguments, context).await,
        Command::Import(arguments) => document::import(arguments, context).await,
    }
}
