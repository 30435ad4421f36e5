//! Inbound SCIM, as identity providers use it.

#[macro_use]
mod support;

mod authorization;
mod bulk;
mod conformance;
mod directory;
mod discovery;
mod entra;
mod groups;
mod jumpcloud;
mod lists;
mod nonsense;
mod okta;
mod scale;
mod users;
mod versions;
