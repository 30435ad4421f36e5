//! The engine against Miro in a box.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::too_many_lines,
    clippy::needless_range_loop,
    clippy::uninlined_format_args,
    missing_docs,
    reason = "tests"
)]

mod apply;
mod attribution;
mod broken_off;
mod budget;
mod cycle;
mod export;
mod identifying;
mod interruption;
mod jobs;
mod meanwhile;
mod notify;
mod reading;
mod secrets;
mod support;
mod suspicion;
