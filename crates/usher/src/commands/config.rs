//! `usher config check`: each setting, its value, and where it comes from.

use clap::{Args, Subcommand};
use serde_json::json;

use crate::cli::MiroFlags;
use crate::config::environment::{VARIABLES, Variable};
use crate::config::layers::Layers;
use crate::config::sections::{PROVIDERS, all_settings, listed_settings};
use crate::config::setting::{Exposure, Setting};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::cell::Cell;
use crate::output::listing::{Column, ListArguments, Noun, show};
use crate::output::{note, style};

/// `usher config …`.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show each setting, its value, and where it comes from
    Check(CheckArguments),
}

/// Arguments of `usher config check`.
#[derive(Args, Debug)]
#[command(
    after_help = "Without --columns each setting is explained: its value, where that comes from, what else sets it, and what it is for.

Examples:
  usher config check
  usher config check --columns setting,value,origin
  usher config check --json
  USHER_REST_URL=http://127.0.0.1:8080/ usher config check"
)]
pub struct CheckArguments {
    /// Flags to explain as well.
    #[command(flatten)]
    pub miro: MiroFlags,
    /// How to show it.
    #[command(flatten)]
    pub list: ListArguments,
}

struct Row {
    name: String,
    setting: &'static Setting,
    value: Option<String>,
    origin: String,
}

const COLUMNS: &[Column<Row>] = &[
    Column::new("setting", |row| Cell::text(row.name.clone())),
    Column::new("value", |row| Cell::optional(row.value.clone())),
    Column::new("origin", |row| Cell::text(row.origin.clone())),
    Column::extra("default", |row| Cell::optional(row.setting.default)),
    Column::extra("flag", |row| Cell::optional(row.setting.flag)),
    Column::extra("variables", |row| Cell::Several(variables(row.setting))),
    Column::extra("help", |row| Cell::text(row.setting.help.trim())),
];

/// Runs `usher config …`.
pub fn run(command: &Command, context: &Context) -> Result<Exit, Failure> {
    let Command::Check(CheckArguments { list, .. }) = command;
    if list.wants_names() {
        return ListArguments::print_names(COLUMNS, &context.output);
    }
    let layers = &context.configuration.layers;
    let mut rows: Vec<Row> = all_settings()
        .map(|setting| explain(setting.key.to_owned(), setting, (layers, context)))
        .collect();
    rows.extend(providers(context));
    if context.output.is_json() {
        return tell_programs(&rows, context);
    }
    if !list.csv {
        note(match &context.configuration.file {
            Some(file) => format!("configuration file: {}", file.display()),
            None => "configuration file: none".to_owned(),
        });
    }
    if list.is_default() {
        for row in &rows {
            for line in explanation(row) {
                context.output.line(line)?;
            }
        }
        return Ok(Exit::Success);
    }
    show(
        rows,
        COLUMNS,
        list,
        (&context.output, Noun("setting"), context.now()),
    )?;
    Ok(Exit::Success)
}

fn tell_programs(rows: &[Row], context: &Context) -> Result<Exit, Failure> {
    let file = context.configuration.file.as_ref();
    let columns: Vec<_> = COLUMNS.iter().collect();
    let settings: Vec<_> = rows
        .iter()
        .map(|row| crate::output::listing::object(row, &columns))
        .collect();
    context.output.json(
        &json!({"file": file.map(|file| file.display().to_string()), "settings": settings}),
    )?;
    Ok(Exit::Success)
}

/// A setting for people: its value and where that comes from, what it is for, and what else sets it.
fn explanation(row: &Row) -> [String; 4] {
    let value = row.value.as_deref().unwrap_or("-");
    let setting = row.setting;
    let mut ways = Vec::new();
    ways.extend(setting.flag.map(str::to_owned));
    ways.extend(variables(setting));
    if setting.exposure == Exposure::Plain {
        ways.push("usher.toml".to_owned());
    }
    let default = match setting.default {
        Some(default) => format!("; default {default}"),
        None => String::new(),
    };
    [
        format!("{} = {value}  ({})", style::heading(&row.name), row.origin),
        format!("    {}", setting.help.trim()),
        style::faint(&format!("    set by {}{default}", ways.join(", "))),
        String::new(),
    ]
}

/// The environment variables that set it.
fn variables(setting: &Setting) -> Vec<String> {
    let feeds = |variable: &&Variable| variable.setting == Some(setting.key);
    let names = VARIABLES.iter().filter(feeds);
    names.map(|variable| variable.name.to_owned()).collect()
}

/// The settings of each identity provider.
fn providers(context: &Context) -> impl Iterator<Item = Row> + '_ {
    let configuration = &context.configuration;
    let listed = configuration.layers.listed().iter();
    listed
        .zip(&configuration.providers)
        .flat_map(move |(one, provider)| {
            let origin = (&one.layers, context);
            listed_settings().map(move |setting| {
                let (_, key) = setting.key.rsplit_once('.').unwrap_or_default();
                let name = format!("{PROVIDERS}[{}].{key}", provider.name);
                explain(name, setting, origin)
            })
        })
}

fn explain(name: String, setting: &'static Setting, (layers, context): (&Layers, &Context)) -> Row {
    let layered = layers.get(setting.key);
    let value = layered.map(|layered| layered.text.replace('\n', ", "));
    let value = match setting.exposure {
        Exposure::Secret => Some(if value.is_some() { "set" } else { "not set" }.to_owned()),
        // A database URL may carry a password.
        Exposure::Plain if setting.key == "database.url" => Some(context.database_shown()),
        Exposure::Plain => value.or_else(|| setting.default.map(str::to_owned)),
    };
    Row {
        name,
        setting,
        value,
        origin: layered.map_or_else(|| "default".to_owned(), |value| value.origin.to_string()),
    }
}
