//! Entitlements.

pub mod list;
