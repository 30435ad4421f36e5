//! Who is in which group, directly or through groups in it.

mod edges;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use usher_model::{Group, GroupId, GroupMember, PersonId};

use edges::{Bits, Edges};

/// Who is in which group, directly or through groups in it. Cheap to clone.
///
/// Groups may contain each other, even in a circle: everybody in a circle is in each of its groups. Members that
/// are no known group are left out. Nothing here recurses, so that depth costs no stack, and only direct
/// memberships are stored, so that depth costs no memory either.
#[derive(Clone)]
pub struct GroupIndex(Arc<Inner>);

struct Inner {
    groups: Vec<(GroupId, String)>,
    by_id: HashMap<GroupId, u32>,
    by_name: HashMap<String, Vec<u32>>,
    /// Sorted, so that a set of numbers in order is a list of ids in order.
    people: Vec<PersonId>,
    by_person: HashMap<PersonId, u32>,
    people_in: Edges,
    groups_in: Edges,
    groups_around: Edges,
    groups_of: Edges,
}

/// A name that more than one group has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` is the name of {} groups: {}", ids.len(), listed(ids))]
pub struct AmbiguousGroup {
    /// The name.
    pub name: String,
    /// The groups that have it.
    pub ids: Vec<GroupId>,
}

fn listed(ids: &[GroupId]) -> String {
    let ids: Vec<&str> = ids.iter().map(GroupId::as_str).collect();
    ids.join(", ")
}

/// Everybody in one group, for asking again and again.
#[derive(Clone, Debug)]
pub struct MemberSet {
    index: GroupIndex,
    members: Bits,
}

impl MemberSet {
    /// Whether the person is in the group.
    pub fn contains(&self, person: &PersonId) -> bool {
        self.index
            .0
            .by_person
            .get(person)
            .is_some_and(|number| self.members.contains(*number))
    }
}

impl fmt::Debug for GroupIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GroupIndex")
            .field("groups", &self.0.groups.len())
            .field("people", &self.0.people.len())
            .finish()
    }
}

impl GroupIndex {
    /// Reads the memberships of `groups`.
    pub fn build(groups: &[Group]) -> Self {
        let (entries, by_id) = number_groups(groups);
        let mut memberships = Memberships::read(groups, &by_id);
        let people = memberships.sort_people();
        let Memberships { nested, direct, .. } = &mut memberships;
        let people_in = Edges::new(entries.len(), direct);
        let groups_in = Edges::new(entries.len(), nested);
        turn_around(direct);
        turn_around(nested);
        Self(Arc::new(Inner {
            by_name: names(&entries),
            by_id,
            by_person: people.iter().cloned().zip(0..).collect(),
            people_in,
            groups_in,
            groups_around: Edges::new(entries.len(), nested),
            groups_of: Edges::new(people.len(), direct),
            groups: entries,
            people,
        }))
    }

    /// How many groups there are.
    pub fn len(&self) -> usize {
        self.0.groups.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.groups.is_empty()
    }

    /// Whether there is a group with this id.
    pub fn has(&self, group: &GroupId) -> bool {
        self.0.by_id.contains_key(group)
    }

    /// The group's name.
    pub fn name(&self, group: &GroupId) -> Option<&str> {
        let number = self.0.by_id.get(group)?;
        Some(self.0.group(*number).1.as_str())
    }

    /// The group with this name, whatever its letter case.
    pub fn by_name(&self, name: &str) -> Result<Option<&GroupId>, AmbiguousGroup> {
        match self.0.by_name.get(&name.to_lowercase()).map(Vec::as_slice) {
            None | Some([]) => Ok(None),
            Some([number]) => Ok(Some(&self.0.group(*number).0)),
            Some(numbers) => Err(AmbiguousGroup {
                name: name.to_owned(),
                ids: numbers
                    .iter()
                    .map(|number| self.0.group(*number).0.clone())
                    .collect(),
            }),
        }
    }

    /// The group with this id or, if there is none, with this name.
    pub fn find(&self, id_or_name: &str) -> Result<Option<&GroupId>, AmbiguousGroup> {
        match self.0.by_id.get_key_value(&GroupId::new(id_or_name)) {
            Some((id, _)) => Ok(Some(id)),
            None => self.by_name(id_or_name),
        }
    }

    /// Everybody in the group, sorted by id.
    pub fn members(&self, group: &GroupId) -> Vec<&PersonId> {
        let Some(number) = self.0.by_id.get(group) else {
            return Vec::new();
        };
        let members = self.0.members(*number);
        members.iter().map(|number| self.0.person(number)).collect()
    }

    /// Everybody in the group, for asking again and again.
    pub fn member_set(&self, group: &GroupId) -> Option<MemberSet> {
        let number = self.0.by_id.get(group)?;
        Some(MemberSet {
            index: self.clone(),
            members: self.0.members(*number),
        })
    }

    /// Whether the person is in the group.
    pub fn contains(&self, group: &GroupId, person: &PersonId) -> bool {
        self.way(person, group).is_some()
    }

    /// The groups that the person is in, in the order of their ids.
    pub fn groups_of(&self, person: &PersonId) -> Vec<&GroupId> {
        let mut ids: Vec<&GroupId> = self
            .around(person)
            .iter()
            .map(|number| &self.0.group(number).0)
            .collect();
        ids.sort_unstable();
        ids
    }

    /// The names of the groups that the person is in, in alphabetical order.
    pub fn group_names(&self, person: &PersonId) -> Vec<&str> {
        let mut names: Vec<&str> = self
            .around(person)
            .iter()
            .map(|number| self.0.group(number).1.as_str())
            .collect();
        names.sort_unstable();
        names
    }

    /// The names of the groups that lead from `group` to the person, outermost first: the shortest such way. Absent
    /// if the person is not in the group.
    pub fn path(&self, person: &PersonId, group: &GroupId) -> Option<Vec<&str>> {
        let way = self.way(person, group)?;
        Some(
            way.into_iter()
                .map(|number| self.0.group(number).1.as_str())
                .collect(),
        )
    }

    fn around(&self, person: &PersonId) -> Bits {
        let direct = self.0.by_person.get(person);
        let direct = direct.map_or(&[][..], |number| self.0.groups_of.of(*number));
        self.0
            .groups_around
            .reachable(direct, self.0.groups.len())
            .0
    }

    /// The numbers of the groups that lead from `group` to the person.
    fn way(&self, person: &PersonId, group: &GroupId) -> Option<Vec<u32>> {
        let goal = *self.0.by_id.get(group)?;
        let direct = self.0.groups_of.of(*self.0.by_person.get(person)?);
        let mut seen = Bits::new(self.0.groups.len());
        let mut queue: Vec<(u32, usize)> = Vec::new();
        queue.extend(
            direct
                .iter()
                .filter(|number| seen.insert(**number))
                .map(|number| (*number, usize::MAX)),
        );
        let mut at = 0;
        while let Some((number, _)) = queue.get(at).copied() {
            if number == goal {
                return Some(walk_back(&queue, at));
            }
            for outer in self.0.groups_around.of(number) {
                if seen.insert(*outer) {
                    queue.push((*outer, at));
                }
            }
            at += 1;
        }
        None
    }
}

/// From the last group reached back to the first: outermost first, as each was reached from the one inside it.
fn walk_back(queue: &[(u32, usize)], from: usize) -> Vec<u32> {
    let mut way = Vec::new();
    let mut at = from;
    while let Some((number, before)) = queue.get(at) {
        way.push(*number);
        at = *before;
    }
    way
}

impl Inner {
    fn group(&self, number: u32) -> &(GroupId, String) {
        &self.groups[number as usize]
    }

    fn person(&self, number: u32) -> &PersonId {
        &self.people[number as usize]
    }

    fn members(&self, group: u32) -> Bits {
        let (_, inside) = self.groups_in.reachable(&[group], self.groups.len());
        let mut members = Bits::new(self.people.len());
        for group in inside {
            for person in self.people_in.of(group) {
                members.insert(*person);
            }
        }
        members
    }
}

/// Who and what is directly in which group, as numbers.
struct Memberships<'a> {
    /// In the order of their numbers.
    people: Vec<&'a PersonId>,
    /// Group and person.
    direct: Vec<(u32, u32)>,
    /// Group and group in it.
    nested: Vec<(u32, u32)>,
}

impl<'a> Memberships<'a> {
    /// Numbers people as they come: each membership is looked up once.
    fn read(groups: &'a [Group], by_id: &HashMap<GroupId, u32>) -> Self {
        let count = groups.iter().map(|group| group.members.len()).sum();
        let mut numbers: HashMap<&PersonId, u32> = HashMap::new();
        let mut read = Self {
            people: Vec::new(),
            direct: Vec::with_capacity(count),
            nested: Vec::new(),
        };
        for group in groups {
            let outer = by_id[&group.id];
            for member in &group.members {
                match member {
                    GroupMember::Group(id) => {
                        read.nested
                            .extend(by_id.get(id).map(|inner| (outer, *inner)));
                    }
                    GroupMember::Person(id) => {
                        let next = u32::try_from(read.people.len()).unwrap_or(u32::MAX);
                        let number = *numbers.entry(id).or_insert_with(|| {
                            read.people.push(id);
                            next
                        });
                        read.direct.push((outer, number));
                    }
                }
            }
        }
        read
    }

    /// Numbers people in the order of their ids, and returns them in that order.
    fn sort_people(&mut self) -> Vec<PersonId> {
        // With the beginning of each id beside it, sorting does not follow a pointer at each comparison.
        let people = self.people.iter().copied().zip(0..);
        let mut sorted: Vec<([u64; 5], &PersonId, u32)> = people
            .map(|(id, number)| (beginning(id), id, number))
            .collect();
        sorted.sort_unstable();
        let mut renumbered = vec![0; sorted.len()];
        for ((_, _, before), after) in sorted.iter().zip(0..) {
            renumbered[*before as usize] = after;
        }
        for (_, person) in &mut self.direct {
            *person = renumbered[*person as usize];
        }
        sorted.into_iter().map(|(_, id, _)| id.clone()).collect()
    }
}

/// The first 40 bytes of an id, as numbers that are ordered as the bytes are. A UUID has 36.
fn beginning(id: &PersonId) -> [u64; 5] {
    let mut beginning = [0; 5];
    for (number, bytes) in beginning.iter_mut().zip(id.as_str().as_bytes().chunks(8)) {
        let mut padded = [0; 8];
        padded[..bytes.len()].copy_from_slice(bytes);
        *number = u64::from_be_bytes(padded);
    }
    beginning
}

fn turn_around(pairs: &mut [(u32, u32)]) {
    for pair in pairs {
        *pair = (pair.1, pair.0);
    }
}

fn number_groups(groups: &[Group]) -> (Vec<(GroupId, String)>, HashMap<GroupId, u32>) {
    let mut entries = Vec::with_capacity(groups.len());
    let mut by_id = HashMap::with_capacity(groups.len());
    let mut next = 0;
    for group in groups {
        by_id.entry(group.id.clone()).or_insert_with(|| {
            entries.push((group.id.clone(), group.name.clone()));
            next += 1;
            next - 1
        });
    }
    (entries, by_id)
}

fn names(entries: &[(GroupId, String)]) -> HashMap<String, Vec<u32>> {
    let mut names: HashMap<String, Vec<u32>> = HashMap::with_capacity(entries.len());
    for ((_, name), number) in entries.iter().zip(0..) {
        names.entry(name.to_lowercase()).or_default().push(number);
    }
    names
}
