//! One change to one attribute (RFC 7644 §3.5.2.1–§3.5.2.3).

use serde_json::{Map, Value};

use super::{
    Notes, PatchPolicy, UnmatchedFilter,
    apply::{Members, assign, take_object},
    multi,
    steps::{Change, Target},
};
use crate::{
    ScimError, Tolerance,
    filter::{CompiledFilter, Filter, Literal, Operator},
    json,
    schema::{Attribute, AttributeType, Mutability},
};

/// Changes a single-valued attribute.
pub(super) fn one(
    holder: &mut Members,
    target: &Target<'_>,
    change: Change,
) -> Result<(), ScimError> {
    let attribute = target.attribute;
    let value = match change {
        Change::Set(value) => value,
        Change::Remove => Value::Null,
        // Lists and selections are of multi-valued attributes; `steps` sends none of them here.
        _ => return Ok(()),
    };
    let source = match (target.sub, value) {
        (Some(sub), value) => Map::from_iter([(sub.name.clone(), value)]),
        // RFC 7644 §3.5.2.3: sub-attributes that are not given stay as they are.
        (None, Value::Object(members)) if attribute.is_complex() => members,
        (None, value) => {
            let source = Map::from_iter([(attribute.name.clone(), value)]);
            return merge(holder, source, |_| Some(attribute));
        }
    };
    let mut object = take_object(holder, &attribute.name);
    merge(&mut object, source, |name| attribute.sub_attribute(name))?;
    if attribute.required && object.is_empty() {
        check_removal(attribute)?;
    }
    assign(holder, &attribute.name, Value::Object(object));
    Ok(())
}

/// Takes over members; null removes one. What may not change is refused unless it stays the same.
fn merge<'a>(
    object: &mut Members,
    source: Members,
    define: impl Fn(&str) -> Option<&'a Attribute>,
) -> Result<(), ScimError> {
    for (name, value) in source {
        let present = json::get(object, &name).filter(|present| !json::is_unassigned(present));
        if present == Some(&value) || (present.is_none() && json::is_unassigned(&value)) {
            continue;
        }
        if let (Some(attribute), Some(_)) = (define(&name), present) {
            if json::is_unassigned(&value) {
                check_removal(attribute)?;
            } else if attribute.mutability == Mutability::Immutable {
                return Err(immutable(attribute));
            }
        }
        assign(object, &name, value);
    }
    Ok(())
}

/// RFC 7644 §3.5.2.2: what is required or read-only cannot be removed.
pub(super) fn check_removal(attribute: &Attribute) -> Result<(), ScimError> {
    match attribute.mutability {
        _ if attribute.required => Err(ScimError::mutability(format!(
            "attribute `{}` is required and cannot be removed",
            attribute.name
        ))),
        Mutability::Immutable => Err(immutable(attribute)),
        Mutability::ReadOnly => Err(ScimError::mutability(format!(
            "attribute `{}` is read-only",
            attribute.name
        ))),
        Mutability::ReadWrite | Mutability::WriteOnly => Ok(()),
    }
}

fn immutable(attribute: &Attribute) -> ScimError {
    ScimError::mutability(format!(
        "attribute `{}` is immutable and has a value already",
        attribute.name
    ))
}

/// Changes a multi-valued attribute.
pub(super) fn many(
    holder: &mut Members,
    target: &Target<'_>,
    change: Change,
    context: (PatchPolicy, &mut Notes),
) -> Result<(), ScimError> {
    let attribute = target.attribute;
    let before = take_list(holder, &attribute.name);
    let was_listed = json::get(holder, &attribute.name).is_some();
    let fixed = (attribute.mutability == Mutability::Immutable && !before.is_empty())
        .then(|| before.clone());
    let had_values = !before.is_empty();
    let items = changed_list(before, target, change, context)?;
    if fixed.is_some_and(|fixed| fixed != items) {
        return Err(immutable(attribute));
    }
    if had_values && items.is_empty() {
        check_removal(attribute)?;
    }
    // An empty array is the same as none (RFC 7643 §2.5), so one that was there may stay.
    if items.is_empty() && was_listed && !had_values {
        if let Some(place) = json::get_mut(holder, &attribute.name) {
            *place = Value::Array(items);
        }
    } else {
        assign(holder, &attribute.name, Value::Array(items));
    }
    Ok(())
}

fn changed_list(
    mut items: Vec<Value>,
    target: &Target<'_>,
    change: Change,
    context: (PatchPolicy, &mut Notes),
) -> Result<Vec<Value>, ScimError> {
    match change {
        Change::AddValues(values) => multi::add(&mut items, values, target.attribute)?,
        Change::ReplaceValues(values) => {
            items.clear();
            multi::add(&mut items, values, target.attribute)?;
        }
        Change::RemoveValues(values) => multi::remove(&mut items, &values, target.attribute),
        Change::Remove => remove(&mut items, target)?,
        Change::Set(value) => {
            set(&mut items, target, value, context, |item, source| {
                merge_value(item, source, target.attribute)
            })?;
        }
        Change::SetSelected(value) => {
            set(&mut items, target, value, context, |item, source| {
                *item = source;
                Ok(())
            })?;
        }
    }
    Ok(items)
}

/// Takes the values out of their place; a lone value that should be an array becomes one.
fn take_list(holder: &mut Members, name: &str) -> Vec<Value> {
    match json::get_mut(holder, name).map(Value::take) {
        Some(Value::Array(items)) => items,
        Some(Value::Null) | None => Vec::new(),
        Some(other) => vec![other],
    }
}

fn remove(items: &mut Vec<Value>, target: &Target<'_>) -> Result<(), ScimError> {
    let filter = compiled(target);
    let is_selected = |item: &Value| filter.as_ref().is_none_or(|filter| filter.matches(item));
    let Some(sub) = target.sub else {
        items.retain(|item| !is_selected(item));
        return Ok(());
    };
    for item in items.iter_mut() {
        if is_selected(item) {
            let nothing = Map::from_iter([(sub.name.clone(), Value::Null)]);
            merge_value(item, Value::Object(nothing), target.attribute)?;
        }
    }
    items.retain(|item| !json::is_unassigned(item));
    Ok(())
}

fn compiled<'a>(target: &Target<'a>) -> Option<CompiledFilter<'a>> {
    target
        .filter
        .map(|filter| CompiledFilter::over_values(filter, target.attribute))
}

fn merge_value(item: &mut Value, source: Value, attribute: &Attribute) -> Result<(), ScimError> {
    match (item, source) {
        (Value::Object(members), Value::Object(source)) => {
            merge(members, source, |name| attribute.sub_attribute(name))
        }
        (item, source) => {
            *item = source;
            Ok(())
        }
    }
}

/// Sets the selected values, or one of their sub-attributes.
fn set(
    items: &mut Vec<Value>,
    target: &Target<'_>,
    value: Value,
    (policy, notes): (PatchPolicy, &mut Notes),
    write: impl Fn(&mut Value, Value) -> Result<(), ScimError>,
) -> Result<(), ScimError> {
    let source = match target.sub {
        Some(sub) => Value::Object(Map::from_iter([(sub.name.clone(), value)])),
        None => value,
    };
    let selected = selected(items, target);
    if selected.is_empty() {
        let created = created(target, source, policy, notes)?;
        return multi::add(items, vec![created], target.attribute);
    }
    let fresh = if multi::is_primary(&source) {
        selected.clone()
    } else {
        Vec::new()
    };
    for position in selected {
        if let Some(item) = items.get_mut(position) {
            write(item, source.clone())?;
        }
    }
    multi::settle_primary(items, &fresh, target.attribute)
}

/// The values that a filter matches; without filter the primary one, or all when none is primary
/// ([`Tolerance::SubAttributeOfMultiValued`]).
fn selected(items: &[Value], target: &Target<'_>) -> Vec<usize> {
    match compiled(target) {
        Some(filter) => (0..)
            .zip(items)
            .filter(|(_, item)| filter.matches(item))
            .map(|(position, _)| position)
            .collect(),
        None => match multi::primaries(items) {
            primaries if primaries.is_empty() => (0..items.len()).collect(),
            primaries => primaries,
        },
    }
}

/// The value that a path describes which matches none.
fn created(
    target: &Target<'_>,
    source: Value,
    policy: PatchPolicy,
    notes: &mut Notes,
) -> Result<Value, ScimError> {
    let mut members = Map::new();
    if let Some(filter) = target.filter {
        let describes = policy.unmatched_filter == UnmatchedFilter::Create
            && describe(filter, target.attribute, &mut members);
        if !describes {
            return Err(ScimError::no_target(format!(
                "the filter of `{}` matches no value",
                target.path
            )));
        }
        notes.add(Tolerance::UnmatchedFilterCreates);
    }
    match source {
        Value::Object(source) => {
            members.extend(source);
            members.retain(|_, member| !member.is_null());
            Ok(Value::Object(members))
        }
        simple => Ok(simple),
    }
}

/// Writes what a filter of `eq` conditions says about a value. False when it says anything else.
fn describe(filter: &Filter, attribute: &Attribute, members: &mut Members) -> bool {
    match filter {
        Filter::And(parts) => parts.iter().all(|part| describe(part, attribute, members)),
        Filter::Compare {
            attribute: path,
            operator: Operator::Equal,
            value,
        } => {
            let sub = attribute.sub_attribute(&path.name);
            match sub.and_then(|sub| Some((sub, literal(value, sub.kind)?))) {
                Some((sub, value)) => {
                    members.insert(sub.name.clone(), value);
                    true
                }
                None => false,
            }
        }
        _ => false,
    }
}

fn literal(literal: &Literal, kind: AttributeType) -> Option<Value> {
    match (literal, kind) {
        (Literal::Text(text), AttributeType::Boolean) => json::boolean(text).map(Value::Bool),
        (Literal::Boolean(boolean), AttributeType::Boolean) => Some(Value::Bool(*boolean)),
        (_, AttributeType::Boolean) | (Literal::Boolean(_) | Literal::Null, _) => None,
        (Literal::Number(number), AttributeType::Integer | AttributeType::Decimal) => {
            serde_json::from_str(number.as_str()).ok()
        }
        (Literal::Number(number), _) => Some(Value::from(number.as_str())),
        (Literal::Text(text), _) => Some(Value::from(text.as_str())),
    }
}
