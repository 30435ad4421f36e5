//! `usher people settings …`: how sources become one directory.

use clap::{Args, Subcommand};
use serde_json::json;
use usher_directory::Existence;
use usher_engine::people::{DirectorySettings, directory_settings, save_directory_settings};
use usher_model::{AttributeName, OrganizationId, SourceName};
use usher_store::Store;

use super::source::reading::chosen;
use crate::config::suggest::nearest;
use crate::config::value::SettingValue;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::inventory::{open, open_existing};
use crate::provisioning::{acting, actor, saved};
use crate::provisioning_keys::{word, worded};

/// `usher people settings …`.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show the settings
    Show(ShowArguments),
    /// Change a setting
    Set(SetArguments),
}

/// Arguments of `usher people settings show`.
#[derive(Args, Clone, Debug, Default)]
#[command(after_help = "Examples:
  usher people settings show
  usher people settings show --json")]
pub struct ShowArguments {}

/// Arguments of `usher people settings set`.
#[derive(Args, Clone, Debug, Default)]
#[command(
    after_help = "Where sources differ, the one with the smaller place wins (`usher people sources`); `attributes.NAME` gives one \
attribute an order of its own.

Examples:
  usher people settings set key employeeNumber
  usher people settings set existence first_source
  usher people settings set limits.shrink_percent 10
  usher people settings set attributes.department hr,ad
  usher people settings set assigns.entra 3074457345618265000"
)]
pub struct SetArguments {
    /// key, existence, limits.shrink_percent, limits.shrink_at_least, attributes.NAME or assigns.SOURCE
    pub key: String,
    /// Its value; `none` takes an order or a list away
    pub value: String,
}

const KEYS: [&str; 6] = [
    "key",
    "existence",
    "limits.shrink_percent",
    "limits.shrink_at_least",
    "attributes.",
    "assigns.",
];

/// Runs `usher people settings …`.
pub async fn run(command: &Command, context: &Context) -> Result<Exit, Failure> {
    match command {
        Command::Show(_) => show(context).await,
        Command::Set(arguments) => set(arguments, context).await,
    }
}

async fn show(context: &Context) -> Result<Exit, Failure> {
    let store = open_existing(context).await?;
    let (version, settings) = directory_settings(&store).await?;
    if context.output.is_json() {
        context
            .output
            .json(&json!({"version": version, "settings": settings}))?;
        return Ok(Exit::Success);
    }
    for (name, value) in rows(&settings) {
        context.output.line(format!("{name:<26} {value}"))?;
    }
    Ok(Exit::Success)
}

fn rows(settings: &DirectorySettings) -> Vec<(String, String)> {
    let limits = settings.limits;
    let mut rows = vec![
        ("key".to_owned(), settings.key.to_string()),
        ("existence".to_owned(), worded(&settings.existence)),
        (
            "limits.shrink_percent".to_owned(),
            limits.shrink_percent.to_string(),
        ),
        (
            "limits.shrink_at_least".to_owned(),
            limits.shrink_at_least.to_string(),
        ),
    ];
    for (attribute, sources) in &settings.attributes {
        let names: Vec<&str> = sources.iter().map(SourceName::as_str).collect();
        rows.push((format!("attributes.{attribute}"), names.join(",")));
    }
    for (source, organizations) in &settings.assigns {
        let ids: Vec<&str> = organizations.iter().map(OrganizationId::as_str).collect();
        rows.push((format!("assigns.{source}"), ids.join(",")));
    }
    rows
}

async fn set(arguments: &SetArguments, context: &Context) -> Result<Exit, Failure> {
    let store = open(context).await?;
    let (version, mut settings) = directory_settings(&store).await?;
    let (key, value) = (arguments.key.as_str(), arguments.value.as_str());
    if let Some(attribute) = key.strip_prefix("attributes.") {
        let sources = sources(value, &store).await?;
        let attribute = AttributeName::new(attribute);
        match sources {
            Some(sources) => settings.attributes.insert(attribute, sources),
            None => settings.attributes.remove(&attribute),
        };
    } else if let Some(source) = key.strip_prefix("assigns.") {
        chosen(&[source.to_owned()], &store).await?;
        let ids = list(value).map(|ids| ids.iter().map(OrganizationId::new).collect());
        match ids {
            Some(ids) => settings.assigns.insert(SourceName::new(source), ids),
            None => settings.assigns.remove(&SourceName::new(source)),
        };
    } else {
        plain(&mut settings, key, value)?;
    }
    let actor = actor(context);
    let acting = acting(&store, &actor, context);
    let version = save_directory_settings(acting, &settings, version).await?;
    let words = format!("{key}: {value}; it counts from the next reading on");
    saved(version, (json!(settings), words), context)
}

fn list(value: &str) -> Option<Vec<String>> {
    if value.eq_ignore_ascii_case("none") {
        return None;
    }
    let parts = value
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty());
    Some(parts.map(str::to_owned).collect())
}

async fn sources(value: &str, store: &Store) -> Result<Option<Vec<SourceName>>, Failure> {
    let Some(names) = list(value) else {
        return Ok(None);
    };
    chosen(&names, store).await?;
    Ok(Some(names.iter().map(SourceName::new).collect()))
}

fn plain(settings: &mut DirectorySettings, key: &str, value: &str) -> Result<(), Failure> {
    let refuse = |why: String| Failure::usage(format!("{key} cannot be set to `{value}`: {why}"));
    match key {
        "key" => settings.key = AttributeName::new(value),
        "existence" => {
            settings.existence =
                word::<Existence>(value, &["any_source", "first_source"]).map_err(refuse)?;
        }
        "limits.shrink_percent" => {
            settings.limits.shrink_percent = <u8 as SettingValue>::parse(value).map_err(refuse)?;
        }
        "limits.shrink_at_least" => {
            settings.limits.shrink_at_least = value
                .parse()
                .map_err(|_| refuse("it is not a whole number".to_owned()))?;
        }
        _ => {
            let failure = Failure::usage(format!("there is no setting `{key}`"));
            return Err(match nearest(key, KEYS) {
                Some(near) => failure.hint(format!("did you mean `{near}`?")),
                None => failure.hint(format!("the settings are {}", KEYS.join(", "))),
            });
        }
    }
    Ok(())
}
