//! Changing entries from outside: by hand in the built-in directory, or pushed by an identity provider.

use serde_json::json;
use usher_boxed::boxed;
use usher_directory::builtin::{self, BuiltinProblem, Entries, EntryChange, Imported};
use usher_directory::{Reading, SourceSettings};
use usher_model::{Event, EventKind, SourceName};
use usher_store::{Delta, ReadingKind, ReadingRecord, ReadingState, Replace, SourceDefinition};
use usher_store::{EntryKey, EntryKind, SourceWrite};

use crate::people::entries::Said;
use crate::people::{DirectoryChange, merge_directory};
use crate::{Acting, EngineError};

/// The name of the built-in directory's source.
pub const BUILTIN: &str = "builtin";

/// Changes the built-in directory by one of the operations of [`usher_directory::builtin`], and makes people and groups
/// of it. The source is set up if it is not there yet, behind all others.
pub async fn edit_builtin(
    acting: Acting<'_>,
    operation: impl FnOnce(&Entries) -> Result<EntryChange, BuiltinProblem>,
) -> Result<DirectoryChange, EngineError> {
    let name = ensure_builtin(acting).await?;
    let said = Said::load(acting.store, &name).await?;
    let entries = Entries::new(said.people.values().cloned(), said.groups.values().cloned());
    let change = operation(&entries)?;
    push_entries(acting, &name, &change).await
}

/// Brings the people and groups of a reading (of a file) into the built-in directory; nobody is removed by it.
#[boxed]
pub async fn import_builtin(
    acting: Acting<'_>,
    reading: &Reading,
) -> Result<(Imported, DirectoryChange), EngineError> {
    let name = ensure_builtin(acting).await?;
    let said = Said::load(acting.store, &name).await?;
    let entries = Entries::new(said.people.values().cloned(), said.groups.values().cloned());
    let imported = builtin::import(&entries, reading);
    let change = push_entries(acting, &name, &imported.change).await?;
    Ok((imported, change))
}

/// Writes a change of a source's entries, and makes people and groups of it.
#[boxed]
pub async fn push_entries(
    acting: Acting<'_>,
    source: &SourceName,
    change: &EntryChange,
) -> Result<DirectoryChange, EngineError> {
    if change.is_empty() {
        return Ok(DirectoryChange::default());
    }
    let mut said = Said::load(acting.store, source).await?;
    let removed = removed(change);
    for key in &change.removed_people {
        said.people.remove(key);
    }
    for key in &change.removed_groups {
        said.groups.remove(key);
    }
    for person in &change.people {
        said.people.insert(person.key.clone(), person.clone());
    }
    for group in &change.groups {
        said.groups.insert(group.key.clone(), group.clone());
    }
    let write = SourceWrite {
        upserts: said.rows_of(change),
        removed,
        replace: Replace::Listed,
        reading: ReadingRecord {
            at: acting.now(),
            kind: ReadingKind::Delta,
            state: ReadingState::Believed,
            watermark: None,
            people: change.people.len() as u64,
            groups: change.groups.len() as u64,
            details: json!({}),
        },
    };
    let event = |delta: &Delta| -> Vec<Event> {
        let data = json!({"kind": "edit", "entries": delta});
        vec![acting.event(
            EventKind::PersonSourceRead,
            format!("source:{source}"),
            data,
        )]
    };
    acting.store.write_source(source, &write, event).await?;
    merge_directory(acting).await
}

fn removed(change: &EntryChange) -> Vec<EntryKey> {
    let key = |kind, key: &usher_directory::EntryKey| EntryKey {
        kind,
        key: key.as_str().to_owned(),
    };
    let people = change.removed_people.iter();
    let groups = change.removed_groups.iter();
    people
        .map(|one| key(EntryKind::Person, one))
        .chain(groups.map(|one| key(EntryKind::Group, one)))
        .collect()
}

async fn ensure_builtin(acting: Acting<'_>) -> Result<SourceName, EngineError> {
    let name = SourceName::new(BUILTIN);
    if acting.store.source(&name).await?.is_some() {
        return Ok(name);
    }
    let sources = acting.store.sources().await?;
    let place = sources
        .iter()
        .map(|source| source.definition.place + 1)
        .max();
    let settings = SourceSettings::Builtin(builtin::BuiltinSettings {});
    let definition = SourceDefinition {
        name: name.clone(),
        place: place.unwrap_or(0),
        settings: serde_json::to_value(settings).unwrap_or_default(),
    };
    let data = json!({"place": definition.place, "settings": definition.settings});
    let event = acting.event(EventKind::PersonSourceSaved, format!("source:{name}"), data);
    acting.store.save_source(&definition, &[event]).await?;
    Ok(name)
}
