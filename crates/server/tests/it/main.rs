//! The server over real HTTP.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    missing_docs,
    reason = "tests"
)]

#[macro_use]
mod support;

mod administrators;
mod audit;
mod cross_site;
mod document;
mod fuzzed;
mod header_injection;
mod idempotency;
mod openid_connect;
mod reading;
mod refusals;
mod rights;
mod scim;
mod secrets;
mod sessions;
mod set_up;
mod sign_in;
mod tokens;
