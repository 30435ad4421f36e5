//! Dates on the command line that mean a time to come or one that was: `2026-12-31`, a time, `30d`.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::config::value::{Period, SettingValue};
use crate::failure::Failure;

/// Which end of a day is meant by its date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edge {
    /// Its first moment.
    Beginning,
    /// The first moment behind it, so that the day itself belongs to what was named.
    End,
}

/// Which way a length of time is counted from now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Towards {
    /// `30d` is in thirty days.
    Future,
    /// `30d` was thirty days ago.
    Past,
}

/// The time that `text` means.
pub fn moment(
    flag: &str,
    text: &str,
    (edge, towards): (Edge, Towards),
    now: Timestamp,
) -> Result<Timestamp, Failure> {
    let found = text.parse::<Timestamp>().ok();
    let found = found.or_else(|| of_day(text.parse().ok()?, edge));
    let found = found.or_else(|| relative(text, towards, now));
    found.ok_or_else(|| {
        Failure::usage(format!("{flag} cannot be `{text}`")).hint(
            "write a date such as 2026-12-31 (in UTC), a time such as 2026-12-31T12:00:00Z, or a length of time such as 30d",
        )
    })
}

fn of_day(day: Date, edge: Edge) -> Option<Timestamp> {
    let day = match edge {
        Edge::Beginning => day,
        Edge::End => day.checked_add(1.day()).ok()?,
    };
    Some(day.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

fn relative(text: &str, towards: Towards, now: Timestamp) -> Option<Timestamp> {
    let length = <Period as SettingValue>::parse(text.trim_start_matches('+')).ok()?;
    match towards {
        Towards::Future => now.checked_add(length.signed()).ok(),
        Towards::Past => now.checked_sub(length.signed()).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, edge: Edge, towards: Towards) -> Option<String> {
        let now = "2026-06-01T12:00:00Z".parse().unwrap();
        moment("--until", text, (edge, towards), now)
            .ok()
            .map(|time| time.to_string())
    }

    #[test]
    fn a_day_that_ends_something_belongs_to_it() {
        let end = read("2026-12-31", Edge::End, Towards::Future);
        assert_eq!(end.as_deref(), Some("2027-01-01T00:00:00Z"));
        let start = read("2026-12-31", Edge::Beginning, Towards::Future);
        assert_eq!(start.as_deref(), Some("2026-12-31T00:00:00Z"));
    }

    #[test]
    fn a_length_of_time_counts_from_now() {
        let later = read("2d", Edge::End, Towards::Future);
        assert_eq!(later.as_deref(), Some("2026-06-03T12:00:00Z"));
        let before = read("1h", Edge::Beginning, Towards::Past);
        assert_eq!(before.as_deref(), Some("2026-06-01T11:00:00Z"));
        assert_eq!(read("soon", Edge::End, Towards::Future), None);
    }
}
