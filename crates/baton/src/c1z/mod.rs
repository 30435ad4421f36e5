//! `.c1z` files, version 1: five bytes `C1ZF\0`, then zstd frames that unpack to a SQLite database.
//!
//! [`C1zWriter`] writes a sync into a file, [`C1zFile`] reads the syncs of one, [`inspect`] says what is
//! in it. Every age of Baton reads version 1. Version 3, a Pebble database, is recognized and refused.
//!
//! A file is never changed in place. It is written next to its target, flushed to the disk and then
//! renamed, so that a reader sees the old file or the new one, and a crash leaves the old one.

mod container;
mod error;
mod inspect;
mod keep;
mod ksuid;
mod reader;
mod rows;
mod run;
mod schema;
mod scratch;
mod stats;
mod target;
mod time;
mod writer;

pub use container::Format;
pub use error::C1zError;
pub use inspect::{
    EntitlementLine, GrantLine, InspectedRun, Inspection, ResourceLine, Samples, inspect,
};
pub use ksuid::Ksuid;
pub use reader::{C1zFile, ReadOptions};
pub use run::{RunSelection, SyncRun, SyncType};
pub use stats::RunStats;
pub use writer::{C1zWriter, WriteOptions, Written};
