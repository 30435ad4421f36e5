//! Typed resources (RFC 7643 §3.1, §4).
//!
//! They read what they know and keep the rest in `other`, so that reading and writing one drops nothing
//! (only a password is never written). Attribute names have to be spelled as in the RFC; raw JSON with
//! other spellings goes through [`crate::schema::ResourceSchema`]. Booleans are also read from the texts
//! `"true"` and `"False"`.

use secrecy::SecretString;
use serde::{Deserialize, Deserializer, Serialize, de};
use serde_json::{Map, Value};

use crate::{json, urn};

/// Attributes outside the RFC's schemas, as they came.
pub type OtherAttributes = Map<String, Value>;

/// What the provider records about a resource (RFC 7643 §3.1).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Meta {
    /// The kind of resource, such as `User`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource_type: Option<String>,
    /// When it was created, as `xsd:dateTime`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<String>,
    /// When it last changed, as `xsd:dateTime`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_modified: Option<String>,
    /// Its address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// Its version, as an entity tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

/// The parts of a name (RFC 7643 §4.1.1).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Name {
    /// The whole name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub formatted: Option<String>,
    /// The family name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family_name: Option<String>,
    /// The given name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given_name: Option<String>,
    /// The middle names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub middle_name: Option<String>,
    /// What stands before the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub honorific_prefix: Option<String>,
    /// What stands behind the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub honorific_suffix: Option<String>,
    /// Anything else.
    #[serde(flatten)]
    pub other: OtherAttributes,
}

/// One value of a multi-valued attribute (RFC 7643 §2.4): an e-mail address, a role, a group.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MultiValue {
    /// The value itself; Miro has pictures without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// The value as shown to a human.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display: Option<String>,
    /// What the value is used for.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Whether it is the preferred value.
    #[serde(
        default,
        deserialize_with = "lenient_boolean",
        skip_serializing_if = "Option::is_none"
    )]
    pub primary: Option<bool>,
    /// The address of what the value names.
    #[serde(default, rename = "$ref", skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Anything else.
    #[serde(flatten)]
    pub other: OtherAttributes,
}

impl MultiValue {
    /// A value without type, display and primary mark.
    pub fn of(value: impl Into<String>) -> Self {
        Self {
            value: Some(value.into()),
            ..Self::default()
        }
    }
}

/// A postal address (RFC 7643 §4.1.2).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Address {
    /// The whole address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub formatted: Option<String>,
    /// The street, house and further lines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub street_address: Option<String>,
    /// The city.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locality: Option<String>,
    /// The state or region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The postal code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<String>,
    /// The country as a two-letter code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// What the address is used for.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Whether it is the preferred address.
    #[serde(
        default,
        deserialize_with = "lenient_boolean",
        skip_serializing_if = "Option::is_none"
    )]
    pub primary: Option<bool>,
    /// Anything else.
    #[serde(flatten)]
    pub other: OtherAttributes,
}

/// A user (RFC 7643 §4.1) with the enterprise extension (§4.3).
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// The URNs of the schemas in use.
    #[serde(default)]
    pub schemas: Vec<String>,
    /// The provider's identifier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The client's identifier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// The name that identifies the user; required of a whole user, absent where it was not asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_name: Option<String>,
    /// The parts of the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Name>,
    /// The name to show.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// How the user is addressed casually.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nick_name: Option<String>,
    /// The address of the profile page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile_url: Option<String>,
    /// The job title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The kind of account; Miro's licence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_type: Option<String>,
    /// The preferred languages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preferred_language: Option<String>,
    /// The place for formats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// The time zone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
    /// Whether the account may be used.
    #[serde(
        default,
        deserialize_with = "lenient_boolean",
        skip_serializing_if = "Option::is_none"
    )]
    pub active: Option<bool>,
    /// A password on its way in. It is never written.
    #[serde(default, skip_serializing)]
    pub password: Option<SecretString>,
    /// E-mail addresses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub emails: Vec<MultiValue>,
    /// Phone numbers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub phone_numbers: Vec<MultiValue>,
    /// Addresses for instant messages.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ims: Vec<MultiValue>,
    /// Pictures.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub photos: Vec<MultiValue>,
    /// Postal addresses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<Address>,
    /// The groups the user belongs to; read-only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<MultiValue>,
    /// Entitlements.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub entitlements: Vec<MultiValue>,
    /// Roles.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<MultiValue>,
    /// Certificates.
    #[serde(
        default,
        rename = "x509Certificates",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub certificates: Vec<MultiValue>,
    /// The enterprise extension.
    #[serde(
        default,
        rename = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
        skip_serializing_if = "Option::is_none"
    )]
    pub enterprise: Option<EnterpriseUser>,
    /// What the provider records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meta: Option<Meta>,
    /// Anything else, other extensions too.
    #[serde(flatten)]
    pub other: OtherAttributes,
}

impl User {
    /// A user with a name and the core schema.
    pub fn named(user_name: impl Into<String>) -> Self {
        Self {
            schemas: vec![urn::CORE_USER.to_owned()],
            user_name: Some(user_name.into()),
            ..Self::default()
        }
    }
}

/// A user's place in a company (RFC 7643 §4.3).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EnterpriseUser {
    /// The number that the company gave the user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub employee_number: Option<String>,
    /// The cost center.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_center: Option<String>,
    /// The organization.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization: Option<String>,
    /// The division.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub division: Option<String>,
    /// The department.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department: Option<String>,
    /// The manager.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manager: Option<Manager>,
    /// Anything else.
    #[serde(flatten)]
    pub other: OtherAttributes,
}

/// A user's manager (RFC 7643 §4.3).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manager {
    /// The manager's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// The manager's address.
    #[serde(default, rename = "$ref", skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// The manager's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// Anything else.
    #[serde(flatten)]
    pub other: OtherAttributes,
}

/// A group (RFC 7643 §4.2).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Group {
    /// The URNs of the schemas in use.
    #[serde(default)]
    pub schemas: Vec<String>,
    /// The provider's identifier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The client's identifier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// The group's name; required of a whole group, absent where it was not asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// The members; none when they were not sent, which is not the same as an empty group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub members: Option<Vec<MultiValue>>,
    /// What the provider records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meta: Option<Meta>,
    /// Anything else.
    #[serde(flatten)]
    pub other: OtherAttributes,
}

impl Group {
    /// A group with a name and the core schema.
    pub fn named(display_name: impl Into<String>) -> Self {
        Self {
            schemas: vec![urn::CORE_GROUP.to_owned()],
            display_name: Some(display_name.into()),
            ..Self::default()
        }
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum BooleanOrText {
    Boolean(bool),
    Text(String),
}

fn lenient_boolean<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    match Option::<BooleanOrText>::deserialize(deserializer)? {
        None => Ok(None),
        Some(BooleanOrText::Boolean(boolean)) => Ok(Some(boolean)),
        Some(BooleanOrText::Text(text)) => json::boolean(&text)
            .map(Some)
            .ok_or_else(|| de::Error::custom(format!("`{text}` is not true or false"))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_user_keeps_what_its_type_does_not_know() {
        let raw = json!({
            "schemas": [urn::CORE_USER, urn::ENTERPRISE_USER, "urn:example:2.0:User"],
            "id": "3074457365265951581",
            "userName": "user@example.com",
            "name": {"familyName": "Doe", "givenName": "John", "phonetic": "doh"},
            "active": true,
            "emails": [{"value": "user@example.com", "primary": true, "verified": true}],
            "photos": [{"type": "photo"}],
            urn::ENTERPRISE_USER: {"department": "A", "manager": {"value": "1"}, "floor": 3},
            "meta": {"resourceType": "User", "location": "https://example.com/Users/1"},
            "urn:example:2.0:User": {"shoeSize": 43},
        });
        let user: User = serde_json::from_value(raw.clone()).unwrap();
        assert_eq!(user.user_name.as_deref(), Some("user@example.com"));
        assert_eq!(serde_json::to_value(user).unwrap(), raw);
    }

    #[test]
    fn a_boolean_is_read_from_a_text_and_nothing_else() {
        let user: User = serde_json::from_value(json!({"active": "False"})).unwrap();
        assert_eq!(user.active, Some(false));
        assert!(serde_json::from_value::<User>(json!({"active": "no"})).is_err());
    }

    #[test]
    fn a_password_is_read_but_neither_shown_nor_written() {
        let user: User = serde_json::from_value(json!({"password": "hunter2"})).unwrap();
        assert!(user.password.is_some());
        assert!(!format!("{user:?}").contains("hunter2"));
        assert!(!serde_json::to_string(&user).unwrap().contains("hunter2"));
    }

    #[test]
    fn an_empty_group_is_not_a_group_whose_members_were_not_sent() {
        let empty: Group = serde_json::from_value(json!({"members": []})).unwrap();
        assert_eq!(empty.members, Some(vec![]));
        assert_eq!(Group::named("x").members, None);
    }
}
