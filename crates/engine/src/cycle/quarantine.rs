//! When a connector is put in quarantine, and when it is tried again. Pure.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use usher_model::Timestamp;
use usher_store::QuarantineCause;

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
    /// What kind of reason it is.
    pub fn cause(&self) -> QuarantineCause {
        match self {
            Self::BadCredentials { .. } => QuarantineCause::BadCredentials,
            Self::MassFailure { .. } => QuarantineCause::MassFailure,
        }
    }

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

    #[test]
    fn tries_thin_out_to_one_a_day() {
        let hours: Vec<_> = (1..6).map(|n| rest_after(n).as_secs() / 3600).collect();
        assert_eq!(hours, [6, 12, 24, 24, 24]);
    }
}
