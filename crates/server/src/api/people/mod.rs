//! People of the directory.

pub mod list;
pub mod show;
