//! Accounts that must stay as they are.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{AccountId, AssignmentOrigin, HoldId, PersonId};

/// An account must be kept disabled, or left alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// The hold's id.
    pub id: HoldId,
    /// Whose account.
    pub subject: HoldSubject,
    /// What it keeps.
    pub kind: HoldKind,
    /// Where it comes from.
    pub origin: AssignmentOrigin,
    /// Why, in somebody's words.
    pub reason: String,
    /// Since when.
    pub created_at: Timestamp,
    /// Until just before when; for good if absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub expires_at: Option<Timestamp>,
}

impl Hold {
    /// Whether it holds at `now`.
    pub fn holds_at(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|end| now < end)
    }
}

/// Whose account a hold is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "type", content = "id", rename_all = "snake_case")]
pub enum HoldSubject {
    /// The account with this id.
    Account(AccountId),
    /// Whatever account the person has, now or later.
    Person(PersonId),
}

/// What a hold keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldKind {
    /// The account must be disabled and stay so.
    KeepDisabled,
    /// Nothing about the account may be changed.
    LeaveAlone,
}

impl HoldKind {
    /// The kind as one word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::KeepDisabled => "keep_disabled",
            Self::LeaveAlone => "leave_alone",
        }
    }
}
