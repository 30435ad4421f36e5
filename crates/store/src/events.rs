//! The log of what happened, as a hash chain.

use usher_model::{ChainedEvent, Event};

use crate::{Rows, Store, StoreError};

impl Store {
    /// Appends events that record no change of the store's own state, such as an export.
    pub async fn append_events(&self, _events: &[Event]) -> Result<(), StoreError> {
        todo!()
    }

    /// The events after the one numbered `after` (0: from the first), in order.
    pub fn events(&self, _after: u64, _limit: Option<u64>) -> Rows<ChainedEvent> {
        todo!()
    }

    /// Checks the whole chain and returns how many events it has. Fails with
    /// [`StoreError::BrokenEvents`] where one was changed, removed or cut off the end.
    pub async fn verify_events(&self) -> Result<u64, StoreError> {
        todo!()
    }
}
