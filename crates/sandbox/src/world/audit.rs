//! Who changed what, when.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use smol_str::SmolStr;

use crate::switches::{UnknownWord, words};
use crate::world::moment::Moment;

/// Who makes a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Actor {
    /// A user, through REST.
    User {
        /// The user's id.
        id: u64,
    },
    /// The identity provider, through SCIM.
    ScimProvisioner,
    /// An app on its own.
    Application {
        /// Its name.
        name: SmolStr,
    },
    /// Miro itself, or somebody in its user interface: the control API of the sandbox.
    MiroAutomation,
}

/// A change that is under way: by whom, when, and from where. What the log keeps of it beyond the event itself.
#[derive(Clone, Debug)]
pub struct Change {
    /// Who makes it.
    pub actor: Actor,
    /// When.
    pub at: Timestamp,
    /// From which address.
    pub ip: Option<SmolStr>,
}

impl Change {
    /// A change by the identity provider.
    pub fn by_scim(at: Timestamp, ip: Option<SmolStr>) -> Self {
        Self {
            actor: Actor::ScimProvisioner,
            at,
            ip,
        }
    }

    /// A change by a user.
    pub fn by_user(id: u64, at: Timestamp, ip: Option<SmolStr>) -> Self {
        Self {
            actor: Actor::User { id },
            at,
            ip,
        }
    }
}

words! {
    /// What happened. Miro publishes few of its names; the others are ours, in the same manner.
    AuditKind {
        /// A user signed in.
        #[default]
        SignInSucceeded = "sign_in_succeeded",
        /// A user came into the organization.
        UserCreated = "user_added_to_organization",
        /// A user left the organization.
        UserDeleted = "user_removed_from_organization",
        /// A user was deactivated.
        UserDeactivated = "user_deactivated",
        /// A user was activated again.
        UserReactivated = "user_reactivated",
        /// Names, picture or enterprise attributes changed.
        UserUpdated = "user_profile_updated",
        /// The e-mail address changed.
        UserEmailChanged = "user_email_changed",
        /// The licence changed.
        LicenseChanged = "user_license_changed",
        /// The role in the organization, or admin roles, changed.
        RoleChanged = "user_role_changed",
        /// A team was created.
        TeamCreated = "team_created",
        /// A team changed.
        TeamUpdated = "team_updated",
        /// A team was deleted.
        TeamDeleted = "team_deleted",
        /// A team's settings changed.
        TeamSettingsChanged = "team_settings_changed",
        /// A user came into a team.
        TeamMemberAdded = "team_member_added",
        /// A user left a team.
        TeamMemberRemoved = "team_member_removed",
        /// A user's role in a team changed.
        TeamRoleChanged = "team_member_role_changed",
        /// A user group was created.
        GroupCreated = "user_group_created",
        /// A user group changed.
        GroupUpdated = "user_group_updated",
        /// A user group was deleted.
        GroupDeleted = "user_group_deleted",
        /// A user came into a user group.
        GroupMemberAdded = "user_group_member_added",
        /// A user left a user group.
        GroupMemberRemoved = "user_group_member_removed",
        /// A user group was attached to a team.
        GroupAttached = "user_group_attached_to_team",
        /// A user group was detached from a team.
        GroupDetached = "user_group_detached_from_team",
        /// A board or project was shared with a user group.
        Shared = "shared_with_user_group",
        /// A board or project is shared with a user group no longer.
        Unshared = "unshared_with_user_group",
        /// Boards got another owner.
        BoardsHandedOver = "board_ownership_transferred",
        /// All of a user's sessions were ended.
        SessionsReset = "user_sessions_reset",
    }
}

impl AuditKind {
    /// The category of the event.
    pub const fn category(self) -> &'static str {
        match self {
            Self::SignInSucceeded | Self::SessionsReset => "authentication",
            Self::TeamCreated
            | Self::TeamUpdated
            | Self::TeamDeleted
            | Self::TeamSettingsChanged
            | Self::TeamMemberAdded
            | Self::TeamMemberRemoved
            | Self::TeamRoleChanged => "teams",
            Self::GroupCreated
            | Self::GroupUpdated
            | Self::GroupDeleted
            | Self::GroupMemberAdded
            | Self::GroupMemberRemoved
            | Self::GroupAttached
            | Self::GroupDetached => "user_groups",
            Self::Shared | Self::Unshared | Self::BoardsHandedOver => "boards",
            _ => "users",
        }
    }
}

/// A thing that an event names, as it was called then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// Its id.
    pub id: SmolStr,
    /// Its name; the e-mail address of a user.
    pub name: SmolStr,
}

/// An entry of the audit log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AuditEvent {
    /// Its number, from 1.
    pub id: u64,
    /// When it happened. Never before the entry in front of it.
    pub at: Moment,
    /// What happened.
    pub kind: AuditKind,
    /// Who did it.
    pub actor: Actor,
    /// The actor's name and e-mail address then, for a user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor_user: Option<Box<Named>>,
    /// From which address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip: Option<SmolStr>,
    /// To what it happened.
    pub object: Named,
    /// In which team.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<Box<Named>>,
    /// Whatever else is worth telling; an object.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub details: Value,
}
