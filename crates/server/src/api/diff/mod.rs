//! What changed between two times.

pub mod show;
