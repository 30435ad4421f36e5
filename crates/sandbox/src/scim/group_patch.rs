//! What a PATCH of a group asks the organization to change.

use std::collections::BTreeSet;

use serde_json::Value;
use smol_str::{SmolStr, ToSmolStr as _};
use usher_scim::filter::{Literal, Operator};
use usher_scim::patch::{PatchOperation, PatchRequest, PatchVerb};
use usher_scim::path::PatchPath;
use usher_scim::{Filter, ScimError};

use crate::scim::answer;
use crate::scim::group_view::ScimGroup;
use crate::switches::{BadMembers, Dialect, Switches};
use crate::world::{MemberEdit, Refusal, UserKey, World};

/// The most members that one request may name: Miro's SCIM rate-limit page.
const MAX_MEMBERS: usize = 8000;

/// What a PATCH of a group comes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct GroupChange {
    /// The new name, as it was sent.
    pub(super) name: Option<String>,
    /// Who comes and who goes.
    pub(super) members: MemberEdit,
    /// Whether the whole list was replaced: Okta's *Push now*.
    pub(super) replaces_members: bool,
}

/// One step of the request on the members.
enum Step {
    Add(Vec<SmolStr>),
    Remove(Vec<SmolStr>),
    RemoveAll,
    Replace(Vec<SmolStr>),
}

/// Reads the operations in their order. Members are looked up in the organization; the edit that comes out has the
/// effect of all operations together.
pub(super) fn read(
    request: &PatchRequest,
    world: &World,
    group: ScimGroup,
) -> Result<GroupChange, ScimError> {
    let mut change = GroupChange::default();
    let mut steps = Vec::new();
    for operation in &request.operations {
        read_operation(operation, world, (&mut change, &mut steps))?;
    }
    check_size(&steps)?;
    change.replaces_members = steps.iter().any(|step| matches!(step, Step::Replace(_)));
    change.members = net_effect(&steps, world, group)?;
    Ok(change)
}

/// The members named in a new group.
pub(super) fn initial_members(body: &Value, world: &World) -> Result<Vec<UserKey>, ScimError> {
    let Some(members) = field(body, "members") else {
        return Ok(Vec::new());
    };
    let steps = [Step::Add(member_ids(members)?)];
    check_size(&steps)?;
    let mut bad = Vec::new();
    let [Step::Add(ids)] = &steps else {
        return Ok(Vec::new());
    };
    let known = resolve(ids, &mut bad, |id| world.find_user_ever(id));
    refuse_bad(bad, known.is_empty(), &world.switches)?;
    Ok(known
        .into_iter()
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect())
}

/// A member of a JSON object, by its name in any case.
pub(super) fn field<'v>(body: &'v Value, name: &str) -> Option<&'v Value> {
    let members = body.as_object()?;
    let found = members
        .iter()
        .find(|(key, _)| key.eq_ignore_ascii_case(name));
    found
        .map(|(_, value)| value)
        .filter(|value| !value.is_null())
}

fn read_operation(
    operation: &PatchOperation,
    world: &World,
    (change, steps): (&mut GroupChange, &mut Vec<Step>),
) -> Result<(), ScimError> {
    let Some(path) = &operation.path else {
        // Okta's form: an object of attributes, the group's own id among them.
        let value = operation.value.as_ref().unwrap_or(&Value::Null);
        if let Some(name) = field(value, "displayName") {
            change.name = Some(name_of(name)?);
        }
        if let Some(members) = field(value, "members") {
            steps.push(member_step(operation.op, Some(members))?);
        }
        return Ok(());
    };
    let target = path.attribute.name.to_ascii_lowercase();
    match (&*target, &path.value_filter, operation.op) {
        ("members", Some(filter), PatchVerb::Remove) => {
            let ids = ids_in_filter(filter, &world.switches)?;
            steps.push(Step::Remove(ids));
        }
        ("members", None, op) if path.attribute.sub.is_none() => {
            steps.push(member_step(op, operation.value.as_ref())?);
        }
        ("displayname", None, PatchVerb::Add | PatchVerb::Replace) => {
            change.name = Some(name_of(operation.value.as_ref().unwrap_or(&Value::Null))?);
        }
        ("displayname", None, PatchVerb::Remove) => {
            return Err(ScimError::mutability(
                "attribute `displayName` cannot be removed",
            ));
        }
        _ => return Err(wrong_path(path)),
    }
    Ok(())
}

fn wrong_path(path: &PatchPath) -> ScimError {
    ScimError::invalid_path(format!(
        "`{path}` cannot be changed; a group has members and displayName"
    ))
}

fn member_step(op: PatchVerb, value: Option<&Value>) -> Result<Step, ScimError> {
    Ok(match (op, value) {
        (PatchVerb::Add, Some(members)) => Step::Add(member_ids(members)?),
        (PatchVerb::Replace, Some(members)) => Step::Replace(member_ids(members)?),
        (PatchVerb::Remove, Some(members)) => Step::Remove(member_ids(members)?),
        (PatchVerb::Remove, None) => Step::RemoveAll,
        (PatchVerb::Add | PatchVerb::Replace, None) => {
            return Err(ScimError::invalid_value("the operation needs a value"));
        }
    })
}

fn name_of(value: &Value) -> Result<String, ScimError> {
    // Entra wraps single values in arrays at times.
    let value = match value {
        Value::Array(items) => items.first().unwrap_or(&Value::Null),
        value => value,
    };
    let name = value
        .as_str()
        .or_else(|| field(value, "displayName").and_then(Value::as_str));
    let name =
        name.ok_or_else(|| ScimError::invalid_value("attribute `displayName` must be a text"))?;
    Ok(name.to_owned())
}

/// Ids of members: objects with `value`, or plain ids, in an array or alone.
fn member_ids(value: &Value) -> Result<Vec<SmolStr>, ScimError> {
    let one = |member: &Value| match field(member, "value").unwrap_or(member) {
        Value::String(id) => Ok(id.into()),
        Value::Number(id) => Ok(id.to_smolstr()),
        _ => Err(ScimError::invalid_value(
            "each member needs `value`, the id of a user",
        )),
    };
    match value {
        Value::Array(members) => members.iter().map(one).collect(),
        member => Ok(vec![one(member)?]),
    }
}

/// The ids in `value eq "…"`, or several of those with `or` between them.
fn ids_in_filter(filter: &Filter, switches: &Switches) -> Result<Vec<SmolStr>, ScimError> {
    match filter {
        Filter::Or(parts) => {
            let ids: Result<Vec<_>, _> = parts
                .iter()
                .map(|part| ids_in_filter(part, switches))
                .collect();
            Ok(ids?.concat())
        }
        Filter::Compare {
            attribute,
            operator: Operator::Equal,
            value,
        } if attribute.is("value") => match value {
            Literal::Text(id) => Ok(vec![id.into()]),
            Literal::Number(id) if switches.unquoted_numbers == Dialect::Accepted => {
                Ok(vec![id.as_str().into()])
            }
            _ => Err(ScimError::invalid_filter(
                "the id of a member must stand in quotes",
            )),
        },
        _ => Err(ScimError::invalid_filter(
            "members can only be chosen by `value eq \"id\"`",
        )),
    }
}

fn check_size(steps: &[Step]) -> Result<(), ScimError> {
    let named = steps.iter().map(|step| match step {
        Step::Add(ids) | Step::Remove(ids) | Step::Replace(ids) => ids.len(),
        Step::RemoveAll => 0,
    });
    if named.sum::<usize>() > MAX_MEMBERS {
        return Err(ScimError::new(
            413,
            format!("more than {MAX_MEMBERS} members in one request"),
        ));
    }
    Ok(())
}

/// Who comes and who goes when all steps are taken.
fn net_effect(steps: &[Step], world: &World, group: ScimGroup) -> Result<MemberEdit, ScimError> {
    let before: BTreeSet<UserKey> = group.members(world).into_iter().collect();
    let mut after = before.clone();
    let mut named: BTreeSet<UserKey> = BTreeSet::new();
    let (mut bad, mut any_good) = (Vec::new(), false);
    for step in steps {
        match step {
            Step::Add(ids) | Step::Replace(ids) => {
                let known = resolve(ids, &mut bad, |id| world.find_user_ever(id));
                any_good |= !known.is_empty();
                if matches!(step, Step::Replace(_)) {
                    after.clear();
                }
                named.extend(&known);
                after.extend(known);
            }
            Step::Remove(ids) => {
                let known = resolve(ids, &mut bad, |id| world.find_scim_user(id));
                any_good |= !known.is_empty();
                for key in known {
                    after.remove(&key);
                }
            }
            Step::RemoveAll => after.clear(),
        }
    }
    refuse_bad(bad, !any_good, &world.switches)?;
    // Adding a member who is there already still activates a deactivated one.
    let coming = after
        .iter()
        .filter(|key| !before.contains(key) || named.contains(key));
    Ok(MemberEdit {
        add: coming.copied().collect(),
        remove: before.difference(&after).copied().collect(),
    })
}

fn resolve(
    ids: &[SmolStr],
    bad: &mut Vec<SmolStr>,
    find: impl Fn(u64) -> Option<UserKey>,
) -> Vec<UserKey> {
    let mut known = Vec::with_capacity(ids.len());
    for id in ids {
        match id.parse().ok().and_then(&find) {
            Some(key) => known.push(key),
            None => bad.push(id.clone()),
        }
    }
    known
}

fn refuse_bad(bad: Vec<SmolStr>, all_bad: bool, switches: &Switches) -> Result<(), ScimError> {
    if bad.is_empty() || (switches.bad_member_ids == BadMembers::RefuseWhenNoneIsValid && !all_bad)
    {
        return Ok(());
    }
    Err(answer::refusal(&Refusal::NoSuchMembers { ids: bad }))
}
