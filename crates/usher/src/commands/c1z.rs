//! `usher c1z …`: looking into Baton files.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use usher_baton::c1z::{Inspection, ReadOptions, RunStats, inspect};

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{humanize, style};

/// `usher c1z …`.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show what is in a .c1z file: its syncs, their sizes, and the first rows
    Inspect(InspectArguments),
}

/// Arguments of `usher c1z inspect`.
#[derive(Args, Debug)]
#[command(after_help = "The file is only read, whoever wrote it.

Examples:
  usher c1z inspect sync.c1z
  usher c1z inspect sync.c1z --rows 20 --json")]
pub struct InspectArguments {
    /// The file
    pub file: PathBuf,
    /// Show this many rows of each kind
    #[arg(long, value_name = "NUMBER", default_value_t = 3)]
    pub rows: usize,
}

/// Runs `usher c1z …`.
pub async fn run(command: &Command, context: &Context) -> Result<Exit, Failure> {
    let Command::Inspect(arguments) = command;
    let options = ReadOptions::default();
    let found = inspect(&arguments.file, &options, context.now(), arguments.rows).await?;
    if context.output.is_json() {
        context.output.json(&found)?;
    } else {
        lines(&found)
            .iter()
            .try_for_each(|line| context.output.line(line))?;
    }
    Ok(Exit::Success)
}

fn lines(found: &Inspection) -> Vec<String> {
    let mut lines = vec![
        style::heading(&found.file.display().to_string()),
        format!(
            "  {}, {} bytes, {} bytes unpacked",
            found.format.as_str(),
            humanize::count(found.file_bytes),
            humanize::count(found.database_bytes),
        ),
    ];
    for run in &found.runs {
        let is_shown = found.shown.as_deref() == Some(run.run.sync_id.as_str());
        let mark = if is_shown { " (shown below)" } else { "" };
        lines.push(format!(
            "  sync {} {}{mark}: {}",
            run.run.sync_id,
            run.run.sync_type,
            counts(&run.stats)
        ));
    }
    if found.runs.is_empty() {
        lines.push("  no syncs".to_owned());
    }
    samples(found, &mut lines);
    lines
}

fn counts(stats: &RunStats) -> String {
    [
        humanize::counted(stats.resource_types, "resource type"),
        humanize::counted(stats.resources, "resource"),
        humanize::counted(stats.entitlements, "entitlement"),
        humanize::counted(stats.grants, "grant"),
    ]
    .join(", ")
}

fn samples(found: &Inspection, lines: &mut Vec<String>) {
    let named = |id: &str, name: &str| format!("    {id}  {name}");
    let samples = &found.samples;
    let resources = samples
        .resources
        .iter()
        .map(|row| named(&row.id, &row.display_name));
    section("resources", resources.collect(), lines);
    let entitlements = samples
        .entitlements
        .iter()
        .map(|row| named(&row.id, &row.display_name));
    section("entitlements", entitlements.collect(), lines);
    let grants = samples
        .grants
        .iter()
        .map(|row| named(&row.entitlement, &row.principal));
    section("grants", grants.collect(), lines);
}

fn section(title: &str, rows: Vec<String>, lines: &mut Vec<String>) {
    if !rows.is_empty() {
        lines.push(format!("  {title}, the first {}", rows.len()));
        lines.extend(rows);
    }
}
