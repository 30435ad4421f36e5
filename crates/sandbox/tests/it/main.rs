#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    missing_docs,
    reason = "tests"
)]
//! The sandbox, asked over HTTP.

mod control;
mod faults;
mod limits;
mod oauth;
mod openapi;
mod rest;
mod schema;
mod scim_conformance;
mod scim_groups;
mod scim_lists;
mod scim_members;
mod scim_office;
mod scim_scale;
mod scim_user_groups;
mod scim_users;
mod speed;
mod support;
