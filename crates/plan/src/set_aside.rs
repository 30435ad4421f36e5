//! Leaving out of a plan what failed lately and is not to be tried again yet.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};
use usher_model::{PersonId, Timestamp};

use crate::{
    ActionKind, Change, ChangeKey, Desired, Inventory, Plan, Report, Settings, basis_hash,
    weigh_guards,
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

/// What is left, numbered anew, and what is not. Each change comes after those it needs, so one pass finds everything.
fn part(changes: Vec<Change>, waiting: &BTreeMap<ChangeKey, Wait>) -> (Vec<Change>, Vec<SetAside>) {
    let mut left: Vec<Change> = Vec::with_capacity(changes.len());
    let mut aside: Vec<SetAside> = Vec::new();
    let mut numbers: HashMap<u32, u32> = HashMap::with_capacity(changes.len());
    let mut places: HashMap<u32, usize> = HashMap::new();
    for mut change in changes {
        let needs = |places: &HashMap<u32, usize>| {
            let place = change.after.iter().find_map(|number| places.get(number));
            place.and_then(|place| aside.get(*place)).map(needed)
        };
        let failed = waiting.get(&change.key).cloned().map(WhySetAside::Failed);
        if let Some(why) = failed.or_else(|| needs(&places)) {
            places.insert(change.number, aside.len());
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

fn needed(other: &SetAside) -> WhySetAside {
    WhySetAside::Needs {
        key: other.key.clone(),
        action: other.action,
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
