//! Sorting of resources (RFC 7644 §3.4.2.3).

use std::cmp::Ordering;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    filter::Quantity,
    json,
    path::AttributePath,
    schema::{AttributeType, ResourceSchema},
};

/// Which resources come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SortOrder {
    /// Small values first, resources without value last.
    #[default]
    Ascending,
    /// The other way round.
    Descending,
}

impl SortOrder {
    /// Reads `ascending` or `descending`, in any case.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Ascending, Self::Descending]
            .into_iter()
            .find(|order| order.as_str().eq_ignore_ascii_case(text))
    }

    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ascending => "ascending",
            Self::Descending => "descending",
        }
    }

    /// Turns an ascending comparison into one of this order.
    pub fn apply(self, ordering: Ordering) -> Ordering {
        match self {
            Self::Ascending => ordering,
            Self::Descending => ordering.reverse(),
        }
    }
}

/// What a resource is sorted by. Keys of one attribute compare as RFC 7644 §3.4.2.3 wants: by type, texts
/// by `caseExact`, and a resource without value after all others (first in descending order).
#[derive(Debug, Clone)]
pub struct SortKey(Key);

#[derive(Debug, Clone)]
enum Key {
    Boolean(bool),
    Number(Quantity),
    Instant(Timestamp),
    Text(Box<str>),
    Missing,
}

impl Key {
    fn rank(&self) -> u8 {
        match self {
            Self::Boolean(_) => 0,
            Self::Number(_) => 1,
            Self::Instant(_) => 2,
            Self::Text(_) => 3,
            Self::Missing => 4,
        }
    }
}

impl Ord for SortKey {
    fn cmp(&self, other: &Self) -> Ordering {
        match (&self.0, &other.0) {
            (Key::Boolean(left), Key::Boolean(right)) => left.cmp(right),
            (Key::Number(left), Key::Number(right)) => left.total_cmp(right),
            (Key::Instant(left), Key::Instant(right)) => left.cmp(right),
            (Key::Text(left), Key::Text(right)) => left.cmp(right),
            (left, right) => left.rank().cmp(&right.rank()),
        }
    }
}

impl PartialOrd for SortKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for SortKey {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for SortKey {}

/// The key of a resource for an attribute. A multi-valued attribute counts with its primary value, or else
/// its first; a complex one with its `value` (RFC 7644 §3.4.2.3).
pub fn sort_key(resource: &Value, path: &AttributePath, schema: &ResourceSchema) -> SortKey {
    let place = schema.place(path);
    let chosen = place.raw(resource).and_then(|value| match value {
        Value::Array(items) => items.iter().find(|item| is_primary(item)).or(items.first()),
        value => Some(value),
    });
    let value = chosen.and_then(|value| match (value, place.sub) {
        (Value::Object(members), sub) => json::get(members, sub.unwrap_or("value")),
        (value, None) => Some(value),
        (_, Some(_)) => None,
    });
    let kind = place.leaf.map(|leaf| leaf.kind);
    let case_exact = place.leaf.is_some_and(|leaf| leaf.case_exact);
    SortKey(match value {
        Some(Value::Bool(boolean)) => Key::Boolean(*boolean),
        Some(Value::Number(number)) => Key::Number(Quantity::of(number)),
        Some(Value::String(text)) => match kind {
            Some(AttributeType::DateTime) => {
                json::instant(text).map_or_else(|| Key::Text(text.as_str().into()), Key::Instant)
            }
            _ if case_exact => Key::Text(text.as_str().into()),
            _ => Key::Text(json::fold(text).into()),
        },
        _ => Key::Missing,
    })
}

fn is_primary(value: &Value) -> bool {
    let primary = value
        .as_object()
        .and_then(|members| json::get(members, "primary"));
    match primary {
        Some(Value::Bool(primary)) => *primary,
        Some(Value::String(text)) => json::boolean(text) == Some(true),
        _ => false,
    }
}
