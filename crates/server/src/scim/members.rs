//! Members of groups in bodies: they are rows of their own, so what a body says about them is taken out of it first.

use serde_json::{Map, Value, json};
use usher_engine::people::MemberChange;
use usher_scim::filter::{Literal, Operator};
use usher_scim::patch::{PatchOperation, PatchRequest, PatchVerb};
use usher_scim::path::PatchPath;
use usher_scim::{Filter, ScimError, json as scim_json};
use usher_store::PushedMember;

use super::kind::ResourceKind;

/// What an operation does to a group's members.
#[derive(Clone, Debug, PartialEq)]
pub enum MemberOperation {
    /// A change by ids.
    Change(MemberChange),
    /// Those whom a filter selects leave.
    RemoveSelected(Filter),
}

/// A PATCH of a group: what it does to members, and the rest.
#[derive(Clone, Debug)]
pub struct GroupPatch {
    /// Everything else, in its order.
    pub rest: PatchRequest,
    /// What becomes of members, in its order.
    pub members: Vec<MemberOperation>,
}

/// Takes what is about members out of a request.
pub fn split(request: PatchRequest) -> Result<GroupPatch, ScimError> {
    let mut patch = GroupPatch {
        rest: PatchRequest {
            operations: Vec::new(),
            tolerated: request.tolerated,
        },
        members: Vec::new(),
    };
    for (at, operation) in request.operations.into_iter().enumerate() {
        take(operation, &mut patch).map_err(|error| ScimError {
            detail: format!("operation {}: {}", at + 1, error.detail),
            ..error
        })?;
    }
    Ok(patch)
}

fn take(operation: PatchOperation, patch: &mut GroupPatch) -> Result<(), ScimError> {
    let PatchOperation { op, path, value } = operation;
    match path {
        Some(path) if is_members(&path) => {
            patch.members.push(by_path(op, &path, value.as_ref())?);
        }
        Some(path) => patch.rest.operations.push(PatchOperation {
            op,
            path: Some(path),
            value,
        }),
        None => pathless(op, value, patch)?,
    }
    Ok(())
}

fn is_members(path: &PatchPath) -> bool {
    let urn = path.attribute.urn.as_deref();
    let core = &ResourceKind::Group.schema().core.id;
    path.attribute.name.eq_ignore_ascii_case("members")
        && urn.is_none_or(|urn| urn.eq_ignore_ascii_case(core))
}

fn by_path(
    op: PatchVerb,
    path: &PatchPath,
    value: Option<&Value>,
) -> Result<MemberOperation, ScimError> {
    if path.sub.is_some() || path.attribute.sub.is_some() {
        return Err(ScimError::mutability(
            "a member comes and goes as a whole; its parts cannot be changed",
        ));
    }
    let given = value.filter(|value| !value.is_null());
    let change = match (op, &path.value_filter, given) {
        (PatchVerb::Remove, Some(filter), _) => return Ok(removal(filter)),
        (PatchVerb::Add | PatchVerb::Replace, Some(_), _) => {
            return Err(ScimError::mutability(
                "a member comes and goes as a whole; add or remove it",
            ));
        }
        (PatchVerb::Remove, None, None) => MemberChange::Replace(Vec::new()),
        (PatchVerb::Remove, None, Some(value)) => MemberChange::Remove(ids(value)?),
        (PatchVerb::Replace, None, value) => MemberChange::Replace(optional_ids(value)?),
        (PatchVerb::Add, None, value) => MemberChange::Add(optional_ids(value)?),
    };
    Ok(MemberOperation::Change(change))
}

fn optional_ids(value: Option<&Value>) -> Result<Vec<String>, ScimError> {
    value.map_or_else(|| Ok(Vec::new()), ids)
}

/// `members[value eq "x"]`, also several of them, needs no look at the members.
fn removal(filter: &Filter) -> MemberOperation {
    match named(filter) {
        Some(ids) => MemberOperation::Change(MemberChange::Remove(ids)),
        None => MemberOperation::RemoveSelected(filter.clone()),
    }
}

fn named(filter: &Filter) -> Option<Vec<String>> {
    match filter {
        Filter::Or(parts) => parts
            .iter()
            .map(named)
            .collect::<Option<Vec<_>>>()
            .map(|ids| ids.into_iter().flatten().collect()),
        Filter::Compare {
            attribute,
            operator: Operator::Equal,
            value,
        } if attribute.is("value") => match value {
            Literal::Text(text) => Some(vec![text.clone()]),
            Literal::Number(number) => Some(vec![number.as_str().to_owned()]),
            Literal::Boolean(_) | Literal::Null => None,
        },
        _ => None,
    }
}

/// Without a path the value is an object of attributes, `members` perhaps among them.
fn pathless(op: PatchVerb, value: Option<Value>, patch: &mut GroupPatch) -> Result<(), ScimError> {
    let Some(Value::Object(attributes)) = value else {
        patch.rest.operations.push(PatchOperation {
            op,
            path: None,
            value,
        });
        return Ok(());
    };
    let mut others = Map::new();
    for (name, value) in attributes {
        let path = PatchPath::parse(&name).ok().filter(is_members);
        match path {
            Some(path) => patch.members.push(by_path(op, &path, Some(&value))?),
            None => {
                others.insert(name, value);
            }
        }
    }
    if !others.is_empty() {
        patch.rest.operations.push(PatchOperation {
            op,
            path: None,
            value: Some(Value::Object(others)),
        });
    }
    Ok(())
}

/// The ids in a value: an array, or one alone, of objects with `value`, or of plain texts.
pub fn ids(value: &Value) -> Result<Vec<String>, ScimError> {
    match value {
        Value::Null => Ok(Vec::new()),
        Value::Array(items) => items
            .iter()
            .filter(|item| !item.is_null())
            .map(id)
            .collect(),
        one => Ok(vec![id(one)?]),
    }
}

fn id(item: &Value) -> Result<String, ScimError> {
    let value = match item {
        Value::Object(members) => scim_json::get(members, "value"),
        plain => Some(plain),
    };
    match value {
        Some(Value::String(text)) if !text.is_empty() => Ok(text.clone()),
        Some(Value::Number(number)) => Ok(number.to_string()),
        _ => Err(ScimError::invalid_value(
            "a member needs `value`, the id of a user or group",
        )),
    }
}

/// A member as it is shown.
pub fn shown(member: &PushedMember, address: impl Fn(&str) -> String) -> Value {
    let kind = ResourceKind::of(member.kind);
    json!({
        "value": member.id,
        "$ref": address(&format!("{}/{}", kind.endpoint(), member.id)),
        "type": kind.name(),
    })
}

/// The members whom a filter selects.
pub fn selected(filter: &Filter, members: &[PushedMember]) -> Result<Vec<String>, ScimError> {
    let schema = ResourceKind::Group.schema();
    let whole = Filter::Values {
        attribute: usher_scim::AttributePath::named("members"),
        filter: Box::new(filter.clone()),
    };
    whole.check(schema)?;
    let compiled = whole.compile(schema);
    let is_selected = |member: &&PushedMember| {
        compiled.matches(&json!({"members": [shown(member, str::to_owned)]}))
    };
    Ok(members
        .iter()
        .filter(is_selected)
        .map(|member| member.id.clone())
        .collect())
}

#[cfg(test)]
mod tests {
    use usher_store::EntryKind;

    use super::*;

    fn split_of(operations: &Value) -> GroupPatch {
        let body = json!({"schemas": [usher_scim::urn::PATCH_OP], "Operations": operations});
        split(PatchRequest::parse(&body).unwrap()).unwrap()
    }

    fn changes(operations: &Value) -> Vec<MemberOperation> {
        split_of(operations).members
    }

    fn remove(ids: &[&str]) -> MemberOperation {
        let ids = ids.iter().map(|&id| id.to_owned()).collect();
        MemberOperation::Change(MemberChange::Remove(ids))
    }

    #[test]
    fn members_are_told_from_the_rest_whichever_way_they_are_named() {
        let one = vec!["1".to_owned()];
        let add = MemberOperation::Change(MemberChange::Add(one.clone()));
        assert_eq!(
            changes(&json!([{"op": "Add", "path": "members", "value": [{"value": "1"}]}])),
            [add]
        );
        let patch = split_of(&json!([
            {"op": "replace", "value": {"displayName": "New", "members": [{"value": "1"}]}}
        ]));
        let replace = MemberOperation::Change(MemberChange::Replace(one));
        assert_eq!(patch.members, [replace]);
        assert_eq!(
            patch.rest.operations[0].value,
            Some(json!({"displayName": "New"}))
        );
    }

    #[test]
    fn members_leave_by_filter_by_value_or_all_at_once() {
        assert_eq!(
            changes(
                &json!([{"op": "remove", "path": "members[value eq \"1\" or value eq \"2\"]"}])
            ),
            [remove(&["1", "2"])]
        );
        assert_eq!(
            changes(&json!([{"op": "Remove", "path": "members", "value": [{"value": "1"}]}])),
            [remove(&["1"])]
        );
        assert_eq!(
            changes(&json!([{"op": "remove", "path": "members"}])),
            [MemberOperation::Change(MemberChange::Replace(Vec::new()))]
        );
    }

    #[test]
    fn any_other_filter_is_put_to_the_members() {
        let [MemberOperation::RemoveSelected(filter)] =
            &changes(&json!([{"op": "remove", "path": "members[type eq \"Group\"]"}]))[..]
        else {
            panic!("no filter")
        };
        let members = [("1", EntryKind::Person), ("2", EntryKind::Group)];
        let members = members.map(|(id, kind)| PushedMember {
            id: id.to_owned(),
            kind,
        });
        assert_eq!(selected(filter, &members).unwrap(), ["2"]);
    }
}
