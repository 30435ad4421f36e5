//! Groups: their ids, and their members by the ids of people and groups.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use usher_model::{Group, GroupId, GroupMember, PersonId};

use super::index::Index;
use super::new_id::NewIds;
use super::types::{KnownIds, MergeProblem, SourceEntries, SourceKey, Unresolved};
use crate::{MemberKey, MemberKind};

/// The groups of all sources.
pub(super) struct Groups<'e, 's> {
    ranked: &'s [&'e SourceEntries],
    indexes: &'s [Index<'e>],
    owners: &'s [Vec<Option<PersonId>>],
    /// The id of each group, by source and position.
    ids: Vec<Vec<GroupId>>,
}

impl<'e, 's> Groups<'e, 's> {
    pub fn new(
        ranked: &'s [&'e SourceEntries],
        indexes: &'s [Index<'e>],
        owners: &'s [Vec<Option<PersonId>>],
    ) -> Self {
        Self {
            ranked,
            indexes,
            owners,
            ids: Vec::new(),
        }
    }

    /// All groups by id, and which entry each was made from.
    pub fn build(
        &mut self,
        known: &KnownIds,
        now: Timestamp,
        problems: &mut Vec<MergeProblem>,
    ) -> (Vec<Group>, BTreeMap<SourceKey, GroupId>) {
        let keys = self.identify(known, now);
        let mut groups = Vec::with_capacity(keys.len());
        for source in 0..self.ranked.len() {
            self.build_source(source, &mut groups, problems);
        }
        groups.sort_by(|one, other| one.id.cmp(&other.id));
        report_same_names(&groups, problems);
        (groups, keys)
    }

    fn identify(&mut self, known: &KnownIds, now: Timestamp) -> BTreeMap<SourceKey, GroupId> {
        let taken = known.groups.values().map(GroupId::as_str);
        let new_ids = NewIds::new("group", now, taken);
        let mut keys = BTreeMap::new();
        for source in self.ranked {
            let mut ids = Vec::with_capacity(source.groups.len());
            for group in &source.groups {
                let key = (source.source.clone(), group.key.clone());
                let id = known
                    .groups
                    .get(&key)
                    .cloned()
                    .unwrap_or_else(|| GroupId::from(new_ids.of(&source.source, &group.key)));
                keys.insert(key, id.clone());
                ids.push(id);
            }
            self.ids.push(ids);
        }
        keys
    }

    fn build_source(
        &self,
        source: usize,
        groups: &mut Vec<Group>,
        problems: &mut Vec<MergeProblem>,
    ) {
        let Some(entries) = self.ranked.get(source) else {
            return;
        };
        let mut members: Vec<BTreeSet<GroupMember>> = vec![BTreeSet::new(); entries.groups.len()];
        for (group, members) in entries.groups.iter().zip(&mut members) {
            let mut lost = Lost::default();
            for member in &group.members {
                match self.resolve(source, member) {
                    Ok(found) => members.extend(found),
                    Err(why) => lost.add(member, why),
                }
            }
            lost.report(entries, &group.name, problems);
        }
        self.add_what_people_say(source, &mut members, problems);
        let ids = self.ids.get(source).into_iter().flatten();
        for ((group, members), id) in entries.groups.iter().zip(members).zip(ids) {
            groups.push(Group {
                id: id.clone(),
                name: group.name.clone(),
                description: group.description.clone(),
                members: members.into_iter().collect(),
            });
        }
    }

    /// `None` for a person of the source who is not in the directory.
    fn resolve(
        &self,
        source: usize,
        member: &MemberKey,
    ) -> Result<Option<GroupMember>, Unresolved> {
        match member.kind {
            MemberKind::Person => self.person(source, member),
            MemberKind::Group => self.group(source, member),
            MemberKind::Either => match self.person(source, member) {
                Err(Unresolved::Unknown) => self.group(source, member),
                found => found,
            },
        }
    }

    fn person(&self, source: usize, member: &MemberKey) -> Result<Option<GroupMember>, Unresolved> {
        let index = self.indexes.get(source).ok_or(Unresolved::Unknown)?;
        let at = index.person(&member.reference)?;
        let owner = self.owners.get(source).and_then(|owners| owners.get(at));
        Ok(owner.cloned().flatten().map(GroupMember::Person))
    }

    fn group(&self, source: usize, member: &MemberKey) -> Result<Option<GroupMember>, Unresolved> {
        let index = self.indexes.get(source).ok_or(Unresolved::Unknown)?;
        let at = index.group(&member.reference)?;
        let id = self.ids.get(source).and_then(|ids| ids.get(at));
        Ok(id.cloned().map(GroupMember::Group))
    }

    /// Memberships that only the people's entries name.
    fn add_what_people_say(
        &self,
        source: usize,
        members: &mut [BTreeSet<GroupMember>],
        problems: &mut Vec<MergeProblem>,
    ) {
        let (Some(entries), Some(index), Some(owners)) = (
            self.ranked.get(source),
            self.indexes.get(source),
            self.owners.get(source),
        ) else {
            return;
        };
        let mut lost: BTreeMap<String, Lost> = BTreeMap::new();
        for (person, owner) in entries.people.iter().zip(owners) {
            for reference in &person.groups {
                match index.group(reference) {
                    Ok(at) => {
                        let members = members.get_mut(at).into_iter();
                        let owner = owner.clone().map(GroupMember::Person);
                        members.for_each(|members| members.extend(owner.clone()));
                    }
                    Err(why) => lost.entry(reference.to_string()).or_default().add(
                        &MemberKey::person(crate::Reference::key(person.key.as_str())),
                        why,
                    ),
                }
            }
        }
        for (group, lost) in lost {
            lost.report(entries, &group, problems);
        }
    }
}

/// Members that could not be found, counted so that one missing branch of a tree is not a million problems.
#[derive(Default)]
struct Lost(BTreeMap<Unresolved, (usize, String)>);

impl Lost {
    fn add(&mut self, member: &MemberKey, why: Unresolved) {
        let example = member.reference.to_string();
        self.0
            .entry(why)
            .and_modify(|(count, least)| {
                *count += 1;
                if example < *least {
                    least.clone_from(&example);
                }
            })
            .or_insert((1, example));
    }

    fn report(self, entries: &SourceEntries, group: &str, problems: &mut Vec<MergeProblem>) {
        for (why, (count, example)) in self.0 {
            problems.push(MergeProblem::Members {
                source_name: entries.source.clone(),
                group: group.to_owned(),
                count,
                example,
                why,
            });
        }
    }
}

fn report_same_names(groups: &[Group], problems: &mut Vec<MergeProblem>) {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for group in groups {
        *counts.entry(&group.name).or_default() += 1;
    }
    for (name, count) in counts.into_iter().filter(|(_, count)| *count > 1) {
        problems.push(MergeProblem::SameName {
            name: name.to_owned(),
            count,
        });
    }
}
