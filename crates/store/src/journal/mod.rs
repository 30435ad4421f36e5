//! The journal: what was about to be done, and what became of it.
//!
//! ```text
//!   pending ──intend──▶ intended ──settle──▶ done
//!      ▲  ▲                │  ├──settle──▶ failed ──intend──▶ intended …
//!      │  └────unsent──────┘  └──settle──▶ skipped
//!      └── no row yet                     done ──settle──▶ failed, when reading back shows otherwise
//! ```
//!
//! An intention is on disk before its call is sent, whatever happens to the machine. A settlement may be lost when the
//! power fails, though not when the process is killed: the change is then *intended* again, and whoever goes on finds
//! out by reading back what became of the call, as after any crash.

mod again;
mod applying;
mod ceiling;
mod failures;
mod intending;
mod reading;
mod settling;

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use usher_model::{Grant, GroupId, GroupLink, Link, PersonId, ProvisionedGrant, Timestamp};

use crate::{Observation, PlannedChange};

pub use again::next_try;
pub use applying::{ApplyEnd, RunningApply, Under};
pub use ceiling::Ceiling;
pub(crate) use failures::resolve;
pub use failures::{FailureFilter, FailureRecord, Resolution, ShowFailures};
pub use reading::{JournalCounts, RecentRemovalCounts};

/// Where a change stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JournalState {
    /// Nothing was done about it, or it is known that nothing arrived at Miro.
    Pending,
    /// Its call was about to be sent. What became of it is not known.
    Intended,
    /// It was done.
    Done,
    /// It could not be done.
    Failed,
    /// It was left out, because it was not needed or something before it failed.
    Skipped,
}

impl JournalState {
    /// The state as one word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Intended => "intended",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }

    /// Whether its call may be intended now.
    pub fn may_be_intended(self) -> bool {
        matches!(self, Self::Pending | Self::Failed)
    }

    /// Whether it may become `next` by a settlement: what was intended may become anything; what was never intended
    /// can fail a check beforehand or be skipped; a failure can be found not to matter; and what was done can be found,
    /// when it is read back, not to be there.
    pub fn may_settle_as(self, next: Self) -> bool {
        match self {
            Self::Intended => next != Self::Intended,
            Self::Pending => matches!(next, Self::Failed | Self::Skipped),
            Self::Failed => matches!(next, Self::Failed | Self::Skipped),
            Self::Done => next == Self::Failed,
            Self::Skipped => false,
        }
    }
}

impl fmt::Display for JournalState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a change could not be carried out, as far as trying again is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureClass {
    /// It will fail again, until the directory or Miro is another.
    Permanent,
    /// It may succeed when it is tried again.
    Transient,
    /// Somebody has to do something first.
    NeedsAdmin,
}

impl FailureClass {
    /// The class as one word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Permanent => "permanent",
            Self::Transient => "transient",
            Self::NeedsAdmin => "needs_admin",
        }
    }
}

/// A change whose call is about to be sent.
#[derive(Clone, Debug, PartialEq)]
pub struct JournalEntry {
    /// The change's number in its plan.
    pub number: u32,
    /// The call: method, path, what identifies it. Never a secret. The changes of one call have the same.
    pub call: Value,
}

/// What became of a change.
#[derive(Clone, Debug, PartialEq)]
pub struct Settled {
    /// The change's number in its plan.
    pub number: u32,
    /// What became of it.
    pub outcome: Outcome,
}

/// What became of a change.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It was done.
    Done {
        /// What Miro answered and what was read back.
        detail: Value,
    },
    /// It could not be done.
    Failed {
        /// As far as trying again is concerned.
        class: FailureClass,
        /// Why, in words.
        error: String,
        /// Further facts.
        detail: Value,
    },
    /// It was left out.
    Skipped {
        /// Why, in words.
        why: String,
    },
    /// The call is known not to have arrived at Miro: the change is pending again.
    Unsent,
}

/// What some changes led to; it becomes true at once or not at all.
#[derive(Clone, Debug, Default)]
pub struct Settlement {
    /// What became of the changes.
    pub settled: Vec<Settled>,
    /// What the inventory is now.
    pub observation: Observation,
    /// Ties of people to accounts, made or changed.
    pub links: Vec<Link>,
    /// People whose tie is no more.
    pub removed_links: Vec<PersonId>,
    /// Ties of groups, made or changed.
    pub group_links: Vec<GroupLink>,
    /// Groups whose tie is no more.
    pub removed_group_links: Vec<GroupId>,
    /// What Usher gave.
    pub given: Vec<ProvisionedGrant>,
    /// What Usher took away; of a team, in whatever role it was given.
    pub taken: Vec<Grant>,
}

/// A change and what the journal says of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct JournalRow {
    /// The change.
    pub change: PlannedChange,
    /// Where it stands.
    pub status: JournalStatus,
    /// How often its call was about to be sent.
    pub attempts: u32,
}

impl JournalStatus {
    /// Whether it has no outcome yet.
    pub fn is_open(&self) -> bool {
        matches!(self, Self::Pending | Self::Intended { .. })
    }
}

/// Where a change stands, with what belongs to it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum JournalStatus {
    /// Nothing was done about it.
    Pending,
    /// Its call was about to be sent. What became of it is not known.
    Intended {
        /// The call.
        call: Value,
        /// When.
        at: Timestamp,
    },
    /// It was done.
    Done {
        /// What Miro answered and what was read back.
        detail: Value,
        /// When.
        at: Timestamp,
    },
    /// It could not be done.
    Failed {
        /// As far as trying again is concerned.
        class: FailureClass,
        /// Why, in words.
        error: String,
        /// Further facts.
        detail: Value,
        /// When.
        at: Timestamp,
    },
    /// It was left out.
    Skipped {
        /// Why, in words.
        why: String,
        /// When.
        at: Timestamp,
    },
}

impl JournalStatus {
    /// The state without what belongs to it.
    pub fn state(&self) -> JournalState {
        match self {
            Self::Pending => JournalState::Pending,
            Self::Intended { .. } => JournalState::Intended,
            Self::Done { .. } => JournalState::Done,
            Self::Failed { .. } => JournalState::Failed,
            Self::Skipped { .. } => JournalState::Skipped,
        }
    }
}

impl Outcome {
    /// The state that it leads to.
    pub fn state(&self) -> JournalState {
        match self {
            Self::Done { .. } => JournalState::Done,
            Self::Failed { .. } => JournalState::Failed,
            Self::Skipped { .. } => JournalState::Skipped,
            Self::Unsent => JournalState::Pending,
        }
    }
}
