//! `usher scope …`: who is considered.

mod editing;
mod preview;

use clap::{Args, Subcommand};
use serde_json::json;
use usher_plan::{ScopeMode, ScopeSettings};

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{note, style};
use crate::provisioning::{OrganizationArguments, Provisioning};
use crate::scope_text::clause_text;

/// `usher scope …`.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show who is considered: mode, filters, include and exclude lists
    Show(ShowArguments),
    /// Set the mode, or the include and exclude lists
    Set(SetArguments),
    /// Add a scoping filter
    AddFilter(AddFilterArguments),
    /// Remove a scoping filter
    RemoveFilter(RemoveFilterArguments),
    /// Show who would enter and who would leave, and save nothing
    Preview(PreviewArguments),
}

/// Arguments of `usher scope show`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  usher scope show
  usher scope show --json")]
pub struct ShowArguments {
    /// Which organization.
    #[command(flatten)]
    pub organization: OrganizationArguments,
}

/// Arguments of `usher scope set`.
#[derive(Args, Clone, Debug, Default)]
#[command(
    after_help = "Whoever would enter or leave is listed first. When somebody would leave, --yes is needed to save.

Examples:
  usher scope set --mode everyone
  usher scope set --mode assigned --yes
  usher scope set --exclude robot@example.org,test@example.org
  usher scope set --include none"
)]
pub struct SetArguments {
    /// Whom assignments decide: assigned or everyone
    #[arg(long, value_name = "MODE")]
    pub mode: Option<String>,
    /// Addresses that are in scope whatever the filters say; `none` for an empty list
    #[arg(long, value_name = "EMAIL,…", value_delimiter = ',')]
    pub include: Vec<String>,
    /// Addresses that are never in scope; `none` for an empty list
    #[arg(long, value_name = "EMAIL,…", value_delimiter = ',')]
    pub exclude: Vec<String>,
    /// Save even if people leave the scope
    #[arg(long)]
    pub yes: bool,
    /// Which organization.
    #[command(flatten)]
    pub organization: OrganizationArguments,
}

/// Arguments of `usher scope add-filter`.
#[derive(Args, Clone, Debug, Default)]
#[command(
    after_help = "All clauses of a filter must hold; a person must pass one of the filters. A clause is ATTRIBUTE OPERATOR \
VALUE; the operators are EQUALS, NOT_EQUALS, GREATER_THAN, GREATER_THAN_OR_EQUALS, LESS_THAN, LESS_THAN_OR_EQUALS, \
IS_TRUE, IS_FALSE, IS_NULL, IS_NOT_NULL, INCLUDES, STARTS_WITH, ENDS_WITH, REGEX_MATCH, NOT_REGEX_MATCH, BEFORE, \
ON_OR_AFTER, and IS_MEMBER_OF and IS_NOT_MEMBER_OF, which take a group and no attribute.

Examples:
  usher scope add-filter designers 'department EQUALS Design' 'country NOT_EQUALS DE'
  usher scope add-filter starters 'startDate BEFORE +14d'
  usher scope add-filter project 'IS_MEMBER_OF Project Mistral' --yes"
)]
pub struct AddFilterArguments {
    /// What to call the filter; one of this name is replaced
    pub name: String,
    /// The clauses
    #[arg(required = true, value_name = "CLAUSE")]
    pub clauses: Vec<String>,
    /// Save even if people leave the scope
    #[arg(long)]
    pub yes: bool,
    /// Which organization.
    #[command(flatten)]
    pub organization: OrganizationArguments,
}

/// Arguments of `usher scope remove-filter`.
#[derive(Args, Clone, Debug, Default)]
#[command(after_help = "Examples:
  usher scope remove-filter designers
  usher scope remove-filter designers --yes")]
pub struct RemoveFilterArguments {
    /// The filter's name
    pub name: String,
    /// Save even if people leave the scope
    #[arg(long)]
    pub yes: bool,
    /// Which organization.
    #[command(flatten)]
    pub organization: OrganizationArguments,
}

/// Arguments of `usher scope preview`.
#[derive(Args, Clone, Debug, Default)]
#[command(after_help = "Without any change given, it says who is in scope now.

Examples:
  usher scope preview --mode everyone
  usher scope preview --add-filter designers --clause 'department EQUALS Design'
  usher scope preview --remove-filter designers --json")]
pub struct PreviewArguments {
    /// With this mode: assigned or everyone
    #[arg(long, value_name = "MODE")]
    pub mode: Option<String>,
    /// With this include list; `none` for an empty one
    #[arg(long, value_name = "EMAIL,…", value_delimiter = ',')]
    pub include: Vec<String>,
    /// With this exclude list; `none` for an empty one
    #[arg(long, value_name = "EMAIL,…", value_delimiter = ',')]
    pub exclude: Vec<String>,
    /// With a filter of this name, made of the clauses given
    #[arg(long, value_name = "NAME", requires = "clauses")]
    pub add_filter: Option<String>,
    /// A clause of that filter; may be given several times
    #[arg(long = "clause", value_name = "CLAUSE", requires = "add_filter")]
    pub clauses: Vec<String>,
    /// Without the filter of this name
    #[arg(long, value_name = "NAME")]
    pub remove_filter: Option<String>,
    /// Which organization.
    #[command(flatten)]
    pub organization: OrganizationArguments,
}

/// Runs `usher scope …`.
pub async fn run(command: &Command, context: &Context) -> Result<Exit, Failure> {
    match command {
        Command::Show(arguments) => show(arguments, context).await,
        Command::Set(arguments) => editing::set(arguments, context).await,
        Command::AddFilter(arguments) => editing::add_filter(arguments, context).await,
        Command::RemoveFilter(arguments) => editing::remove_filter(arguments, context).await,
        Command::Preview(arguments) => preview::run(arguments, context).await,
    }
}

async fn show(arguments: &ShowArguments, context: &Context) -> Result<Exit, Failure> {
    let provisioning = Provisioning::open(context, &arguments.organization).await?;
    let scope = &provisioning.settings.scope;
    if context.output.is_json() {
        context.output.json(&json!(scope))?;
        return Ok(Exit::Success);
    }
    for line in lines(scope) {
        context.output.line(line)?;
    }
    note("`usher scope preview` shows who would enter or leave with a change");
    Ok(Exit::Success)
}

/// The scope as lines.
fn lines(scope: &ScopeSettings) -> Vec<String> {
    let mode = match scope.mode {
        ScopeMode::Assigned => "assigned: only people with an assignment",
        ScopeMode::Everyone => "everyone: everybody in the directory",
    };
    let mut lines = vec![format!("mode     {mode}")];
    if scope.filters.is_empty() {
        lines.push("filters  none: everybody of the mode is in scope".to_owned());
    } else {
        lines.push("filters  a person must pass one of these".to_owned());
    }
    for filter in &scope.filters {
        lines.push(format!("  {}", style::heading(&filter.name)));
        let clauses = filter.clauses.iter().map(clause_text);
        lines.extend(clauses.map(|clause| format!("    {clause}")));
    }
    for (name, addresses) in [("include", &scope.include), ("exclude", &scope.exclude)] {
        let addresses: Vec<&str> = addresses.iter().map(usher_model::Email::as_str).collect();
        let shown = if addresses.is_empty() {
            "none".to_owned()
        } else {
            addresses.join(", ")
        };
        lines.push(format!("{name}  {shown}"));
    }
    lines
}
