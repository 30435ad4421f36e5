//! Changes that could not be made.

pub mod list;
