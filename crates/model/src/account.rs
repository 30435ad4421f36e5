//! Accounts and their attributes.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{AccountId, Known};

/// An e-mail address that compares without regard to letter case and keeps its spelling.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Email(String);

impl Email {
    /// Wraps an address.
    pub fn new(address: impl Into<String>) -> Self {
        Self(address.into())
    }

    /// The address as Miro spells it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form used to compare and to look up.
    pub fn folded(&self) -> String {
        self.0.to_lowercase()
    }

    /// The part after the last `@`, in lower case.
    pub fn domain(&self) -> Option<String> {
        self.0
            .rsplit_once('@')
            .map(|(_, domain)| domain.to_lowercase())
    }
}

impl PartialEq for Email {
    fn eq(&self, other: &Self) -> bool {
        self.folded() == other.folded()
    }
}

impl Eq for Email {}

impl std::hash::Hash for Email {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.folded().hash(state);
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Defines an enum whose known members have a spelling, and which keeps any other spelling.
macro_rules! open_enum {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$doc])* $variant,)+
            /// A value that Miro did not publish when this was written: kept as it is, and reported.
            Other(String),
        }

        impl $name {
            /// The members with a published spelling.
            pub const PUBLISHED: &'static [Self] = &[$(Self::$variant,)+];

            /// The value's spelling.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)+
                    Self::Other(text) => text,
                }
            }

            /// Whether Miro publishes this value.
            pub fn is_published(&self) -> bool {
                !matches!(self, Self::Other(_))
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                $(if text.eq_ignore_ascii_case($text) { return Self::$variant; })+
                Self::Other(text.to_owned())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                Ok(Self::from(text.as_ref()))
            }
        }
    };
}
pub(crate) use open_enum;

open_enum!(
    /// What an account is in the organization (REST `role`; SCIM uses the same words in upper case).
    OrganizationRole {
        /// Company admin.
        InternalAdmin = "organization_internal_admin",
        /// Member.
        InternalUser = "organization_internal_user",
        /// Somebody of another company who was invited to the organization.
        ExternalUser = "organization_external_user",
        /// Guest of a team.
        TeamGuestUser = "organization_team_guest_user",
    }
);

impl OrganizationRole {
    /// Whether SCIM shows accounts of this role: only members and company admins are visible there.
    pub fn is_internal(&self) -> bool {
        matches!(self, Self::InternalAdmin | Self::InternalUser)
    }
}

open_enum!(
    /// The licence an account has (REST `license`).
    License {
        /// Everything, with a hard limit on seats.
        Advanced = "advanced",
        /// Everything.
        Standard = "standard",
        /// Basic.
        Basic = "basic",
        /// Everything (the older name of Standard).
        Full = "full",
        /// Day pass of an older plan.
        Occasional = "occasional",
        /// Upgraded by Miro itself on the first edit.
        Free = "free",
        /// View and comment only.
        FreeRestricted = "free_restricted",
        /// A trial of Full.
        FullTrial = "full_trial",
        /// Miro's own word for "unknown".
        Unknown = "unknown",
    }
);

impl License {
    /// Reads the licence as SCIM spells it in `userType` (`Full`, `Free Restricted`, `Full (Trial)`).
    pub fn from_scim_user_type(user_type: &str) -> Self {
        let name: String = user_type
            .chars()
            .filter(|c| !matches!(c, '(' | ')'))
            .map(|c| {
                if c == ' ' {
                    '_'
                } else {
                    c.to_ascii_lowercase()
                }
            })
            .collect();
        match Self::from(name.as_str()) {
            Self::Other(_) => Self::Other(user_type.to_owned()),
            license => license,
        }
    }

    /// Whether the licence takes one of the seats that the organization pays for.
    pub fn takes_seat(&self) -> bool {
        matches!(self, Self::Advanced | Self::Standard | Self::Full)
    }
}

open_enum!(
    /// Whether an admin role is Miro's own or the organization's.
    AdminRoleKind {
        /// Miro's: Content Admin, User Admin, Security Admin.
        Prebuilt = "prebuilt",
        /// Made by the organization.
        Custom = "custom",
    }
);

/// An admin role beyond company admin. Miro names them by display name, so a renamed role is another role.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AdminRole {
    /// Miro's or the organization's own; SCIM does not say.
    pub kind: Known<AdminRoleKind>,
    /// The role's name.
    pub name: String,
}

/// Whether an account can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountStatus {
    /// The account can be used.
    Active,
    /// The account is switched off; its teams and boards are kept.
    Deactivated,
}

impl AccountStatus {
    /// From Miro's `active` flag.
    pub fn from_active_flag(active: bool) -> Self {
        if active {
            Self::Active
        } else {
            Self::Deactivated
        }
    }

    /// The status as text.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Deactivated => "deactivated",
        }
    }
}

/// A person's manager, as SCIM shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manager {
    /// The manager's account, when Miro kept the reference.
    pub account: Option<AccountId>,
    /// The manager's name.
    pub display_name: Option<String>,
}

/// The attributes of SCIM's enterprise extension (RFC 7643 §4.3).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnterpriseAttributes {
    /// Number that the company gave the person.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub employee_number: Option<String>,
    /// Cost centre; can drive Miro's billing groups.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cost_center: Option<String>,
    /// Company.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub organization: Option<String>,
    /// Division.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub division: Option<String>,
    /// Department.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub department: Option<String>,
    /// Manager.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub manager: Option<Manager>,
}

/// A user record in Miro.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// Its e-mail address, which is what identifies the person to Miro.
    pub email: Email,
    /// Its full name (SCIM only).
    pub display_name: Known<String>,
    /// Active or deactivated.
    pub status: AccountStatus,
    /// What it is in the organization.
    pub role: Known<OrganizationRole>,
    /// The licence it has.
    pub license: Known<License>,
    /// When the licence was given (REST only).
    pub license_assigned_at: Known<Option<Timestamp>>,
    /// When it was last used (REST only); `Known(None)`: never.
    pub last_activity_at: Known<Option<Timestamp>>,
    /// Its admin roles.
    pub admin_roles: Known<Vec<AdminRole>>,
    /// The enterprise attributes (SCIM only).
    pub enterprise: Known<EnterpriseAttributes>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_compare_without_regard_to_case_and_keep_their_spelling() {
        let email = Email::new("Ada@Example.ORG");
        assert_eq!(email, Email::new("ada@example.org"));
        assert_eq!(email.as_str(), "Ada@Example.ORG");
        assert_eq!(email.domain().as_deref(), Some("example.org"));
    }

    #[test]
    fn scim_and_rest_spell_the_same_licence_differently() {
        assert_eq!(
            License::from_scim_user_type("Free Restricted"),
            License::FreeRestricted
        );
        assert_eq!(
            License::from_scim_user_type("Full (Trial)"),
            License::FullTrial
        );
        assert_eq!(License::from("free_restricted"), License::FreeRestricted);
        assert_eq!(
            License::from_scim_user_type("Gold Plated"),
            License::Other("Gold Plated".into())
        );
    }

    #[test]
    fn an_unpublished_role_is_kept_as_it_came() {
        let role: OrganizationRole = serde_json::from_str("\"organization_robot\"").unwrap();
        assert_eq!(role, OrganizationRole::Other("organization_robot".into()));
        assert_eq!(
            serde_json::to_string(&role).unwrap(),
            "\"organization_robot\""
        );
    }
}
