//! The built-in directory: people and groups that are entered by hand.
//!
//! Each operation is a pure function of the entries there are. It gives the entries to write and the keys to
//! remove, or says what is wrong; nothing is changed half.

mod import;
mod people;
mod problem;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{EntryKey, MemberKey, MemberKind, Reference, SourceGroup, SourcePerson};

pub use import::{Imported, import};
pub use people::{NewPerson, PersonEdit, add_person, edit_person, remove_person};
pub use problem::BuiltinProblem;

/// Settings of the built-in directory: there are none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BuiltinSettings {}

/// The entries there are.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Entries {
    people: BTreeMap<EntryKey, SourcePerson>,
    groups: BTreeMap<EntryKey, SourceGroup>,
}

impl Entries {
    /// From what the store has.
    pub fn new(
        people: impl IntoIterator<Item = SourcePerson>,
        groups: impl IntoIterator<Item = SourceGroup>,
    ) -> Self {
        Self {
            people: people
                .into_iter()
                .map(|person| (person.key.clone(), person))
                .collect(),
            groups: groups
                .into_iter()
                .map(|group| (group.key.clone(), group))
                .collect(),
        }
    }

    /// The people.
    pub fn people(&self) -> impl Iterator<Item = &SourcePerson> {
        self.people.values()
    }

    /// The groups.
    pub fn groups(&self) -> impl Iterator<Item = &SourceGroup> {
        self.groups.values()
    }

    /// The entries with a change made.
    #[must_use]
    pub fn with(mut self, change: &EntryChange) -> Self {
        for key in &change.removed_people {
            self.people.remove(key);
        }
        for key in &change.removed_groups {
            self.groups.remove(key);
        }
        for person in &change.people {
            self.people.insert(person.key.clone(), person.clone());
        }
        for group in &change.groups {
            self.groups.insert(group.key.clone(), group.clone());
        }
        self
    }

    /// The person that a text names: a key, or an e-mail address or user name without regard to case.
    pub fn find_person(&self, text: &str) -> Result<&SourcePerson, BuiltinProblem> {
        if let Some(person) = self.people.get(&EntryKey::new(text)) {
            return Ok(person);
        }
        let has = |person: &&SourcePerson| {
            ["email", "userName"].iter().any(|name| {
                person
                    .attributes
                    .text(name)
                    .is_some_and(|value| value.eq_ignore_ascii_case(text))
            })
        };
        let mut found = self.people.values().filter(has);
        match (found.next(), found.next()) {
            (Some(person), None) => Ok(person),
            (None, _) => Err(BuiltinProblem::NoSuchPerson(text.to_owned())),
            (Some(_), Some(_)) => Err(BuiltinProblem::SeveralPeople(text.to_owned())),
        }
    }

    /// The group that a text names: a key, or a name without regard to case.
    pub fn find_group(&self, text: &str) -> Result<&SourceGroup, BuiltinProblem> {
        self.groups
            .get(&EntryKey::new(text))
            .or_else(|| {
                self.groups
                    .values()
                    .find(|group| same_name(&group.name, text))
            })
            .ok_or_else(|| BuiltinProblem::NoSuchGroup(text.to_owned()))
    }
}

/// What an operation writes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EntryChange {
    /// People to write.
    pub people: Vec<SourcePerson>,
    /// Groups to write.
    pub groups: Vec<SourceGroup>,
    /// People to remove.
    pub removed_people: Vec<EntryKey>,
    /// Groups to remove.
    pub removed_groups: Vec<EntryKey>,
}

impl EntryChange {
    /// Whether it changes nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// How a group is changed; what is `None` stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupEdit {
    /// A new name.
    pub name: Option<String>,
    /// A new description; an empty one takes it away.
    pub description: Option<String>,
    /// People or groups to add, by key, e-mail address or name.
    pub add: Vec<String>,
    /// People or groups to take out.
    pub remove: Vec<String>,
}

/// Makes a group.
pub fn add_group(
    entries: &Entries,
    key: EntryKey,
    name: &str,
    edit: &GroupEdit,
) -> Result<EntryChange, BuiltinProblem> {
    if entries.groups.contains_key(&key) {
        return Err(BuiltinProblem::KeyTaken(key));
    }
    let edit = GroupEdit {
        name: Some(name.to_owned()),
        ..edit.clone()
    };
    changed_group(entries, SourceGroup::new(key.as_str(), ""), &edit)
}

/// Changes a group.
pub fn edit_group(
    entries: &Entries,
    group: &str,
    edit: &GroupEdit,
) -> Result<EntryChange, BuiltinProblem> {
    let before = entries.find_group(group)?;
    let change = changed_group(entries, before.clone(), edit)?;
    Ok(if change.groups.first() == Some(before) {
        EntryChange::default()
    } else {
        change
    })
}

/// Removes a group, also from the groups it is in.
pub fn remove_group(entries: &Entries, group: &str) -> Result<EntryChange, BuiltinProblem> {
    let key = entries.find_group(group)?.key.clone();
    Ok(EntryChange {
        groups: without_member(entries, &key, MemberKind::Group),
        removed_groups: vec![key],
        ..EntryChange::default()
    })
}

fn changed_group(
    entries: &Entries,
    mut group: SourceGroup,
    edit: &GroupEdit,
) -> Result<EntryChange, BuiltinProblem> {
    if let Some(name) = &edit.name {
        let name = name.trim();
        if name.is_empty() {
            return Err(BuiltinProblem::EmptyName);
        }
        let taken = |other: &&SourceGroup| other.key != group.key && same_name(&other.name, name);
        if entries.groups.values().any(|other| taken(&other)) {
            return Err(BuiltinProblem::NameTaken(name.to_owned()));
        }
        name.clone_into(&mut group.name);
    }
    if let Some(description) = &edit.description {
        group.description = Some(description.trim().to_owned()).filter(|text| !text.is_empty());
    }
    for text in &edit.remove {
        let member = member(entries, text)?;
        group.members.retain(|known| *known != member);
    }
    for text in &edit.add {
        let member = member(entries, text)?;
        if member == MemberKey::group(Reference::key(group.key.as_str())) {
            return Err(BuiltinProblem::OwnMember(group.name));
        }
        group.members.push(member);
    }
    group.members.sort();
    group.members.dedup();
    Ok(EntryChange {
        groups: vec![group],
        ..EntryChange::default()
    })
}

/// A person, else a group.
fn member(entries: &Entries, text: &str) -> Result<MemberKey, BuiltinProblem> {
    match entries.find_person(text) {
        Ok(person) => Ok(MemberKey::person(Reference::key(person.key.as_str()))),
        Err(BuiltinProblem::NoSuchPerson(_)) => match entries.find_group(text) {
            Ok(group) => Ok(MemberKey::group(Reference::key(group.key.as_str()))),
            Err(_) => Err(BuiltinProblem::NoSuchMember(text.to_owned())),
        },
        Err(problem) => Err(problem),
    }
}

/// The groups that have a member, without it.
fn without_member(entries: &Entries, key: &EntryKey, kind: MemberKind) -> Vec<SourceGroup> {
    let gone = MemberKey {
        kind,
        reference: Reference::key(key.as_str()),
    };
    entries
        .groups
        .values()
        .filter(|group| group.key != *key && group.members.contains(&gone))
        .map(|group| {
            let mut group = group.clone();
            group.members.retain(|member| *member != gone);
            group
        })
        .collect()
}

fn same_name(one: &str, other: &str) -> bool {
    one.trim().to_lowercase() == other.trim().to_lowercase()
}

#[cfg(test)]
mod tests;
