//! What differs between two documents of settings, place by place.

use std::collections::BTreeMap;

use serde_json::Value;

/// One place that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The place: `guards.disables.percent`, `user_mapping.3.source.value`.
    pub place: String,
    /// What was there.
    pub before: Option<String>,
    /// What is there.
    pub after: Option<String>,
}

/// The places at which two documents differ, in order.
pub fn between(before: &Value, after: &Value) -> Vec<Difference> {
    let (mut old, mut new) = (BTreeMap::new(), BTreeMap::new());
    flatten(before, String::new(), &mut old);
    flatten(after, String::new(), &mut new);
    let mut places: Vec<&String> = old.keys().chain(new.keys()).collect();
    places.sort_unstable();
    places.dedup();
    places
        .into_iter()
        .filter(|place| old.get(*place) != new.get(*place))
        .map(|place| Difference {
            place: place.clone(),
            before: old.get(place).cloned(),
            after: new.get(place).cloned(),
        })
        .collect()
}

fn flatten(value: &Value, place: String, into: &mut BTreeMap<String, String>) {
    let below = |name: &str| {
        if place.is_empty() {
            name.to_owned()
        } else {
            format!("{place}.{name}")
        }
    };
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                flatten(member, below(name), into);
            }
        }
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                flatten(item, below(&(at + 1).to_string()), into);
            }
        }
        Value::Null => {}
        Value::String(text) => {
            into.insert(place, text.clone());
        }
        other => {
            into.insert(place, other.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_places_that_differ_are_named() {
        let before = json!({"a": {"b": 1, "c": "x"}, "list": [1, 2]});
        let after = json!({"a": {"b": 2, "c": "x"}, "list": [1]});
        let places: Vec<String> = between(&before, &after)
            .into_iter()
            .map(|d| format!("{} {:?} {:?}", d.place, d.before, d.after))
            .collect();
        assert_eq!(
            places,
            ["a.b Some(\"1\") Some(\"2\")", "list.2 Some(\"2\") None"]
        );
    }
}
