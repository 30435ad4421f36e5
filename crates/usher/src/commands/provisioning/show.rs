//! `usher provisioning show`.

use serde_json::json;
use usher_plan::Settings;

use super::ShowArguments;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::cell::Cell;
use crate::output::listing::{Column, ListArguments, Noun, show};
use crate::output::note;
use crate::provisioning::Provisioning;
use crate::provisioning_keys::{self as keys, DRIFT_PREFIX, KEYS};

struct Row {
    key: String,
    value: String,
    form: &'static str,
    help: &'static str,
    is_default: bool,
}

const COLUMNS: &[Column<Row>] = &[
    Column::new("setting", |row| Cell::text(row.key.clone())),
    Column::new("value", |row| Cell::text(row.value.clone())),
    Column::new("origin", |row| {
        Cell::text(if row.is_default { "default" } else { "set" })
    }),
    Column::extra("accepts", |row| Cell::text(row.form)),
    Column::extra("meaning", |row| Cell::text(row.help)),
];

/// Runs `usher provisioning show`. Programs that do not choose columns get the whole document.
pub async fn run(arguments: &ShowArguments, context: &Context) -> Result<Exit, Failure> {
    if arguments.list.wants_names() {
        return ListArguments::print_names(COLUMNS, &context.output);
    }
    let provisioning = Provisioning::open(context, &arguments.organization).await?;
    if let Some(key) = &arguments.key {
        return one(key, &provisioning.settings, context);
    }
    if context.output.is_json() && arguments.list.columns.is_empty() {
        context.output.json(&json!({
            "version": provisioning.version,
            "settings": provisioning.settings,
        }))?;
        return Ok(Exit::Success);
    }
    show(
        rows(&provisioning.settings),
        COLUMNS,
        &arguments.list,
        (&context.output, Noun("setting"), context.now()),
    )?;
    note("`usher mapping show` and `usher scope show` have the rest");
    Ok(Exit::Success)
}

fn one(key: &str, settings: &Settings, context: &Context) -> Result<Exit, Failure> {
    let value = keys::get(settings, key)?;
    if context.output.is_json() {
        context
            .output
            .json(&json!({"setting": key, "value": value}))?;
    } else {
        context.output.line(value)?;
    }
    Ok(Exit::Success)
}

fn rows(settings: &Settings) -> Vec<Row> {
    let mut rows: Vec<Row> = KEYS
        .iter()
        .map(|key| Row {
            key: key.name.to_owned(),
            value: (key.get)(settings),
            form: key.form,
            help: key.help,
            is_default: keys::is_default(key, settings),
        })
        .collect();
    rows.extend(settings.drift.iter().map(|(attribute, policy)| Row {
        key: format!("{DRIFT_PREFIX}{}", attribute.label()),
        value: keys::worded(policy),
        form: "correct | report | adopt",
        help: "what happens when the attribute was changed in Miro by hand",
        is_default: false,
    }));
    rows
}
