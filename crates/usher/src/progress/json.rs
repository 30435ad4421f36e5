//! The view for programs: one JSON object per event, on standard output.

use parking_lot::Mutex;
use usher_engine::sync::{Observer, SyncEvent};

use crate::failure::Failure;
use crate::output::Output;

/// Writes every event as a line of JSON.
pub struct JsonSyncView<'a> {
    output: &'a Output,
    failure: Mutex<Option<Failure>>,
}

impl<'a> JsonSyncView<'a> {
    /// A view on standard output.
    pub fn new(output: &'a Output) -> Self {
        Self {
            output,
            failure: Mutex::new(None),
        }
    }

    /// The first failure to write, which an observer cannot report.
    pub fn outcome(self) -> Result<(), Failure> {
        self.failure.into_inner().map_or(Ok(()), Err)
    }
}

impl Observer for JsonSyncView<'_> {
    fn event(&self, event: SyncEvent) {
        if let Err(failure) = self.output.json_line(&event) {
            self.failure.lock().get_or_insert(failure);
        }
    }
}
