//! What a caller wants a user to be, read from a resource.

use serde_json::Value;
use smol_str::SmolStr;
use usher_scim::patch::{
    PatchOperation, PatchPolicy, PatchRequest, PatchVerb, ReadOnlyTargets, UnknownAttributes,
    UnmatchedFilter,
};
use usher_scim::{ScimError, Tolerance, urn};

use crate::scim::schema::USER;
use crate::scim::user_view::USER_ROLE;
use crate::world::{Enterprise, License, OrganizationRole};

/// What Miro makes of what is not quite right: unknown attributes are ignored.
pub(super) const POLICY: PatchPolicy = PatchPolicy {
    unmatched_filter: UnmatchedFilter::Create,
    unknown_attributes: UnknownAttributes::Ignore,
    read_only_targets: ReadOnlyTargets::Refuse,
};

/// The attributes of a user that can be written; what is absent was not given.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Draft {
    pub(super) user_name: Option<String>,
    pub(super) display_name: Option<String>,
    pub(super) formatted: Option<String>,
    pub(super) given: Option<String>,
    pub(super) family: Option<String>,
    pub(super) active: Option<bool>,
    pub(super) license: Option<License>,
    pub(super) role: Option<OrganizationRole>,
    pub(super) admin_roles: Option<Vec<SmolStr>>,
    pub(super) enterprise: Enterprise,
    pub(super) photo: Option<String>,
    pub(super) language: Option<String>,
}

impl Draft {
    /// Reads the body of a POST or PUT: names in any case, values of the right type, with or without the core
    /// schema's URN in front.
    pub(super) fn from_body(body: Value) -> Result<(Self, Vec<Tolerance>), ScimError> {
        let request = PatchRequest::new(vec![PatchOperation {
            op: PatchVerb::Add,
            path: None,
            value: Some(body),
        }]);
        let mut resource = Value::Object(serde_json::Map::new());
        let outcome = request
            .apply_with(&mut resource, &USER, POLICY)
            .map_err(without_number)?;
        Ok((Self::read(&resource)?, outcome.tolerated))
    }

    /// Reads a resource whose names are spelt as the schema has them.
    pub(super) fn read(resource: &Value) -> Result<Self, ScimError> {
        let text = |holder: &Value, name: &str| {
            holder.get(name).and_then(Value::as_str).map(str::to_owned)
        };
        let name = resource.get("name").unwrap_or(&Value::Null);
        let (role, admin_roles) = match resource.get("roles") {
            Some(Value::Array(roles)) => read_roles(roles)?,
            _ => (None, None),
        };
        let photos = resource.get("photos").and_then(Value::as_array);
        let photo = photos.and_then(|photos| photos.iter().find_map(|photo| text(photo, "value")));
        Ok(Self {
            user_name: text(resource, "userName"),
            display_name: text(resource, "displayName"),
            formatted: text(name, "formatted"),
            given: text(name, "givenName"),
            family: text(name, "familyName"),
            active: resource.get("active").and_then(Value::as_bool),
            license: text(resource, "userType")
                .map(|word| license(&word))
                .transpose()?,
            role,
            admin_roles,
            enterprise: enterprise(resource.get(urn::ENTERPRISE_USER).unwrap_or(&Value::Null)),
            photo,
            language: text(resource, "preferredLanguage"),
        })
    }

    /// The full name by Miro's rule: `displayName`, else `name.formatted`, else given and family name, else none
    /// and Miro takes `userName`.
    pub(super) fn full_name(&self) -> Option<String> {
        let given = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
        given(&self.display_name)
            .or_else(|| given(&self.formatted))
            .or_else(|| self.joined_name())
    }

    /// Given and family name with one space between them.
    pub(super) fn joined_name(&self) -> Option<String> {
        let parts = [&self.given, &self.family];
        let parts = parts
            .into_iter()
            .flatten()
            .map(|part| part.trim())
            .filter(|part| !part.is_empty());
        let joined = parts.collect::<Vec<_>>().join(" ");
        (!joined.is_empty()).then_some(joined)
    }
}

/// The body is one operation to us; its number would say nothing to the caller.
fn without_number(error: ScimError) -> ScimError {
    let detail = error
        .detail
        .strip_prefix("operation 1: ")
        .unwrap_or(&error.detail)
        .to_owned();
    ScimError { detail, ..error }
}

fn license(word: &str) -> Result<License, ScimError> {
    let known = License::ALL
        .iter()
        .find(|license| license.as_str().eq_ignore_ascii_case(word));
    known
        .copied()
        .ok_or_else(|| ScimError::invalid_value(format!("userType '{word}' is not a licence")))
}

type Roles = (Option<OrganizationRole>, Option<Vec<SmolStr>>);

/// The user's one role in the organization, and the admin roles: both families stand in one list.
fn read_roles(roles: &[Value]) -> Result<Roles, ScimError> {
    let mut found: Option<(bool, &str)> = None;
    let mut admin: Vec<SmolStr> = Vec::new();
    for role in roles {
        let text = |name: &str| role.get(name).and_then(Value::as_str);
        let Some(value) = text("value").filter(|value| !value.is_empty()) else {
            continue;
        };
        let primary = role.get("primary").and_then(Value::as_bool) == Some(true);
        let is_user_role = match text("type") {
            Some(kind) => kind.eq_ignore_ascii_case(USER_ROLE),
            None => primary || value.parse::<OrganizationRole>().is_ok(),
        };
        if !is_user_role {
            if !admin.iter().any(|known| known == value) {
                admin.push(value.into());
            }
        } else if found.is_none_or(|(first, _)| primary || !first) {
            found = Some((primary, value));
        }
    }
    let role = found.map(|(_, value)| settable_role(value)).transpose()?;
    Ok((role, Some(admin)))
}

fn settable_role(value: &str) -> Result<OrganizationRole, ScimError> {
    let role = value
        .parse::<OrganizationRole>()
        .ok()
        .filter(|role| role.is_internal());
    role.ok_or_else(|| {
        ScimError::invalid_value(format!(
            "roles: '{value}' cannot be set; use ORGANIZATION_INTERNAL_ADMIN or ORGANIZATION_INTERNAL_USER"
        ))
    })
}

fn enterprise(data: &Value) -> Enterprise {
    let text = |name: &str| {
        let text = data
            .get(name)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty());
        text.map(SmolStr::from)
    };
    let manager = data.get("manager").unwrap_or(&Value::Null);
    let manager_text = |name: &str| manager.get(name).and_then(Value::as_str);
    Enterprise {
        employee_number: text("employeeNumber"),
        cost_center: text("costCenter"),
        organization: text("organization"),
        division: text("division"),
        department: text("department"),
        // A manager who is no number is ignored without a word.
        manager: manager_text("value").and_then(|value| value.parse().ok()),
        manager_name: manager_text("displayName")
            .filter(|name| !name.is_empty())
            .map(SmolStr::from),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(body: Value) -> Draft {
        Draft::from_body(body).unwrap().0
    }

    #[test]
    fn the_full_name_follows_the_order_of_precedence() {
        let all = json!({"displayName": "A", "name": {"formatted": "B", "givenName": "C", "familyName": "D"}});
        assert_eq!(read(all).full_name().as_deref(), Some("A"));
        let name = json!({"displayName": " ", "name": {"formatted": "B", "givenName": "C", "familyName": "D"}});
        assert_eq!(read(name).full_name().as_deref(), Some("B"));
        let parts = json!({"name": {"givenName": "C", "familyName": "D"}});
        assert_eq!(read(parts).full_name().as_deref(), Some("C D"));
        assert_eq!(read(json!({"userName": "x@y.com"})).full_name(), None);
    }

    #[test]
    fn the_two_families_of_roles_are_told_apart() {
        let draft = read(json!({"roles": [
            {"value": "ORGANIZATION_INTERNAL_ADMIN", "primary": "True"},
            {"value": "Content Admin", "type": "organization_admin_role", "primary": false},
        ]}));
        assert_eq!(draft.role, Some(OrganizationRole::InternalAdmin));
        assert_eq!(draft.admin_roles, Some(vec!["Content Admin".into()]));
        assert_eq!(read(json!({"userName": "x@y.com"})).admin_roles, None);
    }

    #[test]
    fn guest_roles_cannot_be_set() {
        let body = json!({"roles": [{"value": "ORGANIZATION_EXTERNAL_USER", "primary": true}]});
        assert_eq!(Draft::from_body(body).unwrap_err().status, 400);
    }

    #[test]
    fn a_manager_who_is_no_number_is_ignored() {
        let body = |id: &str| json!({urn::ENTERPRISE_USER: {"manager": {"value": id}}});
        assert_eq!(read(body("jane")).enterprise.manager, None);
        assert_eq!(read(body("17")).enterprise.manager, Some(17));
    }
}
