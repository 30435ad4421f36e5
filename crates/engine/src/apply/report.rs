//! How an apply ended.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;
use usher_model::{PlanId, TeamId};
use usher_plan::ActionKind;

use super::classify::{FailureKind, Halt};
use crate::milliseconds;

/// How an apply ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "ending", rename_all = "snake_case")]
pub enum ApplyEnding {
    /// Each change has an outcome, and what was done was read back.
    Applied,
    /// It was told to stop, and can go on.
    Interrupted,
    /// Nothing can be done with a token: the connector belongs into quarantine.
    Halted {
        /// Why.
        halt: Halt,
    },
    /// Too much failed: the connector belongs into quarantine.
    MassFailure,
}

/// A change that could not be carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FailedChange {
    /// Its number in the plan.
    pub number: u32,
    /// What kind of change.
    pub kind: ActionKind,
    /// How its subject is named to people.
    pub label: String,
    /// Whether trying again can help.
    pub class: FailureKind,
    /// Why, in words.
    pub why: String,
    /// What to do about it.
    pub remedy: String,
}

/// How an apply ended, and what it did.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ApplyReport {
    /// The plan.
    pub plan: PlanId,
    /// How it ended.
    #[serde(flatten)]
    pub ending: ApplyEnding,
    /// Changes of the plan.
    pub changes: u64,
    /// Changes that were carried out, in this run and before.
    pub done: u64,
    /// Changes that could not be carried out.
    pub failed: u64,
    /// Changes that were left out, because one that they need failed.
    pub skipped: u64,
    /// Changes without an outcome, because it stopped before.
    pub left: u64,
    /// What failed, in this run.
    pub failures: Vec<FailedChange>,
    /// Accounts and groups that were read back.
    pub verified: u64,
    /// Accounts and groups that could not be read back.
    pub unverified: u64,
    /// Requests to Miro, by method and path.
    pub requests: BTreeMap<&'static str, u64>,
    /// Credits spent, by lane.
    pub credits: BTreeMap<&'static str, u64>,
    /// Replies that the rate limit was exceeded.
    pub rate_limited: u64,
    /// The team that new accounts joined by themselves, if it became clear.
    pub default_team: Option<TeamId>,
    /// How long it took.
    #[serde(rename = "elapsed_ms", serialize_with = "milliseconds::of")]
    pub elapsed: Duration,
}
