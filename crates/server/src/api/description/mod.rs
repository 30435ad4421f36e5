//! What the API says of itself.

pub mod document;
pub mod page;
