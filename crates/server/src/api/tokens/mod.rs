//! API tokens of service accounts and of others.

pub mod create;
pub mod list;
pub mod revoke;
pub mod view;
