//! The people and groups that merged entries make.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use usher_model::{
    AppRole, AttributeName, Attributes, GroupId, Person, PersonId, PersonStatus, SourceName,
    Subject,
};

use super::groups::Groups;
use super::index::Index;
use super::matching::{Matching, Node, nodes};
use super::new_id::NewIds;
use super::types::{
    Existence, KnownIds, MergeProblem, MergeSettings, Merged, MergedKeys, Provenance, SourceEntries,
};
use crate::{MemberKind, Reference, SourceAssignment};

/// Merges what all sources have said. The result does not depend on the order of sources and entries; merging
/// the same again with [`Merged::keys`] gives the same. New ids carry the time `now`.
pub fn merge(
    sources: &[SourceEntries],
    settings: &MergeSettings,
    known: &KnownIds,
    now: Timestamp,
) -> Merged {
    let ranked = rank(sources, settings);
    let nodes = nodes(&ranked);
    let mut matching = Matching::find(&nodes, settings, known);
    let mut directory = Directory::new(&ranked, settings, known, now);
    directory.problems.append(&mut matching.problems);
    let ids = matching.ids();
    for (component, ids) in matching.components.iter().zip(ids) {
        let entries: Vec<Node<'_>> = component.iter().map(|node| nodes[*node]).collect();
        directory.identify(entries, ids);
    }
    directory.finish(now)
}

/// Who is assigned to the application, with which role, by the ids of a merge. What names nobody in the
/// directory is left out.
pub fn resolve_assignments(
    source: &SourceEntries,
    assignments: &[SourceAssignment],
    keys: &MergedKeys,
) -> Vec<(Subject, AppRole)> {
    let index = Index::build(source);
    let person = |reference: &Reference| {
        let at = index.person(reference).ok()?;
        let key = source.people.get(at)?.key.clone();
        let id = keys.people.get(&(source.source.clone(), key))?;
        Some(Subject::Person(id.clone()))
    };
    let group = |reference: &Reference| {
        let at = index.group(reference).ok()?;
        let key = source.groups.get(at)?.key.clone();
        let id = keys.groups.get(&(source.source.clone(), key))?;
        Some(Subject::Group(id.clone()))
    };
    assignments
        .iter()
        .filter_map(|assignment| {
            let reference = &assignment.principal.reference;
            let subject = match assignment.principal.kind {
                MemberKind::Person => person(reference),
                MemberKind::Group => group(reference),
                MemberKind::Either => person(reference).or_else(|| group(reference)),
            };
            Some((subject?, assignment.role.clone()))
        })
        .collect()
}

/// The sources in the order in which they decide.
fn rank<'e>(sources: &'e [SourceEntries], settings: &MergeSettings) -> Vec<&'e SourceEntries> {
    let mut ranked: Vec<&SourceEntries> = sources.iter().collect();
    ranked.sort_by_key(|entries| {
        (
            place(&settings.precedence, &entries.source),
            &entries.source,
        )
    });
    ranked
}

fn place(order: &[SourceName], source: &SourceName) -> usize {
    order
        .iter()
        .position(|name| name == source)
        .unwrap_or(order.len())
}

/// The directory as it is put together.
struct Directory<'e, 's> {
    ranked: &'s [&'e SourceEntries],
    settings: &'s MergeSettings,
    known: &'s KnownIds,
    indexes: Vec<Index<'e>>,
    /// The person that each entry became, by source and position.
    owners: Vec<Vec<Option<PersonId>>>,
    new_ids: NewIds<'s>,
    people: BTreeMap<PersonId, Vec<Node<'e>>>,
    keys: MergedKeys,
    joined: Vec<(PersonId, PersonId)>,
    problems: Vec<MergeProblem>,
}

impl<'e, 's> Directory<'e, 's> {
    fn new(
        ranked: &'s [&'e SourceEntries],
        settings: &'s MergeSettings,
        known: &'s KnownIds,
        now: Timestamp,
    ) -> Self {
        Self {
            ranked,
            settings,
            known,
            indexes: ranked.iter().map(|source| Index::build(source)).collect(),
            owners: ranked
                .iter()
                .map(|source| vec![None; source.people.len()])
                .collect(),
            new_ids: NewIds::new(
                "person",
                now,
                known
                    .people
                    .values()
                    .chain(known.key_values.keys())
                    .map(PersonId::as_str),
            ),
            people: BTreeMap::new(),
            keys: MergedKeys {
                people: known.people.clone(),
                groups: known.groups.clone(),
            },
            joined: Vec::new(),
            problems: Vec::new(),
        }
    }

    /// Gives a component its id.
    fn identify(&mut self, entries: Vec<Node<'e>>, ids: Vec<PersonId>) {
        if !self.exists(&entries) {
            return;
        }
        let mut ids = ids.into_iter();
        let Some(first) = entries.first() else { return };
        let id = ids
            .next()
            .unwrap_or_else(|| PersonId::from(self.new_ids.of(first.source, &first.person.key)));
        self.joined.extend(ids.map(|old| (old, id.clone())));
        for node in &entries {
            let (source, at) = node.at;
            if let Some(owner) = self.owners.get_mut(source).and_then(|all| all.get_mut(at)) {
                *owner = Some(id.clone());
            }
            let key = (node.source.clone(), node.person.key.clone());
            self.keys.people.insert(key, id.clone());
        }
        self.people.insert(id, entries);
    }

    fn exists(&self, entries: &[Node<'_>]) -> bool {
        match (self.settings.existence, self.settings.precedence.first()) {
            (Existence::FirstSource, Some(first)) => {
                entries.iter().any(|node| node.source == first)
            }
            _ => true,
        }
    }

    fn finish(mut self, now: Timestamp) -> Merged {
        let components = std::mem::take(&mut self.people);
        let (people, provenance): (Vec<Person>, Vec<Provenance>) = components
            .iter()
            .map(|(id, entries)| self.person(id, entries))
            .unzip();
        // Earlier entries of a person who was joined to another follow.
        let replaced: BTreeMap<PersonId, PersonId> = self.joined.iter().cloned().collect();
        for id in self.keys.people.values_mut() {
            if let Some(into) = replaced.get(id) {
                *id = into.clone();
            }
        }
        let mut groups = Groups::new(self.ranked, &self.indexes, &self.owners);
        let (groups, group_keys) = groups.build(self.known, now, &mut self.problems);
        self.keys.groups.extend(group_keys);
        let gone = self.gone(&components, &replaced);
        let gone_groups = gone_groups(self.known, &groups);
        self.problems.sort();
        self.problems.dedup();
        self.joined.sort();
        Merged {
            people,
            provenance,
            groups,
            keys: self.keys,
            gone,
            gone_groups,
            joined: self.joined,
            problems: self.problems,
        }
    }

    fn gone(
        &self,
        there: &BTreeMap<PersonId, Vec<Node<'_>>>,
        replaced: &BTreeMap<PersonId, PersonId>,
    ) -> BTreeSet<PersonId> {
        self.known
            .people
            .values()
            .chain(self.known.key_values.keys())
            .filter(|id| !there.contains_key(*id) && !replaced.contains_key(*id))
            .cloned()
            .collect()
    }

    fn person(&mut self, id: &PersonId, entries: &[Node<'e>]) -> (Person, Provenance) {
        let (attributes, mut provenance) = self.attributes(entries);
        let mut note = |name: &str, source: &SourceName| {
            provenance.push((AttributeName::new(name), source.clone()));
        };
        let status = self.ordered("status", entries).first().copied();
        if let Some(node) = status {
            note("status", node.source);
        }
        let manager = self.manager(id, entries);
        if let Some((_, source)) = &manager {
            note("manager", source);
        }
        let person = Person {
            id: id.clone(),
            status: status.map_or(PersonStatus::Active, |node| node.person.status),
            manager: manager.map(|(manager, _)| manager),
            attributes,
        };
        (person, Provenance(provenance))
    }

    /// The first value of each attribute in the order that holds for it.
    fn attributes(&self, entries: &[Node<'e>]) -> (Attributes, Vec<(AttributeName, SourceName)>) {
        let mut attributes = Attributes::default();
        let mut provenance = Vec::new();
        let names: BTreeSet<&AttributeName> = entries
            .iter()
            .flat_map(|node| node.person.attributes.iter().map(|(name, _)| name))
            .collect();
        for name in names {
            let found = self
                .ordered(name.as_str(), entries)
                .into_iter()
                .find_map(|node| {
                    let value = node.person.attributes.get(name.as_str())?;
                    Some((value, node.source))
                });
            if let Some((value, source)) = found {
                attributes.set(name.clone(), value.clone());
                provenance.push((name.clone(), source.clone()));
            }
        }
        (attributes, provenance)
    }

    /// The entries in the order in which they decide on an attribute.
    fn ordered<'n>(&self, attribute: &str, entries: &'n [Node<'e>]) -> Vec<&'n Node<'e>> {
        let mut ordered: Vec<&Node<'e>> = entries.iter().collect();
        if self.settings.attributes.is_empty() {
            return ordered;
        }
        if let Some(order) = self.settings.attributes.get(&AttributeName::new(attribute)) {
            ordered.sort_by_key(|node| (place(order, node.source), node.rank));
        }
        ordered
    }

    fn manager(&mut self, id: &PersonId, entries: &[Node<'e>]) -> Option<(PersonId, SourceName)> {
        for node in self.ordered("manager", entries) {
            let Some(reference) = &node.person.manager else {
                continue;
            };
            let named = (node.source.clone(), reference.clone());
            if let Some(owner) = self.known.outside.get(&named).filter(|owner| *owner != id) {
                return Some((owner.clone(), node.source.clone()));
            }
            let (source, _) = node.at;
            let found = self.indexes.get(source)?.person(reference);
            match found {
                Ok(at) => {
                    let owner = self.owners.get(source)?.get(at)?.as_ref();
                    if let Some(owner) = owner.filter(|owner| *owner != id) {
                        return Some((owner.clone(), node.source.clone()));
                    }
                }
                Err(why) => self.problems.push(MergeProblem::Manager {
                    source_name: node.source.clone(),
                    entry: node.person.key.clone(),
                    reference: reference.to_string(),
                    why,
                }),
            }
        }
        None
    }
}

fn gone_groups(known: &KnownIds, groups: &[usher_model::Group]) -> BTreeSet<GroupId> {
    let there: BTreeSet<&GroupId> = groups.iter().map(|group| &group.id).collect();
    known
        .groups
        .values()
        .filter(|id| !there.contains(id))
        .cloned()
        .collect()
}
