//! What a person's attribute reads as, for scope and mapping alike.

use std::borrow::Cow;

use smol_str::SmolStr;
use usher_model::{AttributeName, AttributeValue, Person, PersonStatus};

/// The name under which the person's status reads as true or false.
pub(crate) const ACTIVE: &str = "active";
/// The name under which the person's status reads as a word.
pub(crate) const STATUS: &str = "status";

/// The value of a person's attribute; none if it is absent or empty. `active` and `status` are those of the person,
/// and a person without `email` is reached by a user name that is an address, as everywhere.
pub(crate) fn read<'a>(person: &'a Person, name: &str) -> Option<Cow<'a, AttributeValue>> {
    if name.eq_ignore_ascii_case(ACTIVE) {
        let active = person.status == PersonStatus::Active;
        return Some(Cow::Owned(AttributeValue::Bool(active)));
    }
    if name.eq_ignore_ascii_case(STATUS) {
        let status = SmolStr::new_static(person.status.as_str());
        return Some(Cow::Owned(AttributeValue::Text(status)));
    }
    let found = person.attributes.get(name).filter(|value| !is_empty(value));
    if found.is_none() && name.eq_ignore_ascii_case(AttributeName::EMAIL) {
        let user_name = person.attributes.get(AttributeName::USER_NAME)?;
        let is_address = user_name.as_text()?.contains('@');
        return is_address.then_some(Cow::Borrowed(user_name));
    }
    found.map(Cow::Borrowed)
}

fn is_empty(value: &AttributeValue) -> bool {
    match value {
        AttributeValue::Text(text) => text.is_empty(),
        AttributeValue::List(texts) => texts.iter().all(SmolStr::is_empty),
        AttributeValue::Bool(_) | AttributeValue::Number(_) => false,
    }
}
