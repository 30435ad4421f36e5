//! User groups.

pub mod list;
