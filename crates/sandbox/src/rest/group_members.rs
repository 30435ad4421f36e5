//! Members of a user group, one by one and in bulk.

use axum::http::StatusCode;
use usher_miro_wire::{BulkEdit, BulkResult, RestError, UserGroupMember, UserGroupMemberAdd};

use crate::rest::call::{Answer, Call, created, no_content, ok, reply};
use crate::rest::failure::RestFailure;
use crate::rest::{page, view};
use crate::world::{Refusal, UserKey, World};

/// Users that one bulk edit may name.
const MAX_BULK: usize = 500;

/// `GET …/members`.
pub(crate) fn list(call: &Call<'_>) -> Answer {
    let limit = call.limit()?;
    let after = page::numeric_cursor(call)?;
    let world = call.state.world.read();
    let group = view::find_group(&world, call.path("group"))?;
    let members = world.group(group).members();
    let first = members.partition_point(|user| world.user(*user).id <= after);
    let members = members.get(first..).unwrap_or_default().iter();
    let wire = |user: &UserKey| view::group_member(&world, *user);
    let page = page::keyed(members, limit, wire, |member: &UserGroupMember| {
        member.id.clone()
    });
    page::send(&page)
}

/// `POST …/members`.
pub(crate) fn add(call: &Call<'_>) -> Answer {
    let body: UserGroupMemberAdd = call.json()?;
    let mut world = call.state.world.write();
    let group = view::find_group(&world, call.path("group"))?;
    // The description lists no 404 for this call: an unknown address is a wrong parameter.
    let user = world.find_user_by_email(&body.email);
    let user =
        user.ok_or_else(|| RestFailure::invalid("No user of the organization has this email"))?;
    world.add_group_member(&call.change(), group, user)?;
    created(&view::group_member(&world, user))
}

/// `GET …/members/{member}`.
pub(crate) fn get(call: &Call<'_>) -> Answer {
    let world = call.state.world.read();
    let group = view::find_group(&world, call.path("group"))?;
    let user = view::find_group_member(&world, group, call.path("member"))?;
    ok(&view::group_member(&world, user))
}

/// `DELETE …/members/{member}`.
pub(crate) fn remove(call: &Call<'_>) -> Answer {
    let mut world = call.state.world.write();
    let group = view::find_group(&world, call.path("group"))?;
    let user = view::find_group_member(&world, group, call.path("member"))?;
    world.remove_group_member(&call.change(), group, user)?;
    Ok(no_content())
}

/// `PATCH …/members`: 207 with an entry for what succeeded and one for what did not, per operation.
pub(crate) fn edit(call: &Call<'_>) -> Answer {
    let body: BulkEdit = call.json()?;
    if body.members_to_add.len() + body.members_to_remove.len() > MAX_BULK {
        return Err(RestFailure::too_large(
            "At most 500 users may be added and removed at once",
        ));
    }
    if body.members_to_add.is_empty() && body.members_to_remove.is_empty() {
        return Err(RestFailure::invalid("Nobody is to be added or removed"));
    }
    let mut world = call.state.world.write();
    let group = view::find_group(&world, call.path("group"))?;
    let mut results = Vec::new();
    // A fault may break the edit off after some members.
    let mut left = call.half_done.map_or(usize::MAX, |half| half.members);
    let adding = first(&body.members_to_add, &mut left);
    let removing = first(&body.members_to_remove, &mut left);
    let change = call.change();
    let mut add = |world: &mut World, user| world.add_group_member(&change, group, user);
    carry_out(&mut world, "addMembers", adding, &mut results, &mut add);
    let mut remove = |world: &mut World, user| world.remove_group_member(&change, group, user);
    carry_out(
        &mut world,
        "removeMembers",
        removing,
        &mut results,
        &mut remove,
    );
    reply(StatusCode::MULTI_STATUS, &results)
}

/// The first names, as many as are left.
fn first<'a>(names: &'a [String], left: &mut usize) -> &'a [String] {
    let done = names.get(..*left).unwrap_or(names);
    *left -= done.len();
    done
}

fn carry_out(
    world: &mut World,
    operation: &str,
    names: &[String],
    results: &mut Vec<BulkResult>,
    step: &mut dyn FnMut(&mut World, UserKey) -> Result<(), Refusal>,
) {
    let (mut done, mut refused) = (Vec::new(), Vec::new());
    for name in names {
        let user = world
            .find_user_by_email(name)
            .or_else(|| view::find_user(world, name).ok());
        let Some(user) = user else {
            refused.push(format!("{name}: no user of the organization"));
            continue;
        };
        match step(world, user) {
            Ok(()) => done.push(view::group_member(world, user)),
            Err(refusal) => refused.push(format!("{name}: {refusal}")),
        }
    }
    if !done.is_empty() {
        results.push(BulkResult {
            operation: operation.to_owned(),
            status: 200,
            affected_users: Some(done),
            error: None,
        });
    }
    if !refused.is_empty() {
        results.push(BulkResult {
            operation: operation.to_owned(),
            status: 400,
            affected_users: None,
            error: Some(bulk_error(&refused)),
        });
    }
}

fn bulk_error(refused: &[String]) -> RestError {
    RestError {
        kind: "error".to_owned(),
        status: 400,
        code: "invalidParameters".to_owned(),
        message: refused.join("; "),
        context: None,
    }
}
