//! The command line: global flags, the list of commands, and the flags that several commands share.

use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, Subcommand};

use crate::commands;
use crate::config::value::Period;
use crate::config::{Layers, Origin};
use crate::exit;

/// Identity governance for Miro: who has access, who should, and the proof
///
/// Usher reads a Miro organization into an inventory: accounts, teams, and who holds what. The inventory keeps its
/// history, so "who had what on 1 March" is a question like any other.
///
/// Nobody needs a Miro to try it: `usher demo` brings its own.
#[derive(Debug, Parser)]
#[command(
    name = "usher",
    version,
    propagate_version = false,
    arg_required_else_help = true
)]
#[command(after_help = "Start with `usher demo`, or see `usher help COMMAND`.")]
#[command(after_long_help = exit::help_table())]
pub struct Cli {
    /// Flags of every command.
    #[command(flatten)]
    pub global: GlobalFlags,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Flags of every command.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Global options")]
pub struct GlobalFlags {
    /// Configuration file [default: usher.toml, if there is one]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Where the inventory is: sqlite://PATH or postgres://USER@HOST/NAME [default: sqlite://usher.db]
    #[arg(long, global = true, value_name = "URL")]
    pub database: Option<String>,
    /// Write results as JSON
    #[arg(long, global = true)]
    pub json: bool,
    /// Colour output: auto, always or never
    #[arg(long, global = true, value_name = "WHEN")]
    pub color: Option<String>,
    /// Show no progress, and log errors only
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Log what is done; twice: how; three times: everything
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub verbose: u8,
    /// Log at this level: error, warn, info, debug or trace
    #[arg(long, global = true, value_name = "LEVEL")]
    pub log_level: Option<String>,
    /// Write the log as console lines or json
    #[arg(long, global = true, value_name = "FORMAT")]
    pub log_format: Option<String>,
}

impl GlobalFlags {
    fn layer(&self, layers: &mut Layers) {
        layers.set_flag("database.url", self.database.as_ref());
        layers.set_flag("output.color", self.color.as_ref());
        match (self.quiet, self.verbose) {
            (true, _) => layers.set("log.level", "error", Origin::Flag("--quiet")),
            (false, 0) => {}
            (false, 1) => layers.set("log.level", "info", Origin::Flag("--verbose")),
            (false, 2) => layers.set("log.level", "debug", Origin::Flag("--verbose")),
            (false, _) => layers.set("log.level", "trace", Origin::Flag("--verbose")),
        }
        layers.set_flag("log.level", self.log_level.as_ref());
        layers.set_flag("log.format", self.log_format.as_ref());
    }
}

/// How to reach Miro.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Miro")]
pub struct MiroFlags {
    /// Base address of Miro's REST API [default: https://api.miro.com/]
    #[arg(long, value_name = "URL")]
    pub rest_url: Option<String>,
    /// Base address of Miro's SCIM API [default: https://miro.com/api/v1/scim/]
    #[arg(long, value_name = "URL")]
    pub scim_url: Option<String>,
    /// OAuth access token for the REST API; other users of this machine can see flags, so prefer
    /// USHER_ACCESS_TOKEN or a file
    #[arg(long, value_name = "TOKEN")]
    pub miro_access_token: Option<String>,
    /// File that holds the REST access token
    #[arg(long, value_name = "FILE", conflicts_with = "miro_access_token")]
    pub miro_access_token_file: Option<String>,
    /// Token for the SCIM API; prefer USHER_SCIM_TOKEN or a file
    #[arg(long, value_name = "TOKEN")]
    pub miro_scim_access_token: Option<String>,
    /// File that holds the SCIM token
    #[arg(long, value_name = "FILE", conflicts_with = "miro_scim_access_token")]
    pub miro_scim_access_token_file: Option<String>,
    /// PEM file of certificate authorities to trust besides the system's
    #[arg(long, value_name = "FILE")]
    pub ca_file: Option<String>,
    /// How Miro meters SCIM calls: shared-pool or per-class [default: shared-pool]
    #[arg(long, value_name = "PROFILE")]
    pub scim_limits: Option<String>,
    /// Shorten the windows of the rate limits by this factor; for a sandbox that runs at the same scale
    #[arg(long, value_name = "FACTOR")]
    pub time_scale: Option<String>,
    /// How long to wait for one answer [default: 30s]
    #[arg(long, value_name = "TIME")]
    pub timeout: Option<String>,
    /// How often a call that may be repeated is tried again [default: 5]
    #[arg(long, value_name = "NUMBER")]
    pub max_retries: Option<String>,
}

impl MiroFlags {
    /// Lays the flags that were given over `layers`.
    pub fn layer(&self, layers: &mut Layers) {
        layers.set_flag("miro.rest_url", self.rest_url.as_ref());
        layers.set_flag("miro.scim_url", self.scim_url.as_ref());
        layers.set_flag("miro.access_token", self.miro_access_token.as_ref());
        let file = self.miro_access_token_file.as_ref();
        layers.set_flag("miro.access_token_file", file);
        layers.set_flag("miro.scim_token", self.miro_scim_access_token.as_ref());
        let file = self.miro_scim_access_token_file.as_ref();
        layers.set_flag("miro.scim_token_file", file);
        layers.set_flag("miro.ca_file", self.ca_file.as_ref());
        layers.set_flag("miro.scim_limits", self.scim_limits.as_ref());
        layers.set_flag("miro.time_scale", self.time_scale.as_ref());
        layers.set_flag("miro.timeout", self.timeout.as_ref());
        layers.set_flag("miro.max_retries", self.max_retries.as_ref());
    }
}

/// A length of time given on the command line.
pub fn period(text: &str) -> Result<Period, String> {
    text.parse()
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show Usher at work on a simulated Miro of 2,000 people
    Demo(commands::demo::Arguments),
    /// Run a simulated Miro: its SCIM and REST APIs over an organization made up on the spot
    Sandbox(Box<commands::sandbox::Arguments>),
    /// Check that Miro and the database can be used, with a remedy for what cannot
    Doctor(commands::doctor::Arguments),
    /// Read the organization into the inventory
    Sync(commands::sync::Arguments),
    /// List the syncs so far
    Syncs(commands::syncs::Arguments),
    /// List accounts
    Accounts(commands::accounts::Arguments),
    /// List teams
    Teams(commands::teams::Arguments),
    /// List what can be held, and by how many it is
    Entitlements(commands::entitlements::Arguments),
    /// List who holds what
    Grants(commands::grants::Arguments),
    /// Show what access changed between two syncs or dates
    Diff(commands::diff::Arguments),
    /// Write the inventory to a file: .c1z, .jsonl, or a folder of CSV files
    Export(commands::export::Arguments),
    /// Keep the directory: people, groups, and where they come from
    #[command(subcommand)]
    People(Box<commands::people::Command>),
    /// Say what somebody should hold
    Assign(commands::assign::Arguments),
    /// List who should hold what
    Assignments(commands::assignments::Arguments),
    /// Take assignments back
    Unassign(commands::unassign::Arguments),
    /// Keep accounts as they are
    #[command(subcommand)]
    Hold(commands::hold::Command),
    /// Show or decide which account is whose
    #[command(subcommand)]
    Link(commands::link::Command),
    /// Decide who is considered
    #[command(subcommand)]
    Scope(commands::scope::Command),
    /// Decide how a person's attributes become an account's
    #[command(subcommand)]
    Mapping(commands::mapping::Command),
    /// Decide everything else about provisioning
    #[command(subcommand)]
    Provisioning(commands::provisioning::Command),
    /// Activate, switch and look at the link to an organization
    #[command(subcommand)]
    Connector(Box<commands::connector::Command>),
    /// Plan what should change in Miro, and why
    Plan(Box<commands::plan::Arguments>),
    /// Explain why somebody has, gets or loses each thing
    Explain(commands::explain::Arguments),
    /// Carry a plan out
    Apply(Box<commands::apply::Arguments>),
    /// Provision one person now, step by step
    Provision(Box<commands::provision::Arguments>),
    /// List differences that somebody made in Miro by hand
    Drift(commands::drift::Arguments),
    /// List changes that could not be made, and what to do about them
    Failures(commands::failures::Arguments),
    /// Run a provisioning cycle, or one after another
    Cycle(Box<commands::cycle::Arguments>),
    /// List what provisioning cycles did
    Cycles(commands::cycles::Arguments),
    /// Run Usher as a service
    Serve(commands::serve::Arguments),
    /// Ask a running server whether it is well
    Probe(commands::probe::Arguments),
    /// Keep who uses the server, when nobody gets in by it
    #[command(subcommand)]
    Administrators(commands::administrators::Command),
    /// Decide what the service does again and again
    #[command(subcommand)]
    Schedules(commands::schedules::Command),
    /// List what the service does and did
    Jobs(commands::jobs::Arguments),
    /// Keep the key that stored secrets are encrypted with
    #[command(subcommand)]
    Secrets(commands::secrets::Command),
    /// Write the database to a file, also while the service runs
    Backup(commands::backup::Arguments),
    /// Make the database from a backup
    Restore(commands::restore::Arguments),
    /// Try the ways by which people are told
    #[command(subcommand)]
    Notify(commands::notify::Command),
    /// Prove that the log of events is whole
    #[command(subcommand)]
    Audit(commands::audit::Command),
    /// List what Usher did
    Events(commands::events::Arguments),
    /// Look into .c1z files
    #[command(subcommand, name = "c1z")]
    C1z(commands::c1z::Command),
    /// Explain the configuration
    #[command(subcommand)]
    Config(commands::config::Command),
    /// Print the completions for a shell
    Completions(commands::completions::Arguments),
    /// Write the generated reference pages into a folder
    #[command(hide = true)]
    GenerateDocs(commands::generate_docs::Arguments),
}

impl Cli {
    /// What the flags set.
    pub fn layer(&self) -> Layers {
        let mut layers = Layers::default();
        self.global.layer(&mut layers);
        match &self.command {
            Command::Sync(arguments) => arguments.layer(&mut layers),
            Command::Doctor(arguments) => arguments.miro.layer(&mut layers),
            Command::Plan(arguments) => arguments.layer(&mut layers),
            Command::Apply(arguments) => arguments.layer(&mut layers),
            Command::Provision(arguments) => arguments.layer(&mut layers),
            Command::Cycle(arguments) => arguments.layer(&mut layers),
            Command::Serve(arguments) => arguments.layer(&mut layers),
            Command::Connector(command) => command.layer(&mut layers),
            Command::Config(commands::config::Command::Check(arguments)) => {
                arguments.miro.layer(&mut layers);
            }
            _ => {}
        }
        layers
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::config::sections::all_settings;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_setting_that_names_a_flag_has_one() {
        let command = Cli::command();
        let mut flags: Vec<String> = command
            .get_subcommands()
            .chain([&command])
            .flat_map(clap::Command::get_arguments)
            .filter_map(|argument| argument.get_long().map(|long| format!("--{long}")))
            .collect();
        flags.sort();
        for setting in all_settings() {
            if let Some(flag) = setting.flag {
                assert!(flags.iter().any(|known| known == flag), "{flag}");
            }
        }
    }
}
