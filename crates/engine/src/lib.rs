//! The loop at run time.
//!
//! [`people`] keeps the directory, [`sync`] reads a Miro organization into the inventory, [`provisioning`] makes plans of
//! both, [`apply`] carries them out, [`cycle`] does all of that again and again, [`jobs`] when it is due, [`connector`] says
//! whether it may, and [`notify`] tells people what needs them. [`secrets`] keeps what must not be read. [`export`] writes the inventory to files, [`attribution`] says who made a
//! change.
//!
//! Everything that decides is pure and tested as such (`merge`, `judge`, the request floor); what talks to
//! Miro or to the database is a thin layer around it. Nothing here prints: what happens is told to an
//! [`sync::Observer`].

mod acting;
pub mod apply;
pub mod attribution;
pub mod budget;
pub mod connector;
pub mod cycle;
mod error;
pub mod export;
pub mod fault_point;
pub mod jobs;
mod milliseconds;
pub mod notify;
pub mod outbound;
pub mod people;
pub mod provisioning;
mod refused;
pub mod secrets;
pub mod sync;

pub use acting::Acting;
pub use error::{EngineError, ErrorClass};
pub use refused::Refused;
