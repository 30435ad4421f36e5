//! `usher provisioning history`.

use serde_json::{Value, json};
use usher_model::Actor;
use usher_store::{SettingsOf, SettingsVersion};

use super::HistoryArguments;
use super::difference::{Difference, between};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::cell::Cell;
use crate::output::listing::{Column, ListArguments, Noun, show};
use crate::provisioning::Provisioning;

struct Row {
    version: SettingsVersion,
    changes: Vec<Difference>,
}

const COLUMNS: &[Column<Row>] = &[
    Column::new("version", |row| Cell::Number(row.version.version)),
    Column::new("saved_at", |row| Cell::Time(row.version.saved_at)),
    Column::new("by", |row| {
        Cell::optional(by(row.version.saved_by.as_ref()))
    }),
    Column::new("changed", changed),
    Column::extra("settings", |row| {
        Cell::Detail(String::new(), row.version.value.clone())
    }),
];

fn by(actor: Option<&Actor>) -> Option<String> {
    actor.map(Actor::label)
}

/// The first few changes for people, all of them for programs.
fn changed(row: &Row) -> Cell {
    const SHOWN: usize = 3;
    let words = |one: &Difference| {
        let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "(none)".to_owned());
        format!(
            "{}: {} -> {}",
            one.place,
            text(&one.before),
            text(&one.after)
        )
    };
    let mut shown: Vec<String> = row.changes.iter().take(SHOWN).map(words).collect();
    if row.changes.len() > SHOWN {
        shown.push(format!("and {} more", row.changes.len() - SHOWN));
    }
    let all: Vec<Value> = row
        .changes
        .iter()
        .map(|one| json!({"place": one.place, "before": one.before, "after": one.after}))
        .collect();
    Cell::Detail(shown.join("; "), json!(all))
}

/// Runs `usher provisioning history`.
pub async fn run(arguments: &HistoryArguments, context: &Context) -> Result<Exit, Failure> {
    if arguments.list.wants_names() {
        return ListArguments::print_names(COLUMNS, &context.output);
    }
    let provisioning = Provisioning::open(context, &arguments.organization).await?;
    let versions = provisioning
        .store
        .settings_history(SettingsOf::Provisioning(provisioning.id()))
        .await?;
    show(
        rows(versions),
        COLUMNS,
        &arguments.list,
        (&context.output, Noun("version"), context.now()),
    )?;
    Ok(Exit::Success)
}

/// Each version with what it changed; the first changed the defaults. Newest first, as they come.
fn rows(versions: Vec<SettingsVersion>) -> Vec<Row> {
    let defaults = json!(usher_plan::Settings::default());
    let before: Vec<Value> = versions
        .iter()
        .skip(1)
        .map(|version| version.value.clone())
        .chain([defaults])
        .collect();
    versions
        .into_iter()
        .zip(before)
        .map(|(version, before)| Row {
            changes: between(&before, &version.value),
            version,
        })
        .collect()
}
