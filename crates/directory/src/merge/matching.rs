//! Which entries are one person, and which id the person has.
//!
//! 1. Entries of different sources with the same key value are a class; entries of a source that has the value more
//!    than once are each alone.
//! 2. Classes whose entries were one person before are one component, unless that would put two entries of one
//!    source together.
//! 3. Each known id goes to the component with the strongest claim on it. A component with several ids keeps the
//!    oldest. One with none takes the id of a person who is gone and had the same key value, else a new one.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use smol_str::SmolStr;
use usher_model::{PersonId, SourceName};

use super::index::value_of;
use super::types::{KnownIds, MergeProblem, MergeSettings};
use crate::{EntryKey, SourceEntries, SourcePerson};

/// One entry among all: its source's place in the ranking, the source's place in the input, its place there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node<'e> {
    pub rank: usize,
    pub source: &'e SourceName,
    pub person: &'e SourcePerson,
    /// Which of the ranked sources, and which of its people.
    pub at: (usize, usize),
}

/// Entries that are one person. Ordered by precedence.
pub(super) type Component = Vec<usize>;

/// All entries in canonical order: by precedence, then key. Nothing below depends on the input's order.
pub(super) fn nodes<'e>(ranked: &[&'e SourceEntries]) -> Vec<Node<'e>> {
    let mut nodes = Vec::with_capacity(ranked.iter().map(|source| source.people.len()).sum());
    for (rank, entries) in ranked.iter().enumerate() {
        let mut order: Vec<usize> = (0..entries.people.len()).collect();
        let key = |at: &usize| entries.people.get(*at).map(|person| &person.key);
        order.sort_by(|one, other| key(one).cmp(&key(other)));
        for at in order {
            if let Some(person) = entries.people.get(at) {
                nodes.push(Node {
                    rank,
                    source: &entries.source,
                    person,
                    at: (rank, at),
                });
            }
        }
    }
    nodes
}

/// The matching as it goes on.
pub(super) struct Matching<'e, 'k> {
    nodes: &'e [Node<'e>],
    known: &'k KnownIds,
    /// The folded key value of each node.
    values: Vec<Option<SmolStr>>,
    /// The id that each node had.
    ids: Vec<Option<&'k PersonId>>,
    pub components: Vec<Component>,
    pub problems: Vec<MergeProblem>,
}

impl<'e, 'k> Matching<'e, 'k> {
    /// Steps 1 and 2.
    pub fn find(nodes: &'e [Node<'e>], settings: &MergeSettings, known: &'k KnownIds) -> Self {
        let values: Vec<Option<SmolStr>> = nodes
            .iter()
            .map(|node| value_of(node.person, &settings.key))
            .collect();
        let ids = nodes.iter().map(|node| known_id(node, known)).collect();
        let mut matching = Self {
            nodes,
            known,
            values,
            ids,
            components: Vec::new(),
            problems: Vec::new(),
        };
        matching.join_by_value(settings);
        matching.join_by_history();
        matching
    }

    fn join_by_value(&mut self, settings: &MergeSettings) {
        let mut by_value: BTreeMap<&SmolStr, Vec<usize>> = BTreeMap::new();
        for (node, value) in self.values.iter().enumerate() {
            match value {
                Some(value) => by_value.entry(value).or_default().push(node),
                None => self.components.push(vec![node]),
            }
        }
        for (value, class) in by_value {
            self.problems
                .extend(ambiguous(self.nodes, settings, value, &class));
            let (once, several) = self.by_sources(class);
            self.components
                .extend(several.into_iter().map(|node| vec![node]));
            self.components.push(once);
        }
        self.components.retain(|component| !component.is_empty());
    }

    /// The nodes whose source has one of these, and the others.
    fn by_sources(&self, class: Vec<usize>) -> (Vec<usize>, Vec<usize>) {
        let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
        for node in &class {
            *counts.entry(self.nodes[*node].rank).or_default() += 1;
        }
        class
            .into_iter()
            .partition(|node| counts.get(&self.nodes[*node].rank) == Some(&1))
    }

    /// Whether no two of these nodes are of one source.
    fn apart(&self, nodes: &[usize]) -> bool {
        let mut ranks: Vec<usize> = nodes.iter().map(|node| self.nodes[*node].rank).collect();
        ranks.sort_unstable();
        ranks.windows(2).all(|pair| pair[0] != pair[1])
    }

    fn join_by_history(&mut self) {
        let mut home: Vec<usize> = vec![0; self.nodes.len()];
        for (at, component) in self.components.iter().enumerate() {
            for node in component {
                home[*node] = at;
            }
        }
        let mut by_id: BTreeMap<&PersonId, Vec<usize>> = BTreeMap::new();
        for (node, id) in self.ids.iter().enumerate() {
            if let Some(id) = id {
                by_id.entry(id).or_default().push(node);
            }
        }
        for (id, members) in by_id {
            let places: BTreeSet<usize> = members.iter().map(|node| home[*node]).collect();
            self.join_places(id, &places, &mut home);
        }
        for component in &mut self.components {
            component.sort_unstable();
        }
        self.components.retain(|component| !component.is_empty());
        self.components.sort_unstable();
    }

    /// Joins components that were one person, one after the other while that contradicts nothing.
    fn join_places(&mut self, id: &PersonId, places: &BTreeSet<usize>, home: &mut [usize]) {
        // The component that has the person's last key value comes first, then the one of the first source.
        let mut order: Vec<usize> = places.iter().copied().collect();
        order.sort_by_cached_key(|at| self.claim(id, &self.components[*at]));
        let mut order = order.into_iter();
        let Some(first) = order.next() else { return };
        for other in order {
            let mut joined = self.components[first].clone();
            joined.extend(&self.components[other]);
            if self.apart(&joined) {
                self.disagreement(id, &joined);
                self.components[other].clear();
                for node in &joined {
                    home[*node] = first;
                }
                self.components[first] = joined;
            } else {
                self.contradiction(&joined);
            }
        }
    }

    fn disagreement(&mut self, id: &PersonId, joined: &[usize]) {
        let values: BTreeSet<String> = joined
            .iter()
            .filter_map(|node| self.values[*node].as_ref().map(ToString::to_string))
            .collect();
        if values.len() > 1 {
            self.problems.push(MergeProblem::HeldTogether {
                person: id.clone(),
                values: values.into_iter().collect(),
            });
        }
    }

    fn contradiction(&mut self, joined: &[usize]) {
        let mut seen = BTreeSet::new();
        let twice = joined
            .iter()
            .map(|node| &self.nodes[*node])
            .find(|node| !seen.insert(node.rank));
        if let Some(node) = twice {
            self.problems.push(MergeProblem::Contradiction {
                source_name: node.source.clone(),
                entry: node.person.key.clone(),
            });
        }
    }

    /// How strong a component's claim on an id is; the smallest is the strongest.
    fn claim(&self, id: &PersonId, component: &[usize]) -> (bool, usize, usize) {
        let last = self
            .known
            .key_values
            .get(id)
            .map(|value| super::index::fold(value));
        let has_value = last.is_some() && component.iter().any(|node| self.values[*node] == last);
        let rank = component
            .iter()
            .filter(|node| self.ids[**node] == Some(id))
            .map(|node| self.nodes[*node].rank)
            .min()
            .unwrap_or(usize::MAX);
        let first = component.iter().min().copied().unwrap_or(usize::MAX);
        (!has_value, rank, first)
    }

    /// Step 3 for known ids: the ids of each component, the oldest first.
    fn claimed(&self) -> Vec<Vec<PersonId>> {
        let mut claims: BTreeMap<&PersonId, BTreeSet<usize>> = BTreeMap::new();
        for (at, component) in self.components.iter().enumerate() {
            for id in component.iter().filter_map(|node| self.ids[*node]) {
                claims.entry(id).or_default().insert(at);
            }
        }
        let mut ids = vec![Vec::new(); self.components.len()];
        for (id, places) in claims {
            let strongest = places
                .into_iter()
                .min_by_key(|at| self.claim(id, &self.components[*at]));
            if let Some(at) = strongest {
                ids[at].push(id.clone());
            }
        }
        ids
    }

    /// Step 3: each component's id, the oldest it has a claim on first; none where it needs a new one.
    pub fn ids(&self) -> Vec<Vec<PersonId>> {
        let mut ids = self.claimed();
        let taken: BTreeSet<&PersonId> = ids.iter().flatten().collect();
        let mut free: HashMap<SmolStr, Option<&PersonId>> = HashMap::new();
        for (id, value) in &self.known.key_values {
            if !taken.contains(id) {
                free.entry(super::index::fold(value))
                    .and_modify(|known| *known = None)
                    .or_insert(Some(id));
            }
        }
        let heir = |value: &SmolStr| free.get(value).copied().flatten().cloned();
        let mut heirs: BTreeMap<PersonId, Vec<usize>> = BTreeMap::new();
        for (at, component) in self.components.iter().enumerate() {
            if ids[at].is_empty() {
                let inherited: BTreeSet<PersonId> = component
                    .iter()
                    .filter_map(|node| self.values[*node].as_ref().and_then(heir))
                    .collect();
                for id in inherited {
                    heirs.entry(id).or_default().push(at);
                }
            }
        }
        for (id, places) in heirs {
            if let [at] = places[..] {
                ids[at].push(id);
            }
        }
        ids
    }
}

fn known_id<'k>(node: &Node<'_>, known: &'k KnownIds) -> Option<&'k PersonId> {
    let key = (node.source.clone(), node.person.key.clone());
    known.people.get(&key)
}

/// The sources that have a value more than once.
fn ambiguous(
    nodes: &[Node<'_>],
    settings: &MergeSettings,
    value: &SmolStr,
    class: &[usize],
) -> Vec<MergeProblem> {
    let mut by_source: BTreeMap<&SourceName, Vec<EntryKey>> = BTreeMap::new();
    for node in class {
        by_source
            .entry(nodes[*node].source)
            .or_default()
            .push(nodes[*node].person.key.clone());
    }
    by_source
        .into_iter()
        .filter(|(_, keys)| keys.len() > 1)
        .map(|(source, keys)| MergeProblem::AmbiguousKey {
            source_name: source.clone(),
            attribute: settings.key.clone(),
            value: value.to_string(),
            keys,
        })
        .collect()
}
