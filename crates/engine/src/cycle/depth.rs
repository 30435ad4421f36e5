//! Whether a cycle reads everything or only what changed. Pure.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use usher_model::Timestamp;

/// What kind of cycle is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CycleKind {
    /// Everything is read anew.
    Initial,
    /// Only what changed is read, where that can be known.
    Incremental,
    /// The first of a connector is initial, the others are incremental.
    #[default]
    Auto,
}

impl CycleKind {
    /// The kind as one word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Initial => "initial",
            Self::Incremental => "incremental",
            Self::Auto => "auto",
        }
    }
}

/// What is known before the inventory is brought up to date.
#[derive(Clone, Copy, Debug)]
pub struct FeedFacts {
    /// Whether there is a believed inventory.
    pub snapshot: Snapshot,
    /// Whether the tokens let Miro's audit log be read.
    pub feed: Feed,
    /// When everything was last read.
    pub last_full_pass: Option<Timestamp>,
    /// Up to when the audit log was read.
    pub watermark: Option<Timestamp>,
}

/// Whether there is a believed inventory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Snapshot {
    /// There is.
    Believed,
    /// There is none.
    Missing,
}

/// Whether Miro's audit log can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feed {
    /// It can.
    Readable,
    /// It cannot: there is no REST token, or it lacks the scope.
    Closed,
}

/// How far back Miro answers. A little less than its 90 days keeps clear of the edge.
const REACH: Duration = Duration::from_secs(89 * 24 * 3600);

/// How the inventory is brought up to date.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "read", rename_all = "snake_case")]
pub enum Depth {
    /// Everything is read.
    Full {
        /// Why.
        why: WhyFull,
    },
    /// What Miro's audit log names is read.
    Changes {
        /// From when on.
        since: Timestamp,
    },
}

/// Why everything is read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "because", rename_all = "snake_case")]
pub enum WhyFull {
    /// It was asked for.
    Asked,
    /// There is no inventory yet.
    FirstTime,
    /// Miro's audit log cannot be read with these tokens.
    NoFeed,
    /// A full pass is due.
    PassDue {
        /// When the last one was.
        last: Option<Timestamp>,
    },
    /// The audit log does not reach back to where it was last read.
    FeedTooOld {
        /// Up to when it was read.
        read_until: Timestamp,
    },
    /// The audit log could not be read to its end.
    FeedBroken {
        /// What went wrong.
        detail: String,
    },
    /// The audit log tells of something that Usher cannot tell what it touched.
    FeedUnclear {
        /// What it tells of, in Miro's word.
        event: String,
    },
    /// A list that was read again has become so much shorter that it may have broken off.
    ListShrunk {
        /// Which list.
        list: String,
        /// How long it was.
        before: u64,
        /// How long it is.
        now: u64,
    },
    /// So much changed that reading everything costs less.
    Cheaper {
        /// Requests for what changed.
        changes: u64,
        /// Requests for everything.
        everything: u64,
    },
}

impl fmt::Display for WhyFull {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Asked => f.write_str("it was asked for"),
            Self::FirstTime => f.write_str("there is no inventory yet"),
            Self::NoFeed => f.write_str(
                "Miro's audit log cannot be read: the access token lacks auditlogs:read, or there is none",
            ),
            Self::PassDue { last: Some(last) } => {
                write!(f, "the daily full pass is due, the last one was at {last:.0}")
            }
            Self::PassDue { last: None } => f.write_str("the daily full pass is due"),
            Self::FeedTooOld { read_until } => write!(
                f,
                "Miro's audit log was last read at {read_until:.0} and reaches back 90 days only"
            ),
            Self::FeedBroken { detail } => {
                write!(f, "Miro's audit log could not be read to its end: {detail}")
            }
            Self::FeedUnclear { event } => write!(
                f,
                "Miro's audit log has an entry `{event}` that does not say what it touched"
            ),
            Self::ListShrunk { list, before, now } => write!(
                f,
                "the {list} shrank from {before} to {now}, which may be a list that broke off"
            ),
            Self::Cheaper {
                changes,
                everything,
            } => write!(
                f,
                "so much changed that reading all costs less: {everything} requests instead of {changes}"
            ),
        }
    }
}

/// Decides whether a cycle reads everything.
pub fn depth(kind: CycleKind, facts: FeedFacts, pass_every: Duration, now: Timestamp) -> Depth {
    let full = |why| Depth::Full { why };
    if kind == CycleKind::Initial {
        return full(WhyFull::Asked);
    }
    if facts.snapshot == Snapshot::Missing {
        return full(WhyFull::FirstTime);
    }
    if facts.feed == Feed::Closed {
        return full(WhyFull::NoFeed);
    }
    let due = |last| is_past(last, pass_every, now);
    if facts.last_full_pass.is_none_or(due) {
        return full(WhyFull::PassDue {
            last: facts.last_full_pass,
        });
    }
    match facts.watermark {
        Some(read_until) if is_past(read_until, REACH, now) => {
            full(WhyFull::FeedTooOld { read_until })
        }
        Some(since) => Depth::Changes { since },
        None => full(WhyFull::PassDue {
            last: facts.last_full_pass,
        }),
    }
}

fn is_past(from: Timestamp, span: Duration, now: Timestamp) -> bool {
    from.saturating_add(span).is_ok_and(|end| end <= now)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_secs(24 * 3600);

    fn at(hour: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + hour * 3600).unwrap()
    }

    fn facts() -> FeedFacts {
        FeedFacts {
            snapshot: Snapshot::Believed,
            feed: Feed::Readable,
            last_full_pass: Some(at(0)),
            watermark: Some(at(1)),
        }
    }

    fn auto(facts: FeedFacts, now: Timestamp) -> Depth {
        depth(CycleKind::Auto, facts, DAY, now)
    }

    #[test]
    fn with_a_feed_only_changes_since_the_watermark_are_read() {
        assert_eq!(auto(facts(), at(2)), Depth::Changes { since: at(1) });
    }

    #[test]
    fn a_full_pass_is_due_a_day_after_the_last() {
        assert_eq!(auto(facts(), at(23)), Depth::Changes { since: at(1) });
        let why = WhyFull::PassDue { last: Some(at(0)) };
        assert_eq!(auto(facts(), at(24)), Depth::Full { why });
    }

    #[test]
    fn a_feed_that_was_not_read_for_ninety_days_has_a_gap() {
        let old = FeedFacts {
            last_full_pass: Some(at(0)),
            ..facts()
        };
        let never_due = Duration::from_secs(u64::from(u32::MAX));
        let read = depth(CycleKind::Incremental, old, never_due, at(90 * 24 + 1));
        let why = WhyFull::FeedTooOld { read_until: at(1) };
        assert_eq!(read, Depth::Full { why });
    }

    #[test]
    fn everything_is_read_without_inventory_without_feed_and_when_asked() {
        let full = |why| Depth::Full { why };
        let missing = FeedFacts {
            snapshot: Snapshot::Missing,
            ..facts()
        };
        assert_eq!(auto(missing, at(2)), full(WhyFull::FirstTime));
        let closed = FeedFacts {
            feed: Feed::Closed,
            ..facts()
        };
        assert_eq!(auto(closed, at(2)), full(WhyFull::NoFeed));
        let asked = depth(CycleKind::Initial, facts(), DAY, at(2));
        assert_eq!(asked, full(WhyFull::Asked));
    }
}
