//! `/Groups`.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};
use usher_scim::path::AttributePath;
use usher_scim::projection::Projection;
use usher_scim::schema::{AttributeType, Found};
use usher_scim::sort::{SortOrder, sort_key};
use usher_scim::{Filter, ScimError};

use crate::scim::answer::{self, Answer, not_found, reply};
use crate::scim::call::{self, ScimCall};
use crate::scim::directory;
use crate::scim::group_patch::{self, GroupChange};
use crate::scim::group_view::{self, Members, ScimGroup};
use crate::scim::schema::GROUP;
use crate::state::SandboxState;
use crate::switches::GroupModel;
use crate::world::{Change, Progress, Refusal, World, cut_name};

/// `GET /Groups`.
pub(super) async fn list(State(state): State<SandboxState>, call: ScimCall) -> Response {
    reply(page(&state, &call))
}

fn page(state: &SandboxState, call: &ScimCall) -> Answer {
    let projection = call.projection()?;
    let world = state.world.read();
    let fitting = fitting(&world, call)?;
    let range = directory::window(call.page()?, fitting.len(), &world.switches);
    let keys = fitting.get(range).unwrap_or_default();
    let shown = keys
        .iter()
        .map(|group| shown(&world, *group, &projection, &call.base));
    let resources: Vec<Value> = shown.collect();
    directory::envelope(call, &world.switches, fitting.len(), &resources)
}

/// The groups that fit the filter, in the order that is wanted. Members take part in neither.
fn fitting(world: &World, call: &ScimCall) -> Result<Vec<ScimGroup>, ScimError> {
    let (by, order) = call.sorting()?;
    directory::check_sort(&by, &GROUP)?;
    let filter = call.filter()?;
    if let Some(filter) = &filter {
        filter.check(&GROUP)?;
        check_simple(filter)?;
        call::check_dialects(filter.compile(&GROUP).tolerated(), &world.switches)?;
    }
    let compiled = filter.as_ref().map(|filter| filter.compile(&GROUP));
    let fits = |group: &ScimGroup| {
        let resource = || group_view::resource(world, *group, Members::Hidden, "");
        compiled
            .as_ref()
            .is_none_or(|filter| filter.matches(&resource()))
    };
    let mut groups: Vec<ScimGroup> = ScimGroup::all(world).into_iter().filter(fits).collect();
    if !by.is("id") {
        let key = |group: &ScimGroup| {
            let resource = group_view::resource(world, *group, Members::Hidden, "");
            (sort_key(&resource, &by, &GROUP), group.id(world))
        };
        groups.sort_by_cached_key(key);
    }
    if order == SortOrder::Descending {
        groups.reverse();
    }
    Ok(groups)
}

/// Miro cannot filter groups by complex attributes.
fn check_simple(filter: &Filter) -> Result<(), ScimError> {
    let complex = |path: &AttributePath| match GROUP.find(path) {
        Some(Found::Attribute { attribute, .. }) => attribute.kind == AttributeType::Complex,
        _ => true,
    };
    match filter {
        Filter::And(parts) | Filter::Or(parts) => parts.iter().try_for_each(check_simple),
        Filter::Not(part) => check_simple(part),
        Filter::Present(path)
        | Filter::Compare {
            attribute: path, ..
        } if !complex(path) => Ok(()),
        Filter::Present(path)
        | Filter::Compare {
            attribute: path, ..
        }
        | Filter::Values {
            attribute: path, ..
        } => Err(ScimError::invalid_filter(format!(
            "groups cannot be filtered by `{path}`: it is a complex attribute"
        ))),
    }
}

/// `GET /Groups/{id}`.
pub(super) async fn get(
    State(state): State<SandboxState>,
    call: ScimCall,
    Path(id): Path<String>,
) -> Response {
    let world = state.world.read();
    reply(find(&world, &id).and_then(|group| show(&world, group, &call)))
}

/// `POST /Groups`: only where groups are user groups.
pub(super) async fn create(
    State(state): State<SandboxState>,
    call: ScimCall,
    body: Bytes,
) -> Response {
    if state.world.read().switches.group_model == GroupModel::Team {
        return answer::not_allowed(&state);
    }
    reply(create_group(&state, &call, &body))
}

fn create_group(state: &SandboxState, call: &ScimCall, body: &[u8]) -> Answer {
    let projection = call.projection()?;
    let body = call::json(body)?;
    let name = group_patch::field(&body, "displayName").and_then(Value::as_str);
    let name =
        name.ok_or_else(|| ScimError::invalid_value("attribute `displayName` is required"))?;
    let mut world = state.world.write();
    let members = group_patch::initial_members(&body, &world)?;
    let created = world.provision_user_group(&call.change(state), cut_name(name), &members);
    let group = ScimGroup::UserGroup(created.map_err(|refusal| answer::refusal(&refusal))?);
    let location = group.location(&world, &call.base);
    answer::created(&shown(&world, group, &projection, &call.base), &location)
}

/// `PATCH /Groups/{id}`.
pub(super) async fn patch(
    State(state): State<SandboxState>,
    call: ScimCall,
    Path(id): Path<String>,
    body: Bytes,
) -> Response {
    patch_group(&state, &call, &id, &body).unwrap_or_else(|error| answer::refused(&error))
}

fn patch_group(state: &SandboxState, call: &ScimCall, id: &str, body: &[u8]) -> Answer {
    let projection = call.projection()?;
    let mut world = state.world.write();
    let group = find(&world, id)?;
    let request = call::patch(body, &world.switches)?;
    let wanted = group_patch::read(&request, &world, group)?;
    let time_out = world.switches.replace_members_time_out_after;
    let times_out = wanted.replaces_members && time_out > 0 && changes(&wanted) > time_out;
    let progress = if times_out {
        Progress::UpTo(time_out)
    } else {
        call.progress()
    };
    let done = change(&mut world, &call.change(state), group, (&wanted, progress));
    done.map_err(|refusal| answer::refusal(&refusal))?;
    if times_out {
        return Ok(answer::timed_out());
    }
    answer::body(
        StatusCode::OK,
        &shown(&world, group, &projection, &call.base),
    )
}

fn changes(wanted: &GroupChange) -> usize {
    wanted.members.add.len() + wanted.members.remove.len()
}

/// Does all of a change or nothing. What can be refused of the name is refused before members are touched.
fn change(
    world: &mut World,
    change: &Change,
    group: ScimGroup,
    (wanted, progress): (&GroupChange, Progress),
) -> Result<(), Refusal> {
    let name = wanted.name.as_deref();
    match group {
        ScimGroup::Team(team) => {
            name.map_or(Ok(()), World::check_team_name)?;
            world.edit_team_members(change, team, &wanted.members, progress)?;
            name.map_or(Ok(()), |name| world.rename_team(change, team, name))
        }
        ScimGroup::UserGroup(key) => {
            let name = name.map(cut_name);
            name.map_or(Ok(()), |name| world.check_group_name(name, Some(key)))?;
            world.edit_group_members(change, key, &wanted.members, progress)?;
            world.update_user_group(change, key, name, None)
        }
    }
}

/// `DELETE /Groups/{id}`: only where groups are user groups.
pub(super) async fn delete(
    State(state): State<SandboxState>,
    call: ScimCall,
    Path(id): Path<String>,
) -> Response {
    let mut world = state.world.write();
    if world.switches.group_model == GroupModel::Team {
        drop(world);
        return answer::not_allowed(&state);
    }
    let deleted = find(&world, &id).map(|group| {
        if let ScimGroup::UserGroup(key) = group {
            world.delete_user_group(&call.change(&state), key);
        }
    });
    reply(deleted.map(|()| answer::no_content()))
}

fn find(world: &World, id: &str) -> Result<ScimGroup, ScimError> {
    ScimGroup::find(world, id).ok_or_else(|| not_found("Group", id))
}

fn show(world: &World, group: ScimGroup, call: &ScimCall) -> Answer {
    answer::body(
        StatusCode::OK,
        &shown(world, group, &call.projection()?, &call.base),
    )
}

fn shown(world: &World, group: ScimGroup, projection: &Projection, base: &str) -> Value {
    let mut resource = group_view::resource(world, group, wanted_members(projection), base);
    if *projection != Projection::Default {
        projection.apply(&mut resource, &GROUP);
    }
    resource
}

/// Members are not made when the projection takes them away again.
fn wanted_members(projection: &Projection) -> Members {
    let mut probe = json!({"members": [{"value": "1", "type": "User", "display": "x"}]});
    projection.apply(&mut probe, &GROUP);
    if probe.get("members").is_some() {
        Members::Shown
    } else {
        Members::Hidden
    }
}
