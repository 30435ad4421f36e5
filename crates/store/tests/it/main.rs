//! The store's behaviour, on both engines.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "tests"
)]

#[macro_use]
mod support;

mod administrators;
mod backup;
mod connector;
mod desired;
mod directory;
mod events;
mod finding_events;
mod history;
mod jobs;
mod journal;
mod looking;
mod miro_audit;
mod observing;
mod opening;
mod plans;
mod provisioning_volume;
mod publishing;
mod rejections;
mod secrets;
mod settings;
mod staging;
mod syncs;
mod tls;
mod volume;
