//! Leaving out of a plan what failed lately and is not to be tried again yet.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};
use usher_model::{AccountId, PersonId, Timestamp};

use crate::{
    AccountRef, Action, ActionKind, Change, ChangeKey, Desired, Inventory, Plan, Report, Settings,
    basis_hash, weigh_guards,
};

/// Why a change is not tried yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wait {
    /// Until when it waits.
    pub until: Timestamp,
    /// How often it failed.
    pub attempts: u32,
    /// How it failed last, in words.
    pub error: String,
}

/// A change that a plan leaves out for now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetAside {
    /// The change's key.
    pub key: ChangeKey,
    /// Whose account it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
    /// How its subject is named to people.
    pub label: String,
    /// What it would do.
    pub action: ActionKind,
    /// Why.
    pub why: WhySetAside,
}

/// Why a change is left out for now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "because", rename_all = "snake_case")]
pub enum WhySetAside {
    /// It failed, and is not due again.
    Failed(Wait),
    /// It needs another that is left out.
    Needs {
        /// The other one's key.
        key: ChangeKey,
        /// What the other one would do.
        action: ActionKind,
        /// How the other one's subject is named to people.
        label: String,
    },
}

/// What a plan is made from, for weighing what is left of it.
#[derive(Clone, Copy, Debug)]
pub struct Basics<'a> {
    /// What is.
    pub inventory: &'a Inventory,
    /// What should be.
    pub desired: &'a Desired,
    /// How to get there.
    pub settings: &'a Settings,
}

/// Leaves out the changes that wait, and those that need them, and names them in the report. Guards weigh what is left.
pub fn set_aside(
    (mut plan, mut report): (Plan, Report),
    waiting: &BTreeMap<ChangeKey, Wait>,
    basics: Basics<'_>,
) -> (Plan, Report) {
    let (left, aside) = part(std::mem::take(&mut plan.changes), waiting);
    plan.changes = left;
    if !aside.is_empty() {
        let Basics {
            inventory,
            desired,
            settings,
        } = basics;
        plan.guards = weigh_guards(&plan.changes, inventory, desired, settings);
        plan.basis.hash = basis_hash(&plan, inventory, desired, settings);
        report.set_aside = aside;
    }
    (plan, report)
}

/// What is left, numbered anew, and what is not.
fn part(changes: Vec<Change>, waiting: &BTreeMap<ChangeKey, Wait>) -> (Vec<Change>, Vec<SetAside>) {
    let whys = whys(&changes, waiting);
    let mut left: Vec<Change> = Vec::with_capacity(changes.len());
    let mut aside: Vec<SetAside> = Vec::new();
    let mut numbers: HashMap<u32, u32> = HashMap::with_capacity(changes.len());
    for (mut change, why) in changes.into_iter().zip(whys) {
        if let Some(why) = why {
            aside.push(named(change, why));
            continue;
        }
        let number = u32::try_from(left.len() + 1).unwrap_or(u32::MAX);
        numbers.insert(change.number, number);
        change.number = number;
        for after in &mut change.after {
            *after = numbers.get(after).copied().unwrap_or(*after);
        }
        left.push(change);
    }
    (left, aside)
}

/// Why each change is left out; none: it is not.
fn whys(changes: &[Change], waiting: &BTreeMap<ChangeKey, Wait>) -> Vec<Option<WhySetAside>> {
    let failed = |change: &Change| waiting.get(&change.key).cloned().map(WhySetAside::Failed);
    let mut whys: Vec<_> = changes.iter().map(failed).collect();
    let numbered = changes.iter().enumerate();
    let places: HashMap<u32, usize> = numbered.map(|(at, change)| (change.number, at)).collect();
    loop {
        let unowned = Unowned::of(changes, &whys);
        let mut more = Vec::new();
        for (at, change) in changes.iter().enumerate() {
            let mut after = change.after.iter().filter_map(|number| places.get(number));
            let cause = after
                .find(|place| whys.get(**place).is_some_and(Option::is_some))
                .copied()
                .or_else(|| unowned.by(change));
            if let (Some(None), Some(cause)) = (whys.get(at), cause.and_then(|at| changes.get(at)))
            {
                more.push((at, needed(cause)));
            }
        }
        if more.is_empty() {
            return whys;
        }
        for (at, why) in more {
            if let Some(entry) = whys.get_mut(at) {
                *entry = Some(why);
            }
        }
    }
}

/// Whose tie to an account is left out: as long as nobody stands behind it, nothing else is done to it.
#[derive(Default)]
struct Unowned<'a> {
    people: HashMap<&'a PersonId, usize>,
    accounts: HashMap<&'a AccountId, usize>,
}

impl<'a> Unowned<'a> {
    fn of(changes: &'a [Change], whys: &[Option<WhySetAside>]) -> Self {
        let mut unowned = Self::default();
        for (at, (change, _)) in changes
            .iter()
            .zip(whys)
            .enumerate()
            .filter(|(_, (_, why))| why.is_some())
        {
            match &change.action {
                Action::CreateAccount { person, .. } => {
                    unowned.people.insert(person, at);
                }
                Action::LinkAccount {
                    person, account, ..
                } => {
                    unowned.people.insert(person, at);
                    unowned.accounts.insert(account, at);
                }
                _ => {}
            }
        }
        unowned
    }

    fn by(&self, change: &Change) -> Option<usize> {
        let person = change.person.as_ref();
        let by_person = person.and_then(|person| self.people.get(person));
        let by_account = || match change.action.account()? {
            AccountRef::Existing(account) => self.accounts.get(&account),
            AccountRef::New(person) => self.people.get(&person),
        };
        by_person.or_else(by_account).copied()
    }
}

fn needed(other: &Change) -> WhySetAside {
    WhySetAside::Needs {
        key: other.key.clone(),
        action: other.action.kind(),
        label: other.label.clone(),
    }
}

fn named(change: Change, why: WhySetAside) -> SetAside {
    SetAside {
        key: change.key,
        person: change.person,
        label: change.label,
        action: change.action.kind(),
        why,
    }
}
