//! Durations for programs: whole milliseconds, under a name that says so.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serializer;

/// Writes a duration.
pub(crate) fn of<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(whole(*duration))
}

/// Writes a duration that may be missing.
#[expect(clippy::ref_option, reason = "serde hands fields over by reference")]
pub(crate) fn of_optional<S: Serializer>(
    duration: &Option<Duration>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match duration {
        Some(duration) => serializer.serialize_some(&whole(*duration)),
        None => serializer.serialize_none(),
    }
}

/// Writes named durations.
pub(crate) fn of_each<S: Serializer>(
    durations: &BTreeMap<&'static str, Duration>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(durations.iter().map(named))
}

/// A named duration.
pub(crate) fn named((name, took): (&&'static str, &Duration)) -> (&'static str, u64) {
    (*name, whole(*took))
}

fn whole(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
