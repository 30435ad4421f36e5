//! What replies say about limits.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::{HeaderMap, RETRY_AFTER};

use super::Observation;

/// The rate-limit headers of a reply, in whatever unit the server counts.
///
/// `X-RateLimit-*` are documented for REST; `Retry-After` is not documented by Miro at all and is honoured
/// where it comes. Times are taken relative to the reply's `Date`, so that a wrong clock here does no harm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct RateHeaders {
    pub limit: Option<u64>,
    pub remaining: Option<u64>,
    pub reset_in: Option<Duration>,
    pub retry_after: Option<Duration>,
}

impl RateHeaders {
    pub fn read(headers: &HeaderMap) -> Self {
        let number = |name: &str| text(headers, name)?.parse::<f64>().ok().and_then(whole);
        let now = server_time(headers).map(Timestamp::as_second);
        Self {
            limit: number("x-ratelimit-limit"),
            remaining: number("x-ratelimit-remaining"),
            reset_in: number("x-ratelimit-reset").and_then(|reset| until(reset, now)),
            retry_after: text(headers, RETRY_AFTER.as_str())
                .and_then(|value| retry_after(value, now)),
        }
    }

    /// In credits of a lane, or `None` where the unit is not the lane's.
    ///
    /// For SCIM Miro publishes no headers. Should they come, they may count calls of the endpoint's class or
    /// credits; a limit near the profile's in one of the two tells which, and anything else is ignored.
    pub fn in_credits(self, profile: u64, credits_per_call: u64, documented: bool) -> Observation {
        let unit = match self.limit {
            _ if documented => 1,
            Some(limit) if near(limit, profile) => 1,
            Some(limit) if near(limit.saturating_mul(credits_per_call), profile) => {
                credits_per_call
            }
            _ => return Observation::default(),
        };
        Observation {
            limit: self.limit.map(|limit| limit.saturating_mul(unit)),
            remaining: self
                .remaining
                .map(|remaining| remaining.saturating_mul(unit)),
            reset_in: self.reset_in,
        }
    }
}

fn near(limit: u64, profile: u64) -> bool {
    limit >= profile / 4 && limit / 4 <= profile
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "checked before"
)]
fn whole(number: f64) -> Option<u64> {
    (number.is_finite() && (0.0..1e15).contains(&number)).then_some(number as u64)
}

/// The server's time, from the reply's `Date` (RFC 9110, section 6.6.1).
pub(crate) fn server_time(headers: &HeaderMap) -> Option<Timestamp> {
    http_date(text(headers, "date")?)
}

fn http_date(value: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::parse(value)
        .ok()
        .map(|zoned| zoned.timestamp())
}

/// The time until `reset`: Unix seconds, Unix milliseconds, or plain seconds from now.
fn until(reset: u64, now: Option<i64>) -> Option<Duration> {
    let seconds = if reset > 1_000_000_000_000 {
        reset / 1000
    } else {
        reset
    };
    if seconds < 1_000_000_000 {
        return Some(Duration::from_secs(seconds));
    }
    let now = u64::try_from(now?).ok()?;
    // Both are cut to whole seconds, so the difference may be a second short.
    Some(Duration::from_secs(seconds.saturating_sub(now) + 1))
}

/// `Retry-After` in seconds or as a date (RFC 9110, section 10.2.3).
fn retry_after(value: &str, now: Option<i64>) -> Option<Duration> {
    if let Ok(seconds) = value.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let date = http_date(value)?.as_second();
    let seconds = date.saturating_sub(now?);
    Some(Duration::from_secs(u64::try_from(seconds).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(headers: &[(&'static str, &str)]) -> RateHeaders {
        let mut map = HeaderMap::new();
        map.insert("date", "Tue, 15 Nov 1994 08:12:31 GMT".parse().unwrap());
        for (name, value) in headers {
            map.insert(*name, value.parse().unwrap());
        }
        RateHeaders::read(&map)
    }

    #[test]
    fn the_reset_is_taken_relative_to_the_servers_own_clock() {
        let mut map = HeaderMap::new();
        map.insert("date", "Tue, 14 Nov 2023 22:13:20 GMT".parse().unwrap());
        for reset in ["1700000030", "1700000030000"] {
            map.insert("x-ratelimit-reset", reset.parse().unwrap());
            assert_eq!(
                RateHeaders::read(&map).reset_in,
                Some(Duration::from_secs(31)),
                "{reset}"
            );
        }
        map.insert("x-ratelimit-reset", "12".parse().unwrap());
        assert_eq!(
            RateHeaders::read(&map).reset_in,
            Some(Duration::from_secs(12))
        );
    }

    #[test]
    fn retry_after_is_read_as_seconds_and_as_a_date() {
        assert_eq!(
            read(&[("retry-after", "7")]).retry_after,
            Some(Duration::from_secs(7))
        );
        let date = [("retry-after", "Tue, 15 Nov 1994 08:12:41 GMT")];
        assert_eq!(read(&date).retry_after, Some(Duration::from_secs(10)));
        let past = [("retry-after", "Tue, 15 Nov 1994 08:12:01 GMT")];
        assert_eq!(read(&past).retry_after, Some(Duration::ZERO));
        for nonsense in ["soon", "-5", "NaN", "1e300"] {
            assert_eq!(
                read(&[("retry-after", nonsense)]).retry_after,
                None,
                "{nonsense}"
            );
        }
    }

    #[test]
    fn the_date_of_a_reply_is_understood() {
        let mut map = HeaderMap::new();
        map.insert("date", "Tue, 15 Nov 1994 08:12:31 GMT".parse().unwrap());
        assert_eq!(
            server_time(&map).map(Timestamp::as_second),
            Some(784_887_151)
        );
    }

    #[test]
    fn scim_headers_count_in_credits_in_calls_or_not_at_all() {
        let headers = |limit, remaining| RateHeaders {
            limit: Some(limit),
            remaining: Some(remaining),
            ..RateHeaders::default()
        };
        let credits = headers(10_000, 9000).in_credits(10_000, 500, false);
        assert_eq!(
            (credits.limit, credits.remaining),
            (Some(10_000), Some(9000))
        );
        let calls = headers(20, 18).in_credits(10_000, 500, false);
        assert_eq!((calls.limit, calls.remaining), (Some(10_000), Some(9000)));
        assert_eq!(
            headers(3, 2).in_credits(10_000, 50, false),
            Observation::default()
        );
        let rest = headers(3, 2).in_credits(100_000, 500, true);
        assert_eq!(rest.limit, Some(3), "REST counts in credits, as documented");
    }
}
