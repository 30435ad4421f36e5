//! When a change that failed is tried again. Pure.

use std::time::Duration;

use usher_model::Timestamp;

use super::FailureClass;

/// How long the first rest after a transient failure is; it doubles each time.
const SOON: Duration = Duration::from_secs(5 * 60);

/// The longest rest after a transient failure.
const SOME_HOURS: Duration = Duration::from_secs(6 * 3600);

/// The rest when something has to be another first, which Usher may never get to know of.
const DAILY: Duration = Duration::from_secs(24 * 3600);

/// When a change is tried again that failed so many times, the last time at `failed_at`.
///
/// What failed for now is tried soon, then less and less often; what fails until something is another, daily. Where the
/// directory or the settings are another, so is the change, with another key, and nothing of this is about it.
pub fn next_try(class: FailureClass, attempts: u32, failed_at: Timestamp) -> Timestamp {
    let rest = match class {
        FailureClass::Transient => {
            let doubled = 2_u32.saturating_pow(attempts.saturating_sub(1));
            SOON.saturating_mul(doubled).min(SOME_HOURS)
        }
        FailureClass::Permanent | FailureClass::NeedsAdmin => DAILY,
    };
    failed_at.saturating_add(rest).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minutes(class: FailureClass, attempts: u32) -> i64 {
        let rest = next_try(class, attempts, Timestamp::UNIX_EPOCH);
        rest.as_second() / 60
    }

    #[test]
    fn what_failed_for_now_is_tried_soon_and_then_less_and_less_often_up_to_some_hours() {
        let rests: Vec<_> = (1..=9)
            .map(|attempts| minutes(FailureClass::Transient, attempts))
            .collect();
        assert_eq!(rests, [5, 10, 20, 40, 80, 160, 320, 360, 360]);
        assert_eq!(minutes(FailureClass::Transient, u32::MAX), 360);
    }

    #[test]
    fn what_needs_something_to_be_another_first_is_tried_daily() {
        for class in [FailureClass::Permanent, FailureClass::NeedsAdmin] {
            assert_eq!(minutes(class, 1), 24 * 60);
            assert_eq!(minutes(class, 100), 24 * 60);
        }
    }
}
