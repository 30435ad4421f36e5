//! When a synchronization will end. Pure.

use std::time::Duration;

use usher_miro::ClientMeter;

use crate::sync::{Listed, Progress};

/// Credits of a page of members, of teams, of a team's members (Miro's docs: levels 3, 1 and 2).
const MEMBERS_PAGE: u64 = 500;
const TEAM_MEMBERS_PAGE: u64 = 100;

/// What is left of a synchronization, as far as can be seen, and how long it takes.
pub fn of_run(progress: &Progress, meter: &ClientMeter, elapsed: Duration) -> Option<Duration> {
    if progress.teams_listed == Listed::Partly && progress.teams == 0 {
        return None;
    }
    let left = |read: u64, expected: Option<u64>| {
        expected.map_or(0, |all| all.saturating_sub(read).div_ceil(100))
    };
    let member_pages = left(progress.accounts, progress.accounts_expected);
    let name_pages = left(progress.names, progress.names_expected);
    let teams = progress.teams.saturating_sub(progress.teams_read);
    let lane = meter.lanes.iter().find(|lane| lane.name == "rest");
    estimate(&Remaining {
        credits: member_pages * MEMBERS_PAGE + teams * TEAM_MEMBERS_PAGE,
        credits_free: lane.map_or(0, |lane| lane.limit.saturating_sub(lane.used)),
        credits_per_window: lane.map_or(0, |lane| {
            if lane.limit == u64::MAX {
                0
            } else {
                lane.limit
            }
        }),
        window: lane.map_or(Duration::ZERO, |lane| lane.window),
        requests: member_pages + name_pages + teams,
        requests_sent: progress.requests,
        busy: elapsed.saturating_sub(progress.lane_wait),
    })
}

/// What is left, and how fast it goes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Remaining {
    /// Credits of Miro's REST pool that are still to be paid.
    pub credits: u64,
    /// Credits that can be paid at once.
    pub credits_free: u64,
    /// Credits per window; 0: no limit.
    pub credits_per_window: u64,
    /// Length of a window.
    pub window: Duration,
    /// Requests still to be sent.
    pub requests: u64,
    /// Requests sent so far.
    pub requests_sent: u64,
    /// Time so far without waiting for limits.
    pub busy: Duration,
}

/// The longer of two bounds: what Miro's limit allows, and what the pace so far promises. `None` before the
/// first request.
pub fn estimate(remaining: &Remaining) -> Option<Duration> {
    let pace = remaining
        .busy
        .checked_div(u32::try_from(remaining.requests_sent).unwrap_or(u32::MAX))?;
    let by_pace = pace.saturating_mul(u32::try_from(remaining.requests).unwrap_or(u32::MAX));
    let beyond = remaining.credits.saturating_sub(remaining.credits_free);
    let windows = if remaining.credits_per_window == 0 {
        0
    } else {
        beyond.div_ceil(remaining.credits_per_window)
    };
    let by_limit = remaining
        .window
        .saturating_mul(u32::try_from(windows).unwrap_or(u32::MAX));
    Some(by_pace.max(by_limit))
}

#[cfg(test)]
mod tests {
    use usher_miro::LaneStatus;

    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn what_fits_the_window_takes_as_long_as_its_requests() {
        let remaining = Remaining {
            credits: 50_000,
            credits_free: 50_000,
            credits_per_window: 100_000,
            window: MINUTE,
            requests: 100,
            requests_sent: 100,
            busy: Duration::from_secs(5),
        };
        assert_eq!(estimate(&remaining), Some(Duration::from_secs(5)));
    }

    #[test]
    fn what_does_not_fit_waits_for_as_many_windows_as_it_needs() {
        let remaining = Remaining {
            credits: 250_000,
            credits_free: 20_000,
            credits_per_window: 100_000,
            window: MINUTE,
            requests: 100,
            requests_sent: 100,
            busy: Duration::from_secs(5),
        };
        assert_eq!(estimate(&remaining), Some(MINUTE * 3));
    }

    /// A run that has paid all of a window of Miro's REST pool, and has `left` members to read.
    fn run(left: u64, lane_wait: Duration) -> (Progress, ClientMeter) {
        let progress = Progress {
            accounts: 10_000,
            accounts_expected: Some(10_000 + left),
            requests: 100,
            teams_listed: Listed::Fully,
            lane_wait,
            ..Progress::default()
        };
        let rest = LaneStatus {
            name: "rest",
            limit: 100_000,
            used: 0,
            window: MINUTE,
            in_flight: 0,
            waiting: 0,
            next_in: None,
        };
        let meter = ClientMeter {
            lanes: vec![rest],
            ..ClientMeter::default()
        };
        (progress, meter)
    }

    #[test]
    fn a_run_that_waited_for_limits_is_as_fast_as_one_that_did_not() {
        let seconds = Duration::from_secs;
        let (fresh, meter) = run(1_000, Duration::ZERO);
        assert_eq!(of_run(&fresh, &meter, seconds(10)), Some(seconds(1)));
        let (waited, meter) = run(1_000, MINUTE);
        assert_eq!(of_run(&waited, &meter, seconds(70)), Some(seconds(1)));
    }

    #[test]
    fn before_the_first_request_nothing_can_be_said() {
        assert_eq!(estimate(&Remaining::default()), None);
    }
}
