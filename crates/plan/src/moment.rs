//! Dates as sources write them.

use jiff::{Timestamp, civil, tz::TimeZone};

/// Reads a date as sources write it: RFC 3339, a time without zone, or a day. What has no zone is taken for UTC.
pub(crate) fn moment(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Some(moment);
    }
    // A text with a zone must be read as one above, or not at all: its zone must not get lost.
    let is_plain = text.bytes().all(|byte| {
        byte.is_ascii_digit() || matches!(byte, b'-' | b':' | b'.' | b'T' | b't' | b' ')
    });
    if !is_plain {
        return None;
    }
    let plain: civil::DateTime = text.parse().ok()?;
    Some(plain.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

/// Reads a date and keeps the day and hour as they are written, whatever the zone.
pub(crate) fn as_written(text: &str) -> Option<civil::DateTime> {
    let text = text.trim();
    if let Ok(written) = text.parse::<civil::DateTime>() {
        return Some(written);
    }
    let moment: Timestamp = text.parse().ok()?;
    Some(moment.to_zoned(TimeZone::UTC).datetime())
}
