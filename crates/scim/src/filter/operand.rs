//! The right-hand side of a comparison, prepared for comparing with many values.

use std::{borrow::Cow, cmp::Ordering};

use jiff::Timestamp;
use serde_json::Value;

use super::{Literal, Operator};
use crate::{
    Tolerance, json,
    schema::{Attribute, AttributeType},
};

/// A literal in every form in which a JSON value may ask for it.
#[derive(Debug)]
pub(super) struct Operand<'a> {
    /// The literal's text; folded unless case matters.
    text: Cow<'a, str>,
    case_exact: bool,
    number: Option<Quantity>,
    boolean: Option<bool>,
    instant: Option<Timestamp>,
    is_boolean: bool,
}

impl<'a> Operand<'a> {
    /// None for `null`, which is compared with whether there is a value at all.
    pub fn new(
        literal: &'a Literal,
        attribute: Option<&Attribute>,
        tolerated: &mut Vec<Tolerance>,
    ) -> Option<Self> {
        use AttributeType::{Boolean, DateTime, Reference, String};
        let kind = attribute.map(|attribute| attribute.kind);
        let case_exact = attribute.is_some_and(|attribute| attribute.case_exact);
        let (text, boolean) = match literal {
            Literal::Text(text) => (text.as_str(), json::boolean(text)),
            Literal::Number(number) => (number.as_str(), None),
            Literal::Boolean(true) => ("true", Some(true)),
            Literal::Boolean(false) => ("false", Some(false)),
            Literal::Null => return None,
        };
        match (literal, kind) {
            (Literal::Text(_), Some(Boolean)) if boolean.is_some() => {
                tolerated.push(Tolerance::BooleanAsTextInFilter);
            }
            (Literal::Number(_), Some(String | Reference)) => {
                tolerated.push(Tolerance::NumberInFilterOfText);
            }
            _ => {}
        }
        Some(Self {
            text: if case_exact {
                Cow::Borrowed(text)
            } else {
                Cow::Owned(json::fold(text))
            },
            case_exact,
            number: Quantity::parse(text),
            boolean,
            instant: (kind == Some(DateTime))
                .then(|| json::instant(text))
                .flatten(),
            is_boolean: kind == Some(Boolean),
        })
    }

    /// Whether a JSON value compares as asked.
    pub fn compares(&self, operator: Operator, value: &Value) -> bool {
        use Operator::{
            Contains, EndsWith, Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual,
            StartsWith,
        };
        match operator {
            Equal => self.equals(value),
            NotEqual => !self.equals(value),
            Contains => self.within(value, contains, |text, part| text.contains(part)),
            StartsWith => self.within(value, starts, |text, part| text.starts_with(part)),
            EndsWith => self.within(value, ends, |text, part| text.ends_with(part)),
            Greater => self.order(value) == Some(Ordering::Greater),
            GreaterOrEqual => self.order(value).is_some_and(Ordering::is_ge),
            Less => self.order(value) == Some(Ordering::Less),
            LessOrEqual => self.order(value).is_some_and(Ordering::is_le),
        }
    }

    fn equals(&self, value: &Value) -> bool {
        match value {
            Value::String(text) => {
                if let Some(instants) = self.instants(text) {
                    instants.0 == instants.1
                } else if self.is_boolean {
                    self.boolean.is_some() && self.boolean == json::boolean(text)
                } else if self.case_exact {
                    *text == *self.text
                } else {
                    json::same_text(text, &self.text)
                }
            }
            Value::Bool(boolean) => self.boolean == Some(*boolean),
            Value::Number(_) => self.order(value) == Some(Ordering::Equal),
            Value::Null | Value::Array(_) | Value::Object(_) => false,
        }
    }

    /// How the value stands to the literal; booleans have no order (RFC 7644 §3.4.2.2, table 3).
    fn order(&self, value: &Value) -> Option<Ordering> {
        match value {
            Value::String(_) if self.is_boolean => None,
            Value::String(text) => Some(match self.instants(text) {
                Some((left, right)) => left.cmp(&right),
                None if self.case_exact => text.as_str().cmp(&*self.text),
                None => json::order_text(text, &self.text),
            }),
            Value::Number(number) => Quantity::of(number).partial_cmp_with(self.number.as_ref()?),
            _ => None,
        }
    }

    fn instants(&self, text: &str) -> Option<(Timestamp, Timestamp)> {
        let right = self.instant?;
        Some((json::instant(text)?, right))
    }

    /// `co`, `sw` and `ew`, which look at texts only.
    fn within(
        &self,
        value: &Value,
        ascii: fn(&[u8], &[u8]) -> bool,
        exact: fn(&str, &str) -> bool,
    ) -> bool {
        let Value::String(text) = value else {
            return false;
        };
        if self.case_exact {
            exact(text, &self.text)
        } else if text.is_ascii() {
            ascii(text.as_bytes(), self.text.as_bytes())
        } else {
            exact(&json::fold(text), &self.text)
        }
    }
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    part.is_empty()
        || text
            .windows(part.len())
            .any(|window| window.eq_ignore_ascii_case(part))
}

fn starts(text: &[u8], part: &[u8]) -> bool {
    text.get(..part.len())
        .is_some_and(|head| head.eq_ignore_ascii_case(part))
}

fn ends(text: &[u8], part: &[u8]) -> bool {
    text.len()
        .checked_sub(part.len())
        .and_then(|start| text.get(start..))
        .is_some_and(|tail| tail.eq_ignore_ascii_case(part))
}

/// A number that keeps 64-bit integers exact.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Quantity {
    Integer(i128),
    Float(f64),
}

impl Quantity {
    pub fn parse(text: &str) -> Option<Self> {
        if let Ok(integer) = text.parse() {
            return Some(Self::Integer(integer));
        }
        super::Number::parse(text)?
            .as_str()
            .parse()
            .ok()
            .map(Self::Float)
    }

    pub fn of(number: &serde_json::Number) -> Self {
        match (number.as_i64(), number.as_u64()) {
            (Some(integer), _) => Self::Integer(integer.into()),
            (None, Some(integer)) => Self::Integer(integer.into()),
            (None, None) => Self::Float(number.as_f64().unwrap_or(f64::NAN)),
        }
    }

    fn as_float(self) -> f64 {
        match self {
            Self::Integer(integer) => integer as f64,
            Self::Float(float) => float,
        }
    }

    pub fn partial_cmp_with(self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Integer(left), Self::Integer(right)) => Some(left.cmp(right)),
            (left, right) => left.as_float().partial_cmp(&right.as_float()),
        }
    }

    /// An order over all numbers, for sorting.
    pub fn total_cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Integer(left), Self::Integer(right)) => left.cmp(right),
            (left, right) => left.as_float().total_cmp(&right.as_float()),
        }
    }
}
