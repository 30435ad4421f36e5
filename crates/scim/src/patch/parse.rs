//! The PATCH message in JSON.

use serde_json::{Map, Value, json};

use super::{PatchOperation, PatchRequest, PatchVerb};
use crate::{ScimError, Tolerance, json, path::PatchPath, urn};

pub(super) fn request(body: &Value) -> Result<PatchRequest, ScimError> {
    let members = body.as_object().ok_or_else(|| {
        ScimError::invalid_syntax(format!(
            "the PATCH body is {}, expected an object with `Operations`",
            json::type_name(body)
        ))
    })?;
    let mut tolerated = Vec::new();
    check_schemas(members, &mut tolerated)?;
    let operations = match json::get(members, "Operations") {
        Some(Value::Array(operations)) if !operations.is_empty() => operations,
        _ => {
            return Err(ScimError::invalid_syntax(
                "the PATCH body needs `Operations`, an array with at least one operation",
            ));
        }
    };
    let operations = operations
        .iter()
        .enumerate()
        .map(|(index, raw)| {
            operation(raw, &mut tolerated).map_err(|error| in_operation(index, error))
        })
        .collect::<Result<_, _>>()?;
    tolerated.sort_unstable();
    tolerated.dedup();
    Ok(PatchRequest {
        operations,
        tolerated,
    })
}

/// Says which operation failed, counted from 1.
pub(super) fn in_operation(index: usize, error: ScimError) -> ScimError {
    ScimError {
        detail: format!("operation {}: {}", index + 1, error.detail),
        ..error
    }
}

fn check_schemas(
    members: &Map<String, Value>,
    tolerated: &mut Vec<Tolerance>,
) -> Result<(), ScimError> {
    let Some(schemas) = json::get(members, "schemas") else {
        tolerated.push(Tolerance::MissingSchemas);
        return Ok(());
    };
    let is_patch = |urn: &Value| {
        urn.as_str()
            .is_some_and(|urn| urn.eq_ignore_ascii_case(urn::PATCH_OP))
    };
    match schemas {
        Value::Array(urns) if urns.iter().any(is_patch) => Ok(()),
        _ => Err(ScimError::invalid_syntax(format!(
            "`schemas` of a PATCH body must be [\"{}\"]",
            urn::PATCH_OP
        ))),
    }
}

fn operation(raw: &Value, tolerated: &mut Vec<Tolerance>) -> Result<PatchOperation, ScimError> {
    let members = raw
        .as_object()
        .ok_or_else(|| ScimError::invalid_syntax("it is not an object"))?;
    let op = verb(json::get(members, "op"), tolerated)?;
    let path = match json::get(members, "path") {
        None | Some(Value::Null) => None,
        Some(Value::String(path)) if path.is_empty() => None,
        Some(Value::String(path)) => Some(PatchPath::parse(path)?),
        Some(other) => {
            return Err(ScimError::invalid_path(format!(
                "`path` is {}, expected a text",
                json::type_name(other)
            )));
        }
    };
    let value = json::get(members, "value").cloned();
    match (op, &path, &value) {
        (PatchVerb::Remove, None, _) => Err(ScimError::no_target(
            "a remove needs a `path` (RFC 7644 §3.5.2.2)",
        )),
        (PatchVerb::Add | PatchVerb::Replace, _, None) => Err(ScimError::invalid_value(format!(
            "`value` is missing; {op} needs one"
        ))),
        _ => Ok(PatchOperation { op, path, value }),
    }
}

fn verb(raw: Option<&Value>, tolerated: &mut Vec<Tolerance>) -> Result<PatchVerb, ScimError> {
    let word = raw.and_then(Value::as_str).unwrap_or_default();
    let verb = [PatchVerb::Add, PatchVerb::Replace, PatchVerb::Remove]
        .into_iter()
        .find(|verb| verb.as_str().eq_ignore_ascii_case(word))
        .ok_or_else(|| {
            ScimError::invalid_syntax(format!("`op` is `{word}`, expected add, replace or remove"))
        })?;
    if verb.as_str() != word {
        tolerated.push(Tolerance::CapitalisedOperation);
    }
    Ok(verb)
}

pub(super) fn to_value(request: &PatchRequest) -> Value {
    let operations: Vec<Value> = request
        .operations
        .iter()
        .map(|operation| {
            let mut members = Map::new();
            members.insert("op".to_owned(), json!(operation.op.as_str()));
            if let Some(path) = &operation.path {
                members.insert("path".to_owned(), json!(path.to_string()));
            }
            if let Some(value) = &operation.value {
                members.insert("value".to_owned(), value.clone());
            }
            Value::Object(members)
        })
        .collect();
    json!({"schemas": [urn::PATCH_OP], "Operations": operations})
}
