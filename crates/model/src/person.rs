//! People of the directory and what is known of them.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::{Email, PersonId};

/// The name of a person's attribute, spelled as RFC 7643 §4.1 and §4.3 spell it where they have one
/// (`userName`, `costCenter`); sources may bring others. Names are compared without regard to case.
#[derive(Clone, Debug, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AttributeName(SmolStr);

impl AttributeName {
    /// Wraps a name. A standard one gets its standard spelling.
    pub fn new(name: impl AsRef<str>) -> Self {
        let name = name.as_ref();
        let standard = Self::STANDARD
            .iter()
            .find(|known| known.eq_ignore_ascii_case(name));
        Self(SmolStr::new(standard.copied().unwrap_or(name)))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The person's e-mail address; it becomes the account's `userName`.
    pub const EMAIL: &'static str = "email";
    /// The name a person signs in with at the directory.
    pub const USER_NAME: &'static str = "userName";
    /// The name a person is shown with.
    pub const DISPLAY_NAME: &'static str = "displayName";
    /// The given name.
    pub const GIVEN_NAME: &'static str = "givenName";
    /// The family name.
    pub const FAMILY_NAME: &'static str = "familyName";

    /// The attributes that every source fills where it can, and that the default mapping reads.
    pub const STANDARD: &'static [&'static str] = &[
        Self::EMAIL,
        Self::USER_NAME,
        Self::DISPLAY_NAME,
        Self::GIVEN_NAME,
        Self::FAMILY_NAME,
        "title",
        "department",
        "division",
        "costCenter",
        "organization",
        "employeeNumber",
        "photo",
        "preferredLanguage",
        "userType",
        "location",
        "country",
        "phoneNumber",
        "startDate",
        "endDate",
    ];
}

impl PartialEq for AttributeName {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl PartialOrd for AttributeName {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for AttributeName {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        compare_folded(&self.0, &other.0)
    }
}

impl std::hash::Hash for AttributeName {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        for byte in self.0.bytes() {
            state.write_u8(byte.to_ascii_lowercase());
        }
    }
}

impl fmt::Display for AttributeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for AttributeName {
    fn from(name: &str) -> Self {
        Self::new(name)
    }
}

fn compare_folded(one: &str, other: &str) -> std::cmp::Ordering {
    one.bytes()
        .zip(other.bytes())
        .find_map(|(a, b)| {
            let order = a.to_ascii_lowercase().cmp(&b.to_ascii_lowercase());
            order.is_ne().then_some(order)
        })
        .unwrap_or_else(|| one.len().cmp(&other.len()))
}

/// The value of a person's attribute. A date is text in the form of RFC 3339; an absent value is no entry at all.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(untagged)]
pub enum AttributeValue {
    /// True or false.
    Bool(bool),
    /// A whole number.
    Number(i64),
    /// Text.
    Text(SmolStr),
    /// Several texts, in the order of the source.
    List(Vec<SmolStr>),
}

impl AttributeValue {
    /// A text value.
    pub fn text(text: impl AsRef<str>) -> Self {
        Self::Text(SmolStr::new(text.as_ref()))
    }

    /// The text, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl fmt::Display for AttributeValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => write!(f, "{value}"),
            Self::Number(value) => write!(f, "{value}"),
            Self::Text(value) => f.write_str(value),
            Self::List(values) => f.write_str(&values.join(", ")),
        }
    }
}

/// A person's attributes, sorted by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attributes(Vec<(AttributeName, AttributeValue)>);

impl Attributes {
    /// The value of the attribute `name`.
    pub fn get(&self, name: &str) -> Option<&AttributeValue> {
        // A person has a dozen attributes: walking them is as fast as searching.
        self.0
            .iter()
            .find(|(known, _)| known.0.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    /// The text of the attribute `name`, if it is one.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(AttributeValue::as_text)
    }

    /// Sets a value.
    pub fn set(&mut self, name: impl Into<AttributeName>, value: AttributeValue) {
        let name = name.into();
        match self.0.binary_search_by(|(known, _)| known.cmp(&name)) {
            Ok(at) => {
                if let Some(entry) = self.0.get_mut(at) {
                    entry.1 = value;
                }
            }
            Err(at) => self.0.insert(at, (name, value)),
        }
    }

    /// Sets a text, or removes the attribute when the text is empty.
    pub fn set_text(&mut self, name: &str, text: &str) {
        if text.is_empty() {
            self.remove(name);
        } else {
            self.set(name, AttributeValue::text(text));
        }
    }

    /// Sets a value. Names that come in order cost least.
    pub(crate) fn push(&mut self, name: AttributeName, value: AttributeValue) {
        match self.0.last() {
            Some((last, _)) if *last >= name => self.set(name, value),
            _ => self.0.push((name, value)),
        }
    }

    /// Removes an attribute and returns its value.
    pub fn remove(&mut self, name: &str) -> Option<AttributeValue> {
        let at = self
            .0
            .iter()
            .position(|(known, _)| known.0.eq_ignore_ascii_case(name))?;
        Some(self.0.remove(at).1)
    }

    /// The attributes in order.
    pub fn iter(&self) -> impl Iterator<Item = (&AttributeName, &AttributeValue)> {
        self.0.iter().map(|(name, value)| (name, value))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<Attributes> for std::collections::BTreeMap<AttributeName, AttributeValue> {
    fn from(attributes: Attributes) -> Self {
        attributes.0.into_iter().collect()
    }
}

impl From<std::collections::BTreeMap<AttributeName, AttributeValue>> for Attributes {
    fn from(map: std::collections::BTreeMap<AttributeName, AttributeValue>) -> Self {
        Self(map.into_iter().collect())
    }
}

impl FromIterator<(AttributeName, AttributeValue)> for Attributes {
    fn from_iter<I: IntoIterator<Item = (AttributeName, AttributeValue)>>(entries: I) -> Self {
        entries
            .into_iter()
            .collect::<std::collections::BTreeMap<_, _>>()
            .into()
    }
}

/// Whether a person still works here, as the directory says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PersonStatus {
    /// The person is there and enabled.
    Active,
    /// The directory has disabled the person.
    Disabled,
    /// No source knows the person any more.
    Gone,
}

impl PersonStatus {
    /// The status as one word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Disabled => "disabled",
            Self::Gone => "gone",
        }
    }
}

/// A human in the directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The person's id.
    pub id: PersonId,
    /// Whether the person still works here.
    pub status: PersonStatus,
    /// The person's manager.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub manager: Option<PersonId>,
    /// Everything else that is known.
    pub attributes: Attributes,
}

impl Person {
    /// The person's e-mail address.
    pub fn email(&self) -> Option<Email> {
        self.attributes
            .text(AttributeName::EMAIL)
            .or_else(|| {
                let name = self.attributes.text(AttributeName::USER_NAME)?;
                name.contains('@').then_some(name)
            })
            .map(Email::new)
    }

    /// The person's full name: the display name, else given and family name.
    pub fn full_name(&self) -> Option<Cow<'_, str>> {
        let text = |name| self.attributes.text(name);
        if let Some(name) = text(AttributeName::DISPLAY_NAME) {
            return Some(Cow::Borrowed(name));
        }
        match (
            text(AttributeName::GIVEN_NAME),
            text(AttributeName::FAMILY_NAME),
        ) {
            (Some(given), Some(family)) => Some(Cow::Owned(format!("{given} {family}"))),
            (one, other) => one.or(other).map(Cow::Borrowed),
        }
    }

    /// How the person is named to people: the display name, else the e-mail address, else the id.
    pub fn label(&self) -> String {
        self.attributes
            .text(AttributeName::DISPLAY_NAME)
            .map(str::to_owned)
            .or_else(|| self.email().map(|email| email.to_string()))
            .unwrap_or_else(|| self.id.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attribute_names_compare_without_regard_to_case_and_get_their_standard_spelling() {
        assert_eq!(AttributeName::new("COSTCENTER").as_str(), "costCenter");
        assert_eq!(AttributeName::new("Badge"), AttributeName::new("badge"));
        let mut attributes = Attributes::default();
        attributes.set_text("Badge", "1");
        attributes.set_text("badge", "2");
        assert_eq!(attributes.len(), 1);
        assert_eq!(attributes.text("BADGE"), Some("2"));
        attributes.set_text("badge", "");
        assert!(attributes.is_empty());
    }

    #[test]
    fn attributes_come_in_any_order_and_the_last_of_equal_names_counts() {
        let text = r#"{"title":"a","badge":1,"TITLE":"b","Department":null}"#;
        assert!(
            serde_json::from_str::<Attributes>(text).is_err(),
            "null is no value"
        );
        let text = r#"{"title":"a","badge":1,"TITLE":"b","big":-9007199254740993}"#;
        let attributes: Attributes = serde_json::from_str(text).unwrap();
        let names: Vec<_> = attributes.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["badge", "big", "title"]);
        assert_eq!(attributes.text("title"), Some("b"));
        let whole = serde_json::to_value(&attributes).unwrap();
        assert_eq!(
            serde_json::from_value::<Attributes>(whole).unwrap(),
            attributes
        );
        for wrong in [
            r#"{"a":1.5}"#,
            r#"{"a":18446744073709551615}"#,
            r#"{"a":{}}"#,
            r#"{"a":[1]}"#,
            "[]",
        ] {
            assert!(
                serde_json::from_str::<Attributes>(wrong).is_err(),
                "{wrong}"
            );
        }
    }

    #[test]
    fn attributes_read_back_from_json_as_they_were() {
        let text = r#"{"badge":7,"department":"Design","groups":["a","b"],"vip":true}"#;
        let attributes: Attributes = serde_json::from_str(text).unwrap();
        assert_eq!(attributes.get("badge"), Some(&AttributeValue::Number(7)));
        assert_eq!(serde_json::to_string(&attributes).unwrap(), text);
    }
}
