//! Plans.

pub mod approve;
pub mod changes;
pub mod list;
pub mod reject;
pub mod show;
pub mod view;
