//! Dates in tables.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};

/// A date in the form of RFC 3339, if there is no doubt which day is meant: `2026-03-01`, with a time or not, and
/// `01.03.2026`. Slashes are read by some as month/day and by others as day/month.
pub(super) fn unambiguous(text: &str) -> Option<String> {
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Some(instant.to_string());
    }
    let spaced = text.replacen(' ', "T", 1);
    if text.contains(':')
        && let Ok(local) = spaced.parse::<DateTime>()
    {
        return Some(format!("{local}Z"));
    }
    if let Ok(date) = text.parse::<Date>() {
        return Some(date.to_string());
    }
    let mut parts = text.split('.');
    let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || year.len() != 4 {
        return None;
    }
    let date = Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?);
    Some(date.ok()?.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_dates_without_doubt_are_read() {
        for (text, expected) in [
            ("2026-03-01", Some("2026-03-01")),
            ("2026-03-01T12:00:00+01:00", Some("2026-03-01T11:00:00Z")),
            ("2026-03-01 12:00:00", Some("2026-03-01T12:00:00Z")),
            ("1.3.2026", Some("2026-03-01")),
            ("03/01/2026", None),
            ("31.02.2026", None),
            ("soon", None),
            ("1.3.26", None),
        ] {
            assert_eq!(unambiguous(text).as_deref(), expected, "{text}");
        }
    }
}
