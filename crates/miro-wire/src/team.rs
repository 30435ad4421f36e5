//! Teams and who is in them.

use serde::{Deserialize, Serialize};

use crate::lenient;

/// A team's picture.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TeamPicture {
    /// The picture's identifier.
    #[serde(
        default,
        deserialize_with = "lenient::optional_id",
        skip_serializing_if = "Option::is_none"
    )]
    pub id: Option<String>,
    /// Where the scaled picture is.
    #[serde(rename = "imageURL", default, skip_serializing_if = "Option::is_none")]
    pub image_url: Option<String>,
    /// Where the picture as uploaded is.
    #[serde(
        rename = "originalUrl",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub original_url: Option<String>,
    /// `picture`.
    #[serde(rename = "type", default, deserialize_with = "lenient::or_default")]
    pub kind: String,
}

/// A team: item of `GET /v2/orgs/{org_id}/teams`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Team {
    /// The team's identifier.
    #[serde(deserialize_with = "lenient::id")]
    pub id: String,
    /// The team's name, 1–60 characters; not known to be unique.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub name: String,
    /// The team's picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<TeamPicture>,
    /// `team`.
    #[serde(rename = "type", default, deserialize_with = "lenient::or_default")]
    pub kind: String,
}

/// Body of `POST /v2/orgs/{org_id}/teams`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TeamCreate {
    /// The team's name, 1–60 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// Body of `PATCH /v2/orgs/{org_id}/teams/{team_id}`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TeamUpdate {
    /// The new name, 1–60 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// A member of a team. It has no e-mail address: join it with the organization's members by `id`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TeamMember {
    /// The user's identifier.
    #[serde(deserialize_with = "lenient::id")]
    pub id: String,
    /// The team's identifier.
    #[serde(
        default,
        deserialize_with = "lenient::optional_id",
        skip_serializing_if = "Option::is_none"
    )]
    pub team_id: Option<String>,
    /// `member`, `admin`, `non_team`, formerly also `team_guest`.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub role: String,
    /// When the membership began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<String>,
    /// The user who made the membership.
    #[serde(
        default,
        deserialize_with = "lenient::optional_id",
        skip_serializing_if = "Option::is_none"
    )]
    pub created_by: Option<String>,
    /// When the membership was last changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified_at: Option<String>,
    /// The user who last changed the membership.
    #[serde(
        default,
        deserialize_with = "lenient::optional_id",
        skip_serializing_if = "Option::is_none"
    )]
    pub modified_by: Option<String>,
    /// `team-member`.
    #[serde(rename = "type", default, deserialize_with = "lenient::or_default")]
    pub kind: String,
}

/// Body of `POST /v2/orgs/{org_id}/teams/{team_id}/members`. The person must be in the organization.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TeamInvite {
    /// Whom to add.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub email: String,
    /// `member` or `admin`; Miro does not document what it takes when this is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
}

/// Body of `PATCH /v2/orgs/{org_id}/teams/{team_id}/members/{member_id}`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TeamMemberUpdate {
    /// `member` or `admin`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
}
