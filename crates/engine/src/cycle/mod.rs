//! Provisioning cycles: reading what changed, planning, applying what the settings allow, and keeping at it.
//!
//! ```text
//! lease ─▶ sources ─▶ inventory ─▶ plan ─▶ gate ─┬─▶ apply ─▶ verify ─▶ history
//!                        │                       └─▶ wait for somebody's yes
//!                        ├─ everything: a synchronization
//!                        └─ what changed: Miro's audit log names it, and exactly that is read again
//! ```
//!
//! Reading what changed is an optimization and nothing more: planning always looks at everything that the database has,
//! and a full pass comes daily, when the audit log has a gap, and when an entry does not say what it touched.
//!
//! What decides is pure: [`depth()`], [`interpret`], [`next_try`], [`next_start`].

mod confining;
mod context;
mod depth;
mod every;
mod feed;
mod observer;
mod quarantine;
mod report;
pub(crate) mod rereading;
mod run;
mod schedule;
pub(crate) mod telling;
mod updating;

pub(crate) use confining::confine;
pub use confining::release;
pub use context::{CycleContext, CycleOptions, ReadySource};
pub use depth::{CycleKind, Depth, Feed, FeedFacts, Snapshot, WhyFull, depth};
pub use every::{Means, Trouble, run_every};
pub use feed::{FeedReading, KnownThings, Touched, TouchedMembers, interpret};
pub use observer::{CycleEvent, CycleObserver, CycleStep, SilentCycle};
pub use quarantine::{QuarantineReason, next_try, rest_after};
pub use report::{CycleEnding, CycleReport, InventoryUpdate, PlanSummary};
pub use run::run_cycle;
pub use schedule::next_start;
