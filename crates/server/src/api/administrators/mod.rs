//! Who uses Usher.

pub mod create;
pub mod end_session;
pub mod identities;
pub mod invite;
pub mod list;
pub mod remove_identities;
pub mod sessions;
pub mod show;
pub mod update;
pub mod view;
