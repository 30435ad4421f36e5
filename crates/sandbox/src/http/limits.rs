//! Counting credits per window. Pure: the time is an argument.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use smol_str::SmolStr;

use crate::http::cost::Pool;

/// How the end of a window is found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WindowKind {
    /// Windows follow each other from the start of the sandbox; each begins with the full budget.
    #[default]
    Fixed,
    /// Every stretch of time of the window's length holds at most the budget.
    Sliding,
}

/// What the limiter says of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Whether the request may go on.
    pub admitted: bool,
    /// Credits per window.
    pub limit: u32,
    /// Credits left in the window after this request.
    pub remaining: u32,
    /// When credits come back: the end of a fixed window, or the time the oldest request leaves a sliding one.
    pub resets_at: Duration,
}

/// One budget of `limit` credits per `window`.
#[derive(Clone, Debug)]
pub struct Bucket {
    limit: u32,
    window: Duration,
    counted: Counted,
}

#[derive(Clone, Debug)]
enum Counted {
    Fixed { index: u128, used: u32 },
    Sliding(SlidingSum),
}

impl Bucket {
    /// An unused bucket. A window of no length is taken as one nanosecond.
    pub fn new(limit: u32, window: Duration, kind: WindowKind) -> Self {
        let counted = match kind {
            WindowKind::Fixed => Counted::Fixed { index: 0, used: 0 },
            WindowKind::Sliding => Counted::Sliding(SlidingSum::default()),
        };
        Self {
            limit,
            window: window.max(Duration::from_nanos(1)),
            counted,
        }
    }

    /// Decides on a request of `cost` credits that arrived at `now`. What is refused costs nothing.
    ///
    /// A `now` earlier than one seen before is taken as that one, so that threads that overtake each other
    /// cannot open a past window again.
    pub fn admit(&mut self, cost: u32, now: Duration) -> Verdict {
        let (used, resets_at) = self.usage(now);
        let admitted = used.saturating_add(cost) <= self.limit;
        let mut verdict = Verdict {
            admitted,
            limit: self.limit,
            remaining: self.limit.saturating_sub(used),
            resets_at,
        };
        if admitted {
            verdict.remaining = verdict.remaining.saturating_sub(cost);
            match &mut self.counted {
                Counted::Fixed { used, .. } => *used = used.saturating_add(cost),
                Counted::Sliding(sum) => sum.add(cost, now),
            }
        }
        verdict
    }

    fn usage(&mut self, now: Duration) -> (u32, Duration) {
        let window = self.window.as_nanos();
        match &mut self.counted {
            Counted::Fixed { index, used } => {
                let current = now.as_nanos() / window;
                if current > *index {
                    *index = current;
                    *used = 0;
                }
                let end = (*index + 1).saturating_mul(window);
                let end = Duration::from_nanos(u64::try_from(end).unwrap_or(u64::MAX));
                (*used, end)
            }
            Counted::Sliding(sum) => {
                sum.forget_before(now, self.window);
                let oldest = sum.oldest().unwrap_or(now);
                let used = u32::try_from(sum.total()).unwrap_or(u32::MAX);
                (used, oldest.saturating_add(self.window))
            }
        }
    }
}

/// Credits of the most recent window's length of time.
#[derive(Clone, Debug, Default)]
pub(crate) struct SlidingSum {
    entries: VecDeque<(Duration, u32)>,
    total: u64,
}

impl SlidingSum {
    pub(crate) fn add(&mut self, cost: u32, now: Duration) {
        let latest = self.entries.back().map_or(now, |entry| entry.0.max(now));
        self.entries.push_back((latest, cost));
        self.total += u64::from(cost);
    }

    /// Drops what is a whole window or more before `now`.
    pub(crate) fn forget_before(&mut self, now: Duration, window: Duration) {
        while let Some(&(at, cost)) = self.entries.front() {
            if at.saturating_add(window) > now {
                break;
            }
            self.entries.pop_front();
            self.total -= u64::from(cost);
        }
    }

    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    fn oldest(&self) -> Option<Duration> {
        self.entries.front().map(|entry| entry.0)
    }
}

/// The lengths and kind of the windows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Windows {
    /// Fixed or sliding.
    pub kind: WindowKind,
    /// Length of a SCIM window: 30 seconds at Miro.
    pub scim: Duration,
    /// Length of a REST window: a minute at Miro.
    pub rest: Duration,
}

impl Windows {
    /// Miro's windows, made `time_scale` times shorter.
    pub fn scaled(kind: WindowKind, time_scale: f64) -> Self {
        let scale = if time_scale.is_finite() && time_scale > 0.0 {
            time_scale
        } else {
            1.0
        };
        Self {
            kind,
            scim: Duration::from_secs(30).div_f64(scale),
            rest: Duration::from_secs(60).div_f64(scale),
        }
    }

    /// The length of the windows of a pool.
    pub fn length(&self, pool: Pool) -> Duration {
        match pool {
            Pool::Rest => self.rest,
            Pool::Scim(_) | Pool::ScimShared => self.scim,
        }
    }
}

/// All buckets: one for each pool of each owner.
#[derive(Debug)]
pub struct Limiter {
    windows: Windows,
    buckets: HashMap<(SmolStr, Pool), Bucket>,
}

impl Limiter {
    /// A limiter with no requests counted.
    pub fn new(windows: Windows) -> Self {
        Self {
            windows,
            buckets: HashMap::new(),
        }
    }

    /// Decides on a request by `owner` (a token's grant) of `cost` credits that arrived at `now`.
    pub fn admit(&mut self, owner: &SmolStr, pool: Pool, cost: u32, now: Duration) -> Verdict {
        let windows = self.windows;
        self.buckets
            .entry((owner.clone(), pool))
            .or_insert_with(|| Bucket::new(pool.credits(), windows.length(pool), windows.kind))
            .admit(cost, now)
    }

    /// Forgets every request.
    pub fn reset(&mut self) {
        self.buckets.clear();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const WINDOW: u64 = 1000;

    fn arrivals() -> impl Strategy<Value = Vec<(u64, u32)>> {
        let cost = prop::sample::select(vec![50_u32, 100, 500, 2000]);
        prop::collection::vec((0_u64..400, cost), 1..200)
    }

    /// Runs the arrivals (gaps and costs) and returns what was admitted.
    fn admitted(kind: WindowKind, arrivals: &[(u64, u32)]) -> Vec<(u64, u32)> {
        let mut bucket = Bucket::new(10_000, Duration::from_millis(WINDOW), kind);
        let mut now = 0;
        let mut admitted = Vec::new();
        for (gap, cost) in arrivals {
            now += gap / 10;
            if bucket.admit(*cost, Duration::from_millis(now)).admitted {
                admitted.push((now, *cost));
            }
        }
        admitted
    }

    proptest! {
        #[test]
        fn a_sliding_bucket_never_admits_more_than_the_limit_in_any_window(arrivals in arrivals()) {
            let admitted = admitted(WindowKind::Sliding, &arrivals);
            for (start, _) in &admitted {
                let sum: u32 = admitted.iter()
                    .filter(|(at, _)| at >= start && *at < start + WINDOW)
                    .map(|(_, cost)| cost).sum();
                prop_assert!(sum <= 10_000);
            }
        }

        #[test]
        fn a_fixed_bucket_never_admits_more_than_the_limit_in_an_aligned_window(arrivals in arrivals()) {
            let admitted = admitted(WindowKind::Fixed, &arrivals);
            for (start, _) in &admitted {
                let sum: u32 = admitted.iter()
                    .filter(|(at, _)| at / WINDOW == start / WINDOW)
                    .map(|(_, cost)| cost).sum();
                prop_assert!(sum <= 10_000);
            }
        }

        #[test]
        fn a_request_that_fits_is_always_admitted(arrivals in arrivals(), kind in prop::sample::select(vec![WindowKind::Fixed, WindowKind::Sliding])) {
            let mut bucket = Bucket::new(10_000, Duration::from_millis(WINDOW), kind);
            let mut now = 0;
            for (gap, cost) in arrivals {
                now += gap;
                let verdict = bucket.admit(cost, Duration::from_millis(now));
                let before = verdict.remaining + if verdict.admitted { cost } else { 0 };
                prop_assert_eq!(verdict.admitted, cost <= before);
                prop_assert!(verdict.resets_at > Duration::from_millis(now));
                let later = bucket.clone().admit(cost, verdict.resets_at + Duration::from_millis(WINDOW));
                prop_assert!(later.admitted);
            }
        }
    }

    #[test]
    fn a_fixed_window_lets_a_double_burst_through_at_its_edge_and_a_sliding_one_does_not() {
        for (kind, expected) in [(WindowKind::Fixed, true), (WindowKind::Sliding, false)] {
            let mut bucket = Bucket::new(100, Duration::from_secs(30), kind);
            assert!(bucket.admit(100, Duration::from_secs(29)).admitted);
            let verdict = bucket.admit(100, Duration::from_secs(31));
            assert_eq!(verdict.admitted, expected, "{kind:?}");
        }
    }

    #[test]
    fn the_time_scale_shortens_the_windows() {
        let windows = Windows::scaled(WindowKind::Fixed, 100.0);
        assert_eq!(windows.scim, Duration::from_millis(300));
        assert_eq!(windows.rest, Duration::from_millis(600));
    }

    #[test]
    fn one_owner_does_not_spend_the_credits_of_another() {
        let mut limiter = Limiter::new(Windows::scaled(WindowKind::Fixed, 1.0));
        let (ada, bob) = (SmolStr::new("ada"), SmolStr::new("bob"));
        assert!(
            limiter
                .admit(&ada, Pool::Rest, 100_000, Duration::ZERO)
                .admitted
        );
        assert!(!limiter.admit(&ada, Pool::Rest, 50, Duration::ZERO).admitted);
        assert!(limiter.admit(&bob, Pool::Rest, 50, Duration::ZERO).admitted);
    }
}
