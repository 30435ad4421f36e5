//! How a job ends. Pure.

use std::any::Any;
use std::time::Duration;

use usher_model::Timestamp;
use usher_store::StoreError;

use crate::EngineError;
use crate::cycle::telling::in_full;

/// When work that another process took away is looked at again.
const AFTER_LOSS: Duration = Duration::from_secs(30);

/// How a job ended, or did not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobEnding {
    /// It was done.
    Done {
        /// What came of it.
        outcome: String,
    },
    /// It could not be done.
    Failed {
        /// Why.
        why: String,
    },
    /// How things stand does not allow it.
    Refused {
        /// Why.
        why: String,
    },
    /// Others are at work on the same; it is tried then.
    Busy {
        /// When.
        until: Timestamp,
    },
    /// It was told to stop, and can go on.
    Stopped,
}

impl JobEnding {
    /// What an error means for the job that ended with it.
    pub fn of_error(error: &EngineError, now: Timestamp) -> Self {
        match error {
            EngineError::Store(
                StoreError::ConnectorBusy { until, .. } | StoreError::SyncRunning { until, .. },
            ) => Self::Busy { until: *until },
            EngineError::Store(
                StoreError::WorkLost { .. }
                | StoreError::LeaseLost { .. }
                | StoreError::DirectoryMoved,
            )
            | EngineError::TakenOver(_) => Self::Busy {
                until: now.saturating_add(AFTER_LOSS).unwrap_or(now),
            },
            EngineError::Stopped { .. } => Self::Stopped,
            EngineError::Refused(_) => Self::Refused { why: said(error) },
            _ => Self::Failed { why: said(error) },
        }
    }

    /// What a panic means for the job that ended with it.
    pub(super) fn of_panic(panic: &(dyn Any + Send)) -> Self {
        let text = panic.downcast_ref::<&str>().copied();
        let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
        let text = text.unwrap_or("without a word");
        Self::Failed {
            why: format!("it panicked: {text}; please report this, with the log"),
        }
    }

    /// The ending as one word.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Done { .. } => "done",
            Self::Failed { .. } => "failed",
            Self::Refused { .. } => "refused",
            Self::Busy { .. } => "busy",
            Self::Stopped => "stopped",
        }
    }
}

/// What failed, what caused it, and what to do.
fn said(error: &EngineError) -> String {
    let words = in_full(error);
    match error.hint() {
        Some(hint) => format!("{words}; {hint}"),
        None => words,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Refused;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_connector_that_others_work_on_is_tried_again_when_their_lease_would_end() {
        let error = StoreError::ConnectorBusy {
            organization: "1".into(),
            work: "cycle:1".into(),
            owner: "another".into(),
            until: at(90),
        };
        let ending = JobEnding::of_error(&error.into(), at(10));
        assert_eq!(ending, JobEnding::Busy { until: at(90) });
    }

    #[test]
    fn what_the_state_of_things_does_not_allow_is_refused_and_not_failed() {
        let error = EngineError::from(Refused::SwitchedOff("1".into()));
        assert!(matches!(
            JobEnding::of_error(&error, at(0)),
            JobEnding::Refused { why } if why.contains("off")
        ));
        let error = EngineError::NoToken;
        assert!(matches!(
            JobEnding::of_error(&error, at(0)),
            JobEnding::Failed { why } if why.contains("USHER_ACCESS_TOKEN")
        ));
    }
}
