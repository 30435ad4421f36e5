//! The engine against Miro in a box.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "tests"
)]

mod attribution;
mod export;
mod interruption;
mod reading;
mod support;
mod suspicion;
