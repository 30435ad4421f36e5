//! Teams.

use usher_miro_wire::{Team, TeamCreate, TeamUpdate};

use crate::rest::call::{Answer, Call, created, no_content, ok};
use crate::rest::failure::RestFailure;
use crate::rest::{page, view};

/// The longest name of a team or user group.
pub(crate) const MAX_NAME: usize = 60;

/// `GET /v2/orgs/{org}/teams`.
pub(crate) fn list(call: &Call<'_>) -> Answer {
    let limit = call.limit()?;
    let after = page::numeric_cursor(call)?;
    let wanted = call.query("name").map(str::to_lowercase);
    let world = call.state.world.read();
    let fitting = world.teams_after(after).filter(|key| {
        let name = &world.team(*key).name;
        wanted
            .as_ref()
            .is_none_or(|part| name.to_lowercase().contains(part))
    });
    let page = page::keyed(
        fitting,
        limit,
        |key| view::team(&world, key),
        |team: &Team| team.id.clone(),
    );
    page::send(&page)
}

/// `POST /v2/orgs/{org}/teams`: the token's user becomes the team's admin.
pub(crate) fn create(call: &Call<'_>) -> Answer {
    let body: TeamCreate = call.json()?;
    let name = checked_name(body.name.as_deref().unwrap_or_default())?;
    let mut world = call.state.world.write();
    let team = world.create_team(&call.change(), name)?;
    created(&view::team(&world, team))
}

/// `GET /v2/orgs/{org}/teams/{team}`.
pub(crate) fn get(call: &Call<'_>) -> Answer {
    let world = call.state.world.read();
    ok(&view::team(
        &world,
        view::find_team(&world, call.path("team"))?,
    ))
}

/// `PATCH /v2/orgs/{org}/teams/{team}`.
pub(crate) fn update(call: &Call<'_>) -> Answer {
    let body: TeamUpdate = call.json()?;
    let name = body.name.as_deref().map(checked_name).transpose()?;
    let mut world = call.state.world.write();
    let team = view::find_team(&world, call.path("team"))?;
    if let Some(name) = name {
        world.rename_team(&call.change(), team, name)?;
    }
    ok(&view::team(
        &world,
        view::find_team(&world, call.path("team"))?,
    ))
}

/// `DELETE /v2/orgs/{org}/teams/{team}`.
pub(crate) fn delete(call: &Call<'_>) -> Answer {
    let mut world = call.state.world.write();
    let team = view::find_team(&world, call.path("team"))?;
    world.delete_team(&call.change(), team)?;
    Ok(no_content())
}

/// A name of 1 to 60 characters.
pub(crate) fn checked_name(name: &str) -> Result<&str, RestFailure> {
    if (1..=MAX_NAME).contains(&name.chars().count()) {
        return Ok(name);
    }
    Err(RestFailure::invalid(
        "Field name must have 1 to 60 characters",
    ))
}
