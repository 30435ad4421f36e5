//! Provisioning, from outside: what the commands say, and what Miro has become by them.

pub mod company;

mod actions;
mod assignments;
#[cfg(feature = "fault-points")]
mod crash;
mod credentials;
mod cycles;
mod desk;
mod event_log;
mod group_errors;
mod interruption;
mod lifecycle;
mod mappings;
mod notifications;
mod on_demand;
mod people;
mod plans;
mod scope;
mod status;
pub mod two_processes;
