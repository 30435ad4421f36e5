//! Values of expressions.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;

use smol_str::{SmolStr, ToSmolStr};
use usher_model::AttributeValue;

/// A value of an expression.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    /// Nothing: an attribute that is absent, or `null`. Reads as the empty text, the empty list, and not true.
    Empty,
    /// True or false.
    Bool(bool),
    /// A whole number.
    Number(i64),
    /// Text.
    Text(SmolStr),
    /// Several values.
    List(Vec<Value>),
}

impl Value {
    pub(crate) fn text(text: impl AsRef<str>) -> Self {
        Self::Text(SmolStr::new(text.as_ref()))
    }

    /// What the value is called in messages.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Empty => "nothing",
            Self::Bool(_) => "true or false",
            Self::Number(_) => "a number",
            Self::Text(_) => "text",
            Self::List(_) => "a list",
        }
    }

    /// Whether there is nothing to see in it.
    pub(crate) fn is_blank(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Text(text) => text.trim().is_empty(),
            Self::List(values) => values.iter().all(Self::is_blank),
            Self::Bool(_) | Self::Number(_) => false,
        }
    }

    /// The value as text; none for a list.
    pub(crate) fn as_text(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Empty => Some(Cow::Borrowed("")),
            Self::Bool(value) => Some(Cow::Borrowed(if *value { "true" } else { "false" })),
            Self::Number(value) => Some(Cow::Owned(value.to_string())),
            Self::Text(text) => Some(Cow::Borrowed(text)),
            Self::List(_) => None,
        }
    }

    /// The value as a number: also of a text that is one, as sources that know only text bring it.
    pub(crate) fn as_number(&self) -> Option<i64> {
        match self {
            Self::Number(value) => Some(*value),
            Self::Text(text) => text.trim().parse().ok(),
            Self::Empty | Self::Bool(_) | Self::List(_) => None,
        }
    }

    /// The value as a condition: also of a text that says `true` or `false`. What is absent does not hold.
    pub(crate) fn as_condition(&self) -> Option<bool> {
        match self {
            Self::Empty => Some(false),
            Self::Bool(value) => Some(*value),
            Self::Text(text) if text.trim().is_empty() => Some(false),
            Self::Text(text) if text.trim().eq_ignore_ascii_case("true") => Some(true),
            Self::Text(text) if text.trim().eq_ignore_ascii_case("false") => Some(false),
            Self::Text(_) | Self::Number(_) | Self::List(_) => None,
        }
    }

    /// The value as a list: a single value is a list of one, an absent one a list of none.
    pub(crate) fn into_list(self) -> Vec<Self> {
        match self {
            Self::Empty => Vec::new(),
            Self::Text(text) if text.is_empty() => Vec::new(),
            Self::List(values) => values,
            single => vec![single],
        }
    }

    /// Whether two values are the same: nothing equals the empty text and the empty list, and a number or truth
    /// value equals the text that says it.
    pub(crate) fn equals(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::List(one), Self::List(two)) => {
                one.len() == two.len() && one.iter().zip(two).all(|(a, b)| a.equals(b))
            }
            (Self::List(values), Self::Empty) | (Self::Empty, Self::List(values)) => {
                values.is_empty()
            }
            (Self::Text(one), Self::Text(two)) => one == two,
            (Self::Number(number), Self::Text(_)) => other.as_number() == Some(*number),
            (Self::Text(_), Self::Number(number)) => self.as_number() == Some(*number),
            (Self::Bool(value), Self::Text(text)) | (Self::Text(text), Self::Bool(value)) => text
                .trim()
                .eq_ignore_ascii_case(if *value { "true" } else { "false" }),
            (Self::Empty, Self::Text(text)) | (Self::Text(text), Self::Empty) => text.is_empty(),
            (one, two) => one == two,
        }
    }

    /// How two values stand to each other; not at all if either is absent, or if their kinds do not compare.
    pub(crate) fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Text(one), Self::Text(two)) => Some(one.cmp(two)),
            (Self::Number(_) | Self::Text(_), Self::Number(_) | Self::Text(_)) => {
                Some(self.as_number()?.cmp(&other.as_number()?))
            }
            _ => None,
        }
    }

    /// About how much memory it takes, in bytes.
    pub(crate) fn size(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::List(values) => values.iter().map(|value| 16 + value.size()).sum(),
            Self::Empty | Self::Bool(_) | Self::Number(_) => 0,
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::List(values) => {
                for (value, at) in values.iter().zip(0..) {
                    f.write_str(if at == 0 { "" } else { ", " })?;
                    write!(f, "{value}")?;
                }
                Ok(())
            }
            single => f.write_str(&single.as_text().unwrap_or_default()),
        }
    }
}

impl From<&AttributeValue> for Value {
    fn from(value: &AttributeValue) -> Self {
        match value {
            AttributeValue::Bool(value) => Self::Bool(*value),
            AttributeValue::Number(value) => Self::Number(*value),
            AttributeValue::Text(text) => Self::Text(text.clone()),
            AttributeValue::List(texts) => {
                Self::List(texts.iter().cloned().map(Self::Text).collect())
            }
        }
    }
}

impl From<Cow<'_, AttributeValue>> for Value {
    fn from(value: Cow<'_, AttributeValue>) -> Self {
        Self::from(value.as_ref())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text.to_smolstr())
    }
}
