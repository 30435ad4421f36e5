//! The program, from outside: what it prints, how it ends, and what it leaves behind.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "tests"
)]

mod bad_input;
mod configuration;
mod connector;
mod demo;
mod doctor;
mod history;
mod kill;
mod looking;
mod reference;
mod sandbox_command;
mod support;
