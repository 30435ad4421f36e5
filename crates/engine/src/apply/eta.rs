//! When an apply will end. Pure.

use std::time::Duration;

/// What one lane has done and has left.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LaneWork {
    /// Credits of calls that are still to be made.
    pub left: u64,
    /// Credits of calls that were sent.
    pub spent: u64,
    /// Credits that count against the limit now.
    pub used: u64,
    /// Credits that a window takes; `None`: there is no limit.
    pub per_window: Option<f64>,
    /// The length of a window.
    pub window: Duration,
}

impl LaneWork {
    /// How long the limit makes these credits last when `free` of them can be spent at once.
    fn time(&self, credits: f64, free: f64) -> f64 {
        let per_window = self.per_window.unwrap_or(f64::INFINITY).max(1.0);
        (credits - free).max(0.0) / per_window * self.window.as_secs_f64()
    }

    fn time_left(&self) -> f64 {
        let free = self
            .per_window
            .map_or(f64::INFINITY, |all| all - self.used as f64);
        self.time(self.left as f64, free.max(0.0))
    }

    /// How long what was done takes at best.
    fn time_spent(&self) -> f64 {
        self.time(self.spent as f64, self.per_window.unwrap_or(f64::INFINITY))
    }
}

/// How far everything is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Calls {
    /// Calls that were made.
    pub made: u64,
    /// Calls that are still to be made, as far as can be told.
    pub left: u64,
}

/// The time to the end: what the limits allow on the lane that takes longest, or what the pace so far promises where
/// that is slower than the limits. `None` before anything was done.
pub fn estimate(lanes: &[LaneWork], calls: Calls, elapsed: Duration) -> Option<Duration> {
    if calls.left == 0 {
        return Some(Duration::ZERO);
    }
    if calls.made == 0 {
        return None;
    }
    let longest = |time: fn(&LaneWork) -> f64| lanes.iter().map(time).fold(0.0, f64::max);
    let elapsed = elapsed.as_secs_f64();
    let by_limits = longest(LaneWork::time_left);
    let window = lanes
        .iter()
        .map(|lane| lane.window.as_secs_f64())
        .fold(0.0, f64::max);
    let spent = longest(LaneWork::time_spent);
    // Within the first windows the start itself weighs too much.
    let slowness = if spent > 2.0 * window {
        (elapsed / spent).clamp(1.0, 3.0)
    } else {
        1.0
    };
    let by_pace = if by_limits > 0.0 {
        0.0
    } else {
        elapsed / calls.made as f64 * calls.left as f64
    };
    Duration::try_from_secs_f64((by_limits * slowness).max(by_pace)).ok()
}

#[cfg(test)]
mod tests {
    use usher_miro::{Admission, Ended, Priority};

    use super::*;

    /// Sends calls of 50 credits through a lane of 10,000 as fast as it lets them, and tells at which moment each was
    /// answered, and how much of the lane was used then.
    fn run(calls: u64, latency: Duration, window: Duration) -> Vec<(Duration, u64)> {
        let mut lane = usher_miro::Lane::new(10_000, window);
        let mut now = Duration::ZERO;
        let mut flying = std::collections::VecDeque::new();
        let (mut sent, mut ended) = (0, Vec::new());
        while (ended.len() as u64) < calls {
            let mut next = None;
            if sent < calls {
                match lane.admit(now, 50, Priority::Normal) {
                    Admission::Admitted(ticket) => {
                        flying.push_back((now + latency, ticket));
                        sent += 1;
                        continue;
                    }
                    Admission::NotBefore(moment) => next = Some(moment),
                    Admission::AfterAnEnd => {}
                }
            }
            let answer = flying.front().map(|(moment, _)| *moment);
            now = [next, answer].into_iter().flatten().min().unwrap();
            while flying.front().is_some_and(|(moment, _)| *moment <= now) {
                let (_, ticket) = flying.pop_front().unwrap();
                lane.end(ticket, now, Ended::Answered);
                ended.push((now, lane.used_at(now)));
            }
        }
        ended
    }

    #[test]
    fn at_a_tenth_of_the_way_the_estimate_is_within_a_tenth_of_the_end() {
        let window = Duration::from_secs(30);
        for latency in [5, 300, 3000, 9000].map(Duration::from_millis) {
            let calls = 10_000;
            let ended = run(calls, latency, window);
            let (now, used) = ended[1000];
            let lane = LaneWork {
                left: (calls - 1000) * 50,
                // What counts now was sent since the window began, and is not answered yet.
                spent: 1000 * 50 + used,
                used,
                per_window: Some(10_000.0),
                window,
            };
            let calls = Calls {
                made: 1000,
                left: calls - 1000,
            };
            let end = ended.last().unwrap().0.as_secs_f64();
            let told = (now + estimate(&[lane], calls, now).unwrap()).as_secs_f64();
            assert!(
                (told - end).abs() <= end * 0.1,
                "latency {latency:?}: told {told}, was {end}"
            );
        }
    }

    #[test]
    fn the_slowest_lane_decides() {
        let lane = |left| LaneWork {
            left,
            spent: 20_000,
            used: 10_000,
            per_window: Some(10_000.0),
            window: Duration::from_secs(30),
        };
        let calls = Calls {
            made: 400,
            left: 1000,
        };
        let told = estimate(
            &[lane(20_000), lane(50_000)],
            calls,
            Duration::from_secs(30),
        );
        assert_eq!(told, Some(Duration::from_secs(150)));
    }

    #[test]
    fn without_limits_the_pace_so_far_decides() {
        let lane = LaneWork {
            left: 1000,
            spent: 1000,
            used: 0,
            per_window: None,
            window: Duration::from_secs(30),
        };
        let calls = Calls {
            made: 100,
            left: 300,
        };
        let told = estimate(&[lane], calls, Duration::from_secs(5));
        assert_eq!(told, Some(Duration::from_secs(15)));
        assert_eq!(
            estimate(&[lane], Calls::default(), Duration::ZERO),
            Some(Duration::ZERO),
            "nothing left"
        );
    }
}
