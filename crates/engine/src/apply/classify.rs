//! What a failure means for the change, for everything else, and for whoever reads of it. Pure.

use serde::{Deserialize, Serialize};
use usher_miro::{ConflictKind, ErrorKind, MiroError, Permanence};

/// Whether trying again can help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// The same call fails the same way.
    Permanent,
    /// It may work later.
    Transient,
    /// It works once somebody has changed something in Miro.
    NeedsAdmin,
}

/// What a failure means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Whether trying again can help.
    pub kind: FailureKind,
    /// What happened, in words for people.
    pub words: String,
    /// What to do about it.
    pub remedy: String,
    /// Miro's id of the request, if it gave one.
    pub request_id: Option<String>,
    /// What it means for everything else.
    pub reach: Reach,
    /// When it may be tried again.
    pub again: Again,
}

/// When a change may be tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// Soon, in the same run: nothing was done, or doing it twice is the same as once.
    Soon,
    /// When the next plan asks for it: by then it is known whether it is there.
    WithTheNextPlan,
    /// Not as it is.
    Never,
}

/// How far a failure reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// This change, and those that need it.
    This,
    /// Nothing can be done with this token.
    Everything(Halt),
}

/// Why nothing can be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Halt {
    /// Miro does not accept a token.
    BadCredentials,
    /// SCIM is switched off in the organization.
    ScimDisabled,
}

impl Failure {
    /// A failure that is no error of Miro's.
    pub fn new(kind: FailureKind, words: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            kind,
            words: words.into(),
            remedy: remedy.into(),
            request_id: None,
            reach: Reach::This,
            again: Again::Never,
        }
    }
}

/// What an error of the client means.
pub fn classify(error: &MiroError) -> Failure {
    let reach = match error.kind() {
        ErrorKind::BadCredentials => Reach::Everything(Halt::BadCredentials),
        ErrorKind::ScimDisabled => Reach::Everything(Halt::ScimDisabled),
        _ => Reach::This,
    };
    let kind = kind(error.kind());
    let again = match (error.kind(), kind) {
        (ErrorKind::Ambiguous, _) => Again::WithTheNextPlan,
        (_, FailureKind::Transient) => Again::Soon,
        _ => Again::Never,
    };
    Failure {
        kind,
        words: error.to_string(),
        remedy: remedy(error),
        request_id: error.request_id().map(ToOwned::to_owned),
        reach,
        again,
    }
}

fn kind(error: &ErrorKind) -> FailureKind {
    match error {
        // The person has to settle it with whoever runs the other organization; no repetition helps.
        ErrorKind::Conflict(ConflictKind::NotOursAlone) => FailureKind::NeedsAdmin,
        error => match error.permanence() {
            Permanence::Permanent => FailureKind::Permanent,
            Permanence::Transient => FailureKind::Transient,
            Permanence::NeedsAdmin => FailureKind::NeedsAdmin,
        },
    }
}

fn remedy(error: &MiroError) -> String {
    let is_user = error.route().is_some_and(|route| route.contains("/Users/"));
    match error.kind() {
        ErrorKind::NotFound if is_user => {
            "the account is a guest, which SCIM does not see, or it is gone; `usher sync` shows which".to_owned()
        }
        ErrorKind::MethodNotAllowed => {
            "the organization's group model may have changed; activate the connector again".to_owned()
        }
        _ => error.hint(),
    }
}

/// When too much fails: everything stops, and the connector goes into quarantine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MassFailure {
    /// Fewer failures than this never are too much.
    pub at_least: u32,
    /// More than this share of all attempts, in per cent.
    pub over_percent: u8,
}

impl Default for MassFailure {
    /// At least 20 failures, and over 40 %.
    fn default() -> Self {
        Self {
            at_least: 20,
            over_percent: 40,
        }
    }
}

impl MassFailure {
    /// Whether so many failures among so many attempts are too much.
    pub fn is_reached(self, failed: u32, attempted: u32) -> bool {
        let share = u64::from(failed) * 100;
        let allowed = u64::from(attempted) * u64::from(self.over_percent);
        failed >= self.at_least.max(1) && share > allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mass_failure_needs_both_a_number_and_a_share() {
        let limit = MassFailure::default();
        assert!(!limit.is_reached(19, 19), "too few to tell");
        assert!(limit.is_reached(20, 20));
        assert!(limit.is_reached(41, 100));
        assert!(!limit.is_reached(40, 100), "exactly the share is allowed");
    }

    #[test]
    fn every_kind_of_failure_says_whether_trying_again_helps() {
        let cases = [
            (ErrorKind::Server, FailureKind::Transient),
            (ErrorKind::Ambiguous, FailureKind::Transient),
            (
                ErrorKind::RateLimited { retry_after: None },
                FailureKind::Transient,
            ),
            (ErrorKind::Invalid, FailureKind::Permanent),
            (ErrorKind::NotFound, FailureKind::Permanent),
            (ErrorKind::NotUnique, FailureKind::Permanent),
            (
                ErrorKind::Conflict(ConflictKind::SeatsExhausted),
                FailureKind::NeedsAdmin,
            ),
            (
                ErrorKind::Conflict(ConflictKind::DomainNotAllowed),
                FailureKind::NeedsAdmin,
            ),
            (
                ErrorKind::Conflict(ConflictKind::LastAdmin),
                FailureKind::NeedsAdmin,
            ),
            (
                ErrorKind::Conflict(ConflictKind::NotOursAlone),
                FailureKind::NeedsAdmin,
            ),
            (
                ErrorKind::Conflict(ConflictKind::Inactive),
                FailureKind::Permanent,
            ),
            (ErrorKind::MissingScope("x".into()), FailureKind::NeedsAdmin),
        ];
        for (error, expected) in cases {
            assert_eq!(kind(&error), expected, "{error:?}");
        }
    }
}
