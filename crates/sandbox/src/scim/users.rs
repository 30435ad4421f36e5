//! `/Users`.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use serde_json::Value;
use usher_scim::ScimError;
use usher_scim::projection::Projection;

use crate::scim::answer::{self, Answer, not_found, reply};
use crate::scim::call::{self, ScimCall, check_dialects};
use crate::scim::draft::Draft;
use crate::scim::schema::USER;
use crate::scim::user_view::UserView;
use crate::scim::{directory, user_patch, user_view};
use crate::state::SandboxState;
use crate::world::{NewUser, UserKey, World};

/// `GET /Users`.
pub(super) async fn list(State(state): State<SandboxState>, call: ScimCall) -> Response {
    reply(page(&state, &call))
}

fn page(state: &SandboxState, call: &ScimCall) -> Answer {
    let projection = call.projection()?;
    let world = state.world.read();
    let page = directory::users(&world, call)?;
    let show = |key: &UserKey| shown(&world, *key, &projection, &call.base);
    let resources: Vec<Shown<'_>> = page.keys.iter().map(show).collect();
    directory::envelope(call, &world.switches, page.total, &resources)
}

/// `GET /Users/{id}`.
pub(super) async fn get(
    State(state): State<SandboxState>,
    call: ScimCall,
    Path(id): Path<String>,
) -> Response {
    let world = state.world.read();
    reply(find(&world, &id).and_then(|key| show(&world, key, &call)))
}

/// `POST /Users`.
pub(super) async fn create(
    State(state): State<SandboxState>,
    call: ScimCall,
    body: Bytes,
) -> Response {
    reply(create_user(&state, &call, &body))
}

fn create_user(state: &SandboxState, call: &ScimCall, body: &[u8]) -> Answer {
    let projection = call.projection()?;
    let (draft, tolerated) = Draft::from_body(call::json(body)?)?;
    let mut world = state.world.write();
    check_dialects(&tolerated, &world.switches)?;
    let user_name = draft.user_name.clone().filter(|name| !name.is_empty());
    let user_name =
        user_name.ok_or_else(|| ScimError::invalid_value("attribute `userName` is required"))?;
    let new = NewUser {
        full_name: draft.full_name(),
        user_name,
        deactivated: draft.active == Some(false),
        license: draft.license,
        role: draft.role.unwrap_or_default(),
        admin_roles: draft.admin_roles.unwrap_or_default(),
        enterprise: draft.enterprise,
        photo: draft.photo,
        language: draft.language,
    };
    let created = world.create_user(&call.change(state), new);
    let key = created.map_err(|refusal| answer::refusal(&refusal))?;
    let location = user_view::location(world.user(key), &call.base);
    answer::created(&shown(&world, key, &projection, &call.base), &location)
}

/// `PUT /Users/{id}`.
pub(super) async fn replace(
    State(state): State<SandboxState>,
    call: ScimCall,
    Path(id): Path<String>,
    body: Bytes,
) -> Response {
    reply(change(&state, &call, &id, |world, key| {
        user_patch::replacement(call::json(&body)?, world.user(key))
    }))
}

/// `PATCH /Users/{id}`.
pub(super) async fn patch(
    State(state): State<SandboxState>,
    call: ScimCall,
    Path(id): Path<String>,
    body: Bytes,
) -> Response {
    reply(change(&state, &call, &id, |world, key| {
        let request = call::patch(&body, &world.switches)?;
        user_patch::update(request, world, world.user(key))
    }))
}

type Wanted = Result<(crate::world::UserUpdate, Vec<usher_scim::Tolerance>), ScimError>;

fn change(
    state: &SandboxState,
    call: &ScimCall,
    id: &str,
    wanted: impl FnOnce(&World, UserKey) -> Wanted,
) -> Answer {
    let projection = call.projection()?;
    let mut world = state.world.write();
    let key = find(&world, id)?;
    let (update, tolerated) = wanted(&world, key)?;
    check_dialects(&tolerated, &world.switches)?;
    let updated = world.update_user(&call.change(state), key, update);
    updated.map_err(|refusal| answer::refusal(&refusal))?;
    answer::body(StatusCode::OK, &shown(&world, key, &projection, &call.base))
}

/// `DELETE /Users/{id}`.
pub(super) async fn delete(
    State(state): State<SandboxState>,
    call: ScimCall,
    Path(id): Path<String>,
) -> Response {
    let mut world = state.world.write();
    let deleted = find(&world, &id).and_then(|key| {
        let deleted = world.delete_user(&call.change(&state), key);
        deleted.map_err(|refusal| answer::refusal(&refusal))
    });
    reply(deleted.map(|()| answer::no_content()))
}

/// A user whom SCIM knows: guests and external users are not found.
fn find(world: &World, id: &str) -> Result<UserKey, ScimError> {
    let key = id
        .parse()
        .ok()
        .and_then(|number| world.find_scim_user(number));
    key.ok_or_else(|| not_found("User", id))
}

fn show(world: &World, key: UserKey, call: &ScimCall) -> Answer {
    answer::body(
        StatusCode::OK,
        &shown(world, key, &call.projection()?, &call.base),
    )
}

/// A user as the caller sees it.
#[derive(Serialize)]
#[serde(untagged)]
enum Shown<'a> {
    Whole(UserView<'a>),
    Narrowed(Value),
}

fn shown<'a>(world: &'a World, key: UserKey, projection: &Projection, base: &'a str) -> Shown<'a> {
    let user = world.user(key);
    if *projection == Projection::Default {
        return Shown::Whole(UserView { world, user, base });
    }
    let mut resource = user_view::resource(world, user, base);
    projection.apply(&mut resource, &USER);
    Shown::Narrowed(resource)
}
