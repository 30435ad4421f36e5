//! Who uses Usher.

pub mod create;
pub mod end_session;
pub mod invite;
pub mod list;
pub mod sessions;
pub mod show;
pub mod update;
pub mod view;
