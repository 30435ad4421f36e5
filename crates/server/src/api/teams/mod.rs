//! Teams.

pub mod list;
