//! From what is and what should be to a plan, and from a plan to its application.
//!
//! ```text
//! assemble ─▶ plan ─▶ lint ─▶ save ─▶ (approve | reject) ─▶ gate ─▶ apply
//! ```
//!
//! [`make_plan`] makes and saves a plan, [`decide`] takes somebody's word on it, [`gate`] says whether it may be applied
//! now, [`carry_out`] does all that has to be done to apply it, and [`provision_one`] does everything for one person.

mod assemble;
mod attribute;
mod boards;
mod carry_out;
mod decide;
mod drift;
mod gate;
mod holding;
mod make_plan;
mod moved;
mod one;
mod outdated;
mod over;
mod rest;
mod retrying;
mod stored;
mod superseding;
mod weighing;

pub(crate) use assemble::current_inventory;
pub use assemble::{Assembled, assemble, provisioning_settings};
pub use boards::BoardCounts;
pub(crate) use carry_out::settle_open_calls;
pub use carry_out::{Care, CarriedOut, InQuarantine, carry_out, refuse_quarantine};
pub use decide::{Verdict, decide};
pub use drift::drift;
pub use gate::{Gate, gate};
pub use holding::{WhyHeld, why_held};
pub use make_plan::{MadePlan, Novelty, PlanOrder, make_plan};
pub use one::{Mode, OneStep, Provisioned, Step, StepOutcome, provision_one};
pub use retrying::retry_failures;
pub use stored::{StoredPlan, load_plan};
pub(crate) use superseding::{supersede, superseded};
