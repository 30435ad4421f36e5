//! What a client has asked for, paid and waited for.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use parking_lot::Mutex;
use tokio::time::Instant;

/// A snapshot of what a client did since it was made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientMeter {
    /// Requests sent, retries included, by method and path template.
    pub requests: BTreeMap<&'static str, u64>,
    /// Credits paid, by lane.
    pub credits: BTreeMap<&'static str, u64>,
    /// Replies with status 429.
    pub rate_limited: u64,
    /// Requests that were sent again.
    pub retries: u64,
    /// How long calls have waited for their lanes; those that wait side by side count the time once.
    pub lane_wait: Duration,
    /// The time of the last reply by the server's own clock, to the second; `None` when it said none.
    pub server_date: Option<Timestamp>,
    /// The lanes as they are now.
    pub lanes: Vec<LaneStatus>,
}

/// A lane at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaneStatus {
    /// The lane's name, for example `rest`.
    pub name: &'static str,
    /// Credits per window that the lane allows now. `u64::MAX` is no limit.
    pub limit: u64,
    /// The length of the window.
    pub window: Duration,
    /// Credits that count against the limit now.
    pub used: u64,
    /// Calls that were sent and are not answered yet.
    pub in_flight: usize,
    /// Calls that wait.
    pub waiting: usize,
    /// How long the first waiting call has to wait yet, as far as is known.
    pub next_in: Option<Duration>,
}

impl ClientMeter {
    /// All requests sent.
    pub fn total_requests(&self) -> u64 {
        self.requests.values().sum()
    }

    /// All credits paid.
    pub fn total_credits(&self) -> u64 {
        self.credits.values().sum()
    }

    /// How long the client stands still for its lanes yet: `None` when no call waits.
    pub fn current_wait(&self) -> Option<Duration> {
        let waiting = self.lanes.iter().filter(|lane| lane.waiting > 0);
        waiting.map(|lane| lane.next_in.unwrap_or_default()).max()
    }
}

/// The counters behind [`ClientMeter`].
#[derive(Debug, Default)]
pub(crate) struct Meter(Mutex<Counters>);

#[derive(Debug, Default)]
struct Counters {
    counted: ClientMeter,
    /// Calls that wait for their lanes now.
    waiting: u32,
    /// Since when one of them does.
    since: Option<Instant>,
}

impl Counters {
    /// Adds what has been waited until now.
    fn add_wait(&mut self) {
        let now = Instant::now();
        if let Some(since) = self.since {
            self.counted.lane_wait += now - since;
        }
        self.since = (self.waiting > 0).then_some(now);
    }
}

/// A call that waits for its lane, until this is dropped.
pub(crate) struct Waiting<'a>(&'a Meter);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let mut counters = self.0.0.lock();
        counters.waiting -= 1;
        counters.add_wait();
    }
}

impl Meter {
    pub fn wait(&self) -> Waiting<'_> {
        let mut counters = self.0.lock();
        counters.waiting += 1;
        counters.add_wait();
        Waiting(self)
    }

    pub fn sent(&self, route: &'static str, lane: &'static str, credits: u64) {
        let counted = &mut self.0.lock().counted;
        *counted.requests.entry(route).or_default() += 1;
        *counted.credits.entry(lane).or_default() += credits;
    }

    pub fn answered(&self, server_date: Option<Timestamp>) {
        self.0.lock().counted.server_date = server_date;
    }

    pub fn rate_limited(&self) {
        self.0.lock().counted.rate_limited += 1;
    }

    pub fn retried(&self) {
        self.0.lock().counted.retries += 1;
    }

    pub fn snapshot(&self) -> ClientMeter {
        let mut counters = self.0.lock();
        counters.add_wait();
        counters.counted.clone()
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn calls_that_wait_side_by_side_count_the_time_once() {
        let second = Duration::from_secs(1);
        let meter = Meter::default();
        advance(second).await;
        let one = meter.wait();
        advance(second).await;
        let other = meter.wait();
        advance(second).await;
        assert_eq!(meter.snapshot().lane_wait, 2 * second);
        drop(one);
        advance(second).await;
        drop(other);
        advance(second).await;
        assert_eq!(meter.snapshot().lane_wait, 3 * second);
    }
}
