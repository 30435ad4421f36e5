//! Taking over what another source reads, such as a file.

use usher_model::AttributeName;

use super::people::{NewPerson, PersonEdit, add_person, changed};
use super::{Entries, EntryChange, GroupEdit, add_group, edit_group};
use crate::{EntryKey, Reading, RowProblem, SourcePerson};

/// What an import does.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Imported {
    /// What is to be written.
    pub change: EntryChange,
    /// How many people are new.
    pub added: usize,
    /// How many people change.
    pub edited: usize,
    /// How many people stay as they are.
    pub unchanged: usize,
    /// Who could not be taken over, and what the reading itself complained about.
    pub problems: Vec<RowProblem>,
}

/// Takes a reading's people over: one with a known key, else a known e-mail address, is changed, others are new under
/// the key they have. Attributes that the reading does not have stay; nobody is removed. Groups are made, and get the
/// members that the reading names beside those they have.
pub fn import(entries: &Entries, reading: &Reading) -> Imported {
    let mut imported = Imported {
        problems: reading.problems.clone(),
        ..Imported::default()
    };
    let mut now = entries.clone();
    for person in &reading.people {
        match one(&now, person) {
            Ok(None) => imported.unchanged += 1,
            Ok(Some((is_new, change))) => {
                *(if is_new {
                    &mut imported.added
                } else {
                    &mut imported.edited
                }) += 1;
                now = now.with(&change);
                imported.change.people.extend(change.people);
            }
            Err(problem) => imported.problems.push(problem),
        }
    }
    managers(&mut now, reading, &mut imported);
    groups(now, reading, &mut imported);
    imported
}

/// The entry that a person of the reading is.
fn target<'e>(entries: &'e Entries, person: &SourcePerson) -> Option<&'e SourcePerson> {
    let by_email = || {
        let email = person.attributes.text(AttributeName::EMAIL)?;
        entries.find_person(email).ok()
    };
    entries.people.get(&person.key).or_else(by_email)
}

fn one(
    entries: &Entries,
    person: &SourcePerson,
) -> Result<Option<(bool, EntryChange)>, RowProblem> {
    let refuse =
        |problem: super::BuiltinProblem| RowProblem::new(person.key.as_str(), problem.to_string());
    let Some(known) = target(entries, person) else {
        let new = NewPerson {
            attributes: person.attributes.clone(),
            status: Some(person.status),
            manager: None,
        };
        let change = add_person(entries, person.key.clone(), &new).map_err(refuse)?;
        return Ok(Some((true, change)));
    };
    let edit = PersonEdit {
        set: person.attributes.clone(),
        status: Some(person.status),
        ..PersonEdit::default()
    };
    let after = changed(entries, known.clone(), &edit).map_err(refuse)?;
    if after == *known {
        return Ok(None);
    }
    let change = EntryChange {
        people: vec![after],
        ..EntryChange::default()
    };
    Ok(Some((false, change)))
}

/// Managers come last: they may stand below those they manage.
fn managers(now: &mut Entries, reading: &Reading, imported: &mut Imported) {
    let mut changes: Vec<SourcePerson> = Vec::new();
    for person in &reading.people {
        let Some(reference) = &person.manager else {
            continue;
        };
        let Some(known) = target(now, person) else {
            continue;
        };
        let text = match reference {
            crate::Reference::Key { key } => key.to_string(),
            crate::Reference::Alias { alias } => alias.to_string(),
            crate::Reference::Attribute { value, .. } => value.to_string(),
        };
        let edit = PersonEdit {
            manager: Some(by_number(now, reference).unwrap_or(text)),
            ..PersonEdit::default()
        };
        match changed(now, known.clone(), &edit) {
            Ok(after) if after == *known => {}
            Ok(after) => changes.push(after),
            Err(problem) => imported.problems.push(RowProblem::new(
                person.key.as_str(),
                format!("manager left out: {problem}"),
            )),
        }
    }
    for person in changes {
        let change = EntryChange {
            people: vec![person.clone()],
            ..EntryChange::default()
        };
        *now = std::mem::take(now).with(&change);
        imported
            .change
            .people
            .retain(|known| known.key != person.key);
        imported.change.people.push(person);
    }
}

/// A reference by another attribute than those that name a person here.
fn by_number(entries: &Entries, reference: &crate::Reference) -> Option<String> {
    let crate::Reference::Attribute { name, value } = reference else {
        return None;
    };
    let mut found = entries.people().filter(|person| {
        person
            .attributes
            .text(name.as_str())
            .is_some_and(|text| text.eq_ignore_ascii_case(value))
    });
    match (found.next(), found.next()) {
        (Some(person), None) => Some(person.key.to_string()),
        _ => None,
    }
}

fn groups(mut now: Entries, reading: &Reading, imported: &mut Imported) {
    for group in &reading.groups {
        let key = EntryKey::new(group.key.as_str());
        let of_people = reading
            .people
            .iter()
            .filter(|person| person.groups.contains(&crate::Reference::key(key.as_str())))
            .filter_map(|person| target(&now, person))
            .map(|person| person.key.to_string());
        let listed = group
            .members
            .iter()
            .filter_map(|member| match &member.reference {
                crate::Reference::Key { key } => Some(key.to_string()),
                reference => by_number(&now, reference),
            });
        let edit = GroupEdit {
            add: of_people
                .chain(listed)
                .filter(|text| super::member(&now, text).is_ok())
                .collect(),
            ..GroupEdit::default()
        };
        let change = match now.find_group(&group.name) {
            Ok(_) => edit_group(&now, &group.name, &edit),
            Err(_) => add_group(&now, key, &group.name, &edit),
        };
        match change {
            Ok(change) => {
                now = now.with(&change);
                imported.change.groups.extend(change.groups);
            }
            Err(problem) => imported
                .problems
                .push(RowProblem::new(&group.name, problem.to_string())),
        }
    }
}
