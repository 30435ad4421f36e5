//! When the next cycle begins. Pure.

use std::time::Duration;

use usher_model::Timestamp;

/// The next beginning after `now` on the grid of `first` and `interval`. Beginnings do not drift: a cycle that takes
/// longer than the interval leaves beginnings out, and the next one is on the grid again.
pub fn next_start(first: Timestamp, interval: Duration, now: Timestamp) -> Timestamp {
    let step = i64::try_from(interval.as_millis())
        .unwrap_or(i64::MAX)
        .max(1);
    let passed = now
        .as_millisecond()
        .saturating_sub(first.as_millisecond())
        .max(-1);
    let steps = passed.div_euclid(step).saturating_add(1);
    let next = first
        .as_millisecond()
        .saturating_add(steps.saturating_mul(step));
    Timestamp::from_millisecond(next).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FORTY: Duration = Duration::from_secs(40 * 60);

    fn minute(minute: i64) -> Timestamp {
        Timestamp::from_second(minute * 60).unwrap()
    }

    #[test]
    fn cycles_begin_every_forty_minutes_however_long_one_takes() {
        assert_eq!(next_start(minute(0), FORTY, minute(0)), minute(40));
        assert_eq!(next_start(minute(0), FORTY, minute(3)), minute(40));
        assert_eq!(next_start(minute(0), FORTY, minute(40)), minute(80));
        assert_eq!(next_start(minute(0), FORTY, minute(95)), minute(120));
    }

    #[test]
    fn a_first_beginning_in_the_future_is_the_next() {
        assert_eq!(next_start(minute(10), FORTY, minute(3)), minute(10));
    }

    proptest! {
        #[test]
        fn the_next_beginning_is_on_the_grid_and_the_first_after_now(
            first in 0_i64..1_000_000, step in 1_u64..100_000, ahead in 0_i64..10_000_000,
        ) {
            let first = Timestamp::from_second(first).unwrap();
            let now = first.saturating_add(Duration::from_secs(ahead.unsigned_abs())).unwrap();
            let interval = Duration::from_secs(step);
            let next = next_start(first, interval, now);
            prop_assert!(next > now);
            let distance = next.as_second() - first.as_second();
            prop_assert_eq!(distance % i64::try_from(step).unwrap(), 0);
            prop_assert!(next.as_second() - now.as_second() <= i64::try_from(step).unwrap());
        }
    }
}
