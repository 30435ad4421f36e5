//! When something is due again and again. Pure.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use jiff::civil::{DateTime, Time};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Span, SpanRelativeTo, ToSpan};
use usher_model::Timestamp;

use crate::cycle::next_start;

/// When something is due again and again.
///
/// ```text
///   every 40m                                every forty minutes, counted from when it was set
///   daily 02:30 Europe/Vienna                each day at half past two, as clocks in Vienna show it
///   cron 0 6 * * 1-5 Europe/Vienna           Monday to Friday at six; fields as in crontab(5)
/// ```
///
/// Where clocks are put forward, what falls into the hour that they leave out is due when that hour would have begun.
/// Where they are put back, what falls into the hour that they show twice is due the first time. A cron pattern whose
/// hours begin with `*` follows the clocks instead: its times in the hour left out do not come, those in the hour shown
/// twice come twice.
#[derive(Clone, Debug)]
pub enum Schedule {
    /// At a fixed distance, counted from when it was set.
    Every(Duration),
    /// Each day at a time.
    Daily {
        /// When, as the clocks show it.
        at: Time,
        /// Whose clocks.
        zone: TimeZone,
    },
    /// Whenever the clocks show what a cron pattern says.
    Cron {
        /// The pattern as it is written.
        text: String,
        /// What it means.
        pattern: Box<Cron>,
        /// Whose clocks.
        zone: TimeZone,
    },
}

/// A text that is no schedule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// It does not begin with a known word.
    #[error("`{0}` is no schedule: it begins with `every`, `daily` or `cron`")]
    Form(String),
    /// The distance is no length of time, or too short.
    #[error("`{0}` is no length of time of at least a second, such as 40m")]
    Interval(String),
    /// The time of day is none.
    #[error("`{0}` is no time of day, such as 02:30")]
    Time(String),
    /// There is no such time zone.
    #[error("there is no time zone `{0}`; they are named as in Europe/Vienna")]
    Zone(String),
    /// The cron pattern cannot be read, or never matches.
    #[error("`{pattern}` is no cron pattern of five fields: {why}")]
    Pattern {
        /// The pattern.
        pattern: String,
        /// What is wrong with it.
        why: String,
    },
}

impl Schedule {
    /// Whenever the clocks of a zone show what a cron pattern of five fields says; those of UTC where none is named.
    pub fn cron(pattern: &str, zone_name: &str) -> Result<Self, ScheduleError> {
        let zone = zone(zone_name)?;
        let parser = CronParser::builder()
            .seconds(Seconds::Disallowed)
            .year(Year::Disallowed)
            .build();
        let refused = |why: String| ScheduleError::Pattern {
            pattern: pattern.to_owned(),
            why,
        };
        let read = parser.parse(pattern).map_err(|error| {
            let why = error.to_string();
            refused(why.trim_end_matches('.').to_owned())
        })?;
        let any = DateTime::constant(2000, 1, 1, 0, 0, 0, 0);
        if next_match(&read, any).is_none() {
            return Err(refused("there is no such time".to_owned()));
        }
        let fields: Vec<&str> = pattern.split_whitespace().collect();
        Ok(Self::Cron {
            text: fields.join(" "),
            pattern: Box::new(read),
            zone,
        })
    }

    /// The first time after `after` at which it is due; `None`: never again. Intervals are counted from `set_at`.
    pub fn next_run(&self, after: Timestamp, set_at: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Every(interval) => Some(next_start(set_at, *interval, after)),
            Self::Daily { at, zone } => once_each(after, zone, |civil| next_daily(*at, civil)),
            Self::Cron {
                text,
                pattern,
                zone,
            } if follows_the_clocks(text) => {
                whenever_shown(after, zone, |civil| next_match(pattern, civil))
            }
            Self::Cron { pattern, zone, .. } => {
                once_each(after, zone, |civil| next_match(pattern, civil))
            }
        }
    }
}

/// The first of the civil times that `next` gives whose moment lies behind `after`. Each civil time has one moment.
fn once_each(
    after: Timestamp,
    zone: &TimeZone,
    next: impl Fn(DateTime) -> Option<DateTime>,
) -> Option<Timestamp> {
    let mut civil = zone.to_datetime(after);
    loop {
        civil = next(civil)?;
        // Those of an hour that is shown a second time had their moment the first time.
        if let Some(moment) = first_moment(civil, zone).filter(|moment| *moment > after) {
            return Some(moment);
        }
    }
}

/// When clocks first show a civil time, or leave it out.
fn first_moment(civil: DateTime, zone: &TimeZone) -> Option<Timestamp> {
    match zone.to_ambiguous_timestamp(civil).offset() {
        AmbiguousOffset::Unambiguous { offset } => offset.to_timestamp(civil).ok(),
        AmbiguousOffset::Fold { before, .. } => before.to_timestamp(civil).ok(),
        AmbiguousOffset::Gap { after, .. } => {
            let ahead_of_it = after.to_timestamp(civil).ok()?;
            let change = zone.following(ahead_of_it).next()?;
            Some(change.timestamp())
        }
    }
}

/// The first moment behind `after` at which clocks show a civil time that `next` gives.
fn whenever_shown(
    after: Timestamp,
    zone: &TimeZone,
    next: impl Fn(DateTime) -> Option<DateTime>,
) -> Option<Timestamp> {
    let mut changes = zone.following(after);
    let mut offset = zone.to_offset(after);
    let mut civil = offset.to_datetime(after);
    loop {
        let moment = offset.to_timestamp(next(civil)?).ok()?;
        match changes.next() {
            Some(change) if change.timestamp() <= moment => {
                offset = change.offset();
                let shown = offset.to_datetime(change.timestamp());
                civil = shown.checked_sub(1.second()).ok()?;
            }
            _ => return Some(moment),
        }
    }
}

fn next_daily(at: Time, after: DateTime) -> Option<DateTime> {
    let today = after.date().to_datetime(at);
    if today > after {
        return Some(today);
    }
    Some(after.date().tomorrow().ok()?.to_datetime(at))
}

/// The pattern knows whole seconds only, and no time zone: the civil time is shown to it as one of UTC.
fn next_match(pattern: &Cron, after: DateTime) -> Option<DateTime> {
    let whole = after.with().subsec_nanosecond(0).build().ok()?;
    let after = whole.to_zoned(TimeZone::UTC).ok()?;
    let found = pattern.find_next_occurrence(&after, false).ok()?;
    Some(found.datetime())
}

fn follows_the_clocks(pattern: &str) -> bool {
    let hours = pattern.split_whitespace().nth(1);
    hours.is_some_and(|hours| hours.starts_with('*'))
}

impl FromStr for Schedule {
    type Err = ScheduleError;

    fn from_str(text: &str) -> Result<Self, ScheduleError> {
        let text = text.trim();
        let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        let rest = rest.trim();
        match word {
            "every" => interval(rest).map(Self::Every),
            "daily" => {
                let (at, named) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
                let time = Time::strptime("%H:%M", at);
                let at = time.map_err(|_| ScheduleError::Time(at.to_owned()))?;
                Ok(Self::Daily {
                    at,
                    zone: zone(named)?,
                })
            }
            "cron" => {
                let words: Vec<&str> = rest.split_whitespace().collect();
                let (fields, named) = words.split_at(words.len().min(5));
                Self::cron(&fields.join(" "), &named.join(" "))
            }
            _ => Err(ScheduleError::Form(text.to_owned())),
        }
    }
}

fn interval(text: &str) -> Result<Duration, ScheduleError> {
    let refuse = || ScheduleError::Interval(text.to_owned());
    let span: Span = text.parse().map_err(|_| refuse())?;
    let length = span
        .to_duration(SpanRelativeTo::days_are_24_hours())
        .map_err(|_| refuse())?;
    let whole = Duration::from_secs(u64::try_from(length.as_secs()).map_err(|_| refuse())?);
    Some(whole)
        .filter(|length| !length.is_zero())
        .ok_or_else(refuse)
}

/// The time zone of this name; UTC where none is named.
fn zone(name: &str) -> Result<TimeZone, ScheduleError> {
    let name = name.trim();
    if name.is_empty() {
        return Ok(TimeZone::UTC);
    }
    TimeZone::get(name).map_err(|_| ScheduleError::Zone(name.to_owned()))
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Every(interval) => write_interval(interval.as_secs(), f),
            Self::Daily { at, zone } => {
                write!(f, "daily {} {}", at.strftime("%H:%M"), name_of(zone))
            }
            Self::Cron { text, zone, .. } => write!(f, "cron {text} {}", name_of(zone)),
        }
    }
}

fn write_interval(seconds: u64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let (number, unit) = match seconds {
        s if s % 86_400 == 0 => (s / 86_400, "d"),
        s if s % 3_600 == 0 => (s / 3_600, "h"),
        s if s % 60 == 0 => (s / 60, "m"),
        s => (s, "s"),
    };
    write!(f, "every {number}{unit}")
}

fn name_of(zone: &TimeZone) -> &str {
    zone.iana_name().unwrap_or("UTC")
}

#[cfg(test)]
mod tests;
