//! From drafts to numbered changes, each after those it needs.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet};

use sha2::{Digest, Sha256};

use super::drafts::{Draft, Notes, Who, phase};
use super::ids::{DraftAt, PersonAt};
use super::scene::Scene;
use super::step::Step;
use crate::{Change, ChangeKey};

/// Keeps only what belongs to the chosen people, and what that needs. Returns how many drafts it looked at.
pub(crate) fn restrict(scene: &Scene<'_>, notes: &mut Notes) -> usize {
    let chosen: HashSet<PersonAt> = scene
        .only
        .iter()
        .filter_map(|id| scene.index.people.get(*id).copied())
        .collect();
    report_unknown(scene, notes);
    let count = notes.count();
    let kept = Restriction {
        notes,
        chosen: &chosen,
        verdicts: vec![None; count],
    }
    .judge();
    for (at, keep) in kept.into_iter().enumerate() {
        if keep {
            continue;
        }
        let Some(draft) = notes.give_up(DraftAt::new(at)) else {
            continue;
        };
        if let Some(person) = draft.person.filter(|person| chosen.contains(person)) {
            notes.skip(
                Step::Only,
                scene.who(person),
                format!(
                    "{} of {} waits for a change to somebody else",
                    draft.action.kind().words(),
                    draft.label
                ),
                "plan for everybody, or choose the other person too",
            );
        }
    }
    let is_chosen = |person: &Option<usher_model::PersonId>| {
        person
            .as_ref()
            .is_none_or(|person| scene.only.contains(person))
    };
    notes
        .report
        .skipped
        .retain(|skipped| is_chosen(&skipped.person));
    notes.report.unmanaged.clear();
    count
}

fn report_unknown(scene: &Scene<'_>, notes: &mut Notes) {
    let mut unknown: Vec<&str> = scene
        .only
        .iter()
        .filter(|id| !scene.index.people.contains_key(**id))
        .map(|id| id.as_str())
        .collect();
    unknown.sort_unstable();
    for id in unknown {
        let remedy = "check the id, or refresh the source that knows the person";
        notes.skip(
            Step::Only,
            Who::thing(id),
            "the directory knows no such person",
            remedy,
        );
    }
}

struct Restriction<'n> {
    notes: &'n Notes,
    chosen: &'n HashSet<PersonAt>,
    verdicts: Vec<Option<bool>>,
}

impl Restriction<'_> {
    /// Whether each draft is kept: those of the chosen people unless they need one of somebody else, and what
    /// belongs to nobody but is needed.
    fn judge(mut self) -> Vec<bool> {
        let mut needed: Vec<DraftAt> = Vec::new();
        for (at, draft) in self.notes.drafts() {
            if draft
                .person
                .is_some_and(|person| self.chosen.contains(&person))
                && self.is_possible(at)
            {
                needed.push(at);
            }
        }
        let mut kept = vec![false; self.verdicts.len()];
        while let Some(at) = needed.pop() {
            if let Some(slot) = kept.get_mut(at.at())
                && !*slot
            {
                *slot = true;
                needed.extend(self.after(at));
            }
        }
        kept
    }

    fn after(&self, at: DraftAt) -> Vec<DraftAt> {
        let draft = self.notes.get(at);
        draft.map(|draft| draft.after.clone()).unwrap_or_default()
    }

    /// Whether everything that a draft needs belongs to the chosen people or to nobody.
    fn is_possible(&mut self, at: DraftAt) -> bool {
        if let Some(verdict) = self.verdicts[at.at()] {
            return verdict;
        }
        // Should drafts wait for each other in a circle, none of them can be carried out.
        self.verdicts[at.at()] = Some(false);
        let own = self.notes.get(at).is_some_and(|draft| {
            draft
                .person
                .is_none_or(|person| self.chosen.contains(&person))
        });
        let possible = own
            && self
                .after(at)
                .into_iter()
                .all(|earlier| self.is_possible(earlier));
        self.verdicts[at.at()] = Some(possible);
        possible
    }
}

/// Numbers the drafts: by phase, then by person, and never before what they need.
pub(crate) fn number(scene: &Scene<'_>, notes: &mut Notes) -> Vec<Change> {
    let drafts = notes.take_drafts();
    let keys: Vec<Option<(u8, String)>> = drafts
        .iter()
        .map(|draft| draft.as_ref().map(|draft| sort_key(scene, draft)))
        .collect();
    let order = sort(&drafts, &keys);
    let mut numbers = vec![0_u32; drafts.len()];
    for (at, number) in order.iter().zip(1..) {
        numbers[*at] = number;
    }
    let mut drafts = drafts;
    order
        .iter()
        .zip(1..)
        .filter_map(|(at, number)| {
            let draft = drafts[*at].take()?;
            Some(change(scene, draft, number, &numbers))
        })
        .collect()
}

fn sort_key(scene: &Scene<'_>, draft: &Draft) -> (u8, String) {
    let person = draft
        .person
        .map_or("", |person| scene.person(person).id.as_str());
    let action = serde_json::to_string(&draft.action).unwrap_or_default();
    (phase(&draft.action), format!("{person}\u{0}{action}"))
}

/// Topological order; among those that are free, the lowest key goes first.
fn sort(drafts: &[Option<Draft>], keys: &[Option<(u8, String)>]) -> Vec<usize> {
    let is_there = |at: &DraftAt| drafts.get(at.at()).is_some_and(Option::is_some);
    let mut waiting = vec![0_u32; drafts.len()];
    let mut followers: Vec<Vec<usize>> = vec![Vec::new(); drafts.len()];
    for (at, draft) in drafts.iter().enumerate() {
        let after = draft.iter().flat_map(|draft| &draft.after);
        for earlier in after.filter(|earlier| is_there(earlier)) {
            waiting[at] += 1;
            followers[earlier.at()].push(at);
        }
    }
    let mut free: BinaryHeap<Reverse<(&(u8, String), usize)>> = BinaryHeap::new();
    for (at, key) in keys.iter().enumerate() {
        if let Some(key) = key
            && waiting[at] == 0
        {
            free.push(Reverse((key, at)));
        }
    }
    let mut order = Vec::with_capacity(drafts.len());
    while let Some(Reverse((_, at))) = free.pop() {
        order.push(at);
        for follower in &followers[at] {
            waiting[*follower] -= 1;
            if let Some(key) = &keys[*follower]
                && waiting[*follower] == 0
            {
                free.push(Reverse((key, *follower)));
            }
        }
    }
    order
}

fn change(scene: &Scene<'_>, draft: Draft, number: u32, numbers: &[u32]) -> Change {
    let person = draft.person.map(|person| scene.person(person).id.clone());
    let mut after: Vec<u32> = draft
        .after
        .iter()
        .filter_map(|at| numbers.get(at.at()).copied())
        .filter(|number| *number > 0)
        .collect();
    after.sort_unstable();
    after.dedup();
    Change {
        number,
        key: change_key(scene, &draft),
        person,
        label: draft.label,
        action: draft.action,
        reasons: draft.reasons,
        consequences: draft.consequences,
        after,
        urgency: draft.urgency,
    }
}

fn change_key(scene: &Scene<'_>, draft: &Draft) -> ChangeKey {
    let person = draft
        .person
        .map_or("", |person| scene.person(person).id.as_str());
    ChangeKey(hash_parts(&[
        scene.inventory.organization.id.as_str(),
        person,
        &serde_json::to_string(&draft.action).unwrap_or_default(),
    ]))
}

/// The SHA-256 of texts, each after its length so that none runs into the next, in hexadecimal.
pub(crate) fn hash_parts(parts: &[&str]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hasher.update(part.as_bytes());
    }
    hexadecimal(&hasher.finalize())
}

/// Bytes in hexadecimal.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            // Writing to a string never fails.
            let _ = write!(text, "{byte:02x}");
            text
        })
}
