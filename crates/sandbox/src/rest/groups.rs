//! User groups.

use usher_miro_wire::{UserGroup, UserGroupCreate, UserGroupUpdate};

use crate::rest::call::{Answer, Call, created, no_content, ok};
use crate::rest::failure::RestFailure;
use crate::rest::teams::checked_name;
use crate::rest::{page, view};

/// The longest description of a user group.
const MAX_DESCRIPTION: usize = 300;

/// `GET /v2/orgs/{org}/groups`.
pub(crate) fn list(call: &Call<'_>) -> Answer {
    let limit = call.limit()?;
    let after = page::numeric_cursor(call)?;
    let world = call.state.world.read();
    let wire = |group| view::group(world.group(group));
    let page = page::keyed(
        world.groups_after(after),
        limit,
        wire,
        |group: &UserGroup| group.id.clone(),
    );
    page::send(&page)
}

/// `POST /v2/orgs/{org}/groups`.
pub(crate) fn create(call: &Call<'_>) -> Answer {
    let body: UserGroupCreate = call.json()?;
    let name = checked_name(&body.name)?;
    let description = checked_description(body.description)?;
    let mut world = call.state.world.write();
    let group = world.create_user_group(
        &call.change(),
        name,
        description.as_deref().unwrap_or_default(),
    )?;
    created(&view::group(world.group(group)))
}

/// `GET /v2/orgs/{org}/groups/{group}`.
pub(crate) fn get(call: &Call<'_>) -> Answer {
    let world = call.state.world.read();
    ok(&view::group(
        world.group(view::find_group(&world, call.path("group"))?),
    ))
}

/// `PATCH /v2/orgs/{org}/groups/{group}`.
pub(crate) fn update(call: &Call<'_>) -> Answer {
    let body: UserGroupUpdate = call.json()?;
    let name = body.name.as_deref().map(checked_name).transpose()?;
    let description = checked_description(body.description)?;
    let mut world = call.state.world.write();
    let group = view::find_group(&world, call.path("group"))?;
    world.update_user_group(&call.change(), group, name, description.as_deref())?;
    ok(&view::group(
        world.group(view::find_group(&world, call.path("group"))?),
    ))
}

/// `DELETE /v2/orgs/{org}/groups/{group}`: its members stay in the organization.
pub(crate) fn delete(call: &Call<'_>) -> Answer {
    let mut world = call.state.world.write();
    let group = view::find_group(&world, call.path("group"))?;
    world.delete_user_group(&call.change(), group);
    Ok(no_content())
}

fn checked_description(description: Option<String>) -> Result<Option<String>, RestFailure> {
    match description {
        Some(text) if text.chars().count() > MAX_DESCRIPTION => Err(RestFailure::invalid(
            "Field description must have at most 300 characters",
        )),
        description => Ok(description),
    }
}
