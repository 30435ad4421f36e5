//! The values of a multi-valued attribute: which are equal, which is primary.

use std::collections::{HashMap, VecDeque};

use serde_json::Value;

use super::apply::assign;
use crate::{
    ScimError, json,
    schema::{Attribute, Mutability},
};

/// Adds values that are not there yet (RFC 7644 §3.5.2.1), in time proportional to both lists. A value
/// that is there takes over the new one's other sub-attributes, as far as they may change.
pub(super) fn add(
    items: &mut Vec<Value>,
    values: Vec<Value>,
    attribute: &Attribute,
) -> Result<(), ScimError> {
    let mut index = Index::of(items, attribute);
    let mut fresh = Vec::new();
    for value in values {
        let primary = is_primary(&value);
        let position = index.find(&value, attribute).unwrap_or(items.len());
        if let Some(known) = items.get_mut(position) {
            let was_untyped = kind(known).is_none();
            take_over(known, value, attribute);
            if was_untyped {
                index.retype(position, known, attribute);
            }
        } else {
            index.insert(position, &value, attribute);
            items.push(value);
        }
        if primary && fresh.last() != Some(&position) {
            fresh.push(position);
        }
    }
    settle_primary(items, &fresh, attribute)
}

/// Removes the values that equal one of those given.
pub(super) fn remove(items: &mut Vec<Value>, values: &[Value], attribute: &Attribute) {
    let index = Index::of(values, attribute);
    items.retain(|item| index.find(item, attribute).is_none());
}

/// Sets `primary` of all others to false when one value has become primary (RFC 7644 §3.5.2).
pub(super) fn settle_primary(
    items: &mut [Value],
    fresh: &[usize],
    attribute: &Attribute,
) -> Result<(), ScimError> {
    let chosen = match fresh {
        [] => return Ok(()),
        [chosen] => *chosen,
        _ => {
            return Err(ScimError::invalid_value(format!(
                "{} values of attribute `{}` are to be primary, at most one may be (RFC 7643 §2.4)",
                fresh.len(),
                attribute.name
            )));
        }
    };
    for (position, item) in items.iter_mut().enumerate() {
        if position != chosen
            && is_primary(item)
            && let Some(primary) = item
                .as_object_mut()
                .and_then(|members| json::get_mut(members, "primary"))
        {
            *primary = Value::Bool(false);
        }
    }
    Ok(())
}

/// The positions of the primary values.
pub(super) fn primaries(items: &[Value]) -> Vec<usize> {
    let primary = items
        .iter()
        .enumerate()
        .filter(|(_, item)| is_primary(item));
    primary.map(|(position, _)| position).collect()
}

pub(super) fn is_primary(item: &Value) -> bool {
    item.as_object()
        .and_then(|members| json::get(members, "primary"))
        == Some(&Value::Bool(true))
}

fn take_over(known: &mut Value, value: Value, attribute: &Attribute) {
    let (Value::Object(known), Value::Object(members)) = (known, value) else {
        return;
    };
    for (key, member) in members {
        let mutability = attribute.sub_attribute(&key).map(|sub| sub.mutability);
        let is_set = json::get(known, &key).is_some_and(|present| !json::is_unassigned(present));
        let may_change = match mutability {
            Some(Mutability::ReadOnly) => false,
            Some(Mutability::Immutable) => !is_set,
            Some(Mutability::ReadWrite | Mutability::WriteOnly) | None => true,
        };
        if may_change && !key.eq_ignore_ascii_case("value") {
            assign(known, &key, member);
        }
    }
}

/// Where values are by what identifies them: their `value`, or all of them where there is none.
struct Index(HashMap<String, Positions>);

/// Values with the same identity. Two of them are the same value unless their types contradict: a value may
/// occur once per type (RFC 7643 §2.4).
struct Positions {
    first: usize,
    untyped: VecDeque<usize>,
    typed: HashMap<String, usize>,
}

impl Index {
    fn of(items: &[Value], attribute: &Attribute) -> Self {
        let mut index = Self(HashMap::with_capacity(items.len()));
        for (position, item) in items.iter().enumerate() {
            index.insert(position, item, attribute);
        }
        index
    }

    fn insert(&mut self, position: usize, item: &Value, attribute: &Attribute) {
        let positions = self
            .0
            .entry(identity(item, attribute))
            .or_insert_with(|| Positions {
                first: position,
                untyped: VecDeque::new(),
                typed: HashMap::new(),
            });
        match kind(item) {
            Some(kind) => {
                positions.typed.entry(kind).or_insert(position);
            }
            None => {
                positions.untyped.push_back(position);
            }
        }
    }

    /// Notes that a value has got a type; only the first one without type can.
    fn retype(&mut self, position: usize, item: &Value, attribute: &Attribute) {
        if let (Some(kind), Some(positions)) =
            (kind(item), self.0.get_mut(&identity(item, attribute)))
        {
            positions
                .untyped
                .pop_front_if(|untyped| *untyped == position);
            positions.typed.entry(kind).or_insert(position);
        }
    }

    fn find(&self, value: &Value, attribute: &Attribute) -> Option<usize> {
        let positions = self.0.get(&identity(value, attribute))?;
        match kind(value) {
            Some(kind) => positions
                .typed
                .get(&kind)
                .copied()
                .or_else(|| positions.untyped.front().copied()),
            None => Some(positions.first),
        }
    }
}

fn kind(item: &Value) -> Option<String> {
    let kind = json::get(item.as_object()?, "type")?.as_str()?;
    Some(json::fold(kind))
}

fn identity(item: &Value, attribute: &Attribute) -> String {
    let (value, defined) = match item {
        Value::Object(members) => (
            json::get(members, "value"),
            attribute.sub_attribute("value"),
        ),
        simple => (Some(simple), Some(attribute)),
    };
    match value {
        Some(Value::String(text)) if defined.is_some_and(|defined| defined.case_exact) => {
            text.clone()
        }
        Some(Value::String(text)) => json::fold(text),
        Some(Value::Null) | None => whole(item),
        Some(other) => other.to_string(),
    }
}

/// A text of all sub-attributes but `primary`, in the order of their names.
fn whole(item: &Value) -> String {
    let mut members: Vec<String> = item
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(key, _)| !key.eq_ignore_ascii_case("primary"))
        .map(|(key, member)| format!("\0{}\0{member}", key.to_ascii_lowercase()))
        .collect();
    members.sort_unstable();
    members.concat()
}
