//! What a body says, as it is kept: names as the schema spells them, values in their types, memberships apart.

use serde_json::{Map, Value, json};
use usher_directory::{SourceGroup, SourcePerson, scim as entry};
use usher_engine::people::{PushedUser, SavedGroup};
use usher_scim::patch::{
    PatchOperation, PatchPolicy, PatchRequest, PatchVerb, UnknownAttributes, UnmatchedFilter,
};
use usher_scim::resource::{Group, User};
use usher_scim::{ScimError, fold, json as scim_json};
use usher_store::PushedIndex;

use super::kind::ResourceKind;
use super::members;

/// Indexes take no longer text.
pub const LONGEST: usize = 1024;

/// How PATCH treats what identity providers send: what they know more than we is kept.
pub const POLICY: PatchPolicy = PatchPolicy {
    unmatched_filter: UnmatchedFilter::Create,
    unknown_attributes: UnknownAttributes::Keep,
    read_only_targets: usher_scim::patch::ReadOnlyTargets::Refuse,
};

/// A whole resource as a body says it.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The resource, without id, meta and memberships.
    pub resource: Value,
    /// A group's members; none when the body does not say.
    pub members: Option<Vec<String>>,
}

impl Draft {
    /// Reads a body of POST or PUT.
    pub fn read(kind: ResourceKind, body: Value) -> Result<Self, ScimError> {
        let Value::Object(mut body) = body else {
            return Err(ScimError::invalid_syntax("the body must be an object"));
        };
        check_schemas(kind, &body)?;
        let members = match kind {
            ResourceKind::Group => scim_json::remove(&mut body, "members")
                .map(|value| members::ids(&value))
                .transpose()?,
            ResourceKind::User => None,
        };
        let mut resource = json!({"schemas": [kind.schema().core.id]});
        let everything = PatchRequest::new(vec![PatchOperation {
            op: PatchVerb::Add,
            path: None,
            value: Some(Value::Object(body)),
        }]);
        everything
            .apply_with(&mut resource, kind.schema(), POLICY)
            .map_err(without_operation)?;
        settle(kind, &mut resource)?;
        Ok(Self { resource, members })
    }
}

/// The body is no PATCH: its one operation is our own.
fn without_operation(error: ScimError) -> ScimError {
    let detail = error.detail.strip_prefix("operation 1: ");
    let detail = detail.unwrap_or(&error.detail).to_owned();
    ScimError { detail, ..error }
}

/// A body says of which schema it is; one that does not is taken for what the address says.
fn check_schemas(kind: ResourceKind, body: &Map<String, Value>) -> Result<(), ScimError> {
    let Some(Value::Array(urns)) = scim_json::get(body, "schemas") else {
        return Ok(());
    };
    let core = &kind.schema().core.id;
    let is_core = |urn: &Value| {
        urn.as_str()
            .is_some_and(|urn| urn.eq_ignore_ascii_case(core))
    };
    if urns.is_empty() || urns.iter().any(is_core) {
        return Ok(());
    }
    Err(ScimError::invalid_syntax(format!(
        "`schemas` must name {core} here"
    )))
}

/// Makes a resource fit to be kept: no password, true `schemas`, the name that every resource has.
pub fn settle(kind: ResourceKind, resource: &mut Value) -> Result<(), ScimError> {
    let Value::Object(members) = resource else {
        return Err(ScimError::invalid_syntax("the resource must be an object"));
    };
    for unkept in ["password", "id", "meta", kind.membership_attribute()] {
        scim_json::remove(members, unkept);
    }
    let mut schemas = vec![Value::from(kind.schema().core.id.as_str())];
    let is_urn = |key: &&String| {
        key.get(..4)
            .is_some_and(|head| head.eq_ignore_ascii_case("urn:"))
    };
    schemas.extend(members.keys().filter(is_urn).map(|urn| urn.as_str().into()));
    members.insert("schemas".to_owned(), Value::Array(schemas));
    let name = kind.naming_attribute();
    let has_name = members
        .get(name)
        .and_then(Value::as_str)
        .is_some_and(|text| !text.trim().is_empty());
    if has_name {
        return Ok(());
    }
    Err(ScimError::invalid_value(format!(
        "attribute `{name}` is required"
    )))
}

/// A user as it is kept and found, and the person it is.
pub fn user(id: &str, resource: &Value) -> Result<PushedUser, ScimError> {
    let mut user: User = typed(resource)?;
    user.id = Some(id.to_owned());
    let person: SourcePerson =
        entry::person(&user).map_err(|problem| ScimError::invalid_value(problem.to_string()))?;
    let emails = user
        .emails
        .iter()
        .filter_map(|email| email.value.as_deref());
    let index = PushedIndex {
        name: fold(user.user_name.as_deref().unwrap_or_default()),
        display: user.display_name.as_deref().map(fold),
        external_id: user.external_id.clone(),
        emails: emails.map(fold).collect(),
    };
    check_lengths(&index)?;
    Ok(PushedUser {
        document: resource.to_string(),
        index,
        person,
    })
}

/// A group as it is kept and found, and the group it is.
pub fn group(id: &str, resource: &Value) -> Result<SavedGroup, ScimError> {
    let mut group: Group = typed(resource)?;
    group.id = Some(id.to_owned());
    let saved: SourceGroup = entry::group(&group, None)
        .map_err(|problem| ScimError::invalid_value(problem.to_string()))?;
    let index = PushedIndex {
        name: fold(group.display_name.as_deref().unwrap_or_default()),
        display: None,
        external_id: group.external_id.clone(),
        emails: Vec::new(),
    };
    check_lengths(&index)?;
    Ok(SavedGroup {
        document: resource.to_string(),
        index,
        group: saved,
    })
}

fn typed<T: serde::de::DeserializeOwned>(resource: &Value) -> Result<T, ScimError> {
    T::deserialize(resource).map_err(|error| ScimError::invalid_value(error.to_string()))
}

fn check_lengths(index: &PushedIndex) -> Result<(), ScimError> {
    let texts = [
        Some(&index.name),
        index.display.as_ref(),
        index.external_id.as_ref(),
    ];
    let mut texts = texts.into_iter().flatten().chain(&index.emails);
    if texts.all(|text| text.len() <= LONGEST) {
        return Ok(());
    }
    Err(ScimError::invalid_value(format!(
        "userName, displayName, externalId and e-mail addresses may have {LONGEST} bytes at the most"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(kind: ResourceKind, body: Value) -> Result<Value, ScimError> {
        Draft::read(kind, body).map(|draft| draft.resource)
    }

    #[test]
    fn names_and_values_get_the_schemas_form_and_what_it_does_not_know_is_kept() {
        let body = json!({
            "username": "ada@example.com", "active": "True", "password": "hunter2", "id": "mine",
            "emails": {"value": "ada@example.com"}, "shoeSize": 37,
            "urn:example:2.0:User": {"badge": {"color": "red"}},
        });
        assert_eq!(
            read(ResourceKind::User, body).unwrap(),
            json!({
                "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:example:2.0:User"],
                "userName": "ada@example.com", "active": true, "emails": [{"value": "ada@example.com"}],
                "shoeSize": 37, "urn:example:2.0:User": {"badge": {"color": "red"}},
            })
        );
    }

    #[test]
    fn a_resource_needs_its_name_and_its_own_schema() {
        for body in [json!({}), json!({"userName": " "}), json!([]), json!(null)] {
            assert!(read(ResourceKind::User, body.clone()).is_err(), "{body}");
        }
        let foreign =
            json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "userName": "x"});
        assert!(read(ResourceKind::User, foreign).is_err());
    }

    #[test]
    fn members_are_kept_apart_and_unsaid_ones_are_not_none() {
        let draft = |body| Draft::read(ResourceKind::Group, body).unwrap();
        let said = draft(json!({"displayName": "G", "members": [{"value": "1"}, "2"]}));
        assert_eq!(said.members, Some(vec!["1".to_owned(), "2".to_owned()]));
        assert!(said.resource.get("members").is_none());
        assert_eq!(draft(json!({"displayName": "G"})).members, None);
    }

    #[test]
    fn text_that_no_index_takes_is_refused() {
        let long = json!({"userName": "x".repeat(LONGEST + 1)});
        let resource = read(ResourceKind::User, long).unwrap();
        assert!(user("1", &resource).is_err());
    }
}
