//! The Baton ecosystem: `.c1z` files and the messages in them.
//!
//! Baton is ConductorOne's family of connectors. A connector's sync is one `.c1z` file: a compressed
//! SQLite database whose rows hold protobuf messages. [`c1z`] reads and writes the file, [`messages`]
//! are the messages, and [`emit`] says how an organization looks in them: the resources, entitlements
//! and grants of the Go connector for Miro with the same ids and names, and those that Usher adds.
//!
//! ```
//! # async fn example(
//! #     account: &usher_model::Account, grant: &usher_model::Grant,
//! # ) -> Result<(), usher_baton::c1z::C1zError> {
//! use std::path::Path;
//! use std::sync::Arc;
//! use usher_baton::c1z::{C1zWriter, Ksuid, WriteOptions};
//! use usher_baton::emit::{Detail, InventoryExport};
//! use usher_model::{Clock, SystemClock};
//!
//! let clock = Arc::new(SystemClock);
//! let sync_id = Ksuid::new(clock.now(), [7; 16]); // random bytes
//! let file = C1zWriter::create(Path::new("sync.c1z"), sync_id, clock, WriteOptions::default()).await?;
//! let mut export = InventoryExport::begin(file, Detail::Everything).await?;
//! export.account(account).await?;
//! export.grant(grant).await?;
//! export.finish().await?;
//! # Ok(())
//! # }
//! ```

pub mod c1z;
pub mod emit;
pub mod messages;
