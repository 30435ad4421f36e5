//! Members of a team.

use usher_miro_wire::{TeamInvite, TeamMember, TeamMemberUpdate};

use crate::rest::call::{Answer, Call, created, no_content, ok};
use crate::rest::failure::RestFailure;
use crate::rest::{page, view};
use crate::world::{TeamKey, TeamRole, UserKey, World};

const ROLES: [&str; 4] = ["member", "admin", "non_team", "team_guest"];

/// `GET …/members`.
pub(crate) fn list(call: &Call<'_>) -> Answer {
    let limit = call.limit()?;
    let after = page::numeric_cursor(call)?;
    let role = call.query("role");
    if role.is_some_and(|role| !ROLES.contains(&role)) {
        return Err(RestFailure::invalid(
            "Parameter role must be member, admin or non_team",
        ));
    }
    let world = call.state.world.read();
    let team = view::find_team(&world, call.path("team"))?;
    let members = world.team(team).members();
    let first = members.partition_point(|membership| world.user(membership.user).id <= after);
    let members = members.get(first..).unwrap_or_default().iter();
    let fitting =
        members.filter(|membership| role.is_none_or(|role| membership.role.as_str() == role));
    let wire = |membership| view::team_member(&world, team, membership);
    let page = page::keyed(fitting, limit, wire, |member: &TeamMember| {
        member.id.clone()
    });
    page::send(&page)
}

/// `POST …/members`: only for people who are in the organization.
pub(crate) fn invite(call: &Call<'_>) -> Answer {
    let body: TeamInvite = call.json()?;
    let role = body
        .role
        .as_deref()
        .map_or(Ok(TeamRole::Member), settable)?;
    let mut world = call.state.world.write();
    let team = view::find_team(&world, call.path("team"))?;
    let user = world.find_user_by_email(&body.email);
    let user =
        user.ok_or_else(|| RestFailure::not_found("User of the organization with this email"))?;
    world.add_team_member(&call.change(), team, user, role)?;
    created(&wire(&world, team, user)?)
}

/// `GET …/members/{member}`.
pub(crate) fn get(call: &Call<'_>) -> Answer {
    let world = call.state.world.read();
    let (team, user) = find(&world, call)?;
    ok(&wire(&world, team, user)?)
}

/// `PATCH …/members/{member}`.
pub(crate) fn update(call: &Call<'_>) -> Answer {
    let body: TeamMemberUpdate = call.json()?;
    let role = body.role.as_deref().map(settable).transpose()?;
    let mut world = call.state.world.write();
    let (team, user) = find(&world, call)?;
    if let Some(role) = role {
        world.set_team_role(&call.change(), team, user, role)?;
    }
    ok(&wire(&world, team, user)?)
}

/// `DELETE …/members/{member}`.
pub(crate) fn delete(call: &Call<'_>) -> Answer {
    let mut world = call.state.world.write();
    let (team, user) = find(&world, call)?;
    world.remove_team_member(&call.change(), team, user)?;
    Ok(no_content())
}

fn find(world: &World, call: &Call<'_>) -> Result<(TeamKey, UserKey), RestFailure> {
    let team = view::find_team(world, call.path("team"))?;
    let user = view::find_team_member(world, team, call.path("member"))?;
    Ok((team, user))
}

fn wire(world: &World, team: TeamKey, user: UserKey) -> Result<TeamMember, RestFailure> {
    let membership = world.team(team).membership(user);
    let membership = membership.ok_or_else(|| RestFailure::not_found("Member"))?;
    Ok(view::team_member(world, team, membership))
}

fn settable(role: &str) -> Result<TeamRole, RestFailure> {
    match role {
        "member" => Ok(TeamRole::Member),
        "admin" => Ok(TeamRole::Admin),
        _ => Err(RestFailure::invalid("Field role must be member or admin")),
    }
}
