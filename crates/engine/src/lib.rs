//! The loop at run time.
//!
//! What exists is its first half: [`sync`] reads a Miro organization into the inventory, [`export`] writes
//! the inventory to files, [`attribution`] says who made a change.
//!
//! Everything that decides is pure and tested as such (`merge`, `judge`, the request floor); what talks to
//! Miro or to the database is a thin layer around it. Nothing here prints: what happens is told to an
//! [`sync::Observer`].

pub mod attribution;
mod error;
pub mod export;
pub mod sync;

pub use error::{EngineError, ErrorClass};
