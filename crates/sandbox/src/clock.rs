//! What time it is in the sandbox.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

/// The sandbox's clock: the machine's time, or a fixed one, plus what the control API has added.
///
/// Rate-limit windows do not follow it: they run on monotonic time ([`SandboxClock::elapsed`]).
#[derive(Clone, Debug)]
pub struct SandboxClock(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    started: Instant,
    fixed: Option<Timestamp>,
    ahead_milliseconds: AtomicI64,
}

impl Default for SandboxClock {
    fn default() -> Self {
        Self::with(None)
    }
}

impl SandboxClock {
    /// A clock that stands still at `now` until [`SandboxClock::advance`] moves it.
    pub fn stopped_at(now: Timestamp) -> Self {
        Self::with(Some(now))
    }

    fn with(fixed: Option<Timestamp>) -> Self {
        Self(Arc::new(Inner {
            started: Instant::now(),
            fixed,
            ahead_milliseconds: AtomicI64::new(0),
        }))
    }

    /// The sandbox's current time.
    pub fn now(&self) -> Timestamp {
        let base = self.0.fixed.unwrap_or_else(machine_time);
        let ahead = self.0.ahead_milliseconds.load(Ordering::Relaxed);
        base.saturating_add(SignedDuration::from_millis(ahead))
            .unwrap_or(base)
    }

    /// Moves the sandbox's time forward.
    pub fn advance(&self, by: Duration) {
        let milliseconds = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        let _ =
            self.0
                .ahead_milliseconds
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |ahead| {
                    Some(ahead.saturating_add(milliseconds))
                });
    }

    /// Real time since the clock was made; never goes back.
    pub fn elapsed(&self) -> Duration {
        self.0.started.elapsed()
    }
}

/// The machine's time, which rate-limit headers speak of.
#[expect(
    clippy::disallowed_methods,
    reason = "the sandbox stands in for Miro's servers, which have a clock of their own"
)]
pub(crate) fn machine_time() -> Timestamp {
    Timestamp::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stopped_clock_moves_only_when_it_is_advanced() {
        let start = Timestamp::from_second(1_700_000_000).unwrap();
        let clock = SandboxClock::stopped_at(start);
        assert_eq!(clock.now(), start);
        clock.clone().advance(Duration::from_secs(60));
        assert_eq!(clock.now(), Timestamp::from_second(1_700_000_060).unwrap());
    }
}
