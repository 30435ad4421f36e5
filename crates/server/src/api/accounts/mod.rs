//! Accounts.

pub mod list;
pub mod show;
pub mod view;
