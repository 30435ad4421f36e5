//! Who should hold what.

pub mod list;
