//! The program, from outside: what it prints, how it ends, and what it leaves behind.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    missing_docs,
    reason = "tests"
)]

mod bad_input;
mod configuration;
mod connector;
mod demo;
mod demo_serving;
mod deploying;
mod doctor;
mod guides;
mod history;
mod inbound_scim;
mod interruption;
mod kill;
mod looking;
mod postgres;
mod provisioning;
mod reference;
mod sandbox_command;
mod server;
mod serving;
mod support;
