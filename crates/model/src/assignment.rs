//! Who should hold what.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    AssignmentId, GroupId, License, OrganizationRole, PersonId, SourceName, TeamId, TeamRole,
    UserGroupId,
};

/// A person or group should hold something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignment {
    /// The assignment's id.
    pub id: AssignmentId,
    /// Who.
    pub subject: Subject,
    /// What.
    pub target: AssignmentTarget,
    /// Where it comes from.
    pub origin: AssignmentOrigin,
    /// From when on; at once if absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub starts_at: Option<Timestamp>,
    /// Until just before when; for good if absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub expires_at: Option<Timestamp>,
    /// Why, in somebody's words.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub note: Option<String>,
}

impl Assignment {
    /// Whether it holds at `now`.
    pub fn holds_at(&self, now: Timestamp) -> bool {
        self.starts_at.is_none_or(|start| start <= now)
            && self.expires_at.is_none_or(|end| now < end)
    }
}

/// Who an assignment is for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "type", content = "id", rename_all = "snake_case")]
pub enum Subject {
    /// A person.
    Person(PersonId),
    /// Everybody in a group, directly or through groups in it.
    Group(GroupId),
}

/// What an assignment gives. Each also brings the person into scope, but for the default-access role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum AssignmentTarget {
    /// An account, with a role of the application. A group assigned so is also pushed: it becomes a team or
    /// user group of its own, when the group mapping is on.
    Application {
        /// The application role, as in Microsoft Entra's enterprise applications.
        role: AppRole,
    },
    /// Membership of a team.
    Team {
        /// Which.
        team: TeamTarget,
        /// `member` or `admin`.
        role: TeamRole,
    },
    /// Membership of a user group.
    UserGroup {
        /// Which.
        user_group: UserGroupTarget,
    },
    /// A role in the organization: `organization_internal_admin` or `organization_internal_user`.
    Role {
        /// Which.
        role: OrganizationRole,
    },
    /// An admin role, by its name in Miro.
    AdminRole {
        /// Which.
        name: String,
    },
    /// A licence.
    License {
        /// Which.
        license: License,
    },
}

/// A team, by id or, where it may not exist yet, by name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "by", content = "value", rename_all = "snake_case")]
pub enum TeamTarget {
    /// The team with this id.
    Id(TeamId),
    /// The team with exactly this name; it is created when there is none and the settings allow it.
    Name(String),
}

/// A user group, by id or, where it may not exist yet, by name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "by", content = "value", rename_all = "snake_case")]
pub enum UserGroupTarget {
    /// The user group with this id.
    Id(UserGroupId),
    /// The user group with exactly this name (cut at 60 characters, as Miro cuts it).
    Name(String),
}

/// A role of the application in the directory, such as `User`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AppRole(String);

impl AppRole {
    /// The role that excludes from provisioning (requirement E2).
    pub const DEFAULT_ACCESS: &'static str = "Default Access";

    /// Wraps a role's name.
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether whoever is assigned with it is left out.
    pub fn is_default_access(&self) -> bool {
        self.0.eq_ignore_ascii_case(Self::DEFAULT_ACCESS)
    }
}

impl fmt::Display for AppRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where an assignment or a hold comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum AssignmentOrigin {
    /// A directory source said so.
    Directory {
        /// Which.
        source: SourceName,
    },
    /// Somebody entered it.
    Manual {
        /// Who.
        by: String,
    },
    /// A request was granted.
    Request {
        /// Which.
        id: String,
    },
    /// A review decided it.
    Review {
        /// Which.
        id: String,
    },
    /// A workflow decided it.
    Workflow {
        /// Which.
        id: String,
    },
}

impl fmt::Display for AssignmentOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Directory { source } => write!(f, "directory source {source}"),
            Self::Manual { by } => write!(f, "entered by {by}"),
            Self::Request { id } => write!(f, "request {id}"),
            Self::Review { id } => write!(f, "review {id}"),
            Self::Workflow { id } => write!(f, "workflow {id}"),
        }
    }
}
