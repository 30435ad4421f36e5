//! `usher config check`: each setting, its value, and where it comes from.

use clap::{Args, Subcommand};
use serde_json::json;

use crate::cli::MiroFlags;
use crate::config::environment::VARIABLES;
use crate::config::sections::all_settings;
use crate::config::setting::{Exposure, Setting};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::cell::Cell;
use crate::output::listing::{Column, ListArguments, Noun, show};
use crate::output::{Format, note};

/// `usher config …`.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show each setting, its value, and where it comes from
    Check(CheckArguments),
}

/// Arguments of `usher config check`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  usher config check
  usher config check --json
  USHER_REST_URL=http://127.0.0.1:8080/ usher config check")]
pub struct CheckArguments {
    /// Flags to explain as well.
    #[command(flatten)]
    pub miro: MiroFlags,
}

struct Row {
    setting: &'static Setting,
    value: Option<String>,
    origin: String,
}

const COLUMNS: &[Column<Row>] = &[
    Column::new("setting", |row| Cell::text(row.setting.key)),
    Column::new("value", |row| Cell::optional(row.value.clone())),
    Column::new("origin", |row| Cell::text(row.origin.clone())),
    Column::extra("default", |row| Cell::optional(row.setting.default)),
    Column::extra("flag", |row| Cell::optional(row.setting.flag)),
    Column::extra("variables", |row| {
        let feeds =
            |name: &&crate::config::environment::Variable| name.setting == Some(row.setting.key);
        let names = VARIABLES.iter().filter(feeds);
        Cell::Several(names.map(|variable| variable.name.to_owned()).collect())
    }),
    Column::extra("help", |row| Cell::text(row.setting.help.trim())),
];

/// Runs `usher config …`.
pub fn run(command: &Command, context: &Context) -> Result<Exit, Failure> {
    let Command::Check(_) = command;
    let rows: Vec<Row> = all_settings()
        .map(|setting| explain(setting, context))
        .collect();
    if context.output.format == Format::Human {
        note(match &context.configuration.file {
            Some(file) => format!("configuration file: {}", file.display()),
            None => "configuration file: none".to_owned(),
        });
        let arguments = ListArguments::default();
        show(
            rows,
            COLUMNS,
            &arguments,
            (&context.output, Noun("setting"), context.now()),
        )?;
    } else {
        let file = context
            .configuration
            .file
            .as_ref()
            .map(|file| file.display().to_string());
        let settings: Vec<_> = rows
            .iter()
            .map(|row| crate::output::listing::object(row, &COLUMNS.iter().collect::<Vec<_>>()))
            .collect();
        context
            .output
            .json(&json!({"file": file, "settings": settings}))?;
    }
    Ok(Exit::Success)
}

fn explain(setting: &'static Setting, context: &Context) -> Row {
    let layered = context.configuration.layers.get(setting.key);
    let value = layered.map(|layered| layered.text.clone());
    let value = match setting.exposure {
        Exposure::Secret => Some(if value.is_some() { "set" } else { "not set" }.to_owned()),
        // A database URL may carry a password.
        Exposure::Plain if setting.key == "database.url" => Some(context.database_shown()),
        Exposure::Plain => value.or_else(|| setting.default.map(str::to_owned)),
    };
    Row {
        setting,
        value,
        origin: layered.map_or_else(|| "default".to_owned(), |value| value.origin.to_string()),
    }
}
