//! Small questions to raw JSON: names without case, texts without case, instants, emptiness.

use std::cmp::Ordering;

use jiff::{Timestamp, civil, tz::TimeZone};
use serde_json::{Map, Value};

/// A member by its name, compared without case (RFC 7643 §2.1).
pub fn get<'v>(object: &'v Map<String, Value>, name: &str) -> Option<&'v Value> {
    object.get(name).or_else(|| {
        object
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    })
}

/// The spelling in which the object has the name, or the given one.
pub(crate) fn key_of(object: &Map<String, Value>, name: &str) -> String {
    object
        .keys()
        .find(|key| key.eq_ignore_ascii_case(name))
        .map_or(name, String::as_str)
        .to_owned()
}

/// A member by its name, to change it.
pub(crate) fn get_mut<'v>(object: &'v mut Map<String, Value>, name: &str) -> Option<&'v mut Value> {
    if object.contains_key(name) {
        return object.get_mut(name);
    }
    object
        .iter_mut()
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value)
}

/// Removes a member by its name and keeps the others' order.
pub fn remove(object: &mut Map<String, Value>, name: &str) -> Option<Value> {
    let key = key_of(object, name);
    object.shift_remove(&key)
}

/// The text without case. All case-insensitive comparisons go through this mapping.
pub fn fold(text: &str) -> String {
    folded(text).collect()
}

fn folded(text: &str) -> impl Iterator<Item = char> {
    text.chars().flat_map(char::to_lowercase)
}

/// Whether two texts are equal without case.
pub(crate) fn same_text(left: &str, right: &str) -> bool {
    left.eq_ignore_ascii_case(right)
        || (!(left.is_ascii() && right.is_ascii()) && folded(left).eq(folded(right)))
}

/// Which of two texts comes first without case.
pub(crate) fn order_text(left: &str, right: &str) -> Ordering {
    folded(left).cmp(folded(right))
}

/// Reads `xsd:dateTime` (RFC 7643 §2.3.5); without offset it is taken as UTC.
pub(crate) fn instant(text: &str) -> Option<Timestamp> {
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Some(instant);
    }
    let local: civil::DateTime = text.parse().ok()?;
    Some(local.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

/// `true` and `false` as texts in any case.
pub(crate) fn boolean(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

/// Null, `[]` and `{}` are the same as no value (RFC 7643 §2.5).
pub(crate) fn is_unassigned(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    }
}

/// The name of a value's JSON type, for messages.
pub(crate) fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_compared_without_case_beyond_ascii() {
        assert!(same_text("Zoë ÅSA", "ZOË åsa"));
        assert!(!same_text("zoe", "zoë"));
        assert_eq!(order_text("ÄB", "äc"), Ordering::Less);
    }

    #[test]
    fn date_times_with_any_offset_are_one_instant() {
        let utc = instant("2011-05-13T04:42:34Z");
        assert!(utc.is_some());
        assert_eq!(utc, instant("2011-05-13T06:42:34+02:00"));
        assert_eq!(utc, instant("2011-05-13T04:42:34"));
        assert_eq!(instant("yesterday"), None);
    }
}
