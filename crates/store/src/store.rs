//! Opening a database, and what can be said of it.

use std::sync::Arc;
use std::time::Duration;

use usher_model::{Clock, EventId, SyncId};

use crate::{DatabaseUrl, Engine, StoreError};

/// A database of Usher's. Clones share its connections.
#[derive(Clone, Debug)]
pub struct Store {
    pub(crate) clock: Arc<dyn Clock>,
}

/// How to open a database.
#[derive(Clone, Debug)]
pub struct StoreOptions {
    /// How long to wait for a lock that another program holds before giving up (default 5 s).
    pub lock_timeout: Duration,
    /// How long to wait for a connection to a server (default 10 s).
    pub connect_timeout: Duration,
    /// The most connections that are open to a server at the same time, or readers of a file (default 5).
    pub connections: u32,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self {
            lock_timeout: Duration::from_secs(5),
            connect_timeout: Duration::from_secs(10),
            connections: 5,
        }
    }
}

/// What [`Store::check`] found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// The engine.
    pub engine: Engine,
    /// Its version, in its own words.
    pub engine_version: String,
    /// Where the database is, without a password.
    pub database: String,
    /// The version of the schema.
    pub schema_version: i64,
    /// How much room the database takes, in bytes.
    pub size_bytes: u64,
    /// Whether a write was possible just now.
    pub writable: bool,
}

impl Store {
    /// Opens a database, creates it if it is a SQLite file that is not there, and brings its schema up
    /// to date.
    ///
    /// Fails with the variant of [`StoreError`] that says what is wrong with it; a database that is not
    /// Usher's, or that a newer Usher wrote, is not touched.
    pub async fn open(url: &DatabaseUrl, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        Self::open_with(url, clock, &StoreOptions::default()).await
    }

    /// [`Store::open`] with other settings.
    pub async fn open_with(
        _url: &DatabaseUrl,
        _clock: Arc<dyn Clock>,
        _options: &StoreOptions,
    ) -> Result<Self, StoreError> {
        todo!()
    }

    /// What can be said of the database, for `usher doctor`.
    pub async fn check(&self) -> Result<Check, StoreError> {
        todo!()
    }

    /// Closes all connections, once the streams that use them have ended.
    pub async fn close(&self) {
        todo!()
    }

    /// Where the database is, without a password.
    pub fn database(&self) -> String {
        todo!()
    }

    /// A new id that sorts after the ones made before, by this store's clock.
    pub fn new_sync_id(&self) -> SyncId {
        todo!()
    }

    /// A new id that sorts after the ones made before, by this store's clock.
    pub fn new_event_id(&self) -> EventId {
        todo!()
    }
}
