//! One row of a table.

use csv::StringRecord;
use smol_str::SmolStr;
use usher_model::{AppRole, AttributeName, AttributeValue, PersonStatus};

use super::date;
use super::layout::{Layout, ManagerBy};
use super::table::{Quoting, TableRow};
use crate::{EntryKey, Reference, SourcePerson};

/// What a row gave. Groups and roles are kept even of a row that is otherwise bad, so that nobody loses them by a
/// typing mistake elsewhere in the row.
#[derive(Debug)]
pub(super) struct Row {
    /// The row's key; `None` when it cannot be relied on.
    pub key: Option<EntryKey>,
    /// The person, or what is the matter with the row.
    pub person: Result<SourcePerson, String>,
    pub groups: Vec<GroupName>,
    pub app_role: Option<AppRole>,
    /// Whether the cells are where they belong.
    pub shape: Shape,
    /// Dates that were kept as they are, as nobody can tell which day is meant.
    pub odd_dates: Vec<(AttributeName, String)>,
}

/// Whether a row has as many cells as the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Whole,
    Broken,
}

/// A group named in a cell.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct GroupName {
    pub key: EntryKey,
    pub name: String,
}

impl GroupName {
    /// A group's key is its name in lower case; of a distinguished name, the first part is the name.
    pub fn new(text: &str) -> Self {
        let text = text.trim();
        let name = match text.split_once('=') {
            Some((kind, rest)) if kind.eq_ignore_ascii_case("cn") && rest.contains(',') => {
                rest.split(',').next().unwrap_or(rest)
            }
            _ => text,
        };
        Self {
            key: EntryKey::new(text.to_lowercase()),
            name: name.to_owned(),
        }
    }
}

/// Reads a row.
pub(super) fn read(row: &TableRow, layout: &Layout) -> Row {
    let record = &row.record;
    let cells = record.len();
    let excess = record
        .iter()
        .skip(layout.width)
        .any(|cell| !cell.trim().is_empty());
    if cells < layout.width || excess || (row.lines > 1 && row.quoting == Quoting::Odd) {
        return broken(record, layout, row.lines);
    }
    let cell = |at: usize| record.get(at).map_or("", str::trim);
    let key = Some(cell(layout.key))
        .filter(|key| !key.is_empty())
        .map(EntryKey::new);
    let groups = layout.groups.map_or_else(Vec::new, |(at, separator)| {
        cell(at)
            .split(separator)
            .filter(|name| !name.trim().is_empty())
            .map(GroupName::new)
            .collect()
    });
    let app_role = layout
        .app_role
        .map(cell)
        .filter(|role| !role.is_empty())
        .map(AppRole::new);
    let mut odd_dates = Vec::new();
    let person = match &key {
        None => Err("the cell that identifies the row is empty".to_owned()),
        Some(key) => {
            let person = person(key, &cell, layout, &groups);
            person.map(|person| with_dates(person, &mut odd_dates))
        }
    };
    Row {
        key,
        person,
        groups,
        app_role,
        shape: Shape::Whole,
        odd_dates,
    }
}

/// A row with too few or too many cells: something in it is missing or was split, so that only its first cell is
/// surely where it belongs; and not even that when the row swallowed further lines.
fn broken(record: &StringRecord, layout: &Layout, lines: u64) -> Row {
    let first = record.get(0).map_or("", str::trim);
    let reliable = layout.key == 0 && lines == 1 && !first.is_empty() && layout.groups.is_none();
    let message = if lines > 1 {
        "goes over several lines; a quote that is not closed may have swallowed the following rows"
            .to_owned()
    } else {
        format!(
            "has {} cells, the header has {}",
            record.len(),
            layout.width
        )
    };
    Row {
        key: reliable.then(|| EntryKey::new(first)),
        person: Err(message),
        groups: Vec::new(),
        app_role: None,
        shape: Shape::Broken,
        odd_dates: Vec::new(),
    }
}

fn person<'r>(
    key: &EntryKey,
    cell: &impl Fn(usize) -> &'r str,
    layout: &Layout,
    groups: &[GroupName],
) -> Result<SourcePerson, String> {
    let mut person = SourcePerson::new(key.as_str());
    person.status = status(cell, layout)?;
    for (at, attribute) in &layout.attributes {
        let text = cell(*at);
        if text.is_empty() {
            continue;
        }
        if Layout::is_email(attribute) && !is_email(text) {
            return Err(format!("`{text}` is no e-mail address"));
        }
        person
            .attributes
            .set(attribute.clone(), AttributeValue::text(text));
    }
    person.manager = layout
        .manager
        .as_ref()
        .map(|(at, by)| (cell(*at), by))
        .filter(|(text, _)| !text.is_empty())
        .map(|(text, by)| manager(text, by));
    person.alias = layout
        .distinguished_name
        .map(cell)
        .filter(|name| !name.is_empty())
        .map(|name| SmolStr::new(name.to_lowercase()));
    person.groups = groups
        .iter()
        .map(|group| Reference::key(group.key.as_str()))
        .collect();
    Ok(person)
}

/// Writes dates in the form of RFC 3339 where there is no doubt about them.
fn with_dates(mut person: SourcePerson, odd: &mut Vec<(AttributeName, String)>) -> SourcePerson {
    for name in ["startDate", "endDate"] {
        let Some(text) = person.attributes.text(name) else {
            continue;
        };
        match date::unambiguous(text) {
            Some(date) => person.attributes.set_text(name, &date),
            None => odd.push((AttributeName::new(name), text.to_owned())),
        }
    }
    person
}

fn status<'r>(cell: &impl Fn(usize) -> &'r str, layout: &Layout) -> Result<PersonStatus, String> {
    let mut status = PersonStatus::Active;
    for (at, rule) in &layout.status {
        let text = cell(*at);
        match rule.read(text) {
            Some(PersonStatus::Active) => {}
            Some(_) => status = PersonStatus::Disabled,
            None if text.is_empty() => {
                return Err(
                    "the status is empty, so that nobody knows whether the person is active"
                        .to_owned(),
                );
            }
            None => return Err(format!("`{text}` is no known status")),
        }
    }
    Ok(status)
}

fn manager(text: &str, by: &ManagerBy) -> Reference {
    match by {
        ManagerBy::Key => Reference::key(text),
        ManagerBy::Attribute(name) => Reference::attribute(name.as_str(), text),
        ManagerBy::Looks if text.contains('@') => Reference::attribute(AttributeName::EMAIL, text),
        ManagerBy::Looks if text.to_lowercase().starts_with("cn=") => Reference::alias(text),
        ManagerBy::Looks => Reference::attribute("employeeNumber", text),
    }
}

/// Something before one `@` and something behind it, without spaces.
pub(crate) fn is_email(text: &str) -> bool {
    text.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty() && !domain.is_empty() && !domain.contains('@')
    }) && !text.contains(char::is_whitespace)
}
