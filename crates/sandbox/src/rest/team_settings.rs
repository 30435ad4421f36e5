//! Settings of teams.

use std::sync::LazyLock;

use serde_json::{Map, Value, json};

use crate::rest::call::{Answer, Call, ok};
use crate::rest::failure::RestFailure;
use crate::rest::view;

const ALLOWED: &[&str] = &["allowed", "not_allowed"];
const ACCESS: &[&str] = &["private", "view", "comment", "edit"];
const LINKS: &[&str] = &["allowed", "allowed_with_editing", "not_allowed"];

/// Block, field and values of every setting, the first value being the default.
const FIELDS: &[(&str, &str, &[&str])] = &[
    (
        "teamAccountDiscoverySettings",
        "accountDiscovery",
        &["hidden", "request", "join"],
    ),
    (
        "teamCollaborationSettings",
        "coOwnerRole",
        &["enabled", "disabled"],
    ),
    (
        "teamCopyAccessLevelSettings",
        "copyAccessLevel",
        &["anyone", "team_members", "team_editors", "board_owner"],
    ),
    (
        "teamCopyAccessLevelSettings",
        "copyAccessLevelLimitation",
        &["anyone", "team_members"],
    ),
    ("teamInvitationSettings", "inviteExternalUsers", ALLOWED),
    (
        "teamInvitationSettings",
        "whoCanInvite",
        &["all_members", "admins", "only_org_admins"],
    ),
    (
        "teamSharingPolicySettings",
        "createAssetAccessLevel",
        &["all_members", "admins", "company_admins"],
    ),
    ("teamSharingPolicySettings", "defaultBoardAccess", ACCESS),
    (
        "teamSharingPolicySettings",
        "defaultBoardSharingAccess",
        &["team_members_with_editing_rights", "owner_and_coowners"],
    ),
    (
        "teamSharingPolicySettings",
        "defaultOrganizationAccess",
        ACCESS,
    ),
    (
        "teamSharingPolicySettings",
        "defaultProjectAccess",
        &["private", "view"],
    ),
    ("teamSharingPolicySettings", "moveBoardToAccount", ALLOWED),
    (
        "teamSharingPolicySettings",
        "restrictAllowedDomains",
        &["disabled", "enabled", "enabled_with_external_user_access"],
    ),
    ("teamSharingPolicySettings", "sharingOnAccount", ALLOWED),
    ("teamSharingPolicySettings", "sharingOnOrganization", LINKS),
    ("teamSharingPolicySettings", "sharingViaPublicLink", LINKS),
];
/// The one setting that is a list: `teamSharingPolicySettings.allowListedDomains`.
const DOMAINS: (&str, &str) = ("teamSharingPolicySettings", "allowListedDomains");

static DEFAULTS: LazyLock<Map<String, Value>> = LazyLock::new(|| {
    let mut settings = Map::new();
    let pairs = FIELDS
        .iter()
        .filter_map(|(block, field, values)| Some((block, field, json!(values.first()?))));
    for (block, field, value) in pairs.chain([(&DOMAINS.0, &DOMAINS.1, json!([]))]) {
        put(&mut settings, block, field, value);
    }
    settings
});

fn put(settings: &mut Map<String, Value>, block: &str, field: &str, value: Value) {
    let block = settings.entry(block).or_insert_with(|| json!({}));
    if let Value::Object(fields) = block {
        fields.insert(field.to_owned(), value);
    }
}

/// `GET /v2/orgs/{org}/default_teams_settings`.
pub(crate) fn get_default(call: &Call<'_>) -> Answer {
    let world = call.state.world.read();
    ok(&with_ids(
        &DEFAULTS,
        &view::organization_reference(&world).id,
        None,
    ))
}

/// `GET /v2/orgs/{org}/teams/{team}/settings`.
pub(crate) fn get(call: &Call<'_>) -> Answer {
    let world = call.state.world.read();
    let team = view::find_team(&world, call.path("team"))?;
    let settings = with_defaults(&world.team(team).settings);
    ok(&with_ids(
        &settings,
        &view::organization_reference(&world).id,
        Some(call.path("team")),
    ))
}

/// `PATCH /v2/orgs/{org}/teams/{team}/settings`: the blocks and fields that are given change.
pub(crate) fn update(call: &Call<'_>) -> Answer {
    let body: Map<String, Value> = call.json()?;
    let changes = checked(&body)?;
    {
        let mut world = call.state.world.write();
        let team = view::find_team(&world, call.path("team"))?;
        let mut settings = world
            .team(team)
            .settings
            .as_object()
            .cloned()
            .unwrap_or_default();
        for (block, field, value) in changes {
            put(&mut settings, block, field, value);
        }
        world.set_team_settings(&call.change(), team, settings.into());
    }
    get(call)
}

fn checked(body: &Map<String, Value>) -> Result<Vec<(&str, &str, Value)>, RestFailure> {
    let mut changes = Vec::new();
    for (block, fields) in body {
        let unknown = || RestFailure::invalid(format!("Unknown team settings {block}"));
        let fields = fields.as_object().ok_or_else(unknown)?;
        for (field, value) in fields {
            if !acceptable(block, field, value) {
                return Err(RestFailure::invalid(format!(
                    "Field {block}.{field} has a wrong value"
                )));
            }
            changes.push((block.as_str(), field.as_str(), value.clone()));
        }
    }
    Ok(changes)
}

fn acceptable(block: &str, field: &str, value: &Value) -> bool {
    if (block, field) == DOMAINS {
        return value
            .as_array()
            .is_some_and(|domains| domains.iter().all(Value::is_string));
    }
    let known = FIELDS.iter().find(|(b, f, _)| (*b, *f) == (block, field));
    known.is_some_and(|(_, _, values)| value.as_str().is_some_and(|value| values.contains(&value)))
}

fn with_defaults(own: &Value) -> Map<String, Value> {
    let mut settings = DEFAULTS.clone();
    for (block, fields) in own.as_object().into_iter().flatten() {
        for (field, value) in fields.as_object().into_iter().flatten() {
            put(&mut settings, block, field, value.clone());
        }
    }
    settings
}

fn with_ids(
    settings: &Map<String, Value>,
    organization: &str,
    team: Option<&str>,
) -> Map<String, Value> {
    let mut body = settings.clone();
    body.insert("organizationId".to_owned(), organization.into());
    if let Some(team) = team {
        body.insert("teamId".to_owned(), team.into());
    }
    body.insert("type".to_owned(), "team-settings".into());
    body
}
