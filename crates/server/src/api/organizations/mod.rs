//! Organizations.

pub mod list;
pub mod show;
