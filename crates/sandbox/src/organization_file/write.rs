//! From the organization to the file.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use crate::organization_file::format::{self, File, Role};
use crate::switches::Switches;
use crate::world::{Membership, OrganizationRole, TeamKey, TeamRole, UserKey, World};

pub(super) fn file(world: &World, _now: Timestamp) -> File {
    let users = world.users_after(0).map(|key| user(world, key));
    let teams = world.teams_after(0).map(|key| team(world, key));
    let groups = world.groups_after(0).map(|key| {
        let group = world.group(key);
        format::Group {
            name: group.name.to_string(),
            id: Some(group.id),
            description: group.description.to_string(),
            members: group
                .members()
                .iter()
                .map(|key| address(world, *key))
                .collect(),
            teams: group
                .teams()
                .iter()
                .map(|key| world.team(*key).name.to_string())
                .collect(),
        }
    });
    File {
        organization: organization(world),
        switches: changed_switches(&world.switches),
        users: users.collect(),
        teams: teams.collect(),
        groups: groups.collect(),
    }
}

fn address(world: &World, key: UserKey) -> String {
    world.user(key).user_name.to_string()
}

fn changed_switches(switches: &Switches) -> BTreeMap<String, Value> {
    let object = |switches: &Switches| serde_json::to_value(switches).unwrap_or_default();
    let (own, usual) = (object(switches), object(&Switches::default()));
    let own = own.as_object().cloned().unwrap_or_default();
    own.into_iter()
        .filter(|(name, value)| usual.get(name) != Some(value))
        .collect()
}

fn organization(world: &World) -> format::Organization {
    let own = &world.organization;
    let texts =
        |list: &[smol_str::SmolStr]| list.iter().map(ToString::to_string).collect::<Vec<_>>();
    format::Organization {
        id: Some(own.id),
        name: Some(own.name.to_string()),
        plan: Some(own.plan.to_string()),
        seats: own.full_licenses_purchased,
        licenses: Some(own.licenses.clone()),
        default_license: Some(own.default_license),
        allowed_domains: texts(&own.allowed_domains),
        claimed_domains: texts(&own.claimed_domains),
        foreign_domains: texts(&own.foreign_domains),
        admin_roles: texts(&own.custom_admin_roles),
        default_team: Some(world.team(world.default_team()).name.to_string()),
    }
}

fn user(world: &World, key: UserKey) -> format::User {
    let user = world.user(key);
    let data = user.enterprise.as_deref().cloned().unwrap_or_default();
    let text = |text: Option<smol_str::SmolStr>| text.map(|text| text.to_string());
    format::User {
        email: user.user_name.to_string(),
        id: Some(user.id),
        name: Some(user.full_name.to_string()),
        role: match user.role {
            OrganizationRole::InternalAdmin => Role::Admin,
            OrganizationRole::InternalUser => Role::Member,
            OrganizationRole::ExternalUser => Role::External,
            OrganizationRole::TeamGuestUser => Role::TeamGuest,
        },
        license: Some(user.license),
        active: user.active,
        registration: user.registration,
        belonging: user.belonging,
        admin_roles: user.admin_roles.iter().map(ToString::to_string).collect(),
        photo: user.photo.as_deref().map(str::to_owned),
        language: text(user.language.clone()),
        created: Some(user.created_at.timestamp()),
        last_active: user.last_activity_at.map(crate::world::Moment::timestamp),
        idle_days: None,
        employee_number: text(data.employee_number),
        cost_center: text(data.cost_center),
        organization: text(data.organization),
        division: text(data.division),
        department: text(data.department),
        manager: data.manager.map(|id| id.to_string()),
        manager_name: text(data.manager_name),
    }
}

fn team(world: &World, key: TeamKey) -> format::Team {
    let team = world.team(key);
    let people = |roles: &[TeamRole]| {
        let mut chosen: Vec<&Membership> = team
            .members()
            .iter()
            .filter(|one| roles.contains(&one.role))
            .collect();
        chosen.sort_by_key(|one| (one.created_at, one.user));
        chosen
            .into_iter()
            .map(|one| address(world, one.user))
            .collect()
    };
    let mut boards = BTreeMap::new();
    for board in team.boards() {
        *boards
            .entry(address(world, world.board(*board).owner))
            .or_default() += 1;
    }
    format::Team {
        name: team.name.to_string(),
        id: Some(team.id),
        created: Some(team.created_at.timestamp()),
        admins: people(&[TeamRole::Admin]),
        members: people(&[TeamRole::Member]),
        guests: people(&[TeamRole::Guest, TeamRole::NonTeam]),
        boards,
        settings: team.settings.clone(),
    }
}
