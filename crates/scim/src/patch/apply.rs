//! A request put to a copy of a resource.

use serde_json::{Map, Value};

use super::{
    Notes, PatchOutcome, PatchPolicy, PatchRequest, change,
    expand::{self, Expanded},
    parse::in_operation,
    steps::{Step, step},
};
use crate::{
    ScimError, json,
    path::AttributePath,
    schema::{ResourceSchema, Schema},
};

pub(super) type Members = Map<String, Value>;

pub(super) fn request(
    request: &PatchRequest,
    resource: &mut Value,
    schema: &ResourceSchema,
    policy: PatchPolicy,
) -> Result<PatchOutcome, ScimError> {
    let mut notes = Notes::new(&request.tolerated);
    let Value::Object(members) = &*resource else {
        return Err(ScimError::invalid_syntax("the resource is not an object"));
    };
    // RFC 7644 §3.5.2: all operations or none, so they are put to a copy.
    let mut copy = members.clone();
    let operations = expand::request(request, schema, policy, &mut notes)?;
    let steps = plan(&operations, schema, policy, &mut notes)?;
    for (operation, step) in steps {
        run(step, &mut copy, policy, &mut notes).map_err(|error| in_operation(operation, error))?;
    }
    list_extensions(members, &mut copy, schema);
    let changed = *members != copy;
    *resource = Value::Object(copy);
    Ok(PatchOutcome {
        changed,
        tolerated: notes.into_sorted(),
    })
}

fn plan<'a>(
    operations: &'a [Expanded<'a>],
    schema: &'a ResourceSchema,
    policy: PatchPolicy,
    notes: &mut Notes,
) -> Result<Vec<(usize, Step<'a>)>, ScimError> {
    let mut steps: Vec<(usize, Step<'a>)> = Vec::new();
    for operation in operations {
        let number = operation.operation;
        let next =
            step(operation, schema, policy, notes).map_err(|error| in_operation(number, error))?;
        let left = match (next, steps.last_mut()) {
            (Some(next), Some((_, last))) => last.join(next),
            (next, _) => next,
        };
        steps.extend(left.map(|step| (number, step)));
    }
    Ok(steps)
}

fn run(
    step: Step<'_>,
    resource: &mut Members,
    policy: PatchPolicy,
    notes: &mut Notes,
) -> Result<(), ScimError> {
    match step {
        Step::RemoveExtension(extension) => remove_extension(resource, extension),
        Step::Unknown(path, value) => {
            let value = value.cloned().unwrap_or(Value::Null);
            within(resource, path.attribute.urn.as_deref(), |holder| {
                set_unknown(holder, &path.attribute, value);
                Ok(())
            })
        }
        Step::Change(target, change) => {
            let extension = target.extension.map(|extension| extension.id.as_str());
            within(resource, extension, |holder| {
                if target.attribute.multi_valued {
                    change::many(holder, &target, change, (policy, notes))
                } else {
                    change::one(holder, &target, change)
                }
            })
        }
    }
}

/// Works on the object that holds an attribute: the resource itself, or an extension's object in it, which
/// comes with its first attribute and goes with its last.
fn within(
    resource: &mut Members,
    extension: Option<&str>,
    work: impl FnOnce(&mut Members) -> Result<(), ScimError>,
) -> Result<(), ScimError> {
    let Some(urn) = extension else {
        return work(resource);
    };
    let mut holder = take_object(resource, urn);
    work(&mut holder)?;
    assign(resource, urn, Value::Object(holder));
    Ok(())
}

fn set_unknown(holder: &mut Members, path: &AttributePath, value: Value) {
    match &path.sub {
        None => assign(holder, &path.name, value),
        Some(sub) => {
            let mut parent = take_object(holder, &path.name);
            assign(&mut parent, sub, value);
            assign(holder, &path.name, Value::Object(parent));
        }
    }
}

fn remove_extension(resource: &mut Members, extension: &Schema) -> Result<(), ScimError> {
    let Some(Value::Object(members)) = json::get(resource, &extension.id) else {
        return Ok(());
    };
    for key in members.keys() {
        if let Some(attribute) = extension.attribute(key) {
            change::check_removal(attribute)?;
        }
    }
    json::remove(resource, &extension.id);
    Ok(())
}

/// Takes an object out of its place, which stays; anything else there is dropped.
pub(super) fn take_object(members: &mut Members, name: &str) -> Members {
    match json::get_mut(members, name).map(Value::take) {
        Some(Value::Object(object)) => object,
        _ => Map::new(),
    }
}

/// Sets a member under its present spelling; what is no value removes it.
pub(super) fn assign(members: &mut Members, name: &str, value: Value) {
    if json::is_unassigned(&value) {
        json::remove(members, name);
    } else if let Some(present) = json::get_mut(members, name) {
        *present = value;
    } else {
        members.insert(name.to_owned(), value);
    }
}

/// Keeps `schemas` true (RFC 7643 §3): the URNs of extensions that came are added, of those that went removed.
fn list_extensions(before: &Members, after: &mut Members, schema: &ResourceSchema) {
    for Schema { id, .. } in &schema.extensions {
        let (had, has) = (
            json::get(before, id).is_some(),
            json::get(after, id).is_some(),
        );
        let Some(Value::Array(urns)) = json::get_mut(after, "schemas") else {
            return;
        };
        let is_listed = |urn: &Value| urn.as_str().is_some_and(|urn| urn.eq_ignore_ascii_case(id));
        if has && !had && !urns.iter().any(is_listed) {
            urns.push(Value::from(id.as_str()));
        } else if had && !has {
            urns.retain(|urn| !is_listed(urn));
        }
    }
}
