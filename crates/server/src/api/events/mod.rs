//! The log of events.

pub mod list;
