//! When a connector is put in quarantine, and when it is tried again. Pure.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use usher_model::Timestamp;

/// From when on failures are a mass failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct QuarantineLimits {
    /// Fewer failures than this never are.
    pub at_least: u64,
    /// More than this share of what was attempted, in per cent.
    pub over_percent: u8,
}

impl Default for QuarantineLimits {
    /// At least 20 failures, and over 40 %.
    fn default() -> Self {
        Self {
            at_least: 20,
            over_percent: 40,
        }
    }
}

/// How a cycle's changes went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attempts {
    /// Changes that were attempted.
    pub attempted: u64,
    /// Changes that failed.
    pub failed: u64,
}

/// Why a connector is in quarantine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "because", rename_all = "snake_case")]
pub enum QuarantineReason {
    /// Miro does not accept a token, or has switched SCIM off.
    BadCredentials {
        /// What Miro said, without secrets.
        detail: String,
    },
    /// Too many changes failed.
    MassFailure {
        /// How many failed.
        failed: u64,
        /// Of how many.
        attempted: u64,
    },
}

impl fmt::Display for QuarantineReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadCredentials { detail } => {
                write!(f, "Miro does not accept the credentials: {detail}")
            }
            Self::MassFailure { failed, attempted } => {
                write!(f, "{failed} of {attempted} changes failed")
            }
        }
    }
}

impl QuarantineReason {
    /// What to do before the connector is released.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::BadCredentials { .. } => {
                "put a valid token in place, then run `usher connector reauthorize`"
            }
            Self::MassFailure { .. } => {
                "look at `usher failures`, remove the cause, then run `usher connector release`"
            }
        }
    }
}

/// Whether what was attempted is a mass failure.
pub fn mass_failure(attempts: Attempts, limits: QuarantineLimits) -> Option<QuarantineReason> {
    let Attempts { attempted, failed } = attempts;
    let share = u128::from(failed) * 100;
    let limit = u128::from(attempted) * u128::from(limits.over_percent);
    (failed >= limits.at_least && share > limit)
        .then_some(QuarantineReason::MassFailure { failed, attempted })
}

/// How long a connector in quarantine rests after so many attempts that ended in it: 6 hours, 12 hours, then a day.
pub fn rest_after(attempts: u32) -> Duration {
    const HOUR: u64 = 60 * 60;
    Duration::from_secs(match attempts {
        0 | 1 => 6 * HOUR,
        2 => 12 * HOUR,
        _ => 24 * HOUR,
    })
}

/// When a connector in quarantine is tried again, when the last of so many attempts was at `at`.
pub fn next_try(attempts: u32, at: Timestamp) -> Timestamp {
    at.saturating_add(rest_after(attempts))
        .unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(failed: u64, attempted: u64) -> bool {
        mass_failure(Attempts { attempted, failed }, QuarantineLimits::default()).is_some()
    }

    #[test]
    fn nineteen_failures_are_no_mass_failure_whatever_their_share() {
        assert!(!judged(19, 19));
        assert!(judged(20, 20));
    }

    #[test]
    fn forty_per_cent_are_no_mass_failure_and_more_are() {
        assert!(!judged(400, 1000));
        assert!(judged(401, 1000));
    }

    #[test]
    fn the_limits_can_be_set() {
        let limits = QuarantineLimits {
            at_least: 1,
            over_percent: 0,
        };
        let one = Attempts {
            attempted: 1000,
            failed: 1,
        };
        assert!(mass_failure(one, limits).is_some());
        assert!(mass_failure(Attempts::default(), limits).is_none());
    }

    #[test]
    fn tries_thin_out_to_one_a_day() {
        let hours: Vec<_> = (1..6).map(|n| rest_after(n).as_secs() / 3600).collect();
        assert_eq!(hours, [6, 12, 24, 24, 24]);
    }
}
