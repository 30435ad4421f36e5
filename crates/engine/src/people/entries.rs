//! What a source said, as it is stored: an entry's document is the person or group and its application roles.

use std::collections::{BTreeMap, BTreeSet};

use futures::TryStreamExt;
use serde::{Deserialize, Serialize};
use usher_directory::builtin::EntryChange;
use usher_directory::{
    Assignments, Before, EntryKey, MemberKey, MemberKind, Reading, Reference, SourceAssignment,
    SourceEntries, SourceGroup, SourcePerson, resolve_assignments,
};
use usher_model::{AppRole, SourceName};
use usher_store::{EntryKind, PushedMember, SourceEntry, Store};

use crate::EngineError;

/// The application roles of a person or group at the source.
type Roles = BTreeSet<RoleName>;

/// An application role's name, with an order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
struct RoleName(String);

/// The document of an entry.
#[derive(Serialize, Deserialize)]
struct Document<T> {
    entry: T,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    roles: Roles,
}

/// Everything that a source said.
#[derive(Clone, Debug, Default)]
pub(super) struct Said {
    pub people: BTreeMap<EntryKey, SourcePerson>,
    pub groups: BTreeMap<EntryKey, SourceGroup>,
    roles: BTreeMap<(EntryKind, EntryKey), Roles>,
}

impl Said {
    /// What the database has of a source.
    pub async fn load(store: &Store, source: &SourceName) -> Result<Self, EngineError> {
        let mut said = Self::default();
        let mut rows = store.source_entries(source);
        while let Some(row) = rows.try_next().await? {
            said.read(source, &row)?;
        }
        said.add_pushed_members(store.all_pushed_members(source).await?);
        Ok(said)
    }

    /// The members of pushed groups have rows of their own.
    fn add_pushed_members(&mut self, members: Vec<(String, PushedMember)>) {
        for (group, member) in members {
            if let Some(group) = self.groups.get_mut(&EntryKey::new(group)) {
                let reference = Reference::key(&member.id);
                group.members.push(match member.kind {
                    EntryKind::Person => MemberKey::person(reference),
                    EntryKind::Group => MemberKey::group(reference),
                });
            }
        }
    }

    fn read(&mut self, source: &SourceName, row: &SourceEntry) -> Result<(), EngineError> {
        let unreadable = |error: serde_json::Error| EngineError::StoredSettings {
            what: "entries of a directory source",
            why: format!("{} `{}` of {source}: {error}", row.kind.as_str(), row.key),
        };
        let key = EntryKey::new(&row.key);
        let roles = match row.kind {
            EntryKind::Person => {
                let document: Document<SourcePerson> =
                    serde_json::from_str(&row.document).map_err(unreadable)?;
                self.people.insert(key.clone(), document.entry);
                document.roles
            }
            EntryKind::Group => {
                let document: Document<SourceGroup> =
                    serde_json::from_str(&row.document).map_err(unreadable)?;
                self.groups.insert(key.clone(), document.entry);
                document.roles
            }
        };
        if !roles.is_empty() {
            self.roles.insert((row.kind, key), roles);
        }
        Ok(())
    }

    /// What a new reading is judged against.
    pub fn before(&self) -> Before {
        let assignments = self.roles.values().map(BTreeSet::len).sum();
        Before::of(self.people.values(), self.groups.values(), assignments)
    }

    /// Takes in what a reading says, and returns which entries it takes away.
    pub fn take_in(&mut self, source: &SourceName, reading: Reading) -> Vec<(EntryKind, EntryKey)> {
        let gone_people = reading.leavers(self.people.keys());
        let gone_groups = reading.leavers(self.groups.keys());
        for key in &gone_people {
            self.people.remove(key);
        }
        for key in &gone_groups {
            self.groups.remove(key);
        }
        for person in reading.people {
            self.people.insert(person.key.clone(), person);
        }
        for group in reading.groups {
            self.groups.insert(group.key.clone(), group);
        }
        if let Assignments::All(assignments) = reading.assignments {
            self.roles = self.roles_of(source, &assignments);
        }
        let people = gone_people.into_iter().map(|key| (EntryKind::Person, key));
        let groups = gone_groups.into_iter().map(|key| (EntryKind::Group, key));
        let gone: Vec<_> = people.chain(groups).collect();
        for entry in &gone {
            self.roles.remove(entry);
        }
        gone
    }

    /// The roles of each entry. A reference is resolved as merging resolves it, with each entry's key as its id.
    fn roles_of(
        &self,
        source: &SourceName,
        assignments: &[SourceAssignment],
    ) -> BTreeMap<(EntryKind, EntryKey), Roles> {
        let entries = self.entries(source);
        let keys = own_keys(&entries);
        let resolved = resolve_assignments(&entries, assignments, &keys);
        let mut roles: BTreeMap<_, Roles> = BTreeMap::new();
        for (subject, role) in resolved {
            let entry = match &subject {
                usher_model::Subject::Person(id) => (EntryKind::Person, EntryKey::new(id)),
                usher_model::Subject::Group(id) => (EntryKind::Group, EntryKey::new(id)),
            };
            let name = RoleName(role.as_str().to_owned());
            roles.entry(entry).or_default().insert(name);
        }
        roles
    }

    /// As merging takes it.
    pub fn entries(&self, source: &SourceName) -> SourceEntries {
        SourceEntries {
            source: source.clone(),
            people: self.people.values().cloned().collect(),
            groups: self.groups.values().cloned().collect(),
        }
    }

    /// The assignments at the source, by key.
    pub fn assignments(&self) -> Vec<SourceAssignment> {
        let each = self.roles.iter().flat_map(|((kind, key), roles)| {
            let principal = MemberKey {
                kind: match kind {
                    EntryKind::Person => MemberKind::Person,
                    EntryKind::Group => MemberKind::Group,
                },
                reference: Reference::key(key.as_str()),
            };
            roles.iter().map(move |role| SourceAssignment {
                principal: principal.clone(),
                role: AppRole::new(&role.0),
            })
        });
        each.collect()
    }

    /// As it is stored.
    pub fn rows(&self) -> Vec<SourceEntry> {
        let people = self
            .people
            .values()
            .map(|person| self.row(EntryKind::Person, &person.key, person));
        let groups = self
            .groups
            .values()
            .map(|group| self.row(EntryKind::Group, &group.key, group));
        people.chain(groups).collect()
    }

    /// The entries that a change writes, as they are stored.
    pub fn rows_of(&self, change: &EntryChange) -> Vec<SourceEntry> {
        let people = change
            .people
            .iter()
            .map(|person| self.row(EntryKind::Person, &person.key, person));
        let groups = change
            .groups
            .iter()
            .map(|group| self.row(EntryKind::Group, &group.key, group));
        people.chain(groups).collect()
    }

    fn row<T: Serialize>(&self, kind: EntryKind, key: &EntryKey, entry: &T) -> SourceEntry {
        let roles = self.roles.get(&(kind, key.clone()));
        let document = Document {
            entry,
            roles: roles.cloned().unwrap_or_default(),
        };
        SourceEntry {
            kind,
            key: key.as_str().to_owned(),
            document: serde_json::to_string(&document).unwrap_or_default(),
        }
    }
}

/// A person as their entry is stored, without application roles.
pub(super) fn person_row(person: &SourcePerson) -> SourceEntry {
    Said::default().row(EntryKind::Person, &person.key, person)
}

/// A group as its entry is stored, without application roles.
pub(super) fn group_row(group: &SourceGroup) -> SourceEntry {
    Said::default().row(EntryKind::Group, &group.key, group)
}

/// The person of a stored entry.
pub(super) fn person_of(
    source: &SourceName,
    row: &SourceEntry,
) -> Result<Option<SourcePerson>, EngineError> {
    let mut said = Said::default();
    said.read(source, row)?;
    Ok(said.people.into_values().next())
}

/// Ids that are the entries' own keys.
fn own_keys(entries: &SourceEntries) -> usher_directory::MergedKeys {
    let name = &entries.source;
    usher_directory::MergedKeys {
        people: entries
            .people
            .iter()
            .map(|person| {
                (
                    (name.clone(), person.key.clone()),
                    person.key.as_str().into(),
                )
            })
            .collect(),
        groups: entries
            .groups
            .iter()
            .map(|group| ((name.clone(), group.key.clone()), group.key.as_str().into()))
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use usher_directory::{ReadingKind, Removals};

    use super::*;

    fn source() -> SourceName {
        SourceName::new("hr")
    }

    fn assigned(keys: &[&str]) -> Assignments {
        let one = |key: &&str| SourceAssignment {
            principal: MemberKey::person(Reference::key(key)),
            role: AppRole::new("User"),
        };
        Assignments::All(keys.iter().map(one).collect())
    }

    fn full(keys: &[&str], assignments: Assignments) -> Reading {
        Reading {
            people: keys.iter().map(SourcePerson::new).collect(),
            assignments,
            ..Reading::new(ReadingKind::Full)
        }
    }

    #[test]
    fn application_roles_are_stored_with_their_entry_and_read_back() {
        let mut said = Said::default();
        said.take_in(&source(), full(&["1", "2"], assigned(&["2"])));
        let mut read = Said::default();
        for row in said.rows() {
            read.read(&source(), &row).unwrap();
        }
        assert_eq!(read.people, said.people);
        let [one] = read.assignments().try_into().unwrap();
        assert_eq!(one.principal.reference, Reference::key("2"));
        assert_eq!(one.role, AppRole::new("User"));
    }

    #[test]
    fn a_reading_without_assignments_leaves_them_as_they_were() {
        let mut said = Said::default();
        said.take_in(&source(), full(&["1", "2"], assigned(&["1", "2"])));
        said.take_in(&source(), full(&["1", "2"], Assignments::NotRead));
        assert_eq!(said.assignments().len(), 2);
        said.take_in(&source(), full(&["1"], Assignments::NotRead));
        assert_eq!(
            said.assignments().len(),
            1,
            "who left is assigned no longer"
        );
    }

    #[test]
    fn a_delta_with_all_assignments_changes_those_of_people_it_does_not_list() {
        let mut said = Said::default();
        said.take_in(&source(), full(&["1", "2"], assigned(&["1", "2"])));
        let delta = Reading {
            assignments: assigned(&["1"]),
            ..Reading::new(ReadingKind::Delta(Removals::Included))
        };
        said.take_in(&source(), delta);
        assert_eq!(said.people.len(), 2);
        assert_eq!(said.assignments().len(), 1);
    }
}
