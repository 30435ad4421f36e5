//! Making people and groups of what all sources have said.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;
use serde_json::{Value, json};
use usher_boxed::boxed;
use usher_directory::{
    EntryKey, KnownIds, MergeProblem, Merged, SourceEntries, SourceKey, SourceKind, SourcePerson,
    match_value, merge,
};
use usher_model::{AttributeName, Event, EventKind, Person, PersonId, PersonStatus};
use usher_store::{
    Delta, DirectoryKey, DirectoryOutcome, DirectoryWrite, EntryKind, MatchValue, PersonFilter,
    SourceRecord, Store, StoreError,
};

use crate::people::entries::Said;
use crate::people::{aligning, directory_settings, joining};
use crate::{Acting, EngineError};

/// What merging changed.
#[derive(Clone, Debug, Default, Serialize)]
pub struct DirectoryChange {
    /// People; who is gone counts as changed.
    pub people: Delta,
    /// Groups.
    pub groups: Delta,
    /// People who are gone now.
    pub gone: u64,
    /// Assignments to the application that a source made or took back.
    pub assignments: Delta,
    /// What was not joined, or could not be resolved.
    pub problems: Vec<MergeProblem>,
}

/// How many ids an event names at the most.
const NAMED: usize = 1000;

/// How often merging begins anew because somebody else wrote meanwhile.
const TRIES: usize = 8;

/// Merges what all sources said last, and writes what is other than before.
///
/// Others may merge at the same time, or say something new: what was merged from what is not so any more is thrown away,
/// and merged anew. Whoever is interrupted leaves the rest to [`merge_if_behind`].
#[boxed]
pub async fn merge_directory(acting: Acting<'_>) -> Result<DirectoryChange, EngineError> {
    let mut tries = 1;
    loop {
        match merge_once(acting).await {
            Err(EngineError::Store(StoreError::DirectoryMoved)) if tries < TRIES => tries += 1,
            merged => return merged,
        }
    }
}

/// Merges if something was said or merged that not everything was made of: who did it was interrupted.
#[boxed]
pub async fn merge_if_behind(acting: Acting<'_>) -> Result<Option<DirectoryChange>, EngineError> {
    if acting.store.directory_is_merged().await? {
        return Ok(None);
    }
    merge_directory(acting).await.map(Some)
}

async fn merge_once(acting: Acting<'_>) -> Result<DirectoryChange, EngineError> {
    let store = acting.store;
    let basis = store.directory_generation().await?;
    let records = store.sources().await?;
    let (_, settings) = directory_settings(store).await?;
    let (sources, said) = everything_said(store).await?;
    let before = store.load_people(&PersonFilter::default()).await?;
    let known = known_ids(store, &before, &settings.key).await?;
    let merged = merge(&sources, &settings.merge(&records), &known, acting.now());
    let values = match_values(&records, &sources, &settings.key);
    let outcome = write(acting, basis, &merged, before, values).await?;
    joining::join(acting).await?;
    let aligned = aligning::align(acting, &sources, &said).await?;
    store.note_merged(outcome.generation).await?;
    Ok(DirectoryChange {
        people: outcome.people,
        groups: outcome.groups,
        gone: merged.gone.len() as u64,
        assignments: aligned.changed,
        problems: merged.problems,
    })
}

/// The ids that were given before.
async fn known_ids(
    store: &Store,
    people: &[Person],
    key: &AttributeName,
) -> Result<KnownIds, EngineError> {
    let mut known = KnownIds::default();
    for row in store.person_keys().await? {
        let entry = (row.source, EntryKey::new(&row.key));
        match row.kind {
            EntryKind::Person => {
                known.people.insert(entry, row.id.into());
            }
            EntryKind::Group => {
                known.groups.insert(entry, row.id.into());
            }
        }
    }
    known.key_values = key_values(people, key);
    Ok(known)
}

/// By what each person is matched.
pub(super) fn key_values<'a>(
    people: impl IntoIterator<Item = &'a Person>,
    key: &AttributeName,
) -> BTreeMap<PersonId, String> {
    let values = people.into_iter().filter_map(|person| {
        let value = person.attributes.get(key.as_str())?;
        Some((person.id.clone(), value.to_string()))
    });
    values.collect()
}

/// Where each attribute of each person comes from, as it is stored.
pub(super) fn provenance(merged: &Merged) -> BTreeMap<PersonId, Value> {
    let people = merged.people.iter().zip(&merged.provenance);
    people
        .map(|(person, from)| (person.id.clone(), json!(from)))
        .collect()
}

async fn write(
    acting: Acting<'_>,
    basis: u64,
    merged: &Merged,
    before: Vec<Person>,
    match_values: Option<Vec<MatchValue>>,
) -> Result<DirectoryOutcome, EngineError> {
    let provenance = provenance(merged);
    let mut people = merged.people.clone();
    people.extend(gone(merged, before));
    let write = DirectoryWrite {
        people,
        provenance,
        groups: merged.groups.clone(),
        removed_groups: merged.gone_groups.iter().cloned().collect(),
        keys: keys(merged),
        joined: merged.joined.clone(),
        match_values,
    };
    let events = |outcome: &DirectoryOutcome| changed(acting, outcome);
    let store = acting.store;
    Ok(store.write_directory_since(basis, &write, events).await?)
}

/// By what each person's entry is matched, if some source is pushed: pushing goes by it.
fn match_values(
    records: &[SourceRecord],
    sources: &[SourceEntries],
    key: &AttributeName,
) -> Option<Vec<MatchValue>> {
    let pushed = json!(SourceKind::Scim.as_str());
    let is_pushed = |record: &SourceRecord| record.definition.settings.get("kind") == Some(&pushed);
    records.iter().any(is_pushed).then(|| {
        let of_source = |entries: &SourceEntries| {
            let value = |person: &SourcePerson| MatchValue {
                source: entries.source.clone(),
                key: person.key.as_str().to_owned(),
                value: match_value(person, key).map(Into::into),
            };
            entries.people.iter().map(value).collect::<Vec<_>>()
        };
        sources.iter().flat_map(of_source).collect()
    })
}

/// People whom no source knows any more, and those who turned out to be somebody else, as they were but for that.
pub(super) fn gone(merged: &Merged, before: Vec<Person>) -> Vec<Person> {
    let mut before: HashMap<PersonId, Person> = before
        .into_iter()
        .map(|person| (person.id.clone(), person))
        .collect();
    let replaced = merged.joined.iter().map(|(replaced, _)| replaced);
    merged
        .gone
        .iter()
        .chain(replaced)
        .filter_map(|id| before.remove(id))
        .map(|person| Person {
            status: PersonStatus::Gone,
            manager: None,
            ..person
        })
        .collect()
}

/// Which person an entry is.
pub(super) fn person_key((source, key): &SourceKey, id: &PersonId) -> DirectoryKey {
    DirectoryKey {
        kind: EntryKind::Person,
        source: source.clone(),
        key: key.as_str().to_owned(),
        id: id.to_string(),
    }
}

fn keys(merged: &Merged) -> Vec<DirectoryKey> {
    let people = merged.keys.people.iter();
    let people = people.map(|(entry, id)| person_key(entry, id));
    let groups = merged
        .keys
        .groups
        .iter()
        .map(|((source, key), id)| DirectoryKey {
            kind: EntryKind::Group,
            source: source.clone(),
            key: key.as_str().to_owned(),
            id: id.to_string(),
        });
    people.chain(groups).collect()
}

/// What became of the directory, for the log.
pub(super) fn changed(acting: Acting<'_>, outcome: &DirectoryOutcome) -> Vec<Event> {
    if outcome.is_empty() {
        return Vec::new();
    }
    let people: Vec<_> = outcome.changed_people.iter().take(NAMED).collect();
    let groups: Vec<_> = outcome.changed_groups.iter().take(NAMED).collect();
    let mut data = json!({
        "people": outcome.people, "groups": outcome.groups, "changed_people": people, "changed_groups": groups,
    });
    // One changed person can be found in the log by id.
    if let ([person], Some(object)) = (outcome.changed_people.as_slice(), data.as_object_mut()) {
        object.insert("person".to_owned(), person.to_string().into());
    }
    vec![acting.event(EventKind::PeopleChanged, "directory", data)]
}

/// All that sources said, in their order of precedence: as merging takes it, and with the application roles.
pub(super) async fn everything_said(
    store: &Store,
) -> Result<(Vec<SourceEntries>, Vec<Said>), EngineError> {
    let (mut sources, mut all) = (Vec::new(), Vec::new());
    for record in store.sources().await? {
        let said = Said::load(store, &record.definition.name).await?;
        sources.push(said.entries(&record.definition.name));
        all.push(said);
    }
    Ok((sources, all))
}
