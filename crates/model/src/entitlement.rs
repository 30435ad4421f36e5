//! What an account can hold, and who holds it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::account::open_enum;
use crate::{AccountId, License, OrganizationRole, TeamId, UserGroupId};

open_enum!(
    /// What an account is in a team (REST `role` of a team member).
    TeamRole {
        /// Sees boards that were shared, without being in the team.
        NonTeam = "non_team",
        /// Member.
        Member = "member",
        /// Team admin.
        Admin = "admin",
        /// Guest of the team (an older Miro role).
        TeamGuest = "team_guest",
        /// In the team, in a role that the credentials in use do not show (SCIM never shows it).
        Unknown = "unknown",
    }
);

/// One thing that an account can hold.
///
/// Its text form is its id everywhere: `team:ID:ROLE`, `role:ROLE`, `license:LICENSE`,
/// `admin_role:NAME`, `user_group:ID:member`.
///
/// ```
/// use usher_model::{Entitlement, TeamId, TeamRole};
/// let held = Entitlement::Team { team: TeamId::new("42"), role: TeamRole::Admin };
/// assert_eq!(held.to_string(), "team:42:admin");
/// assert_eq!("team:42:admin".parse::<Entitlement>().unwrap(), held);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Entitlement {
    /// A role in a team.
    Team {
        /// The team.
        team: TeamId,
        /// The role in it.
        role: TeamRole,
    },
    /// A role in the organization.
    Role(OrganizationRole),
    /// A licence.
    License(License),
    /// An admin role, by name.
    AdminRole(String),
    /// Membership of a user group.
    UserGroup(UserGroupId),
}

/// The kinds of entitlement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntitlementKind {
    /// A role in a team.
    Team,
    /// A role in the organization.
    Role,
    /// A licence.
    License,
    /// An admin role.
    AdminRole,
    /// Membership of a user group.
    UserGroup,
}

impl EntitlementKind {
    /// Every kind, in the order in which they are shown.
    pub const ALL: [Self; 5] = [
        Self::Role,
        Self::License,
        Self::AdminRole,
        Self::Team,
        Self::UserGroup,
    ];

    /// The first word of the entitlement's text form.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Team => "team",
            Self::Role => "role",
            Self::License => "license",
            Self::AdminRole => "admin_role",
            Self::UserGroup => "user_group",
        }
    }
}

impl Entitlement {
    /// Its kind.
    pub fn kind(&self) -> EntitlementKind {
        match self {
            Self::Team { .. } => EntitlementKind::Team,
            Self::Role(_) => EntitlementKind::Role,
            Self::License(_) => EntitlementKind::License,
            Self::AdminRole(_) => EntitlementKind::AdminRole,
            Self::UserGroup(_) => EntitlementKind::UserGroup,
        }
    }

    /// The thing the entitlement is about: a team's or group's id, a role, a licence.
    pub fn resource(&self) -> &str {
        match self {
            Self::Team { team, .. } => team.as_str(),
            Self::Role(role) => role.as_str(),
            Self::License(license) => license.as_str(),
            Self::AdminRole(name) => name,
            Self::UserGroup(group) => group.as_str(),
        }
    }
}

impl fmt::Display for Entitlement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Team { team, role } => write!(f, "team:{team}:{role}"),
            Self::Role(role) => write!(f, "role:{role}"),
            Self::License(license) => write!(f, "license:{license}"),
            Self::AdminRole(name) => write!(f, "admin_role:{name}"),
            Self::UserGroup(group) => write!(f, "user_group:{group}:member"),
        }
    }
}

/// The text is not an entitlement.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not an entitlement; the forms are team:ID:ROLE, role:ROLE, license:LICENSE, admin_role:NAME and user_group:ID:member"
)]
pub struct ParseEntitlementError(String);

impl FromStr for Entitlement {
    type Err = ParseEntitlementError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refuse = || ParseEntitlementError(text.to_owned());
        let (kind, rest) = text.split_once(':').ok_or_else(refuse)?;
        if rest.is_empty() {
            return Err(refuse());
        }
        match kind {
            "team" => {
                let (team, role) = rest.split_once(':').ok_or_else(refuse)?;
                Ok(Self::Team {
                    team: TeamId::new(team),
                    role: TeamRole::from(role),
                })
            }
            "role" => Ok(Self::Role(OrganizationRole::from(rest))),
            "license" => Ok(Self::License(License::from(rest))),
            "admin_role" => Ok(Self::AdminRole(rest.to_owned())),
            "user_group" => {
                let group = rest.strip_suffix(":member").ok_or_else(refuse)?;
                Ok(Self::UserGroup(UserGroupId::new(group)))
            }
            _ => Err(refuse()),
        }
    }
}

impl Serialize for Entitlement {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Entitlement {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// An account was seen to hold an entitlement.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Grant {
    /// Who holds it.
    pub account: AccountId,
    /// What is held.
    pub entitlement: Entitlement,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn entitlement() -> impl Strategy<Value = Entitlement> {
        let id = "[0-9]{1,19}";
        prop_oneof![
            (id, "[a-z_]{1,12}").prop_map(|(team, role)| Entitlement::Team {
                team: TeamId::new(team),
                role: TeamRole::from(role.as_str()),
            }),
            "[a-z_]{1,30}".prop_map(|role| Entitlement::Role(role.as_str().into())),
            "[a-z_]{1,30}".prop_map(|name| Entitlement::License(name.as_str().into())),
            "[A-Za-z: ]{1,30}".prop_map(Entitlement::AdminRole),
            id.prop_map(|group| Entitlement::UserGroup(UserGroupId::new(group))),
        ]
    }

    proptest! {
        #[test]
        fn an_entitlement_reads_back_from_its_text_form(held in entitlement()) {
            prop_assert_eq!(held.to_string().parse::<Entitlement>().unwrap(), held);
        }
    }

    #[test]
    fn text_that_is_no_entitlement_is_refused_with_the_forms() {
        for text in ["", "team", "team:", "team:1", "user_group:1", "boat:1"] {
            let error = text.parse::<Entitlement>().unwrap_err();
            assert!(error.to_string().contains("team:ID:ROLE"), "{error}");
        }
    }
}
