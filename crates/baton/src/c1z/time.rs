//! Times as `.c1z` files spell them.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use usher_model::Timestamp;

/// `YYYY-MM-DD HH:MM:SS.fffffffff` in UTC, without trailing zeros. Readers order times by their text and
/// take every one for UTC.
pub(crate) fn to_text(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S%.f").to_string()
}

/// Reads a time as any Baton program may have written it: without zone (UTC is meant), with an offset, or
/// as RFC 3339.
pub(crate) fn from_text(text: &str) -> Option<Timestamp> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at);
    }
    let local: DateTime = text.parse().ok()?;
    local
        .to_zoned(TimeZone::UTC)
        .ok()
        .map(|zoned| zoned.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_in_utc_without_trailing_zeros() {
        for (at, text) in [
            (
                "2026-11-21T07:51:23.736036001Z",
                "2026-11-21 07:51:23.736036001",
            ),
            ("2026-11-21T07:51:23.5Z", "2026-11-21 07:51:23.5"),
            ("2026-11-21T07:51:23+02:00", "2026-11-21 05:51:23"),
        ] {
            assert_eq!(to_text(at.parse().unwrap()), text);
        }
    }

    #[test]
    fn every_spelling_that_go_readers_accept_is_read() {
        let at: Timestamp = "2026-11-21T07:51:23.5Z".parse().unwrap();
        for text in [
            "2026-11-21 07:51:23.5",
            "2026-11-21 07:51:23.500",
            "2026-11-21 07:51:23.5+00:00",
            "2026-11-21T07:51:23.5Z",
            "2026-11-21T09:51:23.5+02:00",
        ] {
            assert_eq!(from_text(text), Some(at), "{text}");
        }
        assert_eq!(from_text("1795247483"), None);
    }
}
