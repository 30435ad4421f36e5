//! What an apply says while it runs. The engine never prints; views render these.

use std::time::Duration;

use serde::Serialize;
use usher_model::PlanId;
use usher_plan::ActionKind;

use super::classify::FailureKind;
use super::report::ApplyReport;
use crate::milliseconds;

/// How far an apply is.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ApplyProgress {
    /// Changes of the plan.
    pub changes: u64,
    /// Changes that were carried out.
    pub done: u64,
    /// Changes that could not be carried out.
    pub failed: u64,
    /// Changes that were left out.
    pub skipped: u64,
    /// Changes that are still to come.
    pub left: u64,
    /// Calls to Miro that were made.
    pub calls: u64,
    /// Calls that are still to be made, as far as can be told.
    pub calls_left: u64,
    /// The lanes that have or had something to do.
    pub lanes: Vec<LaneProgress>,
    /// How long it takes so far.
    #[serde(rename = "elapsed_ms", serialize_with = "milliseconds::of")]
    pub elapsed: Duration,
    /// Estimated time to the end.
    #[serde(rename = "eta_ms", serialize_with = "milliseconds::of_optional")]
    pub eta: Option<Duration>,
}

/// How far one lane is.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct LaneProgress {
    /// The lane's name.
    pub name: &'static str,
    /// Credits spent.
    pub spent: u64,
    /// Credits that are still to be spent.
    pub left: u64,
    /// Credits spent per minute so far.
    pub per_minute: f64,
    /// Credits that the limit allows per minute; `None`: there is no limit.
    pub limit_per_minute: Option<f64>,
    /// Calls that wait for it.
    pub waiting: usize,
    /// Calls that are not answered yet.
    pub in_flight: usize,
}

/// How one change ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "ended", rename_all = "snake_case")]
pub enum ChangeEnd {
    /// It was carried out.
    Done,
    /// It could not be carried out, or is not to be seen in Miro.
    Failed {
        /// Whether trying again can help.
        kind: FailureKind,
        /// Why, in words.
        why: String,
        /// What to do about it.
        remedy: String,
    },
    /// It was left out.
    Skipped {
        /// Why, in words.
        why: String,
    },
}

/// Something that happened in an apply.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum ApplyEvent {
    /// It begins, or goes on.
    Started {
        /// The plan.
        plan: PlanId,
        /// How many changes it has.
        changes: u64,
        /// How many of them an earlier run has settled.
        settled: u64,
        /// How many of them an earlier run left without a known outcome; they are looked up first.
        open: u64,
    },
    /// How far it is.
    Progressed(ApplyProgress),
    /// A change is over.
    Changed {
        /// Its number in the plan.
        number: u32,
        /// What kind of change.
        kind: ActionKind,
        /// How its subject is named to people.
        label: String,
        /// How it ended.
        end: ChangeEnd,
    },
    /// Everything was sent; what is left to be read back is.
    Verifying {
        /// Accounts and groups that are read back.
        left: u64,
    },
    /// Something the reader should know.
    Noticed {
        /// In words.
        notice: String,
    },
    /// It is over.
    Finished(Box<ApplyReport>),
}

/// Who listens to an apply.
pub trait ApplyObserver: Send + Sync {
    /// Called in order, from one task at a time.
    fn event(&self, event: ApplyEvent);
}

/// Listens to nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct SilentApply;

impl ApplyObserver for SilentApply {
    fn event(&self, _: ApplyEvent) {}
}
