//! Reading a Miro organization into the inventory.
//!
//! ```text
//! connect ─▶ begin or resume ─▶ read (members ∥ teams ▶ their members ∥ SCIM users) ─▶ merge ─▶ judge ─▶ publish
//! ```
//!
//! Each page is stored with the position behind it before the next one counts, so a run that is killed
//! goes on where it was. The snapshot becomes the inventory in one transaction, or not at all.

mod accepting;
mod audit_log;
mod beginning;
mod connection;
mod eta;
mod evidence;
mod floor;
mod identifying;
pub(crate) mod lease;
mod merging;
mod observer;
mod options;
mod reading;
mod report;
mod run;
mod scim_reading;
mod second_look;
mod synchronize;
mod verdict;
mod view;

pub use accepting::{Accepted, accept_suspect};
pub(crate) use audit_log::entry as audit_entry;
pub(crate) use connection::UNNAMED;
pub use connection::other_organization;
pub use floor::Workload;
pub use observer::{Listed, Observer, Progress, Silent, SyncEvent};
pub use options::{OptionalRead, Resume, SyncOptions};
pub use report::{Ending, RequestReport, SyncReport};
pub(crate) use scim_reading::{account_from, account_of};
pub use synchronize::run_sync;
pub use verdict::{Counts, Evidence, Listing, Repeats, ShrinkLimit, judge};
pub use view::{Oddities, RestView, ScimView, merge};
