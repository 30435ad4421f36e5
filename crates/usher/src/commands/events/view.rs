//! How an event is shown.

use serde_json::{Value, json};
use usher_model::{Actor, ChainedEvent};

use crate::output::cell::Cell;
use crate::output::listing::{Column, object as as_object};
use crate::output::{humanize, style};

/// The columns of an event.
pub const COLUMNS: &[Column<ChainedEvent>] = &[
    Column::new("sequence", |row| Cell::Number(row.sequence)),
    Column::new("at", |row| Cell::Time(row.event.at)),
    Column::new("kind", |row| Cell::text(row.event.kind.as_str())),
    Column::new("subject", |row| Cell::text(row.event.subject.clone())),
    Column::new("actor", |row| Cell::text(actor(&row.event.actor))),
    Column::extra("origin", |row| {
        Cell::Detail(String::new(), json!(row.event.origin))
    }),
    Column::extra("data", |row| {
        Cell::Detail(row.event.data.to_string(), row.event.data.clone())
    }),
    Column::extra("id", |row| Cell::text(row.event.id.as_str())),
    Column::extra("hash", |row| Cell::text(row.hash.to_string())),
];

fn actor(actor: &Actor) -> String {
    actor.label()
}

/// The event as an object with all its members.
pub fn object(row: &ChainedEvent) -> Value {
    as_object(row, &COLUMNS.iter().collect::<Vec<_>>())
}

/// The event on one line, for following.
pub fn line(row: &ChainedEvent) -> String {
    let label = row.event.data.get("label").and_then(Value::as_str);
    let label = label.map_or_else(String::new, |label| format!(" ({label})"));
    format!(
        "{}  {}  {}{label}  {}",
        humanize::exact(row.event.at),
        style::heading(row.event.kind.as_str()),
        row.event.subject,
        style::faint(&actor(&row.event.actor)),
    )
}
