//! A plan as people read it: on a terminal and as a page.
//!
//! ```text
//!  Plan + Report + Names + Standing ─▶ View ─┬─▶ terminal: counts, guards, changes by kind, the rest, what next
//!                                            └─▶ html: the same on one page that needs nothing else
//! ```
//!
//! Words for actions, reasons, consequences and guards stand in one file each, so that both say the same.

mod action;
mod consequence;
mod guard;
mod html;
mod names;
mod overview;
mod reason;
mod sections;
mod standing;
mod terminal;

use std::time::Duration;

use jiff::Timestamp;
use usher_plan::{Plan, Report};

pub use action::{Described, describe};
pub use html::page;
pub use names::Names;
pub use overview::{KINDS, kind_word};
pub use standing::Standing;
pub use terminal::{Extent, lines};

/// Everything that is shown of a plan.
pub struct View<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// What the planner left alone.
    pub report: &'a Report,
    /// Names of what the plan knows by id.
    pub names: &'a Names,
    /// How it stands.
    pub standing: &'a Standing,
    /// How long applying it takes within Miro's limits, if that can be told.
    pub eta: Option<Duration>,
    /// The time.
    pub now: Timestamp,
}

#[cfg(test)]
mod tests;
