//! The client over HTTP, against a small server that does as it is told.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "tests"
)]

mod failures;
mod fake;
mod lists;
mod sandbox;
mod secrets;
mod tls;
mod waiting;
