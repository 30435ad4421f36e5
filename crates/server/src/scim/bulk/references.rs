//! References from one operation of a bulk request to what another one creates (RFC 7644 §3.7.2).

use std::collections::{HashMap, HashSet};

use serde_json::Value;
use usher_scim::ScimError;
use usher_scim::bulk::{BULK_ID, BulkOperation};

use super::Resolved;
use crate::scim::answer::Refusal;

/// The names of what is created, and the ids of what was.
pub struct References {
    /// Names that some operation creates.
    created: HashSet<String>,
    /// The ids of those that are there by now.
    known: HashMap<String, String>,
}

impl References {
    /// The names that operations give.
    ///
    /// # Errors
    /// 400 when a creation has no name, or two have the same.
    pub fn of(operations: &[BulkOperation]) -> Result<Self, ScimError> {
        let mut created = HashSet::new();
        for operation in operations {
            if !is_creation(operation) {
                continue;
            }
            let Some(name) = &operation.bulk_id else {
                return Err(ScimError::invalid_syntax(
                    "an operation with the method POST needs a `bulkId`",
                ));
            };
            if !created.insert(name.clone()) {
                return Err(ScimError::invalid_syntax(format!(
                    "two operations have the `bulkId` `{name}`"
                )));
            }
        }
        Ok(Self {
            created,
            known: HashMap::new(),
        })
    }

    /// Notes what an operation created.
    pub fn learn(&mut self, operation: &BulkOperation, location: Option<&str>) {
        let id = location.and_then(|location| location.rsplit('/').next());
        if let (true, Some(name), Some(id)) = (is_creation(operation), &operation.bulk_id, id) {
            self.known.insert(name.clone(), id.to_owned());
        }
    }

    /// Whether nothing that an operation refers to is still to be created.
    pub fn are_known(&self, operation: &BulkOperation) -> bool {
        let is_known = |name: &str| self.known.contains_key(name) || !self.created.contains(name);
        let path = operation
            .path
            .split('/')
            .all(|part| part.strip_prefix(BULK_ID).is_none_or(is_known));
        path && operation.data.as_ref().is_none_or(|data| {
            all_texts(data, Place::Other, &|place, text| {
                text.strip_prefix(BULK_ID).is_none_or(is_known)
                    && place.named_in(text).all(is_known)
            })
        })
    }

    /// The operation with ids in place of names.
    ///
    /// # Errors
    /// 409 when a name is that of nothing that was created.
    pub fn resolve(&self, operation: &BulkOperation) -> Result<Resolved, Refusal> {
        let mut parts = Vec::new();
        for part in operation.path.split('/') {
            parts.push(self.id(part)?);
        }
        let mut data = operation.data.clone();
        if let Some(data) = &mut data {
            self.replace(data, Place::Other)?;
        }
        Ok(Resolved {
            path: parts.join("/"),
            data,
        })
    }

    fn id(&self, text: &str) -> Result<String, Refusal> {
        let Some(name) = text.strip_prefix(BULK_ID) else {
            return Ok(text.to_owned());
        };
        self.known.get(name).cloned().ok_or_else(|| {
            let words = format!("`{text}` names nothing that this request has created");
            Refusal::new(409, words)
        })
    }

    fn replace(&self, value: &mut Value, place: Place) -> Result<(), Refusal> {
        match value {
            Value::String(text) if text.starts_with(BULK_ID) => *text = self.id(text)?,
            Value::String(text) => {
                let names: HashSet<String> = place.named_in(text).map(str::to_owned).collect();
                for name in names {
                    let id = self.id(&format!("{BULK_ID}{name}"))?;
                    *text = text.replace(&format!("\"{BULK_ID}{name}\""), &format!("\"{id}\""));
                }
            }
            Value::Array(items) => items
                .iter_mut()
                .try_for_each(|item| self.replace(item, place))?,
            Value::Object(members) => members
                .iter_mut()
                .try_for_each(|(name, member)| self.replace(member, Place::of(name)))?,
            _ => {}
        }
        Ok(())
    }
}

/// Where a text stands in an operation's data.
#[derive(Clone, Copy)]
enum Place {
    /// It is the `path` of a PATCH's operation, which may name members.
    Path,
    /// It is a value, whose quotation marks mean nothing.
    Other,
}

impl Place {
    fn of(member: &str) -> Self {
        if member.eq_ignore_ascii_case("path") {
            Self::Path
        } else {
            Self::Other
        }
    }

    /// The names in a path such as `members[value eq "bulkId:u"]`.
    fn named_in(self, text: &str) -> impl Iterator<Item = &str> {
        let text = match self {
            Self::Path => text,
            Self::Other => "",
        };
        let quoted = text.split('"').skip(1).step_by(2);
        quoted.filter_map(|part| part.strip_prefix(BULK_ID))
    }
}

fn is_creation(operation: &BulkOperation) -> bool {
    operation.method.eq_ignore_ascii_case("POST")
}

fn all_texts(value: &Value, place: Place, holds: &dyn Fn(Place, &str) -> bool) -> bool {
    match value {
        Value::String(text) => holds(place, text),
        Value::Array(items) => items.iter().all(|item| all_texts(item, place, holds)),
        Value::Object(members) => members
            .iter()
            .all(|(name, member)| all_texts(member, Place::of(name), holds)),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use usher_scim::bulk::BulkRequest;

    use super::*;

    fn operation(one: &Value) -> BulkOperation {
        let request = BulkRequest::parse(&json!({"Operations": [one]})).unwrap();
        request.operations.into_iter().next().unwrap()
    }

    #[test]
    fn a_path_that_names_a_member_waits_for_it_and_gets_its_id() {
        let create =
            operation(&json!({"method": "POST", "path": "/Users", "bulkId": "u", "data": {}}));
        let leave = |name: &str| {
            let path = format!("members[value eq \"bulkId:{name}\"]");
            let data = json!({"Operations": [{"op": "remove", "path": path}]});
            operation(&json!({"method": "PATCH", "path": "/Groups/7", "data": data}))
        };
        let mut references = References::of(&[create.clone(), leave("u")]).unwrap();
        assert!(!references.are_known(&leave("u")));
        references.learn(&create, Some("https://usher.example/scim/v2/Users/42"));
        assert!(references.are_known(&leave("u")));
        let resolved = references.resolve(&leave("u")).unwrap().data.unwrap();
        assert_eq!(
            resolved["Operations"][0]["path"],
            "members[value eq \"42\"]"
        );
        assert!(references.are_known(&leave("nobody")));
        assert_eq!(
            references
                .resolve(&leave("nobody"))
                .err()
                .unwrap()
                .error
                .status,
            409
        );
    }

    #[test]
    fn quotation_marks_in_a_value_name_nothing() {
        let data = json!({"userName": "ada", "displayName": "Ada \"bulkId:nobody\" Chen"});
        let ada = operation(
            &json!({"method": "POST", "path": "/Users", "bulkId": "u", "data": data.clone()}),
        );
        let references = References::of(std::slice::from_ref(&ada)).unwrap();
        assert!(references.are_known(&ada));
        assert_eq!(references.resolve(&ada).unwrap().data, Some(data));
    }
}
