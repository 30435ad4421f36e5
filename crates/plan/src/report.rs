//! Everything a planner looked at and left alone, and why.

use serde::{Deserialize, Serialize};
use usher_model::{AccountId, Email, PersonId};

use crate::{SetAside, TargetAttribute, TargetValue};

/// Everything a planner looked at and left alone, and why.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Step by step.
    pub steps: Vec<StepReport>,
    /// People and accounts that could not be handled, and what to do about it.
    pub skipped: Vec<Skipped>,
    /// Differences between Miro and what Usher set, which somebody made by hand.
    pub drift: Vec<Drift>,
    /// Accounts that belong to nobody in the directory.
    pub unmanaged: Vec<UnmanagedAccount>,
    /// What only a person can do in Miro.
    pub manual: Vec<ManualTask>,
    /// Why nothing, or nothing of some kind, was planned.
    pub blocked: Vec<Blocked>,
    /// What failed lately and is not tried again yet, and what needs it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub set_aside: Vec<SetAside>,
    /// How many people are in scope.
    pub people_in_scope: u32,
    /// How many accounts are as they should be.
    pub accounts_in_line: u32,
}

/// What one step of the planner did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepReport {
    /// The step's name.
    pub step: String,
    /// How many things it looked at.
    pub looked_at: u32,
    /// How many changes it made.
    pub changes: u32,
    /// How many things it skipped; those worth a word are in [`Report::skipped`].
    pub skipped: u32,
}

/// Somebody who could not be handled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// The step that skipped.
    pub step: String,
    /// The person, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
    /// The account, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    /// How it is named to people.
    pub label: String,
    /// Why.
    pub why: String,
    /// What to do about it.
    pub remedy: String,
}

/// A difference that somebody made in Miro by hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drift {
    /// The account.
    pub account: AccountId,
    /// How it is named to people.
    pub label: String,
    /// The attribute; absent for a membership.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attribute: Option<TargetAttribute>,
    /// What differs, in words.
    pub what: String,
    /// What it should be.
    pub desired: Option<TargetValue>,
    /// What it is.
    pub observed: Option<TargetValue>,
    /// Who changed it, if the audit log says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// What happens to it.
    pub outcome: DriftOutcome,
}

/// What happens to a drift.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DriftOutcome {
    /// A change of the plan sets it back.
    Corrected,
    /// It is listed.
    Reported,
    /// It stands.
    Adopted,
}

/// An account that belongs to nobody in the directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnmanagedAccount {
    /// The account.
    pub account: AccountId,
    /// Its address.
    pub email: Email,
    /// A person it might belong to, by match.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub matches: Option<PersonId>,
    /// Why nothing is done about it, in words.
    pub why: String,
}

/// What only a person can do, in Miro's own pages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManualTask {
    /// The account.
    pub account: AccountId,
    /// How it is named to people.
    pub label: String,
    /// What is to be done.
    pub what: String,
    /// Why no program can.
    pub why: String,
}

/// Why nothing, or nothing of some kind, was planned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blocked {
    /// What was not planned: `everything`, `removals`.
    pub what: String,
    /// Why.
    pub why: String,
    /// What to do about it.
    pub remedy: String,
}
