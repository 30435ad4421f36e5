//! Which user groups are attached to which teams, seen from both sides.

use usher_miro_wire::{TeamUserGroup, TeamUserGroupAdd, UserGroupTeam};

use crate::rest::call::{Answer, Call, created, no_content, ok};
use crate::rest::failure::RestFailure;
use crate::rest::{page, view};

fn of_team(id: String) -> TeamUserGroup {
    TeamUserGroup {
        id,
        role: "member".to_owned(),
        kind: "team-user-group".to_owned(),
    }
}

fn of_group(id: String) -> UserGroupTeam {
    UserGroupTeam {
        id,
        role: "member".to_owned(),
        kind: "user-group-team".to_owned(),
    }
}

/// `GET /v2/orgs/{org}/groups/{group}/teams`.
pub(crate) fn teams_of_group(call: &Call<'_>) -> Answer {
    let limit = call.limit()?;
    let after = page::numeric_cursor(call)?;
    let world = call.state.world.read();
    let group = view::find_group(&world, call.path("group"))?;
    let teams = world
        .group(group)
        .teams()
        .iter()
        .map(|team| world.team(*team).id);
    let teams = teams.filter(|id| *id > after);
    let page = page::keyed(
        teams,
        limit,
        |id| of_group(id.to_string()),
        |link: &UserGroupTeam| link.id.clone(),
    );
    page::send(&page)
}

/// `GET /v2/orgs/{org}/groups/{group}/teams/{team}`.
pub(crate) fn team_of_group(call: &Call<'_>) -> Answer {
    attached(call)?;
    ok(&of_group(call.path("team").to_owned()))
}

/// `GET /v2/orgs/{org}/teams/{team}/groups`.
pub(crate) fn groups_of_team(call: &Call<'_>) -> Answer {
    let limit = call.limit()?;
    let after = page::numeric_cursor(call)?;
    let world = call.state.world.read();
    let team = view::find_team(&world, call.path("team"))?;
    let groups = world
        .team(team)
        .groups()
        .iter()
        .map(|group| world.group(*group).id);
    let groups = groups.filter(|id| *id > after);
    let page = page::keyed(
        groups,
        limit,
        |id| of_team(id.to_string()),
        |link: &TeamUserGroup| link.id.clone(),
    );
    page::send(&page)
}

/// `GET /v2/orgs/{org}/teams/{team}/groups/{group}`.
pub(crate) fn group_of_team(call: &Call<'_>) -> Answer {
    attached(call)?;
    ok(&of_team(call.path("group").to_owned()))
}

/// `POST /v2/orgs/{org}/teams/{team}/groups`.
pub(crate) fn attach(call: &Call<'_>) -> Answer {
    let body: TeamUserGroupAdd = call.json()?;
    if body.role != "member" {
        return Err(RestFailure::invalid("Field role must be member"));
    }
    let mut world = call.state.world.write();
    let team = view::find_team(&world, call.path("team"))?;
    // The description lists no 404 for this call.
    let group = view::find_group(&world, &body.user_group_id);
    let group = group.map_err(|_| RestFailure::invalid("Field userGroupId names no user group"))?;
    world.attach_group(&call.change(), team, group)?;
    created(&of_team(body.user_group_id))
}

/// `DELETE /v2/orgs/{org}/teams/{team}/groups/{group}`.
pub(crate) fn detach(call: &Call<'_>) -> Answer {
    attached(call)?;
    let mut world = call.state.world.write();
    let team = view::find_team(&world, call.path("team"))?;
    let group = view::find_group(&world, call.path("group"))?;
    world.detach_group(&call.change(), team, group)?;
    Ok(no_content())
}

fn attached(call: &Call<'_>) -> Result<(), RestFailure> {
    let world = call.state.world.read();
    let team = view::find_team(&world, call.path("team"))?;
    let group = view::find_group(&world, call.path("group"))?;
    if world.group(group).teams().contains(&team) {
        return Ok(());
    }
    Err(RestFailure::not_found("User group in this team"))
}
