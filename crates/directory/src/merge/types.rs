//! What merging takes and gives.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use usher_model::{AttributeName, Group, GroupId, Person, PersonId, SourceName};

use crate::{EntryKey, Reference, SourceGroup, SourcePerson};

/// An entry of a source.
pub type SourceKey = (SourceName, EntryKey);

/// Everything one source has said.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceEntries {
    /// Which source.
    pub source: SourceName,
    /// Its people, each key once.
    pub people: Vec<SourcePerson>,
    /// Its groups, each key once.
    pub groups: Vec<SourceGroup>,
}

/// How sources are merged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MergeSettings {
    /// The sources, the one that decides first. A source that is not listed comes behind those that are, by
    /// name.
    pub precedence: Vec<SourceName>,
    /// Other orders for single attributes; `status` and `manager` count as attributes here. Sources that
    /// are not listed come behind, in the order of `precedence`.
    pub attributes: BTreeMap<AttributeName, Vec<SourceName>>,
    /// The attribute whose value identifies a person across sources, compared without regard to case.
    pub key: AttributeName,
    /// Who says that a person exists.
    pub existence: Existence,
}

impl Default for MergeSettings {
    fn default() -> Self {
        Self {
            precedence: Vec::new(),
            attributes: BTreeMap::new(),
            key: AttributeName::new(AttributeName::EMAIL),
            existence: Existence::AnySource,
        }
    }
}

/// Who says that a person exists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Existence {
    /// A person is there while any source knows them.
    #[default]
    AnySource,
    /// A person is there while the first source knows them; the others only add what they know.
    FirstSource,
}

/// Ids that were given before. Entries of sources that are gone stay in it, so that they get the same id when
/// they come back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownIds {
    /// People by the entries they were made from.
    pub people: BTreeMap<SourceKey, PersonId>,
    /// Groups by the entries they were made from.
    pub groups: BTreeMap<SourceKey, GroupId>,
    /// The value of [`MergeSettings::key`] that each known person had last, also of people who are gone: an
    /// entry that nobody knows under its key, such as after a move to another source, becomes that person.
    pub key_values: BTreeMap<PersonId, String>,
    /// Where only a part of the directory is merged: people outside of it, by how entries of a source refer to them.
    pub outside: BTreeMap<(SourceName, Reference), PersonId>,
}

/// The directory.
#[derive(Clone, Debug, PartialEq)]
pub struct Merged {
    /// People, by id.
    pub people: Vec<Person>,
    /// For each of `people`, in the same order: which source each attribute came from.
    pub provenance: Vec<Provenance>,
    /// Groups, by id.
    pub groups: Vec<Group>,
    /// Which entries each id was made from: what [`KnownIds`] has to hold next time.
    pub keys: MergedKeys,
    /// Known people whom no source knows any more.
    pub gone: BTreeSet<PersonId>,
    /// Known groups that no source knows any more.
    pub gone_groups: BTreeSet<GroupId>,
    /// Two known people turned out to be one: the first id is replaced by the second. The first is not in
    /// `gone`.
    pub joined: Vec<(PersonId, PersonId)>,
    /// What was not joined, or could not be resolved.
    pub problems: Vec<MergeProblem>,
}

/// Which entries each id was made from, those of earlier merges included.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MergedKeys {
    /// People.
    pub people: BTreeMap<SourceKey, PersonId>,
    /// Groups.
    pub groups: BTreeMap<SourceKey, GroupId>,
}

/// Where a person's data came from. `status` and `manager` are among the attributes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance(pub Vec<(AttributeName, SourceName)>);

impl Provenance {
    /// The source of an attribute.
    pub fn of(&self, attribute: &str) -> Option<&SourceName> {
        let attribute = AttributeName::new(attribute);
        self.0
            .iter()
            .find(|(name, _)| *name == attribute)
            .map(|(_, source)| source)
    }
}

/// What was not joined, or could not be resolved.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, thiserror::Error,
)]
#[serde(tag = "problem", rename_all = "snake_case")]
pub enum MergeProblem {
    /// Several entries of one source have the same key value, so it identifies nobody.
    #[error(
        "source {source_name} has several people with {attribute} `{value}` ({}); nobody is matched by it",
        list(keys)
    )]
    AmbiguousKey {
        /// The source.
        source_name: SourceName,
        /// The key attribute.
        attribute: AttributeName,
        /// Its value.
        value: String,
        /// The entries.
        keys: Vec<EntryKey>,
    },
    /// An entry was one person with others before, but has another key value now, which belongs to somebody else.
    #[error("{source_name} {entry} is no longer the same person as before; it now stands apart")]
    Contradiction {
        /// The source.
        source_name: SourceName,
        /// The entry that stands apart, or the one that it would clash with.
        entry: EntryKey,
    },
    /// Entries have different key values, and are one person because they were one before.
    #[error("the sources of person {person} disagree: {}; kept as one person as before", values.join(", "))]
    HeldTogether {
        /// The person.
        person: PersonId,
        /// The values.
        values: Vec<String>,
    },
    /// A manager who is not in the source, or whom the reference does not identify.
    #[error("{source_name} {entry}: the manager {reference} is {why}; left out")]
    Manager {
        /// The source.
        source_name: SourceName,
        /// Whose manager.
        entry: EntryKey,
        /// How the manager is named.
        reference: String,
        /// `unknown` or `ambiguous`.
        why: Unresolved,
    },
    /// A group's members who are not in the source, or whom the references do not identify.
    #[error("{source_name} group {group}: {count} members are {why}, such as {example}; left out")]
    Members {
        /// The source.
        source_name: SourceName,
        /// The group's name.
        group: String,
        /// How many.
        count: usize,
        /// One of them.
        example: String,
        /// `unknown` or `ambiguous`.
        why: Unresolved,
    },
    /// Several groups have the same name.
    #[error("{count} groups are named `{name}`; they stay apart")]
    SameName {
        /// The name.
        name: String,
        /// How many.
        count: usize,
    },
}

/// Why a reference leads nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unresolved {
    /// Nobody is named so.
    Unknown,
    /// Several are named so.
    Ambiguous,
}

impl std::fmt::Display for Unresolved {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Unknown => "unknown",
            Self::Ambiguous => "ambiguous",
        })
    }
}

fn list(keys: &[EntryKey]) -> String {
    let texts: Vec<&str> = keys.iter().take(5).map(EntryKey::as_str).collect();
    texts.join(", ")
}
