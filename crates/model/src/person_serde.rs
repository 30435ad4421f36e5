//! Reading and writing attributes as JSON. By hand, because a directory has a million of them: what serde derives for
//! values that are told by their kind keeps a copy of each first.

use std::fmt;

use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use smol_str::SmolStr;

use crate::{AttributeName, AttributeValue, Attributes};

impl<'de> Deserialize<'de> for AttributeValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = AttributeValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, several texts, a whole number, true or false")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<AttributeValue, E> {
        Ok(AttributeValue::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<AttributeValue, E> {
        Ok(AttributeValue::Number(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<AttributeValue, E> {
        let number = i64::try_from(value);
        number
            .map(AttributeValue::Number)
            .map_err(|_| E::custom(format_args!("{value} is too large a number")))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<AttributeValue, E> {
        Ok(AttributeValue::Text(SmolStr::new(value)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<AttributeValue, A::Error> {
        let mut texts = Vec::new();
        while let Some(text) = items.next_element::<SmolStr>()? {
            texts.push(text);
        }
        Ok(AttributeValue::List(texts))
    }
}

impl<'de> Deserialize<'de> for Attributes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(AttributesVisitor)
    }
}

struct AttributesVisitor;

impl<'de> Visitor<'de> for AttributesVisitor {
    type Value = Attributes;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("attributes by name")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Attributes, A::Error> {
        let mut attributes = Attributes::default();
        while let Some((name, value)) = entries.next_entry::<AttributeName, AttributeValue>()? {
            attributes.push(name, value);
        }
        Ok(attributes)
    }
}

impl Serialize for Attributes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}
