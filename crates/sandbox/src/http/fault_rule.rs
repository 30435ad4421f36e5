//! Rules that make the sandbox fail on demand, and their text form.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use thiserror::Error;

/// Which requests fail, how often, and how.
///
/// The text form is `METHOD PATH KEY=VALUE …`, for example `GET /v2/** p=0.05 status=500`:
///
/// - `METHOD` is `GET`, `GET,POST` or `*`; in `PATH`, `*` stands for one path segment's text and `**` for anything.
/// - When: `p=0.05` (probability), `nth=3`, `every=10`, `first=2`; none means always. `times=4` stops the rule after
///   it fired four times. `seed=7` seeds the probability.
/// - What: `latency=250ms`; `status=429` with `retry-after=2`; `status=500`; `reset=before` or `reset=after` (the
///   write took effect); `half-done=3` (a change of several members stops after three of them, the reply is a
///   gateway time-out, or a reset with `reset=after`); `truncate=40` (the body breaks off after 40 bytes).
#[derive(Clone, Debug, PartialEq)]
pub struct FaultRule {
    /// Methods in upper case; empty means all.
    pub methods: Vec<String>,
    /// The path pattern.
    pub path: String,
    /// Which of the matching requests.
    pub when: When,
    /// At most this often.
    pub times: Option<u64>,
    /// Seed of the probability.
    pub seed: u64,
    /// How long the reply is held back.
    pub latency: Option<Duration>,
    /// What goes wrong besides.
    pub effect: Option<Effect>,
    /// Members that a change of several members gets done before it breaks off.
    pub half_done: Option<usize>,
}

/// Which of the matching requests a rule hits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum When {
    /// All of them.
    Always,
    /// Each with this probability, 0 to 1.
    Probability(f64),
    /// Only this one, counted from 1.
    Nth(u64),
    /// Every so many.
    Every(u64),
    /// The first ones.
    First(u64),
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// A reply with this status and nothing done: 429 in the API's own shape, 5xx as an HTML page.
    Status {
        /// The status, 400 to 599.
        status: u16,
        /// Seconds for a `Retry-After` header.
        retry_after: Option<u64>,
    },
    /// The connection is reset.
    Reset(ResetPoint),
    /// The body breaks off after so many bytes.
    Truncate(usize),
}

/// When the connection is reset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResetPoint {
    /// Before the request took effect.
    Before,
    /// After it took effect, before the reply.
    After,
}

/// Why the text of a fault rule was refused.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum FaultRuleError {
    /// No method and path at its start.
    #[error(
        "fault rule {0:?} must begin with a method and a path, for example `GET /v2/** status=500`"
    )]
    NoRoute(String),
    /// A word that is no `key=value` or has an unknown key.
    #[error(
        "unknown word {0:?} in a fault rule; known are p, nth, every, first, times, seed, latency, status, retry-after, reset, half-done, truncate"
    )]
    UnknownWord(String),
    /// A value that cannot be read.
    #[error("fault rule: {key}={value} cannot be read; expected {expected}")]
    BadValue {
        /// The key.
        key: String,
        /// What was given.
        value: String,
        /// What would be right.
        expected: &'static str,
    },
    /// Nothing would happen.
    #[error(
        "fault rule {0:?} says when but not what: add latency, status, reset, half-done or truncate"
    )]
    NoEffect(String),
}

impl FaultRule {
    /// A rule for a route that always hits and does nothing yet.
    fn on(method: &str, path: &str) -> Self {
        let methods = if method == "*" {
            Vec::new()
        } else {
            method.split(',').map(str::to_ascii_uppercase).collect()
        };
        Self {
            methods,
            path: path.to_owned(),
            when: When::Always,
            times: None,
            seed: 0,
            latency: None,
            effect: None,
            half_done: None,
        }
    }

    /// Whether the rule is about this request.
    pub fn matches(&self, method: &str, path: &str) -> bool {
        let method_fits = self.methods.is_empty() || self.methods.iter().any(|m| m == method);
        method_fits && glob(self.path.as_bytes(), path.as_bytes())
    }

    fn set(&mut self, key: &str, value: &str) -> Result<(), FaultRuleError> {
        let bad = |expected| FaultRuleError::BadValue {
            key: key.to_owned(),
            value: value.to_owned(),
            expected,
        };
        let count = || -> Result<u64, FaultRuleError> {
            let parsed = value.parse().ok().filter(|n| *n > 0);
            parsed.ok_or_else(|| bad("a number from 1 on"))
        };
        match key {
            "p" => {
                let share = value.parse().ok().filter(|p| (0.0..=1.0).contains(p));
                self.when = When::Probability(share.ok_or_else(|| bad("a share from 0 to 1"))?);
            }
            "nth" => self.when = When::Nth(count()?),
            "every" => self.when = When::Every(count()?),
            "first" => self.when = When::First(count()?),
            "times" => self.times = Some(count()?),
            "seed" => self.seed = value.parse().map_err(|_| bad("a number"))?,
            "latency" => {
                let span = duration(value).ok_or_else(|| bad("a duration such as 250ms or 2s"))?;
                self.latency = Some(span);
            }
            "half-done" => {
                self.half_done = Some(value.parse().map_err(|_| bad("a number of members"))?);
            }
            _ => self.set_effect(key, value, bad)?,
        }
        Ok(())
    }

    fn set_effect(
        &mut self,
        key: &str,
        value: &str,
        bad: impl Fn(&'static str) -> FaultRuleError,
    ) -> Result<(), FaultRuleError> {
        let earlier = match self.effect {
            Some(Effect::Status {
                retry_after,
                status,
            }) => (Some(status), retry_after),
            _ => (None, None),
        };
        self.effect = Some(match key {
            "status" => {
                let status = value.parse().ok().filter(|s| (400..600).contains(s));
                Effect::Status {
                    status: status.ok_or_else(|| bad("a status from 400 to 599"))?,
                    retry_after: earlier.1,
                }
            }
            "retry-after" => Effect::Status {
                status: earlier.0.unwrap_or(429),
                retry_after: Some(value.parse().map_err(|_| bad("a number of seconds"))?),
            },
            "reset" => Effect::Reset(match value {
                "before" => ResetPoint::Before,
                "after" => ResetPoint::After,
                _ => return Err(bad("before or after")),
            }),
            "truncate" => Effect::Truncate(value.parse().map_err(|_| bad("a number of bytes"))?),
            _ => return Err(FaultRuleError::UnknownWord(format!("{key}={value}"))),
        });
        Ok(())
    }
}

impl FromStr for FaultRule {
    type Err = FaultRuleError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut words = text.split_whitespace();
        let (Some(method), Some(path)) = (words.next(), words.next()) else {
            return Err(FaultRuleError::NoRoute(text.to_owned()));
        };
        let method_fits =
            method == "*" || method.bytes().all(|b| b.is_ascii_alphabetic() || b == b',');
        if !method_fits || !path.starts_with(['/', '*']) {
            return Err(FaultRuleError::NoRoute(text.to_owned()));
        }
        let mut rule = Self::on(method, path);
        for word in words {
            let (key, value) = word
                .split_once('=')
                .ok_or_else(|| FaultRuleError::UnknownWord(word.to_owned()))?;
            rule.set(key, value)?;
        }
        if rule.effect.is_none() && rule.latency.is_none() && rule.half_done.is_none() {
            return Err(FaultRuleError::NoEffect(text.to_owned()));
        }
        Ok(rule)
    }
}

impl fmt::Display for FaultRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let methods = if self.methods.is_empty() {
            "*".to_owned()
        } else {
            self.methods.join(",")
        };
        write!(f, "{methods} {}", self.path)?;
        match self.when {
            When::Always => {}
            When::Probability(p) => write!(f, " p={p}")?,
            When::Nth(n) => write!(f, " nth={n}")?,
            When::Every(n) => write!(f, " every={n}")?,
            When::First(n) => write!(f, " first={n}")?,
        }
        if let Some(times) = self.times {
            write!(f, " times={times}")?;
        }
        if self.seed != 0 {
            write!(f, " seed={}", self.seed)?;
        }
        if let Some(latency) = self.latency {
            write!(f, " latency={}ms", latency.as_millis())?;
        }
        if let Some(members) = self.half_done {
            write!(f, " half-done={members}")?;
        }
        match self.effect {
            None => Ok(()),
            Some(Effect::Status {
                status,
                retry_after,
            }) => {
                write!(f, " status={status}")?;
                retry_after.map_or(Ok(()), |seconds| write!(f, " retry-after={seconds}"))
            }
            Some(Effect::Reset(ResetPoint::Before)) => f.write_str(" reset=before"),
            Some(Effect::Reset(ResetPoint::After)) => f.write_str(" reset=after"),
            Some(Effect::Truncate(bytes)) => write!(f, " truncate={bytes}"),
        }
    }
}

/// Reads `250ms`, `2s` or `1m`.
pub(crate) fn duration(text: &str) -> Option<Duration> {
    let split = text.find(|c: char| c.is_ascii_alphabetic())?;
    let (number, unit) = text.split_at_checked(split)?;
    let number: u64 = number.parse().ok()?;
    let milliseconds = match unit {
        "ms" => 1,
        "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    Some(Duration::from_millis(number.checked_mul(milliseconds)?))
}

/// `**` matches anything, `*` anything without a slash.
fn glob(pattern: &[u8], text: &[u8]) -> bool {
    match pattern {
        [] => text.is_empty(),
        [b'*', b'*', rest @ ..] => {
            (0..=text.len()).any(|skip| text.get(skip..).is_some_and(|text| glob(rest, text)))
        }
        [b'*', rest @ ..] => {
            let end = text.iter().position(|b| *b == b'/').unwrap_or(text.len());
            (0..=end).any(|skip| text.get(skip..).is_some_and(|text| glob(rest, text)))
        }
        [first, rest @ ..] => text
            .split_first()
            .is_some_and(|(head, tail)| head == first && glob(rest, tail)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(text: &str) -> FaultRule {
        text.parse().unwrap()
    }

    #[test]
    fn a_rule_prints_as_it_is_written() {
        for text in [
            "GET /v2/** p=0.05 status=500",
            "* ** latency=250ms",
            "GET,POST /api/v1/scim/Users nth=3 times=1 seed=7 status=429 retry-after=2",
            "PATCH /api/v1/scim/Groups/* half-done=3 reset=after",
            "DELETE ** every=10 reset=before",
            "GET ** first=2 truncate=40",
        ] {
            assert_eq!(rule(text).to_string(), text);
        }
    }

    #[test]
    fn a_star_stays_within_a_segment_and_two_stars_do_not() {
        let one = rule("GET /v2/orgs/*/members status=500");
        assert!(one.matches("GET", "/v2/orgs/7/members"));
        assert!(!one.matches("POST", "/v2/orgs/7/members"));
        assert!(!one.matches("GET", "/v2/orgs/7/teams/8/members"));
        assert!(rule("* /v2/**/members status=500").matches("PUT", "/v2/orgs/7/teams/8/members"));
    }

    #[test]
    fn a_bad_rule_says_what_is_wrong() {
        let error = |text: &str| text.parse::<FaultRule>().unwrap_err().to_string();
        assert!(error("status=500").contains("method and a path"));
        assert!(error("GET /x colour=red").contains("colour=red"));
        assert!(error("GET /x p=2 status=500").contains("0 to 1"));
        assert!(error("GET /x p=0.5").contains("says when but not what"));
    }
}
