//! What a PATCH or PUT of a user asks the organization to change.

use serde_json::Value;
use usher_scim::patch::{PatchOperation, PatchRequest};
use usher_scim::{ScimError, Tolerance, urn};

use crate::scim::draft::{Draft, POLICY};
use crate::scim::schema::USER;
use crate::scim::user_view;
use crate::world::{User, UserUpdate, World};

/// Applies a PATCH to the user as it is shown, and reads from the outcome what is to change.
pub(super) fn update(
    request: PatchRequest,
    world: &World,
    user: &User,
) -> Result<(UserUpdate, Vec<Tolerance>), ScimError> {
    let before = user_view::resource(world, user, "");
    let mut after = before.clone();
    let operations: Vec<PatchOperation> = request
        .operations
        .into_iter()
        .filter(|one| !is_ignored(one))
        .collect();
    let mut tolerated = request.tolerated;
    if !operations.is_empty() {
        let request = PatchRequest::new(operations);
        tolerated.extend(request.apply_with(&mut after, &USER, POLICY)?.tolerated);
    }
    let (old, new) = (Draft::read(&before)?, Draft::read(&after)?);
    let required = [
        ("userName", new.user_name.is_none()),
        ("active", new.active.is_none()),
        ("userType", new.license.is_none()),
    ];
    if let Some((name, _)) = required.into_iter().find(|(_, missing)| *missing) {
        return Err(ScimError::mutability(format!(
            "attribute `{name}` cannot be removed"
        )));
    }
    Ok((difference(&old, new), tolerated))
}

/// Entra maps `emails` by default; Miro makes them from `userName` and ignores what is written.
fn is_ignored(operation: &PatchOperation) -> bool {
    let path = operation.path.as_ref();
    path.is_some_and(|path| {
        let urn = path.attribute.urn.as_deref();
        urn.is_none_or(|urn| urn.eq_ignore_ascii_case(urn::CORE_USER))
            && path.attribute.name.eq_ignore_ascii_case("emails")
    })
}

fn difference(old: &Draft, new: Draft) -> UserUpdate {
    let full_name = changed_name(old, &new);
    let changed = |old: &Option<String>, new: Option<String>| (*old != new).then_some(new);
    UserUpdate {
        photo: changed(&old.photo, new.photo),
        language: changed(&old.language, new.language),
        full_name,
        user_name: new
            .user_name
            .filter(|name| Some(name) != old.user_name.as_ref()),
        active: new.active.filter(|active| Some(*active) != old.active),
        license: new.license.filter(|license| Some(*license) != old.license),
        role: new.role.filter(|role| Some(*role) != old.role),
        admin_roles: new
            .admin_roles
            .filter(|roles| Some(roles) != old.admin_roles.as_ref()),
        enterprise: (old.enterprise != new.enterprise).then_some(new.enterprise),
    }
}

/// The new full name, from whichever of its spellings was changed, in the usual order of precedence.
fn changed_name(old: &Draft, new: &Draft) -> Option<String> {
    let changed = |old: &Option<String>, new: &Option<String>| {
        new.clone()
            .filter(|name| Some(name) != old.as_ref() && !name.trim().is_empty())
    };
    let parts = (&old.given, &old.family) != (&new.given, &new.family);
    changed(&old.display_name, &new.display_name)
        .or_else(|| changed(&old.formatted, &new.formatted))
        .or_else(|| new.joined_name().filter(|_| parts))
}

/// What a PUT asks for: what is left out is cleared, except licence, roles and activity, which stay. What Miro does
/// with attributes that are left out is not published.
pub(super) fn replacement(
    body: Value,
    user: &User,
) -> Result<(UserUpdate, Vec<Tolerance>), ScimError> {
    check_id(&body, user)?;
    let (draft, tolerated) = Draft::from_body(body)?;
    let user_name = draft.user_name.clone().filter(|name| !name.is_empty());
    let user_name =
        user_name.ok_or_else(|| ScimError::invalid_value("attribute `userName` is required"))?;
    let update = UserUpdate {
        full_name: Some(draft.full_name().unwrap_or_else(|| user_name.clone())),
        user_name: Some(user_name),
        active: draft.active,
        license: draft.license,
        role: draft.role,
        admin_roles: draft.admin_roles,
        enterprise: Some(draft.enterprise),
        photo: Some(draft.photo),
        language: Some(draft.language),
    };
    Ok((update, tolerated))
}

fn check_id(body: &Value, user: &User) -> Result<(), ScimError> {
    let members = body.as_object().into_iter().flatten();
    let id = members
        .filter(|(name, _)| name.eq_ignore_ascii_case("id"))
        .map(|(_, id)| id)
        .next();
    let own = user.id.to_string();
    match id {
        None | Some(Value::Null) => Ok(()),
        Some(Value::String(id)) if *id == own => Ok(()),
        Some(Value::Number(id)) if id.to_string() == own => Ok(()),
        Some(id) => Err(ScimError::mutability(format!(
            "attribute `id` is {id}, but the address says {own}"
        ))),
    }
}
