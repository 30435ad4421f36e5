//! The people and programs that use Usher, and what each of them may do.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Defines an enum with its text forms.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $text:literal, $title:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$doc])* #[serde(rename = $text)] $variant,)+
        }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// As one word; part of the interface, so its meaning never changes.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }

            /// In words for people.
            pub fn title(self) -> &'static str {
                match self {
                    $(Self::$variant => $title,)+
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = UnknownWord;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let found = Self::ALL.iter().find(|word| word.as_str() == text);
                found.copied().ok_or_else(|| UnknownWord {
                    text: text.to_owned(),
                    known: Self::ALL.iter().map(|word| word.as_str()).collect(),
                })
            }
        }
    };
}

/// A text that is none of the words that could stand there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is none of: {}", known.join(", "))]
pub struct UnknownWord {
    text: String,
    known: Vec<&'static str>,
}

words!(
    /// What somebody who uses Usher is there for.
    Role {
        /// Everything, and who else may use Usher.
        SuperAdministrator = "super_administrator", "Super Administrator",
        /// Connectors, their settings, the directory, and what is provisioned.
        ConnectorAdministrator = "connector_administrator", "Connector Administrator",
        /// Saying yes or no to plans, requests and review items.
        Reviewer = "reviewer", "Reviewer/Approver",
        /// Seeing everything, changing nothing.
        Auditor = "auditor", "Auditor",
        /// Their own matters only.
        Member = "member", "Member",
    }
);

words!(
    /// One thing that somebody may do. Rights are also the scopes of API tokens.
    Right {
        /// See accounts, teams, entitlements, grants, their history, and the syncs that read them.
        InventoryRead = "inventory:read", "See the inventory and its history",
        /// See people and groups.
        DirectoryRead = "directory:read", "See people and groups",
        /// See who should hold what.
        AssignmentsRead = "assignments:read", "See assignments",
        /// See plans, cycles, failures and drift.
        PlansRead = "plans:read", "See plans, cycles, failures and drift",
        /// Approve and reject plans.
        PlansDecide = "plans:decide", "Approve and reject plans",
        /// See the log of events.
        EventsRead = "events:read", "See the event log",
        /// See who uses Usher.
        AdministratorsRead = "administrators:read", "See who uses Usher",
        /// Say who uses Usher, and as what.
        AdministratorsManage = "administrators:manage", "Say who uses Usher, and as what",
    }
);

impl Role {
    /// What the role may do: the one table of rights.
    pub fn rights(self) -> &'static [Right] {
        use Right::{
            AdministratorsRead, AssignmentsRead, DirectoryRead, EventsRead, InventoryRead,
            PlansDecide, PlansRead,
        };
        match self {
            Self::SuperAdministrator => Right::ALL,
            Self::ConnectorAdministrator => &[
                InventoryRead,
                DirectoryRead,
                AssignmentsRead,
                PlansRead,
                PlansDecide,
                EventsRead,
            ],
            Self::Reviewer => &[
                InventoryRead,
                DirectoryRead,
                AssignmentsRead,
                PlansRead,
                PlansDecide,
            ],
            Self::Auditor => &[
                InventoryRead,
                DirectoryRead,
                AssignmentsRead,
                PlansRead,
                EventsRead,
                AdministratorsRead,
            ],
            Self::Member => &[],
        }
    }

    /// Whether the role may do this.
    pub fn has(self, right: Right) -> bool {
        self.rights().contains(&right)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_read_back_from_their_text_which_is_also_their_json_form() {
        for role in Role::ALL {
            assert_eq!(role.as_str().parse(), Ok(*role));
            assert_eq!(serde_json::json!(role), serde_json::json!(role.as_str()));
        }
        for right in Right::ALL {
            assert_eq!(right.as_str().parse(), Ok(*right));
            assert_eq!(serde_json::json!(right), serde_json::json!(right.as_str()));
        }
        let unknown = "king".parse::<Role>().unwrap_err().to_string();
        assert!(
            unknown.contains("`king`") && unknown.contains("auditor"),
            "{unknown}"
        );
    }

    #[test]
    fn who_audits_changes_nothing_and_who_is_a_member_sees_nothing_of_others() {
        for right in Role::Auditor.rights() {
            assert!(right.as_str().ends_with(":read"), "{right}");
        }
        assert!(Role::Member.rights().is_empty());
    }

    #[test]
    fn only_the_super_administrator_says_who_uses_usher() {
        let may = |role: &&Role| role.has(Right::AdministratorsManage);
        let those: Vec<_> = Role::ALL.iter().filter(may).collect();
        assert_eq!(those, [&Role::SuperAdministrator]);
    }
}
