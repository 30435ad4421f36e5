//! The store side of inbound SCIM: what an identity provider pushes becomes entries, and entries become what it
//! reads back.
//!
//! The pushed JSON itself stays the truth of a resource; these entries are what the rest of Usher sees of it.

mod settings;

use std::fmt;

use usher_model::{AttributeName, AttributeValue, Attributes, PersonStatus};
use usher_scim::resource::{Address, EnterpriseUser, Group, Manager, MultiValue, Name, User};
use usher_scim::urn;

use crate::{EntryKey, MemberKey, MemberKind, Reference, SourceGroup, SourcePerson};

pub use settings::ScimSettings;

/// Why a resource is no entry.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ScimProblem(String);

/// Attributes of a person and where they stand in a user, as far as they are plain texts.
type Plain = (&'static str, fn(&User) -> Option<&String>);

const PLAIN: &[Plain] = &[
    (AttributeName::USER_NAME, |user| user.user_name.as_ref()),
    (AttributeName::DISPLAY_NAME, |user| {
        let formatted = || user.name.as_ref().and_then(|name| name.formatted.as_ref());
        user.display_name.as_ref().or_else(formatted)
    }),
    (AttributeName::GIVEN_NAME, |user| {
        user.name.as_ref()?.given_name.as_ref()
    }),
    (AttributeName::FAMILY_NAME, |user| {
        user.name.as_ref()?.family_name.as_ref()
    }),
    ("title", |user| user.title.as_ref()),
    ("userType", |user| user.user_type.as_ref()),
    ("preferredLanguage", |user| user.preferred_language.as_ref()),
    ("externalId", |user| user.external_id.as_ref()),
    ("employeeNumber", |user| {
        user.enterprise.as_ref()?.employee_number.as_ref()
    }),
    ("costCenter", |user| {
        user.enterprise.as_ref()?.cost_center.as_ref()
    }),
    ("organization", |user| {
        user.enterprise.as_ref()?.organization.as_ref()
    }),
    ("division", |user| {
        user.enterprise.as_ref()?.division.as_ref()
    }),
    ("department", |user| {
        user.enterprise.as_ref()?.department.as_ref()
    }),
];

/// The person that a user is. A user without `active` is active (RFC 7643 §4.1.1 leaves it open).
pub fn person(user: &User) -> Result<SourcePerson, ScimProblem> {
    let id = user.id.as_deref().filter(|id| !id.is_empty());
    let id = id.ok_or_else(|| ScimProblem("a user without id".to_owned()))?;
    if user
        .user_name
        .as_deref()
        .is_none_or(|name| name.trim().is_empty())
    {
        return Err(ScimProblem(format!("user {id} has no userName")));
    }
    let mut person = SourcePerson::new(id);
    person.status = if user.active == Some(false) {
        PersonStatus::Disabled
    } else {
        PersonStatus::Active
    };
    for (name, get) in PLAIN {
        person
            .attributes
            .set_text(name, get(user).map_or("", |text| text.trim()));
    }
    let mut set = |name: &str, value: Option<&str>| {
        person
            .attributes
            .set_text(name, value.unwrap_or_default().trim());
    };
    set(AttributeName::EMAIL, preferred(&user.emails));
    set("phoneNumber", preferred(&user.phone_numbers));
    set("photo", preferred(&user.photos));
    let address = preferred_address(&user.addresses);
    set(
        "location",
        address.and_then(|address| address.locality.as_deref()),
    );
    set(
        "country",
        address.and_then(|address| address.country.as_deref()),
    );
    let roles: Vec<_> = user
        .roles
        .iter()
        .filter_map(|role| role.value.as_deref())
        .map(Into::into)
        .collect();
    if !roles.is_empty() {
        person.attributes.set("roles", AttributeValue::List(roles));
    }
    let enterprise = user.enterprise.as_ref();
    person.manager = enterprise
        .and_then(|enterprise| enterprise.manager.as_ref()?.value.as_deref())
        .filter(|manager| !manager.is_empty())
        .map(Reference::key);
    Ok(person)
}

/// The value marked as primary, else the one of type `work`, else the first.
fn preferred(values: &[MultiValue]) -> Option<&str> {
    let with_value = || {
        values
            .iter()
            .filter(|value| value.value.as_deref().is_some_and(|text| !text.is_empty()))
    };
    let work = |value: &&MultiValue| {
        value
            .kind
            .as_deref()
            .is_some_and(|kind| kind.eq_ignore_ascii_case("work"))
    };
    with_value()
        .find(|value| value.primary == Some(true))
        .or_else(|| with_value().find(work))
        .or_else(|| with_value().next())
        .and_then(|value| value.value.as_deref())
}

fn preferred_address(addresses: &[Address]) -> Option<&Address> {
    addresses
        .iter()
        .find(|address| address.primary == Some(true))
        .or_else(|| {
            addresses
                .iter()
                .find(|address| address.kind.as_deref() == Some("work"))
        })
        .or_else(|| addresses.first())
}

/// The user that a person is, for whoever reads back what was pushed.
pub fn user(person: &SourcePerson) -> User {
    let text = |name: &str| person.attributes.text(name).map(str::to_owned);
    let mut user = User::named(
        text(AttributeName::USER_NAME)
            .or_else(|| text(AttributeName::EMAIL))
            .unwrap_or_else(|| person.key.to_string()),
    );
    user.id = Some(person.key.to_string());
    user.active = Some(person.status == PersonStatus::Active);
    user.display_name = text(AttributeName::DISPLAY_NAME);
    user.name = some(Name {
        given_name: text(AttributeName::GIVEN_NAME),
        family_name: text(AttributeName::FAMILY_NAME),
        ..Name::default()
    });
    user.title = text("title");
    user.user_type = text("userType");
    user.preferred_language = text("preferredLanguage");
    user.external_id = text("externalId");
    user.emails = values(&person.attributes, AttributeName::EMAIL);
    user.phone_numbers = values(&person.attributes, "phoneNumber");
    user.photos = values(&person.attributes, "photo");
    user.addresses = address(&person.attributes).into_iter().collect();
    if let Some(AttributeValue::List(roles)) = person.attributes.get("roles") {
        user.roles = roles
            .iter()
            .map(|role| MultiValue::of(role.as_str()))
            .collect();
    }
    user.enterprise = enterprise(person);
    if user.enterprise.is_some() {
        user.schemas.push(urn::ENTERPRISE_USER.to_owned());
    }
    user
}

fn values(attributes: &Attributes, name: &str) -> Vec<MultiValue> {
    let value = attributes.text(name).map(|text| MultiValue {
        kind: Some("work".to_owned()),
        primary: Some(true),
        ..MultiValue::of(text)
    });
    value.into_iter().collect()
}

fn address(attributes: &Attributes) -> Option<Address> {
    let text = |name: &str| attributes.text(name).map(str::to_owned);
    let found = Address {
        locality: text("location"),
        country: text("country"),
        ..Address::default()
    };
    some(found).map(|address| Address {
        kind: Some("work".to_owned()),
        primary: Some(true),
        ..address
    })
}

fn enterprise(person: &SourcePerson) -> Option<EnterpriseUser> {
    let text = |name: &str| person.attributes.text(name).map(str::to_owned);
    let manager = match &person.manager {
        Some(Reference::Key { key }) => Some(Manager {
            value: Some(key.to_string()),
            ..Manager::default()
        }),
        _ => None,
    };
    some(EnterpriseUser {
        employee_number: text("employeeNumber"),
        cost_center: text("costCenter"),
        organization: text("organization"),
        division: text("division"),
        department: text("department"),
        manager,
        ..EnterpriseUser::default()
    })
}

/// Something, unless it is empty.
fn some<T: Default + PartialEq>(value: T) -> Option<T> {
    (value != T::default()).then_some(value)
}

/// The group that a SCIM group is. Members that were not sent are those it had: `before`.
pub fn group(group: &Group, before: Option<&SourceGroup>) -> Result<SourceGroup, ScimProblem> {
    let id = group.id.as_deref().filter(|id| !id.is_empty());
    let id = id.ok_or_else(|| ScimProblem("a group without id".to_owned()))?;
    let name = group
        .display_name
        .as_deref()
        .map(str::trim)
        .filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| ScimProblem(format!("group {id} has no displayName")))?;
    let mut source = SourceGroup::new(id, name);
    source.description = before.and_then(|before| before.description.clone());
    source.members = match (&group.members, before) {
        (Some(members), _) => members.iter().filter_map(member).collect(),
        (None, Some(before)) => before.members.clone(),
        (None, None) => Vec::new(),
    };
    source.members.sort();
    source.members.dedup();
    Ok(source)
}

fn member(value: &MultiValue) -> Option<MemberKey> {
    let reference = Reference::key(value.value.as_deref().filter(|id| !id.is_empty())?);
    let says = |kind: &str, place: &str| {
        value
            .kind
            .as_deref()
            .is_some_and(|found| found.eq_ignore_ascii_case(kind))
            || value
                .reference
                .as_deref()
                .is_some_and(|found| found.contains(place))
    };
    Some(if says("Group", "/Groups/") {
        MemberKey::group(reference)
    } else if says("User", "/Users/") {
        MemberKey::person(reference)
    } else {
        MemberKey::either(reference)
    })
}

/// The SCIM group that a group is.
pub fn scim_group(source: &SourceGroup) -> Group {
    let members = source.members.iter().filter_map(|member| {
        let Reference::Key { key } = &member.reference else {
            return None;
        };
        Some(MultiValue {
            kind: match member.kind {
                MemberKind::Person => Some("User".to_owned()),
                MemberKind::Group => Some("Group".to_owned()),
                MemberKind::Either => None,
            },
            ..MultiValue::of(key.as_str())
        })
    });
    let mut group = Group::named(&source.name);
    group.id = Some(source.key.to_string());
    group.members = Some(members.collect());
    group
}

/// A new resource's key: the id that the provider is told.
pub fn key(id: impl fmt::Display) -> EntryKey {
    EntryKey::new(id.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_an_identity_provider_pushes_becomes_a_person() {
        let user: User = serde_json::from_value(json!({
            "id": "7", "userName": "ada@corp.example.com", "active": "False",
            "name": {"givenName": "Ada", "familyName": "Lovelace", "formatted": "Ada Lovelace"},
            "emails": [
                {"value": "home@example.net", "type": "home"},
                {"value": "ada@example.com", "type": "work", "primary": true}
            ],
            "addresses": [{"type": "work", "locality": "London", "country": "GB"}],
            "roles": [{"value": "reader"}, {"value": "writer"}],
            (urn::ENTERPRISE_USER): {"department": "Engines", "manager": {"value": "1"}},
        }))
        .unwrap();
        let person = person(&user).unwrap();
        assert_eq!(person.status, PersonStatus::Disabled);
        assert_eq!(person.attributes.text("email"), Some("ada@example.com"));
        assert_eq!(person.attributes.text("displayName"), Some("Ada Lovelace"));
        assert_eq!(person.attributes.text("location"), Some("London"));
        assert_eq!(person.attributes.text("department"), Some("Engines"));
        assert_eq!(person.manager, Some(Reference::key("1")));
    }

    #[test]
    fn a_person_reads_back_as_they_were() {
        let mut before = SourcePerson::new("7");
        before.status = PersonStatus::Disabled;
        before.manager = Some(Reference::key("1"));
        for name in AttributeName::STANDARD {
            // SCIM has no place for these two.
            if !["startDate", "endDate"].contains(name) {
                before.attributes.set_text(name, &format!("{name} of x@y"));
            }
        }
        before
            .attributes
            .set("roles", AttributeValue::List(vec!["a".into(), "b".into()]));
        let json = serde_json::to_value(user(&before)).unwrap();
        let back: User = serde_json::from_value(json).unwrap();
        assert_eq!(person(&back).unwrap(), before);
    }

    #[test]
    fn members_that_were_not_sent_stay() {
        let mut before = SourceGroup::new("g", "Old name");
        before.members = vec![MemberKey::person(Reference::key("1"))];
        let renamed: Group =
            serde_json::from_value(json!({"id": "g", "displayName": "New name"})).unwrap();
        let after = group(&renamed, Some(&before)).unwrap();
        assert_eq!(after.name, "New name");
        assert_eq!(after.members, before.members);
        let emptied: Group =
            serde_json::from_value(json!({"id": "g", "displayName": "X", "members": []})).unwrap();
        assert!(group(&emptied, Some(&before)).unwrap().members.is_empty());
    }

    #[test]
    fn a_group_reads_back_as_it_was() {
        let mut before = SourceGroup::new("g", "G");
        before.members = vec![
            MemberKey::person(Reference::key("1")),
            MemberKey::group(Reference::key("2")),
            MemberKey::either(Reference::key("3")),
        ];
        assert_eq!(group(&scim_group(&before), None).unwrap(), before);
    }

    #[test]
    fn what_has_no_name_is_refused() {
        assert!(person(&User::default()).is_err());
        let nameless: User = serde_json::from_value(json!({"id": "1"})).unwrap();
        assert_eq!(
            person(&nameless).unwrap_err().to_string(),
            "user 1 has no userName"
        );
        let nameless: Group = serde_json::from_value(json!({"id": "1"})).unwrap();
        assert_eq!(
            group(&nameless, None).unwrap_err().to_string(),
            "group 1 has no displayName"
        );
    }
}
