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

mod events;
mod history;
mod looking;
mod miro_audit;
mod opening;
mod publishing;
mod staging;
mod syncs;
mod volume;
