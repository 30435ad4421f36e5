//! People of an organization, guests included.

use serde::{Deserialize, Serialize};

use crate::lenient;

/// An administrative role of a member.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdminRole {
    /// `prebuilt` or `custom`.
    #[serde(rename = "type", default, deserialize_with = "lenient::or_default")]
    pub kind: String,
    /// The role's name as shown in Miro, for example `User Admin`.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub name: String,
}

/// An item of `GET /v2/orgs/{org_id}/members`. It has no display name and no teams.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Member {
    /// The user's identifier.
    #[serde(deserialize_with = "lenient::id")]
    pub id: String,
    /// `false` for a deactivated user. `None` when Miro did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active: Option<bool>,
    /// The user's e-mail address.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub email: String,
    /// The licence, such as `full`, `free_restricted`; see `usher_model::License`.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub license: String,
    /// The role, such as `organization_internal_user`; see `usher_model::OrganizationRole`.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub role: String,
    /// Last activity; empty for a user who never was active. See [`parse_time`](crate::parse_time).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_activity_at: Option<String>,
    /// When the licence was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub license_assigned_at: Option<String>,
    /// Administrative roles. `None` when Miro did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub admin_roles: Option<Vec<AdminRole>>,
    /// `organization-member`.
    #[serde(rename = "type", default, deserialize_with = "lenient::or_default")]
    pub kind: String,
}
