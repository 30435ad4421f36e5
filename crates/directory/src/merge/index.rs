//! Finding entries of one source by the references that its other entries make.

use std::collections::HashMap;

use smol_str::SmolStr;
use usher_model::AttributeName;

use crate::merge::types::Unresolved;
use crate::{EntryKey, Reference, SourceEntries};

/// The people and groups of one source, by key, alias and the attributes that references use. A hit is the
/// entry's position in its list.
pub(super) struct Index<'e> {
    people: HashMap<&'e EntryKey, usize>,
    people_by_alias: HashMap<&'e str, usize>,
    people_by_attribute: HashMap<&'e AttributeName, HashMap<SmolStr, Option<usize>>>,
    groups: HashMap<&'e EntryKey, usize>,
    groups_by_alias: HashMap<&'e str, usize>,
}

impl<'e> Index<'e> {
    pub fn build(entries: &'e SourceEntries) -> Self {
        let mut index = Self {
            people: HashMap::with_capacity(entries.people.len()),
            people_by_alias: HashMap::new(),
            people_by_attribute: HashMap::new(),
            groups: HashMap::with_capacity(entries.groups.len()),
            groups_by_alias: HashMap::new(),
        };
        for (at, person) in entries.people.iter().enumerate() {
            index.people.insert(&person.key, at);
            if let Some(alias) = &person.alias {
                index.people_by_alias.insert(alias, at);
            }
        }
        for (at, group) in entries.groups.iter().enumerate() {
            index.groups.insert(&group.key, at);
            if let Some(alias) = &group.alias {
                index.groups_by_alias.insert(alias, at);
            }
        }
        index.add_attributes(entries);
        index
    }

    /// Attributes are indexed only where a reference goes by them.
    fn add_attributes(&mut self, entries: &'e SourceEntries) {
        let of_people = entries
            .people
            .iter()
            .flat_map(|person| person.manager.iter());
        let of_groups = entries
            .groups
            .iter()
            .flat_map(|group| group.members.iter().map(|member| &member.reference));
        for reference in of_people.chain(of_groups) {
            if let Reference::Attribute { name, .. } = reference
                && !self.people_by_attribute.contains_key(name)
            {
                let values = by_attribute(entries, name);
                self.people_by_attribute.insert(name, values);
            }
        }
    }

    /// The person that a reference names.
    pub fn person(&self, reference: &Reference) -> Result<usize, Unresolved> {
        let found = match reference {
            Reference::Key { key } => self.people.get(key).copied(),
            Reference::Alias { alias } => self.people_by_alias.get(alias.as_str()).copied(),
            Reference::Attribute { name, value } => {
                let values = self.people_by_attribute.get(name);
                match values.and_then(|values| values.get(&fold(value))) {
                    Some(Some(at)) => Some(*at),
                    Some(None) => return Err(Unresolved::Ambiguous),
                    None => None,
                }
            }
        };
        found.ok_or(Unresolved::Unknown)
    }

    /// The group that a reference names.
    pub fn group(&self, reference: &Reference) -> Result<usize, Unresolved> {
        let found = match reference {
            Reference::Key { key } => self.groups.get(key).copied(),
            Reference::Alias { alias } => self.groups_by_alias.get(alias.as_str()).copied(),
            Reference::Attribute { .. } => None,
        };
        found.ok_or(Unresolved::Unknown)
    }
}

/// Text without regard to case.
pub(super) fn fold(text: &str) -> SmolStr {
    if text
        .bytes()
        .all(|b| b.is_ascii() && !b.is_ascii_uppercase())
    {
        SmolStr::new(text)
    } else {
        SmolStr::new(text.to_lowercase())
    }
}

/// The text of an attribute that references go by, folded. Whoever has no e-mail address but signs in with one has
/// that one, as everywhere in Usher.
pub fn value_of(person: &crate::SourcePerson, name: &AttributeName) -> Option<SmolStr> {
    let sign_in = || {
        let name = person.attributes.get(AttributeName::USER_NAME)?;
        name.as_text()
            .is_some_and(|text| text.contains('@'))
            .then_some(name)
    };
    let found = match person.attributes.get(name.as_str()) {
        None if *name == AttributeName::new(AttributeName::EMAIL) => sign_in(),
        found => found,
    };
    match found? {
        usher_model::AttributeValue::Text(text) => {
            let text = text.trim();
            (!text.is_empty()).then(|| fold(text))
        }
        usher_model::AttributeValue::Number(number) => Some(SmolStr::new(number.to_string())),
        _ => None,
    }
}

fn by_attribute(entries: &SourceEntries, name: &AttributeName) -> HashMap<SmolStr, Option<usize>> {
    let mut values: HashMap<SmolStr, Option<usize>> = HashMap::with_capacity(entries.people.len());
    for (at, person) in entries.people.iter().enumerate() {
        if let Some(value) = value_of(person, name) {
            values
                .entry(value)
                .and_modify(|known| *known = None)
                .or_insert(Some(at));
        }
    }
    values
}
