//! Miro in a box: its SCIM and REST APIs over an in-memory organization.

mod clock;
mod error;
pub mod http;
pub mod switches;
pub mod world;
