//! What waits for what. Pure.
//!
//! A change starts when those it needs have been carried out. When one of them fails, the change is skipped, and
//! everything that needs it in turn; nothing else is held up.

use std::collections::{BTreeSet, HashMap};

use usher_plan::{AccountRef, Action, Change};

/// What a change needs of one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Need {
    /// That it was carried out.
    Success,
    /// That it is over, however it ended: two changes of one account are never under way together.
    End,
}

/// How a change ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It was carried out.
    Done,
    /// It was not.
    NotDone,
}

/// What follows from the end of a change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Follows {
    /// Changes that may start now, by their places in the plan.
    pub ready: Vec<usize>,
    /// Changes that will never start, each with the place of the change that it needed.
    pub skipped: Vec<(usize, usize)>,
}

/// The changes of a plan and what they wait for. Changes are named by their places in the plan, from 0.
#[derive(Debug)]
pub struct Graph {
    open: Vec<usize>,
    dependents: Vec<Vec<(usize, Need)>>,
    over: Vec<bool>,
}

/// A plan names a change that does not come before the one that needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("change {change} of the plan needs change {needs}, which does not come before it")]
pub struct Disorder {
    /// The change.
    pub change: u32,
    /// What it says it needs.
    pub needs: u32,
}

impl Graph {
    /// From the changes of a plan.
    pub fn new(changes: &[Change]) -> Result<Self, Disorder> {
        let places: HashMap<u32, usize> =
            (0..).zip(changes).map(|(at, c)| (c.number, at)).collect();
        let mut graph = Self {
            open: vec![0; changes.len()],
            dependents: vec![Vec::new(); changes.len()],
            over: vec![false; changes.len()],
        };
        let mut last_of_account = HashMap::new();
        for (at, change) in changes.iter().enumerate() {
            let after: BTreeSet<u32> = change.after.iter().copied().collect();
            for needs in &after {
                let before = places.get(needs).copied().filter(|before| *before < at);
                let before = before.ok_or(Disorder {
                    change: change.number,
                    needs: *needs,
                })?;
                graph.wait(at, before, Need::Success);
            }
            if let Some(account) = account_changed(&change.action)
                && let Some(before) = last_of_account.insert(account, at)
            {
                graph.wait(at, before, Need::End);
            }
        }
        Ok(graph)
    }

    fn wait(&mut self, change: usize, before: usize, need: Need) {
        if let (Some(open), Some(dependents)) =
            (self.open.get_mut(change), self.dependents.get_mut(before))
        {
            *open += 1;
            dependents.push((change, need));
        }
    }

    /// The changes that wait for nothing.
    pub fn first(&self) -> Vec<usize> {
        let free = self.open.iter().zip(&self.over).enumerate();
        let free = free.filter(|(_, (open, over))| **open == 0 && !**over);
        free.map(|(at, _)| at).collect()
    }

    /// Notes that a change is over. A second time changes nothing.
    pub fn end(&mut self, change: usize, ended: Ended) -> Follows {
        let mut follows = Follows::default();
        let mut ends = vec![(change, ended)];
        while let Some((at, ended)) = ends.pop() {
            match self.over.get_mut(at) {
                Some(over) if !*over => *over = true,
                _ => continue,
            }
            let dependents = self.dependents.get_mut(at).map(std::mem::take);
            for (dependent, need) in dependents.unwrap_or_default() {
                let Some(open) = self.open.get_mut(dependent) else {
                    continue;
                };
                *open -= 1;
                let is_over = self.over.get(dependent).copied().unwrap_or(true);
                if is_over {
                    continue;
                }
                if ended == Ended::NotDone && need == Need::Success {
                    follows.skipped.push((dependent, at));
                    ends.push((dependent, Ended::NotDone));
                } else if *open == 0 {
                    follows.ready.push(dependent);
                }
            }
        }
        let over = &self.over;
        follows
            .ready
            .retain(|at| !over.get(*at).copied().unwrap_or(true));
        follows
    }

    /// How many changes are not over.
    pub fn left(&self) -> usize {
        self.over.iter().filter(|over| !**over).count()
    }
}

/// The account whose own record an action changes. Memberships are the group's, and go side by side.
pub fn account_changed(action: &Action) -> Option<AccountRef> {
    match action {
        Action::AddToTeam { .. }
        | Action::RemoveFromTeam { .. }
        | Action::SetTeamRole { .. }
        | Action::AddToUserGroup { .. }
        | Action::RemoveFromUserGroup { .. }
        | Action::LinkAccount { .. } => None,
        action => action.account(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use usher_model::AccountId;
    use usher_plan::{ChangeKey, Urgency};

    use super::*;

    fn change(number: u32, account: &str, after: &[u32]) -> Change {
        Change {
            number,
            key: ChangeKey(number.to_string()),
            person: None,
            label: account.to_owned(),
            action: Action::Enable {
                account: AccountId::new(account),
            },
            reasons: Vec::new(),
            consequences: Vec::new(),
            after: after.to_vec(),
            urgency: Urgency::Normal,
        }
    }

    #[test]
    fn a_change_starts_when_all_that_it_needs_were_carried_out() {
        let changes = [
            change(1, "a", &[]),
            change(2, "b", &[]),
            change(3, "c", &[1, 2]),
        ];
        let mut graph = Graph::new(&changes).unwrap();
        assert_eq!(graph.first(), [0, 1]);
        assert_eq!(graph.end(0, Ended::Done), Follows::default());
        assert_eq!(graph.end(1, Ended::Done).ready, [2]);
        assert_eq!(graph.left(), 1);
    }

    #[test]
    fn the_failure_of_one_person_skips_their_further_changes_and_nobody_elses() {
        let changes = [
            change(1, "a", &[]),
            change(2, "b", &[]),
            change(3, "c", &[1]),
            change(4, "d", &[3]),
            change(5, "e", &[2]),
        ];
        let mut graph = Graph::new(&changes).unwrap();
        let follows = graph.end(0, Ended::NotDone);
        assert_eq!(follows.skipped, [(2, 0), (3, 2)]);
        assert_eq!(follows.ready, Vec::<usize>::new());
        assert_eq!(graph.end(1, Ended::Done).ready, [4]);
    }

    #[test]
    fn changes_of_one_account_go_one_after_the_other_and_do_not_fall_together() {
        let changes = [change(1, "a", &[]), change(2, "a", &[])];
        let mut graph = Graph::new(&changes).unwrap();
        assert_eq!(graph.first(), [0]);
        let follows = graph.end(0, Ended::NotDone);
        assert_eq!((follows.ready, follows.skipped), (vec![1], vec![]));
    }

    #[test]
    fn a_plan_out_of_order_is_refused() {
        let changes = [change(1, "a", &[2]), change(2, "b", &[])];
        let disorder = Graph::new(&changes).unwrap_err();
        assert_eq!((disorder.change, disorder.needs), (1, 2));
    }

    proptest! {
        #[test]
        fn every_change_ends_up_carried_out_failed_or_skipped_and_none_starts_too_early(
            needs in prop::collection::vec(prop::collection::vec(any::<prop::sample::Index>(), 0..4), 1..60),
            accounts in prop::collection::vec(0..8_u8, 60),
            failing in prop::collection::vec(prop::bool::weighted(0.2), 60),
        ) {
            let changes: Vec<Change> = needs.iter().enumerate().map(|(at, needs)| {
                let after: BTreeSet<u32> = needs.iter()
                    .filter(|_| at > 0)
                    .map(|index| u32::try_from(index.index(at.max(1)) + 1).unwrap())
                    .collect();
                change(u32::try_from(at + 1).unwrap(), &accounts[at].to_string(), &after.into_iter().collect::<Vec<_>>())
            }).collect();
            let mut graph = Graph::new(&changes).unwrap();
            let mut done = vec![None; changes.len()];
            let mut ready = graph.first();
            while let Some(at) = ready.pop() {
                prop_assert_eq!(done[at], None, "started twice");
                for needs in &changes[at].after {
                    prop_assert_eq!(done[*needs as usize - 1], Some(true), "started too early");
                }
                let is_done = !failing[at];
                done[at] = Some(is_done);
                let follows = graph.end(at, if is_done { Ended::Done } else { Ended::NotDone });
                for (skipped, because) in follows.skipped {
                    prop_assert_eq!(done[because], Some(false));
                    prop_assert_eq!(done[skipped], None);
                    done[skipped] = Some(false);
                }
                ready.extend(follows.ready);
            }
            prop_assert_eq!(graph.left(), 0);
            prop_assert!(done.iter().all(Option::is_some));
        }
    }
}
