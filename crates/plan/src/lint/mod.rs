//! A second look at finished plans, written apart from the planner: where the two disagree, one of them has a defect.
//!
//! It knows nothing of how a plan was made. It replays the changes on a few sets and asks of each whether it may be
//! there.

mod guards;
mod order;
mod rights;
mod trust;
mod world;

use std::fmt;

use serde::{Deserialize, Serialize};
use usher_model::Timestamp;

use crate::{Change, Desired, Inventory, Plan, Settings};
use world::World;

/// A rule that a plan must keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LintRule {
    /// Nothing leaves a team or the organization without an active admin.
    LastAdmin,
    /// Protected accounts, and those that a hold says to leave alone, are never touched.
    Untouchable,
    /// What a hold keeps disabled is disabled, and nothing else.
    KeptDisabled,
    /// Unmanaged accounts are touched only as their policy says.
    Unmanaged,
    /// Guests and external users are none of SCIM's.
    Guest,
    /// The verdicts of the guards are what an independent count gives.
    Guard,
    /// Unknown, stale or suspect data leads to no removal.
    Untrusted,
    /// Nothing is deleted or taken out of teams before its grace is over.
    Grace,
    /// Nothing is taken away that Usher did not give, unless a policy says so.
    NotOurs,
    /// Every change names what it causes.
    Consequence,
    /// Every change comes after those it needs, and what it needs is there.
    Order,
    /// Every change has a reason and a key of its own.
    Reason,
    /// A deactivated account is enabled alone, before anything else.
    EnableFirst,
    /// A licence is never lowered.
    License,
    /// The default team is nobody's to manage.
    DefaultTeam,
    /// As long as the group model is unknown, no group is pushed and nobody taken out.
    GroupModel,
    /// What the settings switch off does not happen.
    SwitchedOff,
    /// Nobody is taken out of something and put into it again.
    Churn,
    /// A plan for some people is about them.
    Only,
}

/// A change, or a plan, that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LintFinding {
    /// The rule.
    pub rule: LintRule,
    /// The number of the change, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<u32>,
    /// What is wrong.
    pub what: String,
}

impl fmt::Display for LintFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.change {
            Some(number) => write!(f, "change {number}: {} ({:?})", self.what, self.rule),
            None => write!(f, "{} ({:?})", self.what, self.rule),
        }
    }
}

/// What is wrong with a plan. A plan that the planner made has no findings.
pub fn lint(
    plan: &Plan,
    inventory: &Inventory,
    desired: &Desired,
    settings: &Settings,
    now: Timestamp,
) -> Vec<LintFinding> {
    let mut lint = Lint {
        plan,
        inventory,
        desired,
        settings,
        now,
        world: World::new(plan, inventory, desired, settings, now),
        findings: Vec::new(),
    };
    guards::check(&mut lint);
    trust::check_plan(&mut lint);
    order::check_plan(&mut lint);
    for change in &plan.changes {
        order::check(&mut lint, change);
        trust::check(&mut lint, change);
        rights::check(&mut lint, change);
    }
    world::check_last_admins(&mut lint);
    lint.findings
        .sort_by_key(|finding| (finding.change, finding.rule));
    lint.findings
}

struct Lint<'a> {
    plan: &'a Plan,
    inventory: &'a Inventory,
    desired: &'a Desired,
    settings: &'a Settings,
    now: Timestamp,
    world: World<'a>,
    findings: Vec<LintFinding>,
}

impl Lint<'_> {
    fn find(&mut self, rule: LintRule, change: &Change, what: impl Into<String>) {
        self.findings.push(LintFinding {
            rule,
            change: Some(change.number),
            what: what.into(),
        });
    }

    fn find_in_plan(&mut self, rule: LintRule, what: impl Into<String>) {
        self.findings.push(LintFinding {
            rule,
            change: None,
            what: what.into(),
        });
    }
}
