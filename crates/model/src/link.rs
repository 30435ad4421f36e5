//! Ties between the directory and Miro.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{AccountId, Entitlement, GroupId, PersonId, TeamId, UserGroupId};

/// The tie between a person and an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The person.
    pub person: PersonId,
    /// The account.
    pub account: AccountId,
    /// How it was made.
    pub how: LinkOrigin,
    /// When.
    pub since: Timestamp,
    /// What Usher last sent for attributes that Miro does not show again, by SCIM path: their values are compared
    /// with these and not with Miro.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sent: BTreeMap<String, String>,
    /// When Usher disabled the account because its person left, if it did: the grace period counts from here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled_at: Option<Timestamp>,
}

/// How a link was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkOrigin {
    /// Usher created the account for the person.
    Created,
    /// A matching property tied them.
    Matched,
    /// The person was imported from the account.
    Imported,
    /// Somebody tied them by hand; no matching overrides it.
    Pinned,
}

impl LinkOrigin {
    /// The origin as one word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Matched => "matched",
            Self::Imported => "imported",
            Self::Pinned => "pinned",
        }
    }
}

/// The tie between a directory group and what it was pushed to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupLink {
    /// The directory group.
    pub group: GroupId,
    /// Its counterpart in Miro.
    pub target: GroupLinkTarget,
    /// How it was made.
    pub how: LinkOrigin,
    /// When.
    pub since: Timestamp,
}

/// What a directory group is tied to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "type", content = "id", rename_all = "snake_case")]
pub enum GroupLinkTarget {
    /// A team.
    Team(TeamId),
    /// A user group.
    UserGroup(UserGroupId),
}

/// An entitlement that Usher gave to an account, so that it may take it away again. What was there before
/// Usher came is not in this record, and stays.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ProvisionedGrant {
    /// The account.
    pub account: AccountId,
    /// What it was given.
    pub entitlement: Entitlement,
    /// When.
    pub since: Timestamp,
}
