//! Whether a snapshot can be believed, and what it could see at all.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Which of Miro's two APIs a synchronization read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sources {
    /// The REST API only.
    Rest,
    /// The SCIM API only.
    Scim,
    /// Both.
    RestAndScim,
}

impl Sources {
    /// From which tokens are at hand; `None` when there is neither.
    pub fn from_tokens(rest: Option<()>, scim: Option<()>) -> Option<Self> {
        match (rest, scim) {
            (Some(()), Some(())) => Some(Self::RestAndScim),
            (Some(()), None) => Some(Self::Rest),
            (None, Some(())) => Some(Self::Scim),
            (None, None) => None,
        }
    }

    /// Whether REST was read.
    pub fn has_rest(self) -> bool {
        matches!(self, Self::Rest | Self::RestAndScim)
    }

    /// Whether SCIM was read.
    pub fn has_scim(self) -> bool {
        matches!(self, Self::Scim | Self::RestAndScim)
    }

    /// The sources as text.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rest => "rest",
            Self::Scim => "scim",
            Self::RestAndScim => "rest_and_scim",
        }
    }
}

impl fmt::Display for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rest => "REST",
            Self::Scim => "SCIM",
            Self::RestAndScim => "REST and SCIM",
        })
    }
}

/// Whether a kind of data was visible to a synchronization.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Seen {
    /// Read completely: what is absent does not exist.
    Yes,
    /// Not read: nothing can be said of it, and nothing known of it is forgotten.
    #[default]
    No,
}

impl Seen {
    /// Whether the data was read.
    pub fn is_seen(self) -> bool {
        self == Self::Yes
    }
}

impl From<bool> for Seen {
    fn from(seen: bool) -> Self {
        if seen { Self::Yes } else { Self::No }
    }
}

/// What a synchronization could see. What it could not see is left in the inventory as it was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Coverage {
    /// Guests and external users (REST only).
    pub guests: Seen,
    /// Last activity and licence dates (REST only).
    pub activity: Seen,
    /// Names, and the enterprise attributes (SCIM only).
    pub names: Seen,
    /// Teams and who is in them.
    pub teams: Seen,
    /// Which role somebody has in a team (REST only).
    pub team_roles: Seen,
    /// Admin roles beyond company admin.
    pub admin_roles: Seen,
    /// User groups and who is in them.
    pub user_groups: Seen,
}

/// A reason not to believe a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Distrust {
    /// A list could not be read to its end.
    Unread {
        /// Which list, in words: "members", "members of team 42".
        part: String,
        /// Why, in words.
        why: String,
    },
    /// An id came twice within one list, so pages shifted while they were read.
    RepeatedId {
        /// Which list.
        part: String,
        /// The first such id.
        id: String,
        /// How many ids came again.
        times: u64,
    },
    /// SCIM said how many there are, and another number was read.
    TotalsDisagree {
        /// What was counted.
        part: String,
        /// What SCIM's `totalResults` said.
        expected: u64,
        /// What was read.
        read: u64,
    },
    /// Far fewer than last time.
    Shrunk {
        /// What was counted: "accounts", "teams", "grants".
        what: String,
        /// How many the believed inventory has.
        before: u64,
        /// How many were read now.
        now: u64,
        /// The limit in per cent.
        limit_percent: u8,
    },
    /// The token belongs to another organization than the inventory.
    OtherOrganization {
        /// The organization of the inventory.
        expected: String,
        /// The organization that answered.
        found: String,
    },
}

impl fmt::Display for Distrust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unread { part, why } => write!(f, "{part} could not be read to the end: {why}"),
            Self::RepeatedId { part, id, times } => write!(
                f,
                "{times} id(s) came twice in {part} (first: {id}), so the list changed while it was read"
            ),
            Self::TotalsDisagree {
                part,
                expected,
                read,
            } => write!(f, "SCIM counts {expected} {part}, but {read} were read"),
            Self::Shrunk {
                what,
                before,
                now,
                limit_percent,
            } => write!(
                f,
                "{what} fell from {before} to {now}, more than the limit of {limit_percent} %"
            ),
            Self::OtherOrganization { expected, found } => write!(
                f,
                "the inventory is of organization {expected}, but the token belongs to {found}"
            ),
        }
    }
}

/// The verdict on a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Completeness {
    /// Every list ended, no id repeated, and SCIM's totals agree.
    Complete,
    /// Every list ended and no id repeated; no total was there to compare with.
    TotalUnverified,
    /// Not believed unless somebody accepts it.
    Suspect {
        /// Why.
        reasons: Vec<Distrust>,
    },
}

impl Completeness {
    /// Whether the snapshot may become the inventory by itself.
    pub fn is_believed(&self) -> bool {
        !matches!(self, Self::Suspect { .. })
    }

    /// The verdict as text.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::TotalUnverified => "total_unverified",
            Self::Suspect { .. } => "suspect",
        }
    }
}
