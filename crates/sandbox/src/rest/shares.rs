//! Boards and projects shared with user groups. The sandbox knows no boards by name: any id will do.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};
use usher_miro_wire::CursorPage;

use crate::rest::call::{Answer, Call, no_content, ok};
use crate::rest::failure::RestFailure;
use crate::rest::page::numeric_cursor;
use crate::rest::view;
use crate::world::{GroupKey, ShareRole, ShareTarget};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ShareRequest {
    user_group_ids: Vec<String>,
    role: String,
}

/// `GET …/boards/{board}/groups`.
pub(crate) fn list_board(call: &Call<'_>) -> Answer {
    list(call, ShareTarget::Board)
}

/// `POST …/boards/{board}/groups`.
pub(crate) fn share_board(call: &Call<'_>) -> Answer {
    share(call, ShareTarget::Board)
}

/// `DELETE …/boards/{board}/groups/{group}`.
pub(crate) fn unshare_board(call: &Call<'_>) -> Answer {
    unshare(call, ShareTarget::Board)
}

/// `GET …/projects/{project}/groups`.
pub(crate) fn list_project(call: &Call<'_>) -> Answer {
    list(call, ShareTarget::Project)
}

/// `POST …/projects/{project}/groups`.
pub(crate) fn share_project(call: &Call<'_>) -> Answer {
    share(call, ShareTarget::Project)
}

/// `DELETE …/projects/{project}/groups/{group}`.
pub(crate) fn unshare_project(call: &Call<'_>) -> Answer {
    unshare(call, ShareTarget::Project)
}

fn wire(target: ShareTarget, group: u64, role: ShareRole) -> Value {
    let kind = match target {
        ShareTarget::Board => "board-user-group",
        ShareTarget::Project => "project-user-group",
    };
    json!({"id": group.to_string(), "role": role.as_str(), "type": kind})
}

fn list(call: &Call<'_>, target: ShareTarget) -> Answer {
    let limit = call.limit()?;
    // The cursor of a board's groups is base64 at Miro, of a project's groups a number.
    let after = match (target, call.query("cursor")) {
        (_, None) => 0,
        (ShareTarget::Board, Some(cursor)) => board_cursor(cursor)?,
        (ShareTarget::Project, Some(_)) => numeric_cursor(call)?,
    };
    let id = call.path(target.as_str());
    let world = call.state.world.read();
    let shares = world
        .shares()
        .iter()
        .filter(|share| share.target == target && share.id == id);
    let mut shares: Vec<(u64, ShareRole)> = shares
        .map(|share| (world.group(share.group).id, share.role))
        .filter(|(group, _)| *group > after)
        .collect();
    shares.sort_unstable_by_key(|(group, _)| *group);
    let more = shares.len() > limit;
    shares.truncate(limit);
    let last = shares.last().filter(|_| more).map(|(group, _)| *group);
    let cursor = last.map_or_else(String::new, |last| match target {
        ShareTarget::Board => STANDARD.encode(last.to_string()),
        ShareTarget::Project => last.to_string(),
    });
    let data: Vec<Value> = shares
        .into_iter()
        .map(|(group, role)| wire(target, group, role))
        .collect();
    ok(&CursorPage {
        kind: "cursor-list".to_owned(),
        limit: u32::try_from(limit).ok(),
        size: u32::try_from(data.len()).ok(),
        cursor: Some(cursor),
        data,
    })
}

fn board_cursor(cursor: &str) -> Result<u64, RestFailure> {
    let bytes = STANDARD.decode(cursor).ok();
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    let group = text.and_then(|text| text.parse().ok());
    group.ok_or_else(|| RestFailure::invalid("Parameter cursor is not one that a reply gave"))
}

/// Shares with several groups, or changes what they may do. The description has one share in the reply: the first.
fn share(call: &Call<'_>, target: ShareTarget) -> Answer {
    let body: ShareRequest = call.json()?;
    let role: ShareRole = body
        .role
        .parse()
        .map_err(|_| RestFailure::invalid("Field role must be VIEWER, COMMENTER or EDITOR"))?;
    let mut world = call.state.world.write();
    let unknown = |id: &String| RestFailure::invalid(format!("No user group has the id {id}"));
    let groups: Result<Vec<GroupKey>, RestFailure> = body
        .user_group_ids
        .iter()
        .map(|id| view::find_group(&world, id).map_err(|_| unknown(id)))
        .collect();
    let groups = groups?;
    let first = groups.first().copied();
    let first =
        first.ok_or_else(|| RestFailure::invalid("Field userGroupIds names no user group"))?;
    for group in groups {
        world.share(
            &call.change(),
            target,
            call.path(target.as_str()),
            (group, role),
        );
    }
    ok(&wire(target, world.group(first).id, role))
}

fn unshare(call: &Call<'_>, target: ShareTarget) -> Answer {
    let mut world = call.state.world.write();
    let group = view::find_group(&world, call.path("group"))?;
    world.unshare(&call.change(), target, call.path(target.as_str()), group)?;
    Ok(no_content())
}
