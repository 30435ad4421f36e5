//! What the crate promises, seen from outside.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    missing_docs,
    reason = "tests"
)]

mod damage;
mod export;
mod golden;
mod keeping;
mod round_trip;
mod speed;
mod support;
mod writing;
