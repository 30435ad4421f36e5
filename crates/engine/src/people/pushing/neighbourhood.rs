//! The entries, keys and people that may have to do with one entry: everything that shares a match value or a person
//! with it, and what shares one with those.

use std::collections::{BTreeMap, BTreeSet};

use usher_directory::{
    EntryKey, KnownIds, Provenance, Reference, SourceEntries, SourceKey, SourcePerson, match_value,
};
use usher_model::{AttributeName, Person, PersonId, PersonStatus, SourceName};
use usher_store::{EntryKind, NeighbourEntry, Pushing};

use super::following::Follower;
use crate::EngineError;
use crate::people::entries::person_of;
use crate::people::merging::key_values;

/// With more entries than these, merging everything is the simpler way.
const MOST: usize = 64;

/// What may have to do with one entry.
pub(super) struct Neighbourhood {
    /// The entries, by source.
    pub sources: Vec<SourceEntries>,
    /// The people that entries were before, those of entries that are gone too.
    pub keys: BTreeMap<SourceKey, PersonId>,
    /// Those people as they are.
    pub people: BTreeMap<PersonId, Person>,
    /// Managers who are outside of it.
    outside: BTreeMap<(SourceName, Reference), PersonId>,
}

impl Neighbourhood {
    /// Everything that may have to do with an entry; `None` when that is too much.
    pub async fn gather(
        pushing: &mut Pushing,
        follower: &Follower<'_>,
        key: &AttributeName,
    ) -> Result<Option<Self>, EngineError> {
        let mut search = Search::default();
        search.begin(pushing, follower, key).await?;
        while search.has_more() {
            search.step(pushing, key).await?;
            if search.entries.len() > MOST || search.people.len() > MOST {
                return Ok(None);
            }
        }
        let outside = search.managers(pushing).await?;
        Ok(Some(Self {
            sources: search.sources(),
            keys: search.keys,
            people: search.people,
            outside,
        }))
    }

    /// What merging knows of before.
    pub fn known_ids(&self, key: &AttributeName) -> KnownIds {
        KnownIds {
            people: self.keys.clone(),
            groups: BTreeMap::new(),
            key_values: key_values(self.people.values(), key),
            outside: self.outside.clone(),
        }
    }

    /// The entries that are there.
    pub fn entries(&self) -> impl Iterator<Item = SourceKey> {
        self.sources.iter().flat_map(|entries| {
            let key = |person: &SourcePerson| (entries.source.clone(), person.key.clone());
            entries.people.iter().map(key)
        })
    }

    /// The person that an entry was, as long as that person was there.
    pub fn owner(&self, entry: &SourceKey) -> Option<&PersonId> {
        self.keys.get(entry).filter(|id| self.is_there(id))
    }

    /// Whether a person was there.
    pub fn is_there(&self, id: &PersonId) -> bool {
        let person = self.people.get(id);
        person.is_some_and(|person| person.status != PersonStatus::Gone)
    }
}

/// What was found so far, and what has to be looked at still.
#[derive(Default)]
struct Search {
    entries: BTreeMap<SourceKey, SourcePerson>,
    keys: BTreeMap<SourceKey, PersonId>,
    people: BTreeMap<PersonId, Person>,
    values: BTreeSet<String>,
    new_values: Vec<String>,
    ids: BTreeSet<PersonId>,
    new_ids: Vec<PersonId>,
}

impl Search {
    async fn begin(
        &mut self,
        pushing: &mut Pushing,
        follower: &Follower<'_>,
        key: &AttributeName,
    ) -> Result<(), EngineError> {
        let source = pushing.source().clone();
        if let Some(row) = &follower.entry {
            let own = NeighbourEntry {
                source: source.clone(),
                entry: row.clone(),
                match_value: None,
            };
            self.take_in(pushing, vec![own], key).await?;
        }
        for value in &follower.values {
            self.note_value(value.clone());
        }
        let id = pushing
            .key_of(EntryKind::Person, &source, follower.key)
            .await?;
        if let Some(id) = id {
            self.note_id(id.into());
        }
        Ok(())
    }

    fn has_more(&self) -> bool {
        !(self.new_values.is_empty() && self.new_ids.is_empty())
    }

    fn note_value(&mut self, value: String) {
        if self.values.insert(value.clone()) {
            self.new_values.push(value);
        }
    }

    fn note_id(&mut self, id: PersonId) {
        if self.ids.insert(id.clone()) {
            self.new_ids.push(id);
        }
    }

    /// Looks at what is new, which may lead to more.
    async fn step(
        &mut self,
        pushing: &mut Pushing,
        key: &AttributeName,
    ) -> Result<(), EngineError> {
        let values = std::mem::take(&mut self.new_values);
        let ids = std::mem::take(&mut self.new_ids);
        for row in pushing.keys_of_people(&ids).await? {
            let entry = (row.source, EntryKey::new(&row.key));
            self.keys.insert(entry, row.id.into());
        }
        let mut people = pushing.people_with_ids(&ids).await?;
        people.extend(pushing.people_with_emails(&values).await?);
        for person in people {
            self.note_id(person.id.clone());
            if let Some(value) = person.attributes.text(key.as_str()) {
                self.note_value(value.to_lowercase());
            }
            self.people.insert(person.id.clone(), person);
        }
        let mut entries = pushing.entries_with_values(&values).await?;
        entries.extend(pushing.entries_of_people(&ids).await?);
        self.take_in(pushing, entries, key).await
    }

    async fn take_in(
        &mut self,
        pushing: &mut Pushing,
        entries: Vec<NeighbourEntry>,
        key: &AttributeName,
    ) -> Result<(), EngineError> {
        for found in entries {
            let entry = (found.source.clone(), EntryKey::new(&found.entry.key));
            if self.entries.contains_key(&entry) {
                continue;
            }
            let Some(person) = person_of(&found.source, &found.entry)? else {
                continue;
            };
            if let Some(value) = match_value(&person, key) {
                self.note_value(value.into());
            }
            let id = pushing
                .key_of(EntryKind::Person, &found.source, &found.entry.key)
                .await?;
            if let Some(id) = id {
                self.note_id(id.into());
            }
            self.entries.insert(entry, person);
        }
        Ok(())
    }

    fn sources(&self) -> Vec<SourceEntries> {
        let mut sources: BTreeMap<&SourceName, Vec<SourcePerson>> = BTreeMap::new();
        for ((source, _), person) in &self.entries {
            // Their groups stay as they are.
            let alone = SourcePerson {
                groups: Vec::new(),
                ..person.clone()
            };
            sources.entry(source).or_default().push(alone);
        }
        let entries = |(source, people): (&SourceName, Vec<SourcePerson>)| SourceEntries {
            source: source.clone(),
            people,
            groups: Vec::new(),
        };
        sources.into_iter().map(entries).collect()
    }

    /// The managers that entries name and that are not among the entries.
    async fn managers(
        &self,
        pushing: &mut Pushing,
    ) -> Result<BTreeMap<(SourceName, Reference), PersonId>, EngineError> {
        let mut found = BTreeMap::new();
        for (entry, person) in &self.entries {
            let Some(reference) = &person.manager else {
                continue;
            };
            let manager = match reference {
                Reference::Key { key } => {
                    if self.entries.contains_key(&(entry.0.clone(), key.clone())) {
                        continue;
                    }
                    pushing.person_of_entry(&entry.0, key.as_str()).await?
                }
                Reference::Alias { .. } | Reference::Attribute { .. } => {
                    self.manager_so_far(pushing, entry).await?
                }
            };
            if let Some(manager) = manager {
                found.insert((entry.0.clone(), reference.clone()), manager);
            }
        }
        Ok(found)
    }

    /// The manager that an entry's person has from this entry: the entry is as it was when that was found out.
    async fn manager_so_far(
        &self,
        pushing: &mut Pushing,
        entry: &SourceKey,
    ) -> Result<Option<PersonId>, EngineError> {
        let Some(person) = self.keys.get(entry).and_then(|id| self.people.get(id)) else {
            return Ok(None);
        };
        let stored = pushing.provenance_of(&person.id).await?;
        let provenance: Option<Provenance> =
            stored.and_then(|value| serde_json::from_value(value).ok());
        let is_from_here = provenance
            .as_ref()
            .and_then(|provenance| provenance.of("manager"))
            .is_some_and(|source| *source == entry.0);
        Ok(person.manager.clone().filter(|_| is_from_here))
    }
}
