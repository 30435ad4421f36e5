//! The organization's objects as REST shows them, and finding them by the ids in a path.

use jiff::Timestamp;
use serde_json::{Value, json};
use usher_miro_wire as wire;

use crate::rest::audit::{created_at, id_of};
use crate::rest::failure::RestFailure;
use crate::world::{
    Actor, AdminRoleKind, AuditEvent, GroupKey, Membership, Moment, Named, ObjectKind, TeamKey,
    User, UserGroup, UserKey, World,
};

fn number(id: &str) -> u64 {
    id.parse().unwrap_or_default()
}

fn not_found(kind: ObjectKind) -> RestFailure {
    RestFailure::not_found(kind.name())
}

/// Somebody in the organization, guests included.
pub(crate) fn find_user(world: &World, id: &str) -> Result<UserKey, RestFailure> {
    world
        .find_user(number(id))
        .ok_or_else(|| not_found(ObjectKind::User))
}

/// A team.
pub(crate) fn find_team(world: &World, id: &str) -> Result<TeamKey, RestFailure> {
    world
        .find_team(number(id))
        .ok_or_else(|| not_found(ObjectKind::Team))
}

/// A user group.
pub(crate) fn find_group(world: &World, id: &str) -> Result<GroupKey, RestFailure> {
    world
        .find_group(number(id))
        .ok_or_else(|| not_found(ObjectKind::UserGroup))
}

/// Somebody in a team.
pub(crate) fn find_team_member(
    world: &World,
    team: TeamKey,
    member: &str,
) -> Result<UserKey, RestFailure> {
    let user = world.find_user(number(member));
    let user = user.filter(|user| world.team(team).membership(*user).is_some());
    user.ok_or_else(|| not_found(ObjectKind::Member))
}

/// Somebody in a user group.
pub(crate) fn find_group_member(
    world: &World,
    group: GroupKey,
    member: &str,
) -> Result<UserKey, RestFailure> {
    let user = world.find_user(number(member));
    let user = user.filter(|user| is_group_member(world, group, *user));
    user.ok_or_else(|| not_found(ObjectKind::Member))
}

/// Whether somebody is in a user group.
pub(crate) fn is_group_member(world: &World, group: GroupKey, user: UserKey) -> bool {
    world.group(group).members().binary_search(&user).is_ok()
}

/// A time as REST writes it: UTC with milliseconds.
fn time(moment: Moment) -> String {
    format!("{:.3}", moment.timestamp())
}

/// The organization.
pub(crate) fn organization(world: &World) -> wire::Organization {
    let organization = &world.organization;
    wire::Organization {
        id: organization.id.to_string(),
        // REST requires a number; an organization without end to its seats has as many as a 32-bit number can say.
        full_licenses_purchased: Some(
            organization
                .full_licenses_purchased
                .map_or(i64::from(i32::MAX), i64::from),
        ),
        name: organization.name.to_string(),
        plan: organization.plan.to_string(),
        kind: "organization".to_owned(),
    }
}

/// The organization by id and name.
pub(crate) fn organization_reference(world: &World) -> wire::Reference {
    reference(
        "organization",
        world.organization.id,
        &world.organization.name,
    )
}

/// An object by id and name.
pub(crate) fn reference(kind: &str, id: impl std::fmt::Display, name: &str) -> wire::Reference {
    wire::Reference {
        kind: kind.to_owned(),
        id: id.to_string(),
        name: name.to_owned(),
    }
}

/// A member of the organization. `lastActivityAt` is empty for who never came.
pub(crate) fn member(world: &World, user: UserKey) -> wire::Member {
    let user = world.user(user);
    wire::Member {
        id: user.id.to_string(),
        active: Some(user.active),
        email: user.user_name.to_string(),
        license: user.license.rest_name().to_owned(),
        role: user.role.rest_name().to_owned(),
        last_activity_at: Some(user.last_activity_at.map(time).unwrap_or_default()),
        license_assigned_at: user.license_assigned_at.map(time),
        admin_roles: Some(admin_roles(world, user)),
        kind: "organization-member".to_owned(),
    }
}

fn admin_roles(world: &World, user: &User) -> Vec<wire::AdminRole> {
    let role = |name: &smol_str::SmolStr| wire::AdminRole {
        kind: world
            .organization
            .admin_role(name)
            .unwrap_or(AdminRoleKind::Custom)
            .as_str()
            .to_owned(),
        name: name.to_string(),
    };
    user.admin_roles.iter().map(role).collect()
}

/// A team.
pub(crate) fn team(world: &World, team: TeamKey) -> wire::Team {
    let team = world.team(team);
    wire::Team {
        id: team.id.to_string(),
        name: team.name.to_string(),
        picture: None,
        kind: "team".to_owned(),
    }
}

/// Somebody in a team.
pub(crate) fn team_member(
    world: &World,
    team: TeamKey,
    membership: &Membership,
) -> wire::TeamMember {
    let id = |user: UserKey| world.user(user).id.to_string();
    let modified = membership.modified.as_deref();
    let modified_by = modified.map_or(membership.created_by, |(_, by)| *by);
    wire::TeamMember {
        id: id(membership.user),
        team_id: Some(world.team(team).id.to_string()),
        role: membership.role.as_str().to_owned(),
        created_at: Some(time(membership.created_at)),
        created_by: membership.created_by.map(id),
        modified_at: Some(time(modified.map_or(membership.created_at, |(at, _)| *at))),
        modified_by: modified_by.map(id),
        kind: "team-member".to_owned(),
    }
}

/// A user group.
pub(crate) fn group(group: &UserGroup) -> wire::UserGroup {
    wire::UserGroup {
        id: group.id.to_string(),
        name: group.name.to_string(),
        description: Some(group.description.to_string()),
        kind: "user-group".to_owned(),
    }
}

/// Somebody in a user group.
pub(crate) fn group_member(world: &World, user: UserKey) -> wire::UserGroupMember {
    let user = world.user(user);
    wire::UserGroupMember {
        id: user.id.to_string(),
        email: user.user_name.to_string(),
        kind: "user-group-member".to_owned(),
    }
}

/// An entry of the audit log.
pub(crate) fn audit_event(world: &World, event: &AuditEvent) -> wire::AuditEvent {
    let at = event.at.timestamp();
    let named = |kind: &str, named: &Named| reference(kind, &named.id, &named.name);
    wire::AuditEvent {
        id: id_of(at, event.id),
        event: event.kind.as_str().to_owned(),
        category: Some(event.kind.category().to_owned()),
        created_at: Some(created_at(at)),
        details: if event.details.is_null() {
            json!({})
        } else {
            event.details.clone()
        },
        created_by: Some(actor(world, event)),
        context: Some(wire::AuditContext {
            ip: event.ip.as_ref().map(ToString::to_string),
            team: event.team.as_deref().map(|team| named("team", team)),
            organization: Some(organization_reference(world)),
        }),
        object: Some(wire::AuditObject {
            id: Some(event.object.id.to_string()),
            name: Some(event.object.name.to_string()),
        }),
    }
}

fn actor(world: &World, event: &AuditEvent) -> wire::AuditActor {
    let mut actor = wire::AuditActor::default();
    let kind = match &event.actor {
        Actor::User { id } => {
            let user = world.find_user_ever(*id).map(|key| world.user(key));
            actor.id = Some(id.to_string());
            actor.name = user.map(|user| user.full_name.to_string());
            actor.email = user.map(|user| user.user_name.to_string());
            "user"
        }
        Actor::ScimProvisioner => {
            actor.name = Some("SCIM".to_owned());
            "scim_provisioner"
        }
        Actor::Application { name } => {
            actor.name = Some(name.to_string());
            "application"
        }
        Actor::MiroAutomation => "miro_automation",
    };
    wire::AuditActor {
        kind: kind.to_owned(),
        ..actor
    }
}

/// What the page shows of the organization.
pub(crate) fn summary(world: &World, now: Timestamp) -> Value {
    let (mut members, mut guests, mut deactivated) = (0, 0, 0);
    for key in world.users_after(0) {
        let user = world.user(key);
        if user.role.is_internal() {
            members += 1;
        } else {
            guests += 1;
        }
        deactivated += u32::from(!user.active);
    }
    let mut teams: Vec<_> = world.teams_after(0).map(|key| world.team(key)).collect();
    teams.sort_by_key(|team| std::cmp::Reverse(team.members().len()));
    let largest = teams.iter().take(50).map(|team| {
        json!({"id": team.id.to_string(), "name": team.name, "members": team.members().len()})
    });
    json!({
        "id": world.organization.id.to_string(),
        "name": world.organization.name,
        "group_model": world.switches.group_model.as_str(),
        "now": now.to_string(),
        "members": members,
        "guests": guests,
        "deactivated": deactivated,
        "admins": world.company_admins(),
        "teams": teams.len(),
        "user_groups": world.groups_after(0).count(),
        "boards": world.boards_after(0).count(),
        "audit_events": world.audit().len(),
        "seats_taken": world.seats_taken(),
        "seats_left": world.seats_left(),
        "largest_teams": largest.collect::<Vec<_>>(),
    })
}
