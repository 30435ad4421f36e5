//! Teams.

use usher_model::{Team, TeamRole};

use super::resource_type::{TEAM, user_type};
use super::text;
use crate::messages::{
    CreationSource, Entitlement, GroupTrait, Purpose, Resource, ResourceId, pack, string_struct,
};

/// The roles that every team has an entitlement for, in the Go connector's order.
const ROLES: [TeamRole; 4] = [
    TeamRole::NonTeam,
    TeamRole::Member,
    TeamRole::Admin,
    TeamRole::TeamGuest,
];

/// A team as a resource: `team:ID`.
pub fn team(team: &Team) -> Resource {
    let id = team.id.as_str();
    let traits = GroupTrait {
        profile: Some(string_struct([("name", team.name.as_str()), ("id", id)])),
        ..GroupTrait::default()
    };
    Resource {
        id: Some(ResourceId::new(TEAM, id)),
        display_name: text::name(&team.name),
        annotations: vec![pack(&traits)],
        creation_source: CreationSource::ConnectorList as i32,
        ..Resource::default()
    }
}

/// The entitlements that every team has.
pub fn team_entitlements(team: &Resource) -> [Entitlement; 4] {
    ROLES.map(|role| team_entitlement(team, &role))
}

/// One role in a team, published or not: `team:ID:ROLE`. `team` is what [`team()`] made.
pub fn team_entitlement(team: &Resource, role: &TeamRole) -> Entitlement {
    let name = &team.display_name;
    let slug = text::id_part(role.as_str());
    Entitlement {
        resource: Some(team.clone()),
        id: format!("{}:{slug}", team.external_id_text()),
        display_name: text::name(&format!("{name} team role {slug}")),
        description: text::description(&format!("Has {name} team role")),
        grantable_to: vec![user_type()],
        purpose: Purpose::Assignment as i32,
        slug: slug.to_owned(),
        ..Entitlement::default()
    }
}

/// Whether [`team_entitlements`] has the role.
pub(crate) fn is_standard(role: &TeamRole) -> bool {
    ROLES.contains(role)
}
