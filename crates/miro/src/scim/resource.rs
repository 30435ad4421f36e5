//! Users and groups as Miro's SCIM API shows them, read leniently: only `id` is required.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

const CORE_USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENTERPRISE_USER: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const CORE_GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";

/// A user.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ScimUser {
    /// The user's id.
    #[serde(deserialize_with = "id")]
    pub id: String,
    /// The user's e-mail address, which is the name to sign in with.
    #[serde(default, deserialize_with = "or_default")]
    pub user_name: String,
    /// The full name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// Parts of the name, which Miro guesses from the full name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<ScimName>,
    /// The licence as SCIM spells it, for example `Full`, `Free Restricted`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_type: Option<String>,
    /// `false` for a deactivated user. `None` when Miro did not say.
    #[serde(
        default,
        deserialize_with = "flag",
        skip_serializing_if = "Option::is_none"
    )]
    pub active: Option<bool>,
    /// E-mail addresses, made from `user_name`.
    #[serde(default, deserialize_with = "or_default")]
    pub emails: Vec<ScimValue>,
    /// Pictures; without a picture Miro sends an entry without value.
    #[serde(default, deserialize_with = "or_default")]
    pub photos: Vec<ScimValue>,
    /// The groups that the user is in: teams or user groups, by the group model.
    #[serde(default, deserialize_with = "or_default")]
    pub groups: Vec<ScimValue>,
    /// The organization role and the admin roles. `None` when they were not asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub roles: Option<Vec<ScimRole>>,
    /// Language, for example `en_US`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preferred_language: Option<String>,
    /// The enterprise extension.
    #[serde(
        rename = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub enterprise: Option<ScimEnterprise>,
}

impl ScimUser {
    /// The role in the organization: the one primary role, for example `ORGANIZATION_INTERNAL_ADMIN`.
    pub fn organization_role(&self) -> Option<&str> {
        let roles = self.roles.as_deref()?;
        let is_organization_role = |role: &&ScimRole| match role.kind.as_deref() {
            Some(kind) => kind == "organization_user_role",
            None => role.primary == Some(true),
        };
        roles
            .iter()
            .find(is_organization_role)
            .map(|role| role.value.as_str())
    }

    /// The names of the admin roles. `None` when roles were not asked for.
    pub fn admin_roles(&self) -> Option<Vec<&str>> {
        let roles = self.roles.as_deref()?.iter();
        let admin = roles.filter(|role| match role.kind.as_deref() {
            Some(kind) => kind == "organization_admin_role",
            None => role.primary == Some(false),
        });
        Some(admin.map(|role| role.value.as_str()).collect())
    }
}

/// Parts of a name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ScimName {
    /// The full name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub formatted: Option<String>,
    /// The family name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family_name: Option<String>,
    /// The given name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given_name: Option<String>,
}

/// An entry of an attribute with several values: an e-mail address, a picture, a group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScimValue {
    /// The value, or the id of what the entry points to.
    #[serde(
        default,
        deserialize_with = "optional_id",
        skip_serializing_if = "Option::is_none"
    )]
    pub value: Option<String>,
    /// For humans.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display: Option<String>,
    /// What kind of entry.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Whether it is the main one.
    #[serde(
        default,
        deserialize_with = "flag",
        skip_serializing_if = "Option::is_none"
    )]
    pub primary: Option<bool>,
}

/// A role of a user.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScimRole {
    /// The role: a constant for organization roles, a name for admin roles.
    #[serde(default, deserialize_with = "or_default")]
    pub value: String,
    /// For humans.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display: Option<String>,
    /// `organization_user_role` or `organization_admin_role`.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// `true` for the organization role.
    #[serde(
        default,
        deserialize_with = "flag",
        skip_serializing_if = "Option::is_none"
    )]
    pub primary: Option<bool>,
}

/// The enterprise extension (RFC 7643, section 4.3).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ScimEnterprise {
    /// Employee number, up to 20 characters.
    #[serde(
        default,
        deserialize_with = "optional_id",
        skip_serializing_if = "Option::is_none"
    )]
    pub employee_number: Option<String>,
    /// Cost centre, up to 120 characters.
    #[serde(
        default,
        deserialize_with = "optional_id",
        skip_serializing_if = "Option::is_none"
    )]
    pub cost_center: Option<String>,
    /// Organization, up to 120 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization: Option<String>,
    /// Division, up to 120 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub division: Option<String>,
    /// Department, up to 120 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department: Option<String>,
    /// The manager.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manager: Option<ScimManager>,
}

/// A user's manager.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ScimManager {
    /// The manager's id in Miro; Miro drops anything that is no number.
    #[serde(
        default,
        deserialize_with = "optional_id",
        skip_serializing_if = "Option::is_none"
    )]
    pub value: Option<String>,
    /// The manager's name, up to 60 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
}

/// What to send to create or replace a user. Absent fields are not sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScimUserDraft {
    /// The user's e-mail address.
    pub user_name: String,
    /// The full name, up to 60 characters.
    pub display_name: Option<String>,
    /// Parts of the name, used where there is no `display_name`; together up to 60 characters.
    pub name: Option<ScimName>,
    /// The licence; leave it out to let Miro decide. It can only be raised, and raising it may find no seat.
    pub user_type: Option<String>,
    /// Whether the user is active.
    pub active: Option<bool>,
    /// Roles.
    pub roles: Vec<ScimRole>,
    /// Language, for example `en_US`.
    pub preferred_language: Option<String>,
    /// The address of a picture that Miro fetches.
    pub photo: Option<String>,
    /// The enterprise extension.
    pub enterprise: Option<ScimEnterprise>,
}

impl Serialize for ScimUserDraft {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Body<'a> {
            schemas: Vec<&'static str>,
            user_name: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            display_name: Option<&'a str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            name: Option<&'a ScimName>,
            #[serde(skip_serializing_if = "Option::is_none")]
            user_type: Option<&'a str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            active: Option<bool>,
            #[serde(skip_serializing_if = "<[_]>::is_empty")]
            roles: &'a [ScimRole],
            #[serde(skip_serializing_if = "Option::is_none")]
            preferred_language: Option<&'a str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            photos: Option<[Value; 1]>,
            #[serde(
                rename = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
                skip_serializing_if = "Option::is_none"
            )]
            enterprise: Option<&'a ScimEnterprise>,
        }
        let mut schemas = vec![CORE_USER];
        schemas.extend(self.enterprise.is_some().then_some(ENTERPRISE_USER));
        let photo = |url: &String| [serde_json::json!({"type": "photo", "value": url})];
        Body {
            schemas,
            user_name: &self.user_name,
            display_name: self.display_name.as_deref(),
            name: self.name.as_ref(),
            user_type: self.user_type.as_deref(),
            active: self.active,
            roles: &self.roles,
            preferred_language: self.preferred_language.as_deref(),
            photos: self.photo.as_ref().map(photo),
            enterprise: self.enterprise.as_ref(),
        }
        .serialize(serializer)
    }
}

/// A group: a team or a user group, by the organization's group model.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ScimGroup {
    /// The group's id.
    #[serde(deserialize_with = "id")]
    pub id: String,
    /// The group's name.
    #[serde(default, deserialize_with = "or_default")]
    pub display_name: String,
    /// Its members. `None` when they were not asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub members: Option<Vec<ScimGroupMember>>,
}

/// A member of a group. Whether it is a team admin is not to be seen in SCIM.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScimGroupMember {
    /// The user's id.
    #[serde(deserialize_with = "id")]
    pub value: String,
    /// The user's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display: Option<String>,
    /// `User`.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
}

/// What to send to create a group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScimGroupDraft {
    /// The group's name: unique, and cut by Miro at 60 characters without a word.
    pub display_name: String,
    /// The ids of its members.
    pub members: Vec<usher_model::AccountId>,
}

impl Serialize for ScimGroupDraft {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Body {
            schemas: [&'static str; 1],
            display_name: String,
            #[serde(skip_serializing_if = "Vec::is_empty")]
            members: Vec<Value>,
        }
        let member = |id: &usher_model::AccountId| serde_json::json!({"value": id.as_str()});
        Body {
            schemas: [CORE_GROUP],
            display_name: self.display_name.chars().take(60).collect(),
            members: self.members.iter().map(member).collect(),
        }
        .serialize(serializer)
    }
}

/// An id as text or as an integer.
fn id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    optional_id(deserializer)?.ok_or_else(|| serde::de::Error::custom("an id is missing"))
}

fn optional_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text)),
        Value::Number(number) if !number.is_f64() => Ok(Some(number.to_string())),
        _ => Err(serde::de::Error::custom("expected text or an integer")),
    }
}

/// A boolean; Miro's docs and identity providers also write `"true"` and `"False"`.
fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Bool(flag) => Ok(Some(flag)),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Ok(Some(true)),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Ok(Some(false)),
        _ => Ok(None),
    }
}

fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_user_as_captured_from_miro_is_read() {
        let user: ScimUser = serde_json::from_value(json!({
            "schemas": [CORE_USER],
            "id": 3_074_457_365_265_951_581_u64,
            "userName": "user@example.com",
            "name": {"familyName": "Doe", "givenName": "John"},
            "displayName": "John Doe",
            "userType": "Free Restricted",
            "active": "True",
            "emails": [{"value": "user@example.com", "display": "user@example.com", "primary": true}],
            "photos": [{"type": "photo"}],
            "groups": [{"value": "3074457365266112911", "display": "Product"}],
            "roles": [
                {"type": "organization_user_role", "value": "ORGANIZATION_INTERNAL_ADMIN",
                 "display": "Company Admin", "primary": true},
                {"type": "organization_admin_role", "value": "Content Admin", "primary": "False"}
            ],
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":
                {"employeeNumber": 17, "manager": {"value": "2", "displayName": "Boss"}},
            "meta": {"location": "http://api-hailey:9111/Users/1"}
        }))
        .unwrap();
        assert_eq!(user.id, "3074457365265951581");
        assert_eq!(user.active, Some(true));
        assert_eq!(user.photos[0].value, None);
        assert_eq!(
            user.organization_role(),
            Some("ORGANIZATION_INTERNAL_ADMIN")
        );
        assert_eq!(user.admin_roles(), Some(vec!["Content Admin"]));
        let enterprise = user.enterprise.unwrap();
        assert_eq!(enterprise.employee_number.as_deref(), Some("17"));
    }

    #[test]
    fn a_user_needs_nothing_but_an_id() {
        let user: ScimUser = serde_json::from_value(json!({"id": "1", "emails": null})).unwrap();
        assert_eq!(user.active, None);
        assert_eq!(
            user.admin_roles(),
            None,
            "not asked for is not the same as none"
        );
        assert!(serde_json::from_value::<ScimUser>(json!({"userName": "a"})).is_err());
    }

    #[test]
    fn a_draft_sends_only_what_is_set() {
        let draft = ScimUserDraft {
            user_name: "a@example.com".into(),
            ..ScimUserDraft::default()
        };
        assert_eq!(
            serde_json::to_value(&draft).unwrap(),
            json!({"schemas": [CORE_USER], "userName": "a@example.com"})
        );
    }

    #[test]
    fn a_group_name_is_cut_where_miro_would_cut_it() {
        let draft = ScimGroupDraft {
            display_name: "x".repeat(70),
            members: Vec::new(),
        };
        let body = serde_json::to_value(&draft).unwrap();
        assert_eq!(body["displayName"].as_str().map(str::len), Some(60));
    }
}
