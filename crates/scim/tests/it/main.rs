//! The crate as its users see it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::needless_pass_by_value,
    missing_docs,
    reason = "tests"
)]

#[path = "../../../../fuzz/checks.rs"]
mod checks;
mod corpus;
mod filters;
mod large_groups;
mod patch_rfc;
mod projections;
mod properties;
mod schemas;
mod sorting;
mod tolerances;
