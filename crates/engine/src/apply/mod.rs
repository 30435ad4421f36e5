//! Carrying a plan out.
//!
//! ```text
//!              ┌──────────────── graph: what waits for what ◀──────────────┐
//!              ▼                                                           │
//!  changes ─▶ groups (memberships gather into calls) ─▶ queue, by lane ─▶ intend ─▶ call ─▶ settle
//!                                                                          │        │        │
//!                                                                       journal  read back  journal, inventory,
//!                                                                                           links, ledger, events
//! ```
//!
//! - Each intention is on disk before its call is sent, and each outcome is written with everything that follows from
//!   it. Whoever goes on after a crash first finds out what became of calls that were never settled.
//! - A call that creates something is sent once. When nobody answers, what became of it is looked up.
//! - The failure of one person's change skips that person's further changes, and nobody else's.
//! - Lanes run side by side, and what ends somebody's access goes before everything else.
//! - Every write is read back, in the cheapest way there is; what differs is a failure that carries both values.
//!
//! What decides is pure: [`batch`], [`means()`], [`classify()`], [`eta`], [`verify`].

pub mod batch;
mod books;
mod classify;
mod ending;
pub mod eta;
mod expecting;
mod failing;
mod graph;
mod ground;
mod groups;
mod job;
mod jobs;
mod journal;
mod lanes;
mod launching;
mod ledger;
mod means;
mod observer;
#[cfg(test)]
mod optimum;
mod options;
mod order;
mod perform;
mod prepare;
mod progress;
mod queue;
mod reading_back;
mod recover;
mod report;
mod run;
mod start;
mod verifier;
pub mod verify;
mod writing;

pub use classify::{Again, Failure, FailureKind, Halt, MassFailure, Reach, classify};
pub use lanes::{Cost, Lane, Pace};
pub use means::{Means, Refusal, Token, Tools, means};
pub use observer::{
    ApplyEvent, ApplyObserver, ApplyProgress, ChangeEnd, LaneProgress, SilentApply,
};
pub use options::{ApplyContext, ApplyOptions, RESERVE};
pub use report::{ApplyEnding, ApplyReport, FailedChange};
pub use start::{apply, settle};
