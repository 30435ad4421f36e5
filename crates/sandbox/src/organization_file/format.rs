//! The form of the file.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::world::{Belonging, License, Registration};

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct File {
    pub(super) organization: Organization,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) switches: BTreeMap<String, Value>,
    pub(super) users: Vec<User>,
    pub(super) teams: Vec<Team>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) groups: Vec<Group>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Organization {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) plan: Option<String>,
    /// Seats that were bought; without number there is always another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) seats: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) licenses: Option<Vec<License>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) default_license: Option<License>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) allowed_domains: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) claimed_domains: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) foreign_domains: Vec<String>,
    /// Names of custom admin roles.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) admin_roles: Vec<String>,
    /// The name of the default team; the first one when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) default_team: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Role {
    Admin,
    #[default]
    Member,
    External,
    TeamGuest,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct User {
    pub(super) email: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) role: Role,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) license: Option<License>,
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub(super) active: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) registration: Registration,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) belonging: Belonging,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) admin_roles: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) photo: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) language: Option<String>,
    /// When the user came; 400 days ago when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) created: Option<Timestamp>,
    /// When the user was last seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) last_active: Option<Timestamp>,
    /// The same, as days before now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) idle_days: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) employee_number: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) cost_center: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) organization: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) division: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) department: Option<String>,
    /// The manager's e-mail address, or a number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) manager: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) manager_name: Option<String>,
}

fn yes() -> bool {
    true
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde calls it with a reference"
)]
fn is_yes(value: &bool) -> bool {
    *value
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Team {
    pub(super) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) created: Option<Timestamp>,
    /// E-mail addresses, the one who has been there longest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) admins: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) members: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) guests: Vec<String>,
    /// How many boards of the team each of its people owns.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) boards: BTreeMap<String, u32>,
    /// Settings that were changed, as REST writes them.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub(super) settings: Value,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Group {
    pub(super) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<u64>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) description: String,
    /// E-mail addresses.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) members: Vec<String>,
    /// Names of teams that it is attached to.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) teams: Vec<String>,
}
