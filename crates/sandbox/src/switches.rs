//! Readings of what Miro's documents leave open or contradict, each with the reading that seems right as default.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::http::limits::WindowKind;

/// Defines an enum whose values are words, for settings that are written by people.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$value_meta:meta])* $value:ident = $word:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$value_meta])* #[serde(rename = $word)] $value,)+
        }

        impl $name {
            /// All values, in the order of their declaration.
            pub const ALL: &'static [Self] = &[$(Self::$value,)+];

            /// The word for it in files and on the command line.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$value => $word,)+
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

            fn from_str(text: &str) -> Result<Self, UnknownWord> {
                let known = Self::ALL.iter().copied().find(|value| value.as_str() == text);
                known.ok_or_else(|| UnknownWord {
                    word: text.to_owned(),
                    known: vec![$($word,)+],
                })
            }
        }
    };
}

words! {
    /// What a SCIM group is. Miro moved its customers from the one to the other in 2026.
    GroupModel {
        /// A team: neither created nor deleted through SCIM.
        #[default]
        Team = "team",
        /// A user group.
        UserGroup = "user_group",
    }
}

words! {
    /// When a list says `startIndex` and `itemsPerPage`.
    ListEnvelope {
        /// When the caller sent `startIndex` or `count`.
        #[default]
        WhenPaging = "when_paging",
        /// In every list, except in a mere count.
        Always = "always",
        /// Never, as in captured replies.
        Never = "never",
    }
}

words! {
    /// The largest page: Miro's description says 1000, its `ServiceProviderConfig` 200.
    CountClamp {
        /// At most 1000.
        #[default]
        Thousand = "1000",
        /// At most 200.
        TwoHundred = "200",
    }
}

impl CountClamp {
    /// The number of resources.
    pub const fn count(self) -> usize {
        match self {
            Self::Thousand => 1000,
            Self::TwoHundred => 200,
        }
    }
}

words! {
    /// Whether something is there or done.
    OnOff {
        /// It is.
        #[default]
        On = "on",
        /// It is not.
        Off = "off",
    }
}

impl OnOff {
    /// Whether it is on.
    pub const fn is_on(self) -> bool {
        matches!(self, Self::On)
    }
}

words! {
    /// Asking by SCIM for a lower licence.
    UserTypeDowngrade {
        /// 400.
        #[default]
        Refused = "refused",
        /// Done.
        Allowed = "allowed",
    }
}

words! {
    /// Asking for the licence `Full` when no seat is left.
    FullWithoutSeats {
        /// 409 `Full users limit reached for organization`.
        #[default]
        Conflict = "conflict",
        /// The user silently gets `Free Restricted`.
        FallBack = "fall_back",
    }
}

words! {
    /// Creating a user whose e-mail address a member has.
    DuplicateUserName {
        /// 400 `invalidValue`, as in Miro's list of errors.
        #[default]
        InvalidValue = "400",
        /// 409 `uniqueness`.
        Conflict = "409",
    }
}

words! {
    /// Changing what is frozen on a deactivated user: `userName`, `userType`, `roles`.
    FrozenChange {
        /// 409.
        #[default]
        Conflict = "409",
        /// 400.
        BadRequest = "400",
        /// The change is left out without a word.
        Ignored = "ignored",
    }
}

words! {
    /// Whether an organization or team may lose its last admin.
    LastAdmin {
        /// 409.
        #[default]
        Conflict = "409",
        /// Done.
        Allowed = "allowed",
    }
}

words! {
    /// A group PATCH that names members who do not exist.
    BadMembers {
        /// 404 for the whole request.
        #[default]
        RefuseAll = "refuse_all",
        /// 404 only when none of them exists; else they are left out.
        RefuseWhenNoneIsValid = "refuse_when_none_is_valid",
    }
}

words! {
    /// How SCIM calls share their credits.
    RateBuckets {
        /// Each method of each endpoint has its own.
        #[default]
        PerMethod = "per_method",
        /// One pool of 10,000 credits for all.
        Shared = "shared",
    }
}

words! {
    /// How the end of a rate-limit window is found.
    RateWindow {
        /// Windows follow each other.
        #[default]
        Fixed = "fixed",
        /// Every stretch of the window's length is one.
        Sliding = "sliding",
    }
}

words! {
    /// The body of a 405.
    MethodNotAllowedBody {
        /// `{"error":{…}}`, as captured.
        #[default]
        Miro = "miro",
        /// An error as RFC 7644 has it.
        Scim = "scim",
    }
}

words! {
    /// A form outside the standard that Miro's own examples or identity providers use.
    Dialect {
        /// Understood.
        #[default]
        Accepted = "accepted",
        /// 400.
        Refused = "refused",
    }
}

/// All switches. The names of the fields are the names in files and on the command line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Switches {
    /// What a SCIM group is.
    pub group_model: GroupModel,
    /// When a list says `startIndex` and `itemsPerPage`.
    pub list_envelope: ListEnvelope,
    /// The largest page.
    pub count_clamp: CountClamp,
    /// `display` of group members.
    pub members_display: OnOff,
    /// `type` of e-mail addresses.
    pub emails_type: OnOff,
    /// The entry `{"type":"photo"}` of a user without a picture.
    pub photos_without_value: OnOff,
    /// Asking for a lower licence.
    pub user_type_downgrade: UserTypeDowngrade,
    /// Asking for `Full` when no seat is left.
    pub full_without_seats: FullWithoutSeats,
    /// Creating a user who exists.
    pub duplicate_user_name: DuplicateUserName,
    /// Changing what is frozen on a deactivated user.
    pub deactivated_user_change: FrozenChange,
    /// Demoting, deactivating or deleting the last company admin.
    pub last_company_admin: LastAdmin,
    /// Removing, demoting, deactivating or deleting the last admin of a team.
    pub last_team_admin: LastAdmin,
    /// A group PATCH with members who do not exist.
    pub bad_member_ids: BadMembers,
    /// `Replace members` times out after so many members and leaves those done; 0 switches it off.
    pub replace_members_time_out_after: usize,
    /// How SCIM calls share their credits.
    pub rate_buckets: RateBuckets,
    /// Rate-limit headers on SCIM replies (REST always has them).
    pub rate_headers: OnOff,
    /// `Retry-After` on 429.
    pub retry_after: OnOff,
    /// How the end of a rate-limit window is found.
    pub rate_window: RateWindow,
    /// The body of a 405 from SCIM.
    pub method_not_allowed_body: MethodNotAllowedBody,
    /// `members[value eq 307…]` with a number where a text belongs.
    pub unquoted_numbers: Dialect,
    /// `"True"` and `"false"` where a boolean belongs.
    pub string_booleans: Dialect,
    /// `Replace` and other spellings of an operation.
    pub any_case_operations: Dialect,
    /// PATCH operations without a path.
    pub pathless_operations: Dialect,
    /// Whether SCIM is switched on in the organization; if not, every call is a 403.
    pub scim: OnOff,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            group_model: GroupModel::default(),
            list_envelope: ListEnvelope::default(),
            count_clamp: CountClamp::default(),
            members_display: OnOff::On,
            emails_type: OnOff::Off,
            photos_without_value: OnOff::On,
            user_type_downgrade: UserTypeDowngrade::default(),
            full_without_seats: FullWithoutSeats::default(),
            duplicate_user_name: DuplicateUserName::default(),
            deactivated_user_change: FrozenChange::default(),
            last_company_admin: LastAdmin::default(),
            last_team_admin: LastAdmin::default(),
            bad_member_ids: BadMembers::default(),
            replace_members_time_out_after: 0,
            rate_buckets: RateBuckets::default(),
            rate_headers: OnOff::Off,
            retry_after: OnOff::Off,
            rate_window: RateWindow::default(),
            method_not_allowed_body: MethodNotAllowedBody::default(),
            unquoted_numbers: Dialect::default(),
            string_booleans: Dialect::default(),
            any_case_operations: Dialect::default(),
            pathless_operations: Dialect::default(),
            scim: OnOff::On,
        }
    }
}

impl Switches {
    /// Sets a switch by name, from `name=value` on a command line.
    ///
    /// # Errors
    /// When there is no such switch, or it has no such value.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), SwitchError> {
        let mut fields = serde_json::to_value(&*self).unwrap_or_default();
        let known: Vec<String> = fields
            .as_object()
            .into_iter()
            .flat_map(|all| all.keys().cloned())
            .collect();
        let Some(field) = fields.get_mut(name) else {
            return Err(SwitchError::UnknownSwitch {
                name: name.to_owned(),
                known,
            });
        };
        *field = match (&*field, value.parse::<u64>()) {
            (serde_json::Value::Number(_), Ok(number)) => number.into(),
            _ => value.into(),
        };
        *self = serde_json::from_value(fields).map_err(|error| SwitchError::UnknownValue {
            name: name.to_owned(),
            value: value.to_owned(),
            reason: error.to_string(),
        })?;
        Ok(())
    }

    /// How the limiter finds the end of a window.
    pub fn window_kind(&self) -> WindowKind {
        match self.rate_window {
            RateWindow::Fixed => WindowKind::Fixed,
            RateWindow::Sliding => WindowKind::Sliding,
        }
    }
}

/// A word that a setting does not have.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{word}` is none of {}", known.join(", "))]
pub struct UnknownWord {
    /// What was written.
    pub word: String,
    /// What could have been.
    pub known: Vec<&'static str>,
}

/// A switch that cannot be set.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SwitchError {
    /// There is no such switch.
    #[error("there is no switch `{name}`; the switches are {}", known.join(", "))]
    UnknownSwitch {
        /// What was written.
        name: String,
        /// The switches.
        known: Vec<String>,
    },
    /// The switch has no such value.
    #[error("switch `{name}` cannot be `{value}`: {reason}")]
    UnknownValue {
        /// The switch.
        name: String,
        /// What was written.
        value: String,
        /// What could have been.
        reason: String,
    },
}

pub(crate) use words;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_switch_is_set_by_name_and_value() {
        let mut switches = Switches::default();
        switches.set("group_model", "user_group").unwrap();
        switches.set("count_clamp", "200").unwrap();
        switches.set("replace_members_time_out_after", "7").unwrap();
        assert_eq!(switches.group_model, GroupModel::UserGroup);
        assert_eq!(switches.count_clamp.count(), 200);
        assert_eq!(switches.replace_members_time_out_after, 7);
    }

    #[test]
    fn a_wrong_switch_or_value_is_refused_with_what_there_is() {
        let mut switches = Switches::default();
        let unknown = switches.set("group_modell", "team").unwrap_err();
        assert!(unknown.to_string().contains("group_model, list_envelope"));
        let value = switches.set("group_model", "teams").unwrap_err();
        assert!(value.to_string().contains("user_group"), "{value}");
        assert_eq!(switches, Switches::default());
    }
}
