//! Sources against servers: a real `OpenLDAP`, and a Microsoft Graph that answers in recorded shapes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "tests"
)]

mod certificates;
mod fake_graph;
mod graph;
mod ldap;
mod ldap_active_directory;
mod ldap_changes;
mod ldap_trust;
mod settings;
mod slapd;
