//! The attributes of a Miro account that a mapping can fill.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use smol_str::SmolStr;

macro_rules! target_attributes {
    ($($(#[$doc:meta])* $variant:ident = $path:literal, $limit:expr, $reading:ident;)+) => {
        /// An attribute of a Miro account that a mapping can fill (reference: Miro's SCIM user resource).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum TargetAttribute {
            $($(#[$doc])* $variant,)+
        }

        impl TargetAttribute {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The path under which SCIM knows it, and mappings name it.
            pub fn path(self) -> &'static str {
                match self { $(Self::$variant => $path,)+ }
            }

            /// How many characters Miro takes at the most.
            pub fn max_length(self) -> Option<usize> {
                match self { $(Self::$variant => $limit,)+ }
            }

            /// Whether Miro shows the value again.
            pub fn reading(self) -> Reading {
                match self { $(Self::$variant => Reading::$reading,)+ }
            }
        }
    };
}

/// Whether Miro shows an attribute's value again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// It does, and the inventory has it: compare with it.
    Shown,
    /// The inventory does not have it: compare with what was last sent.
    LastSent,
    /// Miro derives what it shows: never compare, send at creation only or with the full name.
    Derived,
}

target_attributes! {
    /// The e-mail address, which is the identity. The only way to change an e-mail address.
    UserName = "userName", None, Shown;
    /// The full name.
    DisplayName = "displayName", Some(60), Shown;
    /// The full name in its second spelling, which Miro takes when there is no displayName.
    FormattedName = "name.formatted", Some(60), Derived;
    /// The given name; Miro keeps only the full name and guesses this when asked.
    GivenName = "name.givenName", Some(60), Derived;
    /// The family name; as the given name.
    FamilyName = "name.familyName", Some(60), Derived;
    /// Whether the account is active.
    Active = "active", None, Shown;
    /// The licence. Through SCIM it only rises.
    UserType = "userType", None, Shown;
    /// The role in the organization.
    Role = "roles[primary eq true].value", None, Shown;
    /// The admin roles, by name.
    AdminRoles = "roles[primary eq false].value", None, Shown;
    /// The picture's address.
    Photo = "photos[type eq \"photo\"].value", None, LastSent;
    /// The language, such as `en_US`.
    PreferredLanguage = "preferredLanguage", None, LastSent;
    /// The employee number.
    EmployeeNumber = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber", Some(20), Shown;
    /// The cost center.
    CostCenter = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:costCenter", Some(120), Shown;
    /// The organization, that is the company.
    Organization = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:organization", Some(120), Shown;
    /// The division.
    Division = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:division", Some(120), Shown;
    /// The department.
    Department = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", Some(120), Shown;
    /// The manager's account id. Miro drops what is not a number without a word, so it is sent or left out, never compared.
    Manager = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value", None, LastSent;
    /// The manager's name.
    ManagerDisplayName = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.displayName", Some(60), LastSent;
}

impl TargetAttribute {
    /// The enterprise extension's prefix.
    pub const ENTERPRISE: &'static str =
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:";

    /// A short name for people: the path without the enterprise extension's prefix.
    pub fn label(self) -> &'static str {
        match self {
            Self::Role => "role",
            Self::AdminRoles => "admin roles",
            Self::Photo => "photo",
            _ => self
                .path()
                .strip_prefix(Self::ENTERPRISE)
                .unwrap_or(self.path()),
        }
    }
}

impl fmt::Display for TargetAttribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.path())
    }
}

/// A text that names no attribute of an account.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no attribute of a Miro account; {hint}", hint = self.hint())]
pub struct UnknownTarget(pub String);

impl UnknownTarget {
    /// What to write instead.
    fn hint(&self) -> &'static str {
        let is_about = |name: &str| {
            let start = self.0.get(..name.len());
            start.is_some_and(|start| start.eq_ignore_ascii_case(name))
        };
        if is_about("email") {
            "Miro makes `emails` from `userName` and ignores what is sent: map the address to `userName`"
        } else if is_about("externalId") {
            "Miro does not keep an external id: match accounts by `userName`"
        } else if is_about("groups") {
            "assign teams and user groups instead of mapping them"
        } else {
            "see the page on mappings for those there are"
        }
    }
}

impl FromStr for TargetAttribute {
    type Err = UnknownTarget;

    /// Takes the path, with or without the prefix of the core or the enterprise schema, or the short name.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bare = text
            .strip_prefix("urn:ietf:params:scim:schemas:core:2.0:User:")
            .unwrap_or(text);
        let found = Self::ALL.iter().find(|attribute| {
            attribute.path().eq_ignore_ascii_case(bare)
                || attribute.label().eq_ignore_ascii_case(bare)
        });
        found.copied().ok_or_else(|| UnknownTarget(text.to_owned()))
    }
}

impl Serialize for TargetAttribute {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.path())
    }
}

impl<'de> Deserialize<'de> for TargetAttribute {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// A value that a mapping produced.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum TargetValue {
    /// True or false.
    Bool(bool),
    /// Text.
    Text(SmolStr),
    /// Several texts.
    List(Vec<SmolStr>),
}

impl fmt::Display for TargetValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => write!(f, "{value}"),
            Self::Text(text) => f.write_str(text),
            Self::List(texts) => f.write_str(&texts.join(", ")),
        }
    }
}

/// What an account should look like: a value per attribute, `None` to clear it. An attribute without entry is left
/// as it is.
pub type TargetAttributes = BTreeMap<TargetAttribute, Option<TargetValue>>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_maps_to_emails_is_told_to_map_to_the_user_name() {
        for text in ["emails", "emails[type eq \"work\"].value", "Email"] {
            let problem = text.parse::<TargetAttribute>().unwrap_err().to_string();
            assert!(
                problem.ends_with("map the address to `userName`"),
                "{problem}"
            );
        }
        let problem = "shoeSize".parse::<TargetAttribute>().unwrap_err();
        assert_eq!(
            problem.to_string(),
            "`shoeSize` is no attribute of a Miro account; see the page on mappings for those there are"
        );
    }

    #[test]
    fn every_attribute_reads_back_from_its_path_and_its_label() {
        for attribute in TargetAttribute::ALL {
            assert_eq!(attribute.path().parse(), Ok(*attribute));
            assert_eq!(attribute.label().parse(), Ok(*attribute));
        }
        assert_eq!(
            "urn:ietf:params:scim:schemas:core:2.0:User:userName".parse(),
            Ok(TargetAttribute::UserName)
        );
    }
}
