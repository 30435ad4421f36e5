//! What a cycle says while it runs. The engine never prints; views render these.

use serde::Serialize;
use usher_model::CycleId;

use crate::apply::{ApplyEvent, ApplyObserver};
use crate::cycle::{CycleReport, InventoryUpdate, PlanSummary};
use crate::people::Refreshed;
use crate::sync::{Observer, SyncEvent};

/// A step of a cycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CycleStep {
    /// Reading the directory sources.
    Sources,
    /// Bringing the inventory up to date.
    Inventory,
    /// Making a plan.
    Plan,
    /// Applying it.
    Apply,
    /// Seeing what is left to do.
    Verify,
}

impl CycleStep {
    /// The step as one word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sources => "sources",
            Self::Inventory => "inventory",
            Self::Plan => "plan",
            Self::Apply => "apply",
            Self::Verify => "verify",
        }
    }
}

/// Something that happened in a cycle.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum CycleEvent {
    /// It begins.
    Started {
        /// The cycle.
        cycle: CycleId,
    },
    /// A step begins.
    Step {
        /// Which.
        step: CycleStep,
    },
    /// A source was read.
    SourceRead(Box<Refreshed>),
    /// The inventory is up to date.
    InventoryRead(InventoryUpdate),
    /// A plan was made, or stands.
    Planned(PlanSummary),
    /// Something of a synchronization.
    Sync(SyncEvent),
    /// Something of an apply.
    Apply(Box<ApplyEvent>),
    /// Something the reader should know.
    Noticed {
        /// In words.
        notice: String,
    },
    /// It is over.
    Finished(Box<CycleReport>),
    /// It could not be run, or failed; the next one is tried as planned.
    Failed {
        /// Why.
        why: String,
        /// What to do about it.
        hint: Option<String>,
    },
    /// The next one begins then.
    Waiting {
        /// When.
        until: usher_model::Timestamp,
    },
}

/// Who listens to cycles.
pub trait CycleObserver: Send + Sync + std::fmt::Debug {
    /// Called in order, from one task at a time.
    fn event(&self, event: CycleEvent);
}

/// Listens to nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct SilentCycle;

impl CycleObserver for SilentCycle {
    fn event(&self, _: CycleEvent) {}
}

/// Passes on what synchronizations and applies say.
pub(super) struct PassOn<'a>(pub &'a dyn CycleObserver);

impl Observer for PassOn<'_> {
    fn event(&self, event: SyncEvent) {
        self.0.event(CycleEvent::Sync(event));
    }
}

impl ApplyObserver for PassOn<'_> {
    fn event(&self, event: ApplyEvent) {
        self.0.event(CycleEvent::Apply(Box::new(event)));
    }
}
