//! User groups, their members, and the teams they are attached to.

use serde::{Deserialize, Serialize};

use crate::RestError;
use crate::lenient;

/// A user group: item of `GET /v2/orgs/{org_id}/groups`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserGroup {
    /// The group's identifier.
    #[serde(deserialize_with = "lenient::id")]
    pub id: String,
    /// The group's name, 1–60 characters, unique in the organization.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub name: String,
    /// What the group is for, up to 300 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// `user-group`.
    #[serde(rename = "type", default, deserialize_with = "lenient::or_default")]
    pub kind: String,
}

/// Body of `POST /v2/orgs/{org_id}/groups`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserGroupCreate {
    /// The group's name, 1–60 characters.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub name: String,
    /// What the group is for, up to 300 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// Body of `PATCH /v2/orgs/{org_id}/groups/{group_id}`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserGroupUpdate {
    /// The new name, 1–60 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The new description, up to 300 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// A member of a user group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserGroupMember {
    /// The user's identifier.
    #[serde(deserialize_with = "lenient::id")]
    pub id: String,
    /// The user's e-mail address.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub email: String,
    /// `user-group-member`.
    #[serde(rename = "type", default, deserialize_with = "lenient::or_default")]
    pub kind: String,
}

/// Body of `POST /v2/orgs/{org_id}/groups/{group_id}/members`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserGroupMemberAdd {
    /// Whom to add.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub email: String,
}

/// Body of `PATCH /v2/orgs/{org_id}/groups/{group_id}/members`: at most 500 users per call, counted over both lists.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BulkEdit {
    /// Identifiers or e-mail addresses of users to add.
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "lenient::or_default"
    )]
    pub members_to_add: Vec<String>,
    /// Identifiers or e-mail addresses of users to remove.
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "lenient::or_default"
    )]
    pub members_to_remove: Vec<String>,
}

/// One entry of the 207 reply to a [`BulkEdit`]. An operation that succeeded in part has two entries.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BulkResult {
    /// `addMembers` or `removeMembers`.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub operation: String,
    /// The HTTP status that this part would have had alone.
    #[serde(default, deserialize_with = "lenient::status")]
    pub status: u16,
    /// The members that were added or removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub affected_users: Option<Vec<UserGroupMember>>,
    /// Why this part failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<RestError>,
}

impl BulkResult {
    /// Whether this part was carried out.
    pub fn is_success(&self) -> bool {
        self.error.is_none() && (200..300).contains(&self.status)
    }
}

/// Body of `POST /v2/orgs/{org_id}/teams/{team_id}/groups`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TeamUserGroupAdd {
    /// The user group to attach to the team.
    #[serde(deserialize_with = "lenient::id")]
    pub user_group_id: String,
    /// `member`.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub role: String,
}

/// A user group as attached to a team: item of `GET /v2/orgs/{org_id}/teams/{team_id}/groups`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TeamUserGroup {
    /// The user group's identifier.
    #[serde(deserialize_with = "lenient::id")]
    pub id: String,
    /// `member`.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub role: String,
    /// `team-user-group`.
    #[serde(rename = "type", default, deserialize_with = "lenient::or_default")]
    pub kind: String,
}

/// A team that a user group is attached to: item of `GET /v2/orgs/{org_id}/groups/{group_id}/teams`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserGroupTeam {
    /// The team's identifier.
    #[serde(deserialize_with = "lenient::id")]
    pub id: String,
    /// `member`.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub role: String,
    /// `user-group-team`.
    #[serde(rename = "type", default, deserialize_with = "lenient::or_default")]
    pub kind: String,
}
