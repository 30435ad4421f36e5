//! From entries to people and groups.

use smol_str::SmolStr;
use usher_model::{AttributeName, AttributeValue, Attributes, PersonStatus};

use super::entry::Entry;
use super::preset::Schema;
use super::settings::{DisabledRule, Membership};
use super::{dn, value};
use crate::{EntryKey, MemberKey, Reference, SourceGroup, SourcePerson};

/// A person from their entry, or why not.
pub(super) fn person(entry: &Entry, schema: &Schema) -> Result<SourcePerson, String> {
    let key = key(entry, schema)?;
    let mut person = SourcePerson::new(key.as_str());
    person.alias = Some(SmolStr::new(dn::fold(&entry.dn)));
    person.status = if is_disabled(entry, &schema.disabled) {
        PersonStatus::Disabled
    } else {
        PersonStatus::Active
    };
    person.attributes = attributes(entry, schema);
    person.manager = entry
        .text("manager")
        .map(|manager| Reference::alias(dn::fold(manager)));
    if schema.membership == Some(Membership::MemberOf) {
        let groups = entry.texts("memberOf");
        person.groups = groups.map(|name| Reference::key(dn::fold(name))).collect();
    }
    Ok(person)
}

/// A group from its entry, or why not.
pub(super) fn group(entry: &Entry, schema: &Schema) -> Result<SourceGroup, String> {
    let key = key(entry, schema)?;
    let name = entry
        .text("cn")
        .or_else(|| entry.text("displayName"))
        .map_or_else(|| dn::first_value(&entry.dn), str::to_owned);
    let mut group = SourceGroup::new(key.as_str(), name);
    group.alias = Some(SmolStr::new(dn::fold(&entry.dn)));
    group.description = entry.text("description").map(str::to_owned);
    for attribute in schema.member_attributes() {
        for member in entry.texts(attribute).filter(|member| !member.is_empty()) {
            group.members.push(if *attribute == "memberUid" {
                MemberKey::person(Reference::attribute(AttributeName::USER_NAME, member))
            } else {
                MemberKey::either(Reference::alias(dn::fold(member)))
            });
        }
    }
    group.members.sort();
    group.members.dedup();
    Ok(group)
}

/// Groups that only people's entries name.
pub(super) fn groups_of(person: &SourcePerson, entry: &Entry) -> Vec<SourceGroup> {
    let names = entry.texts("memberOf").map(dn::first_value);
    person
        .groups
        .iter()
        .zip(names)
        .map(|(reference, name)| SourceGroup::new(reference.to_string(), name))
        .collect()
}

/// An entry's key.
pub(super) fn key(entry: &Entry, schema: &Schema) -> Result<EntryKey, String> {
    entry
        .first(&schema.key)
        .and_then(|bytes| value::key(&schema.key, bytes))
        .map(EntryKey::new)
        .ok_or_else(|| {
            format!(
                "has no `{}`, by which entries are told apart; check the setting `key` and that the account may read it",
                schema.key
            )
        })
}

fn is_disabled(entry: &Entry, rule: &DisabledRule) -> bool {
    match rule {
        DisabledRule::Equals { attribute, values } => entry.texts(attribute).any(|found| {
            values
                .iter()
                .any(|value| value.eq_ignore_ascii_case(found.trim()))
        }),
        DisabledRule::Present { attribute } => entry.text(attribute).is_some(),
        DisabledRule::Bit { attribute, bit } => entry
            .text(attribute)
            .and_then(|text| text.parse::<i64>().ok())
            .is_some_and(|bits| bits & i64::from(*bit) != 0),
        DisabledRule::Never => false,
    }
}

fn attributes(entry: &Entry, schema: &Schema) -> Attributes {
    let mut attributes = Attributes::default();
    for (name, from) in &schema.attributes {
        let found = from.iter().find_map(|from| {
            let text = entry.text(from)?;
            readable(from, text)
        });
        if let Some(text) = found {
            attributes.set(name.clone(), AttributeValue::text(text));
        }
    }
    attributes
}

/// Times in the form of RFC 3339; everything else as it is.
fn readable(from: &str, text: &str) -> Option<String> {
    if from.eq_ignore_ascii_case("accountExpires") {
        return value::file_time(text).map(|at| at.to_string());
    }
    // A telephone number has no letter at its end.
    let time = text
        .ends_with('Z')
        .then(|| value::generalized_time(text))
        .flatten();
    Some(time.map_or_else(|| text.to_owned(), |at| at.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ldap::tests::settings;

    #[test]
    fn an_active_directory_user_is_understood() {
        let schema = Schema::of(&settings("active_directory"));
        let entry = Entry::of(
            "CN=Doe\\, Jane,OU=Staff,DC=example,DC=com",
            &[
                ("objectGUID", &["0123456789abcdef"]),
                ("mail", &["jane@example.com"]),
                ("userPrincipalName", &["jane@corp.example.com"]),
                ("employeeID", &["77"]),
                ("userAccountControl", &["514"]),
                ("accountExpires", &["134168256000000000"]),
                ("manager", &["CN=Boss,OU=Staff,DC=example,DC=com"]),
            ],
        );
        let person = person(&entry, &schema).unwrap();
        assert_eq!(person.key.as_str(), "33323130-3534-3736-3839-616263646566");
        assert_eq!(person.status, PersonStatus::Disabled);
        assert_eq!(person.attributes.text("email"), Some("jane@example.com"));
        assert_eq!(person.attributes.text("employeeNumber"), Some("77"));
        assert_eq!(
            person.attributes.text("endDate"),
            Some("2026-03-01T08:00:00Z")
        );
        assert_eq!(
            person.manager,
            Some(Reference::alias("cn=boss,ou=staff,dc=example,dc=com"))
        );
    }

    #[test]
    fn a_lock_that_ends_by_itself_disables_nobody() {
        let schema = Schema::of(&settings("openldap"));
        let status = |locked: &str| {
            let entry = Entry::of(
                "uid=a,dc=x",
                &[("entryUUID", &["1"]), ("pwdAccountLockedTime", &[locked])],
            );
            person(&entry, &schema).unwrap().status
        };
        assert_eq!(status("000001010000Z"), PersonStatus::Disabled);
        assert_eq!(status("20260301120000Z"), PersonStatus::Active);
    }

    #[test]
    fn the_rule_for_disabled_can_be_set() {
        let mut settings = settings("openldap");
        settings.disabled = Some(DisabledRule::Present {
            attribute: "left".into(),
        });
        let schema = Schema::of(&settings);
        let entry = |extra: &[(&str, &[&str])]| {
            let mut all = vec![("entryUUID", &["1"][..])];
            all.extend(extra);
            Entry::of("uid=a,dc=x", &all)
        };
        assert_eq!(
            person(&entry(&[("left", &["x"])]), &schema).unwrap().status,
            PersonStatus::Disabled
        );
        assert_eq!(
            person(&entry(&[]), &schema).unwrap().status,
            PersonStatus::Active
        );
    }

    #[test]
    fn an_entry_without_its_key_is_nobody() {
        let schema = Schema::of(&settings("openldap"));
        let error = person(&Entry::of("uid=a,dc=x", &[]), &schema).unwrap_err();
        assert!(error.contains("`entryUUID`"), "{error}");
    }

    #[test]
    fn times_are_written_as_rfc_3339() {
        assert_eq!(
            readable("x", "20260301120000Z").as_deref(),
            Some("2026-03-01T12:00:00Z")
        );
        assert_eq!(
            readable("x", "491701234567").as_deref(),
            Some("491701234567")
        );
        assert_eq!(readable("x", "BuZ").as_deref(), Some("BuZ"));
    }
}
