//! The audit log: what happened, each entry bound to the one before it.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::EventId;

/// Who did it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Actor {
    /// Usher itself, on a timer or by configuration.
    System,
    /// Somebody at the command line, by the name the operating system gives.
    Operator {
        /// The name.
        name: String,
    },
}

/// Where the action came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The command line.
    CommandLine,
    /// A schedule.
    Schedule,
}

/// What kind of thing happened. The text forms are part of the interface and never change meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// A synchronization began.
    SyncStarted,
    /// A synchronization that had been interrupted went on.
    SyncResumed,
    /// A snapshot became the inventory.
    SyncCompleted,
    /// A snapshot was stored, and not believed.
    SyncSuspect,
    /// Somebody made a suspect snapshot the inventory.
    SyncAccepted,
    /// A synchronization ended without a snapshot.
    SyncFailed,
    /// The inventory was written to a file.
    InventoryExported,
}

impl EventKind {
    /// The kind as text.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SyncStarted => "sync_started",
            Self::SyncResumed => "sync_resumed",
            Self::SyncCompleted => "sync_completed",
            Self::SyncSuspect => "sync_suspect",
            Self::SyncAccepted => "sync_accepted",
            Self::SyncFailed => "sync_failed",
            Self::InventoryExported => "inventory_exported",
        }
    }
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Its id.
    pub id: EventId,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
    /// By which way.
    pub origin: Origin,
    /// What.
    pub kind: EventKind,
    /// To what: `sync:ID`, `organization:ID`, …
    pub subject: String,
    /// Further facts. Never a secret.
    pub data: Value,
}

/// A link of the chain: SHA-256 over the previous link and the event.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ChainHash([u8; 32]);

impl ChainHash {
    /// What the first event follows.
    pub const GENESIS: Self = Self([0; 32]);

    /// The link of `event`, at position `sequence`, behind `self`.
    ///
    /// The event is hashed in canonical form: JSON with the members of every object in order of their
    /// names, so that a database may give them back in any order.
    pub fn link(self, sequence: u64, event: &Event) -> Self {
        let mut hash = Sha256::new();
        hash.update(self.0);
        hash.update(sequence.to_be_bytes());
        let mut text = String::new();
        write_canonical(
            &serde_json::to_value(event).unwrap_or(Value::Null),
            &mut text,
        );
        hash.update(text.as_bytes());
        Self(hash.finalize().into())
    }

    /// Reads 64 hexadecimal digits.
    pub fn from_hex(text: &str) -> Option<Self> {
        if text.len() != 64 || !text.is_ascii() {
            return None;
        }
        let mut bytes = [0; 32];
        for (byte, at) in bytes.iter_mut().zip((0..64).step_by(2)) {
            *byte = u8::from_str_radix(text.get(at..at + 2)?, 16).ok()?;
        }
        Some(Self(bytes))
    }
}

impl fmt::Display for ChainHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ChainHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn write_canonical(value: &Value, out: &mut String) {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by_key(|(name, _)| *name);
            out.push('{');
            for (at, (name, member)) in members.into_iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                out.push_str(&Value::String(name.clone()).to_string());
                out.push(':');
                write_canonical(member, out);
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write_canonical(item, out);
            }
            out.push(']');
        }
        plain => out.push_str(&plain.to_string()),
    }
}

/// An event at its place in the log.
#[derive(Clone, Debug, PartialEq)]
pub struct ChainedEvent {
    /// Its place, from 1.
    pub sequence: u64,
    /// What happened.
    pub event: Event,
    /// The link that binds it to everything before it.
    pub hash: ChainHash,
}

/// The log was changed after it was written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BrokenChain {
    /// A place is empty or taken twice.
    #[error("event {expected} is missing: the next one is numbered {found}")]
    Gap {
        /// The number that was due.
        expected: u64,
        /// The number that was found.
        found: u64,
    },
    /// An event does not match its link.
    #[error("event {sequence} was changed after it was written, or one before it was")]
    Altered {
        /// Where.
        sequence: u64,
    },
}

/// Checks that `events` follow on `from` (the sequence and link of the event before the first) without a
/// gap or a change, and returns the last link.
pub fn verify_chain<'a>(
    from: (u64, ChainHash),
    events: impl IntoIterator<Item = &'a ChainedEvent>,
) -> Result<(u64, ChainHash), BrokenChain> {
    let (mut sequence, mut hash) = from;
    for chained in events {
        if chained.sequence != sequence + 1 {
            return Err(BrokenChain::Gap {
                expected: sequence + 1,
                found: chained.sequence,
            });
        }
        sequence = chained.sequence;
        hash = hash.link(sequence, &chained.event);
        if hash != chained.hash {
            return Err(BrokenChain::Altered { sequence });
        }
    }
    Ok((sequence, hash))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn chain(length: u64) -> Vec<ChainedEvent> {
        let mut hash = ChainHash::GENESIS;
        (1..=length)
            .map(|sequence| {
                let event = Event {
                    id: EventId::new(sequence.to_string()),
                    at: Timestamp::UNIX_EPOCH,
                    actor: Actor::System,
                    origin: Origin::CommandLine,
                    kind: EventKind::SyncCompleted,
                    subject: format!("sync:{sequence}"),
                    data: json!({"b": 1, "a": {"d": [1, 2], "c": null}}),
                };
                hash = hash.link(sequence, &event);
                ChainedEvent {
                    sequence,
                    event,
                    hash,
                }
            })
            .collect()
    }

    #[test]
    fn an_untouched_chain_verifies() {
        let events = chain(5);
        let last = events[4].hash;
        assert_eq!(
            verify_chain((0, ChainHash::GENESIS), &events),
            Ok((5, last))
        );
    }

    #[test]
    fn a_changed_event_is_noticed_where_it_stands() {
        let mut events = chain(5);
        events[2].event.subject = "sync:other".into();
        let broken = verify_chain((0, ChainHash::GENESIS), &events);
        assert_eq!(broken, Err(BrokenChain::Altered { sequence: 3 }));
    }

    #[test]
    fn a_missing_event_is_noticed() {
        let mut events = chain(5);
        events.remove(2);
        let broken = verify_chain((0, ChainHash::GENESIS), &events);
        assert_eq!(
            broken,
            Err(BrokenChain::Gap {
                expected: 3,
                found: 4
            })
        );
    }

    #[test]
    fn the_order_of_members_does_not_matter_to_the_link() {
        let events = chain(1);
        let mut event = events[0].event.clone();
        event.data = json!({"a": {"c": null, "d": [1, 2]}, "b": 1});
        assert_eq!(ChainHash::GENESIS.link(1, &event), events[0].hash);
        assert_eq!(
            ChainHash::from_hex(&events[0].hash.to_string()),
            Some(events[0].hash)
        );
    }
}
