//! From Graph's objects to people and groups.

use serde_json::{Map, Value};
use smol_str::SmolStr;
use usher_model::{AppRole, AttributeName, AttributeValue, PersonStatus};

use super::settings::GraphSettings;
use crate::{EntryKey, MemberKey, Reference, SourceAssignment, SourceGroup, SourcePerson};

/// Which property each attribute comes from; a slash leads into an object.
const PROPERTIES: &[(&str, &str)] = &[
    ("email", "mail"),
    ("userName", "userPrincipalName"),
    ("displayName", "displayName"),
    ("givenName", "givenName"),
    ("familyName", "surname"),
    ("title", "jobTitle"),
    ("department", "department"),
    ("division", "employeeOrgData/division"),
    ("costCenter", "employeeOrgData/costCenter"),
    ("organization", "companyName"),
    ("employeeNumber", "employeeId"),
    ("preferredLanguage", "preferredLanguage"),
    ("userType", "employeeType"),
    // Member or Guest: another thing than Miro's licence, which `userType` may become.
    ("entraUserType", "userType"),
    ("location", "officeLocation"),
    ("country", "country"),
    ("phoneNumber", "businessPhones"),
    ("startDate", "employeeHireDate"),
];

/// The role of whoever was assigned without one.
const NO_ROLE: &str = "00000000-0000-0000-0000-000000000000";

/// Attributes and the properties they come from.
pub(super) struct Properties(Vec<(AttributeName, String)>);

impl Properties {
    pub fn of(settings: &GraphSettings) -> Self {
        let mut all: Vec<(AttributeName, String)> = PROPERTIES
            .iter()
            .map(|(name, from)| (AttributeName::new(name), (*from).to_owned()))
            .filter(|(name, _)| !settings.attributes.contains_key(name))
            .collect();
        all.extend(
            settings
                .attributes
                .iter()
                .map(|(name, from)| (name.clone(), from.clone())),
        );
        Self(all)
    }

    /// What has to be asked for.
    pub fn select(&self) -> String {
        let mut names: Vec<&str> = self
            .0
            .iter()
            .filter_map(|(_, from)| from.split('/').next())
            .chain(["id", "accountEnabled"])
            .collect();
        names.sort_unstable();
        names.dedup();
        names.join(",")
    }
}

/// An object's id.
pub(super) fn id(object: &Value) -> Option<EntryKey> {
    object.get("id").and_then(Value::as_str).map(EntryKey::new)
}

/// A person, or why not.
pub(super) fn person(user: &Value, properties: &Properties) -> Result<SourcePerson, String> {
    let key = id(user).ok_or("a user without id")?;
    let mut person = SourcePerson::new(key.as_str());
    person.status = match user.get("accountEnabled") {
        Some(Value::Bool(true)) => PersonStatus::Active,
        Some(Value::Bool(false)) => PersonStatus::Disabled,
        _ => return Err("`accountEnabled` cannot be read; grant User.Read.All".to_owned()),
    };
    for (name, from) in &properties.0 {
        if let Some(value) = property(user, from) {
            person.attributes.set(name.clone(), value);
        }
    }
    person.manager = manager(user).map(Reference::key);
    Ok(person)
}

fn property(object: &Value, path: &str) -> Option<AttributeValue> {
    let value = path
        .split('/')
        .try_fold(object, |value, name| value.get(name))?;
    match value {
        Value::Bool(value) => Some(AttributeValue::Bool(*value)),
        Value::Number(number) => Some(number.as_i64().map_or_else(
            || AttributeValue::text(number.to_string()),
            AttributeValue::Number,
        )),
        Value::String(text) => {
            let text = text.trim();
            (!text.is_empty()).then(|| AttributeValue::text(text))
        }
        Value::Array(values) => list(path, values),
        Value::Null | Value::Object(_) => None,
    }
}

/// The first telephone number; of other lists, all values.
fn list(path: &str, values: &[Value]) -> Option<AttributeValue> {
    let texts: Vec<SmolStr> = values
        .iter()
        .filter_map(Value::as_str)
        .map(SmolStr::new)
        .collect();
    if path == "businessPhones" {
        return texts.first().map(|text| AttributeValue::Text(text.clone()));
    }
    (!texts.is_empty()).then_some(AttributeValue::List(texts))
}

/// The manager's id: expanded, or as a delta lists it.
fn manager(user: &Value) -> Option<&str> {
    let id = |object: &Value| object.get("@removed").is_none();
    if let Some(expanded) = user.get("manager").filter(|manager| manager.is_object()) {
        return expanded.get("id")?.as_str();
    }
    user.get("manager@delta")?
        .as_array()?
        .iter()
        .filter(|manager| id(manager))
        .find_map(|manager| manager.get("id")?.as_str())
}

/// A group without its members, or why not.
pub(super) fn group(group: &Value) -> Result<SourceGroup, String> {
    let key = id(group).ok_or("a group without id")?;
    let name = group
        .get("displayName")
        .and_then(Value::as_str)
        .unwrap_or_default();
    if name.is_empty() {
        return Err("a group without name".to_owned());
    }
    let mut source = SourceGroup::new(key.as_str(), name);
    source.description = group
        .get("description")
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty())
        .map(str::to_owned);
    Ok(source)
}

/// A member; `None` for devices, applications and contacts.
pub(super) fn member(object: &Value) -> Option<MemberKey> {
    let reference = Reference::key(object.get("id")?.as_str()?);
    match object.get("@odata.type").and_then(Value::as_str) {
        Some("#microsoft.graph.user") => Some(MemberKey::person(reference)),
        Some("#microsoft.graph.group") => Some(MemberKey::group(reference)),
        Some(_) => None,
        None => Some(MemberKey::either(reference)),
    }
}

/// The roles of an application by id.
pub(super) fn roles(service_principal: &Value) -> Map<String, Value> {
    let roles = service_principal.get("appRoles").and_then(Value::as_array);
    roles
        .into_iter()
        .flatten()
        .filter_map(|role| {
            let id = role.get("id")?.as_str()?.to_owned();
            Some((id, role.get("displayName")?.clone()))
        })
        .collect()
}

/// An assignment; `None` for one to another application.
pub(super) fn assignment(object: &Value, roles: &Map<String, Value>) -> Option<SourceAssignment> {
    let reference = Reference::key(object.get("principalId")?.as_str()?);
    let principal = match object.get("principalType")?.as_str()? {
        "User" => MemberKey::person(reference),
        "Group" => MemberKey::group(reference),
        _ => return None,
    };
    let role = object
        .get("appRoleId")
        .and_then(Value::as_str)
        .unwrap_or(NO_ROLE);
    let name = match role {
        NO_ROLE => AppRole::DEFAULT_ACCESS,
        // A role that was deleted since still is an assignment.
        role => roles.get(role).and_then(Value::as_str).unwrap_or(role),
    };
    Some(SourceAssignment {
        principal,
        role: AppRole::new(name),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn settings() -> GraphSettings {
        serde_json::from_value(json!({
            "tenant": "example.com", "client_id": "app", "secret": {"environment": "X"},
            "attributes": {"badge": "onPremisesExtensionAttributes/extensionAttribute1"},
        }))
        .unwrap()
    }

    #[test]
    fn a_user_is_understood() {
        let user = json!({
            "id": "u1", "accountEnabled": false, "mail": "ada@example.com", "surname": "Lovelace",
            "employeeOrgData": {"division": "Engines", "costCenter": null},
            "businessPhones": ["+44 1", "+44 2"], "userType": "Member",
            "onPremisesExtensionAttributes": {"extensionAttribute1": "B7"},
            "manager": {"@odata.type": "#microsoft.graph.user", "id": "u2"},
        });
        let person = person(&user, &Properties::of(&settings())).unwrap();
        assert_eq!(person.status, PersonStatus::Disabled);
        assert_eq!(person.attributes.text("division"), Some("Engines"));
        assert_eq!(person.attributes.get("costCenter"), None);
        assert_eq!(person.attributes.text("phoneNumber"), Some("+44 1"));
        assert_eq!(person.attributes.text("badge"), Some("B7"));
        assert_eq!(person.attributes.get("userType"), None);
        assert_eq!(person.manager, Some(Reference::key("u2")));
    }

    #[test]
    fn a_manager_who_was_taken_away_is_none() {
        let user = json!({"manager@delta": [{"id": "u1", "@removed": {"reason": "deleted"}}, {"id": "u2"}]});
        assert_eq!(manager(&user), Some("u2"));
        assert_eq!(
            manager(&json!({"manager@delta": [{"id": "u1", "@removed": {}}]})),
            None
        );
    }

    #[test]
    fn whoever_cannot_be_told_active_or_disabled_is_neither() {
        let error = person(&json!({"id": "u1"}), &Properties::of(&settings())).unwrap_err();
        assert!(error.contains("accountEnabled"), "{error}");
    }

    #[test]
    fn an_assignment_without_role_is_default_access() {
        let roles = roles(&json!({"appRoles": [{"id": "r1", "displayName": "User"}]}));
        let role = |id: &str| {
            let object = json!({"principalId": "u1", "principalType": "User", "appRoleId": id});
            assignment(&object, &roles).unwrap().role
        };
        assert_eq!(role("r1").as_str(), "User");
        assert!(role(NO_ROLE).is_default_access());
        assert_eq!(role("gone").as_str(), "gone");
        let other =
            json!({"principalId": "s", "principalType": "ServicePrincipal", "appRoleId": "r1"});
        assert_eq!(assignment(&other, &roles), None);
    }

    #[test]
    fn what_is_selected_is_told_once() {
        let select = Properties::of(&settings()).select();
        assert_eq!(select.matches("employeeOrgData").count(), 1);
        assert!(select.contains("onPremisesExtensionAttributes"), "{select}");
        assert!(!select.contains('/'), "{select}");
    }
}
