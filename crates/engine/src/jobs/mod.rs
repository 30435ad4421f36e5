//! Doing what is due, on one machine or several.
//!
//! ```text
//!   schedules ─▶ jobs ◀─ requests, decisions
//!                 │
//!   worker: claim ─▶ perform ─▶ end            one of each task at a time; a lease that is renewed meanwhile
//!                        └─ told to stop ─▶ hand back
//! ```
//!
//! Whoever claims a job does it with nothing but its task and what the database says. A process that dies leaves a job
//! whose lease ends; the next one that looks takes it over, and what the job does goes on from the journal.
//! [`Schedule`] decides when; it is pure.

mod ending;
mod pulse;
mod requesting;
mod schedule;
mod tidying;
mod worker;

pub use ending::JobEnding;
pub use pulse::Pulse;
pub use requesting::{remove_schedule, request_job, set_schedule};
pub use schedule::{Schedule, ScheduleError};
pub use tidying::{keep_tidy, tidy};
pub use worker::{JobEvent, JobObserver, Perform, Performing, SilentJobs, Worker, WorkerSettings};
