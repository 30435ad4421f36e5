//! The store side of inbound SCIM.

mod settings;

pub use settings::ScimSettings;
