//! Users: members and guests of the organization.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::switches::words;
use crate::world::keys::{BoardKey, GroupKey, Identified, TeamKey};
use crate::world::moment::Moment;

use std::fmt;
use std::str::FromStr;

use crate::switches::UnknownWord;

words! {
    /// A licence, written as SCIM's `userType` has it.
    License {
        /// `Free Restricted`: may look and comment. What everybody falls back to.
        #[default]
        FreeRestricted = "Free Restricted",
        /// `Free`: upgraded by Miro on the first edit (flexible licensing).
        Free = "Free",
        /// `Basic`.
        Basic = "Basic",
        /// `Occasional`: REST only, a day pass of former times.
        Occasional = "Occasional",
        /// `Full (Trial)`.
        FullTrial = "Full (Trial)",
        /// `Full`.
        Full = "Full",
        /// `Standard`, the successor of `Full`.
        Standard = "Standard",
        /// `Advanced`.
        Advanced = "Advanced",
    }
}

impl License {
    /// How much it allows; `Full` and `Standard` are equal.
    pub const fn rank(self) -> u8 {
        match self {
            Self::FreeRestricted => 0,
            Self::Free => 1,
            Self::Basic => 2,
            Self::Occasional => 3,
            Self::FullTrial => 4,
            Self::Full | Self::Standard => 5,
            Self::Advanced => 6,
        }
    }

    /// Whether an active holder takes one of the purchased seats.
    pub const fn takes_seat(self) -> bool {
        matches!(self, Self::Full | Self::Standard | Self::Advanced)
    }

    /// The word in REST replies.
    pub const fn rest_name(self) -> &'static str {
        match self {
            Self::FreeRestricted => "free_restricted",
            Self::Free => "free",
            Self::Basic => "basic",
            Self::Occasional => "occasional",
            Self::FullTrial => "full_trial",
            Self::Full => "full",
            Self::Standard => "standard",
            Self::Advanced => "advanced",
        }
    }
}

words! {
    /// What a user is in the organization, written as SCIM has it.
    OrganizationRole {
        /// A company admin.
        InternalAdmin = "ORGANIZATION_INTERNAL_ADMIN",
        /// A member.
        #[default]
        InternalUser = "ORGANIZATION_INTERNAL_USER",
        /// Somebody from outside who was invited to boards.
        ExternalUser = "ORGANIZATION_EXTERNAL_USER",
        /// Somebody from outside who was invited to a team.
        TeamGuestUser = "ORGANIZATION_TEAM_GUEST_USER",
    }
}

impl OrganizationRole {
    /// Whether SCIM knows of such users: members and company admins.
    pub const fn is_internal(self) -> bool {
        matches!(self, Self::InternalAdmin | Self::InternalUser)
    }

    /// The word in REST replies.
    pub const fn rest_name(self) -> &'static str {
        match self {
            Self::InternalAdmin => "organization_internal_admin",
            Self::InternalUser => "organization_internal_user",
            Self::ExternalUser => "organization_external_user",
            Self::TeamGuestUser => "organization_team_guest_user",
        }
    }

    /// The name for people.
    pub const fn display(self) -> &'static str {
        match self {
            Self::InternalAdmin => "Company Admin",
            Self::InternalUser => "Member",
            Self::ExternalUser => "External User",
            Self::TeamGuestUser => "Team Guest",
        }
    }
}

words! {
    /// Whether a user is in the organization.
    Presence {
        /// Is in it.
        #[default]
        Present = "present",
        /// Was in it. Miro still has the profile: adding it to a group brings it back.
        Deleted = "deleted",
    }
}

words! {
    /// Whether a user has ever signed up after having been provisioned.
    Registration {
        /// Has signed up.
        #[default]
        Complete = "complete",
        /// Has not: leaving the last team removes the user from the organization.
        Pending = "pending",
    }
}

words! {
    /// Whether a user's profile belongs to this organization alone.
    Belonging {
        /// To this one only.
        #[default]
        ThisOnly = "this_only",
        /// To others too: its e-mail address cannot be changed from here.
        Several = "several",
    }
}

/// The attributes of SCIM's enterprise extension.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Enterprise {
    /// `employeeNumber`, at most 20 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub employee_number: Option<SmolStr>,
    /// `costCenter`, at most 120 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_center: Option<SmolStr>,
    /// `organization`, at most 120 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization: Option<SmolStr>,
    /// `division`, at most 120 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub division: Option<SmolStr>,
    /// `department`, at most 120 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub department: Option<SmolStr>,
    /// `manager.value`: a number, of a user or not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manager: Option<u64>,
    /// `manager.displayName`, at most 60 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manager_name: Option<SmolStr>,
}

impl Enterprise {
    /// Whether nothing is set.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A user.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct User {
    /// The id.
    pub id: u64,
    /// The e-mail address, as it was given; compared without case.
    pub user_name: SmolStr,
    /// The one name that Miro keeps; given and family name are guessed from it.
    pub full_name: SmolStr,
    /// Whether the user may sign in.
    pub active: bool,
    /// Whether the user is in the organization.
    #[serde(default, skip_serializing_if = "is_default")]
    pub presence: Presence,
    /// Whether the user has signed up.
    #[serde(default, skip_serializing_if = "is_default")]
    pub registration: Registration,
    /// Whether the profile belongs to other organizations too.
    #[serde(default, skip_serializing_if = "is_default")]
    pub belonging: Belonging,
    /// The licence.
    pub license: License,
    /// What the user is in the organization.
    pub role: OrganizationRole,
    /// Names of admin roles.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub admin_roles: Vec<SmolStr>,
    /// Attributes of the enterprise extension.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enterprise: Option<Box<Enterprise>>,
    /// The address of the picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub photo: Option<Box<str>>,
    /// `preferredLanguage`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<SmolStr>,
    /// When the user came into the organization.
    pub created_at: Moment,
    /// When the user was last seen; never, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_activity_at: Option<Moment>,
    /// When the licence was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub license_assigned_at: Option<Moment>,
    /// When all sessions were last ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sessions_reset_at: Option<Moment>,
    /// The teams, ascending.
    #[serde(skip)]
    pub(crate) teams: Vec<TeamKey>,
    /// The user groups, ascending.
    #[serde(skip)]
    pub(crate) groups: Vec<GroupKey>,
    /// The boards that the user owns, ascending.
    #[serde(skip)]
    pub(crate) boards: Vec<BoardKey>,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl Identified for User {
    fn id(&self) -> u64 {
        self.id
    }
}

impl User {
    /// Whether the user is in the organization.
    pub fn is_present(&self) -> bool {
        self.presence == Presence::Present
    }

    /// Whether SCIM knows the user: present, and a member or company admin.
    pub fn is_visible_to_scim(&self) -> bool {
        self.is_present() && self.role.is_internal()
    }

    /// Whether the user takes one of the purchased seats.
    pub fn takes_seat(&self) -> bool {
        self.is_present() && self.active && self.license.takes_seat()
    }

    /// Whether the user can act as a company admin.
    pub fn is_acting_company_admin(&self) -> bool {
        self.is_present() && self.active && self.role == OrganizationRole::InternalAdmin
    }

    /// The teams, in the order of their ids.
    pub fn teams(&self) -> &[TeamKey] {
        &self.teams
    }

    /// The user groups, in the order of their ids.
    pub fn groups(&self) -> &[GroupKey] {
        &self.groups
    }

    /// The boards that the user owns, in the order of their ids.
    pub fn boards(&self) -> &[BoardKey] {
        &self.boards
    }

    /// The first word of the full name: what Miro gives out as given name.
    pub fn given_name(&self) -> &str {
        self.full_name
            .split_once(' ')
            .map_or(&self.full_name, |(given, _)| given)
    }

    /// What is left of the full name without its first word; empty for a name of one word.
    pub fn family_name(&self) -> &str {
        self.full_name
            .split_once(' ')
            .map_or("", |(_, family)| family.trim_start())
    }

    /// The domain of the e-mail address, as it was given.
    pub fn domain(&self) -> &str {
        domain_of(&self.user_name)
    }
}

/// What stands behind the `@`; empty when there is none.
pub(crate) fn domain_of(address: &str) -> &str {
    address.rsplit_once('@').map_or("", |(_, domain)| domain)
}
