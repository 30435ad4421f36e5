//! Dates in clauses: a moment, or so and so long from now.

use jiff::{SignedDuration, Timestamp};

use crate::moment::moment;

/// A moment, or so and so long from now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    At(Timestamp),
    FromNow(SignedDuration),
}

impl When {
    /// Reads `2026-01-31`, `2026-01-31T08:00:00Z`, `+14d`, `-12h` or `now`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.eq_ignore_ascii_case("now") {
            return Some(Self::FromNow(SignedDuration::ZERO));
        }
        if text.starts_with(['+', '-']) {
            return relative(text).map(Self::FromNow);
        }
        moment(text).map(Self::At)
    }

    /// The moment it means; a time beyond what can be told is the last, or first, that can.
    pub(super) fn at(self, now: Timestamp) -> Timestamp {
        match self {
            Self::At(moment) => moment,
            Self::FromNow(span) => now.saturating_add(span).unwrap_or(now),
        }
    }
}

fn relative(text: &str) -> Option<SignedDuration> {
    let unit = text.chars().next_back()?;
    let count: i64 = text.get(..text.len() - unit.len_utf8())?.parse().ok()?;
    let hours = match unit.to_ascii_lowercase() {
        'h' => 1,
        'd' => 24,
        'w' => 7 * 24,
        _ => return None,
    };
    let seconds = count.checked_mul(hours * 3600)?;
    Some(SignedDuration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_day_begins_at_midnight_utc_and_a_zone_is_heeded() {
        for (text, moment) in [
            ("2026-01-31", "2026-01-31T00:00:00Z"),
            (" 2026-01-31T08:30 ", "2026-01-31T08:30:00Z"),
            ("2026-01-31T08:30:00+02:00", "2026-01-31T06:30:00Z"),
            ("2026-01-31 08:30:00", "2026-01-31T08:30:00Z"),
        ] {
            assert_eq!(When::parse(text), Some(When::At(at(moment))), "{text}");
        }
    }

    #[test]
    fn a_relative_date_counts_from_now() {
        let now = at("2026-03-01T12:00:00Z");
        for (text, moment) in [
            ("now", "2026-03-01T12:00:00Z"),
            ("+14d", "2026-03-15T12:00:00Z"),
            ("-90d", "2025-12-01T12:00:00Z"),
            ("-2w", "2026-02-15T12:00:00Z"),
            ("+36h", "2026-03-03T00:00:00Z"),
        ] {
            assert_eq!(When::parse(text).unwrap().at(now), at(moment), "{text}");
        }
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in [
            "",
            "+",
            "d",
            "+d",
            "14d",
            "+14",
            "+14y",
            "31.1.2026",
            "+9999999999999999d",
        ] {
            assert_eq!(When::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_relative_date_beyond_time_does_not_fail() {
        let now = at("2026-03-01T12:00:00Z");
        assert_eq!(When::parse("+99999999d").unwrap().at(now), Timestamp::MAX);
    }
}
