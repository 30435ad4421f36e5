//! Settings of a team.

use serde::{Deserialize, Serialize};

use crate::lenient;

/// Who may find the team.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TeamAccountDiscoverySettings {
    /// `hidden`, `request` or `join`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_discovery: Option<String>,
}

/// Who may co-own boards.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TeamCollaborationSettings {
    /// `enabled` or `disabled`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub co_owner_role: Option<String>,
}

/// Who may copy board content.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TeamCopyAccessLevelSettings {
    /// `anyone`, `team_members`, `team_editors` or `board_owner`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copy_access_level: Option<String>,
    /// `anyone` or `team_members`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copy_access_level_limitation: Option<String>,
}

/// Who may invite whom.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TeamInvitationSettings {
    /// `allowed` or `not_allowed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invite_external_users: Option<String>,
    /// `only_org_admins`, `admins` or `all_members`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub who_can_invite: Option<String>,
}

/// How content may be shared.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TeamSharingPolicySettings {
    /// Domains with which content may be shared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allow_listed_domains: Option<Vec<String>>,
    /// `company_admins`, `admins` or `all_members`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub create_asset_access_level: Option<String>,
    /// `private`, `view`, `comment` or `edit`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_board_access: Option<String>,
    /// `private`, `view`, `comment` or `edit`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_organization_access: Option<String>,
    /// `team_members_with_editing_rights` or `owner_and_coowners`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_board_sharing_access: Option<String>,
    /// `private` or `view`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_project_access: Option<String>,
    /// `allowed` or `not_allowed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub move_board_to_account: Option<String>,
    /// `enabled`, `enabled_with_external_user_access` or `disabled`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restrict_allowed_domains: Option<String>,
    /// `allowed` or `not_allowed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sharing_on_account: Option<String>,
    /// `allowed`, `allowed_with_editing` or `not_allowed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sharing_on_organization: Option<String>,
    /// `allowed`, `allowed_with_editing` or `not_allowed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sharing_via_public_link: Option<String>,
}

/// Settings of one team, or the organization's defaults for new teams. As the body of
/// `PATCH /v2/orgs/{org_id}/teams/{team_id}/settings` it holds only the blocks to change.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TeamSettings {
    /// The organization's identifier; left out of requests.
    #[serde(
        default,
        deserialize_with = "lenient::optional_id",
        skip_serializing_if = "Option::is_none"
    )]
    pub organization_id: Option<String>,
    /// The team's identifier; absent from the defaults and left out of requests.
    #[serde(
        default,
        deserialize_with = "lenient::optional_id",
        skip_serializing_if = "Option::is_none"
    )]
    pub team_id: Option<String>,
    /// `team-settings`; left out of requests.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Who may find the team.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team_account_discovery_settings: Option<TeamAccountDiscoverySettings>,
    /// Who may co-own boards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team_collaboration_settings: Option<TeamCollaborationSettings>,
    /// Who may copy board content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team_copy_access_level_settings: Option<TeamCopyAccessLevelSettings>,
    /// Who may invite whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team_invitation_settings: Option<TeamInvitationSettings>,
    /// How content may be shared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team_sharing_policy_settings: Option<TeamSharingPolicySettings>,
}
