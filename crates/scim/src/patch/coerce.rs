//! Values of a request in the shape that the schema wants.

use serde_json::{Map, Value};

use super::{Notes, UnknownAttributes};
use crate::{
    ScimError, Tolerance, json,
    schema::{Attribute, AttributeType, Mutability},
};

/// Checks values against their attributes, spells names as the schema does, and accepts what is tolerated.
pub(super) struct Coercion<'n> {
    unknown: UnknownAttributes,
    notes: &'n mut Notes,
}

impl<'n> Coercion<'n> {
    pub fn new(unknown: UnknownAttributes, notes: &'n mut Notes) -> Self {
        Self { unknown, notes }
    }

    /// The values of a multi-valued attribute; nulls are no values.
    pub fn values(&mut self, attribute: &Attribute, raw: &Value) -> Result<Vec<Value>, ScimError> {
        let Value::Array(items) = raw else {
            self.notes.add(Tolerance::SingleValueForMultiValued);
            return Ok(vec![self.element(attribute, raw)?]);
        };
        items
            .iter()
            .filter(|item| !item.is_null())
            .map(|item| self.element(attribute, item))
            .collect()
    }

    /// One whole value, without the sub-attributes that are null.
    pub fn element(&mut self, attribute: &Attribute, raw: &Value) -> Result<Value, ScimError> {
        let mut value = self.one(attribute, raw)?;
        if let Value::Object(members) = &mut value {
            members.retain(|_, member| !member.is_null());
            if members.is_empty() {
                return Err(ScimError::invalid_value(format!(
                    "a value of attribute `{}` is empty",
                    attribute.name
                )));
            }
        }
        Ok(value)
    }

    /// One value; sub-attributes that are null stay null, to be removed.
    pub fn one(&mut self, attribute: &Attribute, raw: &Value) -> Result<Value, ScimError> {
        use AttributeType::{
            Binary, Boolean, Complex, DateTime, Decimal, Integer, Reference, String,
        };
        let fits = match (attribute.kind, raw) {
            (Complex, Value::Object(members)) => return self.object(attribute, members),
            (Complex, Value::String(_) | Value::Number(_)) => {
                return self.text_for_complex(attribute, raw);
            }
            (Boolean, Value::String(text)) => {
                if let Some(boolean) = json::boolean(text) {
                    self.notes.add(Tolerance::BooleanAsText);
                    return Ok(boolean.into());
                }
                false
            }
            (String | Reference, Value::Number(number)) => {
                self.notes.add(Tolerance::NumberAsText);
                return Ok(number.to_string().into());
            }
            (DateTime, Value::String(text)) => json::instant(text).is_some(),
            (Integer, Value::Number(number)) => number.is_i64() || number.is_u64(),
            (Boolean, Value::Bool(_))
            | (Decimal, Value::Number(_))
            | (String | Reference | Binary, Value::String(_)) => true,
            _ => false,
        };
        if fits {
            Ok(raw.clone())
        } else {
            Err(ScimError::invalid_value(format!(
                "attribute `{}` is {}, expected {}",
                attribute.name,
                shown(raw),
                expected(attribute)
            )))
        }
    }

    fn text_for_complex(&mut self, attribute: &Attribute, raw: &Value) -> Result<Value, ScimError> {
        let Some(sub) = attribute.sub_attribute("value") else {
            return Err(ScimError::invalid_value(format!(
                "attribute `{}` is {}, expected {}",
                attribute.name,
                shown(raw),
                expected(attribute)
            )));
        };
        self.notes.add(Tolerance::TextForComplex);
        let value = self.one(sub, raw)?;
        Ok(Value::Object(Map::from_iter([(sub.name.clone(), value)])))
    }

    fn object(
        &mut self,
        attribute: &Attribute,
        members: &Map<String, Value>,
    ) -> Result<Value, ScimError> {
        let mut object = Map::with_capacity(members.len());
        for (key, raw) in members {
            match attribute.sub_attribute(key) {
                Some(sub) if sub.mutability == Mutability::ReadOnly => {
                    self.notes.add(Tolerance::ReadOnlyIgnored);
                }
                Some(sub) => {
                    let value = self.member(sub, raw)?;
                    object.insert(sub.name.clone(), value);
                }
                None => self.unknown_member(attribute, key, raw, &mut object)?,
            }
        }
        Ok(Value::Object(object))
    }

    fn member(&mut self, sub: &Attribute, raw: &Value) -> Result<Value, ScimError> {
        if raw.is_null() {
            Ok(Value::Null)
        } else if sub.multi_valued {
            Ok(Value::Array(self.values(sub, raw)?))
        } else {
            self.one(sub, raw)
        }
    }

    fn unknown_member(
        &mut self,
        attribute: &Attribute,
        key: &str,
        raw: &Value,
        object: &mut Map<String, Value>,
    ) -> Result<(), ScimError> {
        match self.unknown {
            UnknownAttributes::Refuse => {
                return Err(ScimError::invalid_value(format!(
                    "attribute `{}` has no sub-attribute `{key}`",
                    attribute.name
                )));
            }
            UnknownAttributes::Ignore => {}
            UnknownAttributes::Keep => {
                object.insert(key.to_owned(), raw.clone());
            }
        }
        self.notes.add(Tolerance::UnknownAttribute);
        Ok(())
    }
}

/// A value in a message: long ones and the members of objects would only hide the point.
fn shown(value: &Value) -> String {
    match value {
        Value::Array(_) | Value::Object(_) | Value::Null => json::type_name(value).to_owned(),
        Value::String(text) if text.chars().count() > 40 => {
            let head: String = text.chars().take(40).collect();
            format!("the text `{head}…`")
        }
        Value::String(text) => format!("the text `{text}`"),
        scalar => format!("`{scalar}`"),
    }
}

fn expected(attribute: &Attribute) -> &'static str {
    match attribute.kind {
        AttributeType::String => "a text",
        AttributeType::Boolean => "true or false",
        AttributeType::Decimal => "a number",
        AttributeType::Integer => "a whole number",
        AttributeType::DateTime => "a date and time such as 2026-01-31T12:00:00Z",
        AttributeType::Binary => "a text in base64",
        AttributeType::Reference => "an address",
        AttributeType::Complex => "an object",
    }
}
