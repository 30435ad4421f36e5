//! Who acts, with what, and by which way.

use serde_json::Value;
use usher_model::{Actor, Clock, Event, EventKind, Origin, Timestamp};
use usher_store::Store;

/// Who acts, with what, and by which way. Cheap to copy.
#[derive(Clone, Copy, Debug)]
pub struct Acting<'a> {
    /// The database.
    pub store: &'a Store,
    /// The time.
    pub clock: &'a dyn Clock,
    /// Who.
    pub actor: &'a Actor,
    /// By which way.
    pub origin: Origin,
}

impl Acting<'_> {
    /// The current time.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// An event of now, by whoever acts.
    pub fn event(&self, kind: EventKind, subject: impl Into<String>, data: Value) -> Event {
        Event {
            id: self.store.new_event_id(),
            at: self.clock.now(),
            actor: self.actor.clone(),
            origin: self.origin,
            kind,
            subject: subject.into(),
            data,
        }
    }
}
