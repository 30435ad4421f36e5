//! Operations on people.

use usher_model::{AttributeName, AttributeValue, Attributes, PersonStatus};

use super::{BuiltinProblem, Entries, EntryChange, without_member};
use crate::csv::is_email;
use crate::{EntryKey, MemberKind, Reference, SourcePerson};

/// A person to add.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NewPerson {
    /// What is known.
    pub attributes: Attributes,
    /// Active unless said otherwise.
    pub status: Option<PersonStatus>,
    /// The manager, by key, e-mail address or user name.
    pub manager: Option<String>,
}

/// How a person is changed; what is not named stays.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PersonEdit {
    /// Values to set.
    pub set: Attributes,
    /// Attributes to clear.
    pub clear: Vec<AttributeName>,
    /// A new status; [`PersonStatus::Gone`] is taken for disabled.
    pub status: Option<PersonStatus>,
    /// A new manager; an empty text takes the manager away.
    pub manager: Option<String>,
}

/// Adds a person under a key of the caller's.
pub fn add_person(
    entries: &Entries,
    key: EntryKey,
    new: &NewPerson,
) -> Result<EntryChange, BuiltinProblem> {
    if entries.people.contains_key(&key) {
        return Err(BuiltinProblem::KeyTaken(key));
    }
    let edit = PersonEdit {
        set: new.attributes.clone(),
        clear: Vec::new(),
        status: new.status,
        manager: new.manager.clone(),
    };
    let person = changed(entries, SourcePerson::new(key.as_str()), &edit)?;
    Ok(EntryChange {
        people: vec![person],
        ..EntryChange::default()
    })
}

/// Changes a person.
pub fn edit_person(
    entries: &Entries,
    person: &str,
    edit: &PersonEdit,
) -> Result<EntryChange, BuiltinProblem> {
    let before = entries.find_person(person)?;
    let after = changed(entries, before.clone(), edit)?;
    Ok(EntryChange {
        people: if after == *before {
            Vec::new()
        } else {
            vec![after]
        },
        ..EntryChange::default()
    })
}

/// Removes a person, also from groups and as a manager of others.
pub fn remove_person(entries: &Entries, person: &str) -> Result<EntryChange, BuiltinProblem> {
    let key = entries.find_person(person)?.key.clone();
    let as_manager = Some(Reference::key(key.as_str()));
    let people = entries
        .people
        .values()
        .filter(|other| other.manager == as_manager && other.key != key)
        .map(|other| SourcePerson {
            manager: None,
            ..other.clone()
        })
        .collect();
    Ok(EntryChange {
        people,
        groups: without_member(entries, &key, MemberKind::Person),
        removed_people: vec![key],
        removed_groups: Vec::new(),
    })
}

pub(super) fn changed(
    entries: &Entries,
    mut person: SourcePerson,
    edit: &PersonEdit,
) -> Result<SourcePerson, BuiltinProblem> {
    for name in &edit.clear {
        person.attributes.remove(name.as_str());
    }
    for (name, value) in edit.set.iter() {
        match value {
            AttributeValue::Text(text) => person.attributes.set_text(name.as_str(), text.trim()),
            value => person.attributes.set(name.clone(), value.clone()),
        }
    }
    match edit.status {
        Some(PersonStatus::Active) => person.status = PersonStatus::Active,
        Some(PersonStatus::Disabled | PersonStatus::Gone) => person.status = PersonStatus::Disabled,
        None => {}
    }
    check(entries, &person)?;
    if let Some(manager) = &edit.manager {
        person.manager = match manager.trim() {
            "" => None,
            manager => {
                let key = &entries.find_person(manager)?.key;
                refuse_circle(entries, &person.key, key)?;
                Some(Reference::key(key.as_str()))
            }
        };
    }
    Ok(person)
}

/// A person can be told from others and reached.
fn check(entries: &Entries, person: &SourcePerson) -> Result<(), BuiltinProblem> {
    let email = person.attributes.text(AttributeName::EMAIL);
    if let Some(email) = email.filter(|email| !is_email(email)) {
        return Err(BuiltinProblem::NoEmail(email.to_owned()));
    }
    if email.is_none() && person.attributes.text(AttributeName::USER_NAME).is_none() {
        return Err(BuiltinProblem::Nameless);
    }
    for attribute in [AttributeName::EMAIL, AttributeName::USER_NAME] {
        let Some(value) = person.attributes.text(attribute) else {
            continue;
        };
        let owner = entries.people.values().find(|other| {
            other.key != person.key
                && other
                    .attributes
                    .text(attribute)
                    .is_some_and(|taken| taken.eq_ignore_ascii_case(value))
        });
        if let Some(owner) = owner {
            return Err(BuiltinProblem::ValueTaken {
                attribute: attribute.to_owned(),
                value: value.to_owned(),
                owner: owner.key.clone(),
            });
        }
    }
    Ok(())
}

fn refuse_circle(
    entries: &Entries,
    person: &EntryKey,
    manager: &EntryKey,
) -> Result<(), BuiltinProblem> {
    let mut above = Some(manager.clone());
    // As many steps as there are people: a circle elsewhere must not hold us up.
    for _ in 0..=entries.people.len() {
        match above {
            None => return Ok(()),
            Some(key) if key == *person => return Err(BuiltinProblem::OwnManager(key)),
            Some(key) => {
                let next = entries
                    .people
                    .get(&key)
                    .and_then(|person| person.manager.as_ref());
                above = match next {
                    Some(Reference::Key { key }) => Some(key.clone()),
                    _ => None,
                };
            }
        }
    }
    Ok(())
}
