//! What each attribute of a resource is: type, case, mutability, visibility (RFC 7643 §2, §7).

mod resource;
mod tables;

use serde::{Deserialize, Serialize};

pub(crate) use self::resource::Place;
pub use self::resource::{Found, ResourceSchema};
use crate::urn;

/// A schema: a URN and the attributes under it (RFC 7643 §7). It serialises to the resource that
/// `/Schemas` serves, without `meta` unless it is set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Schema {
    /// Always the URN of the schema of schemas.
    #[serde(default = "schema_of_schemas")]
    pub schemas: Vec<String>,
    /// The URN.
    pub id: String,
    /// The name for humans.
    #[serde(default)]
    pub name: String,
    /// What the schema describes, for humans.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The attributes.
    pub attributes: Vec<Attribute>,
    /// Where the schema is served.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meta: Option<crate::resource::Meta>,
}

fn schema_of_schemas() -> Vec<String> {
    vec![urn::SCHEMA.to_owned()]
}

impl Schema {
    /// A schema from its URN, name, description and attributes.
    pub fn new(id: &str, name: &str, description: &str, attributes: Vec<Attribute>) -> Self {
        Self {
            schemas: schema_of_schemas(),
            id: id.to_owned(),
            name: name.to_owned(),
            description: description.to_owned(),
            attributes,
            meta: None,
        }
    }

    /// The core schema of a user (RFC 7643 §4.1, §8.7.1).
    pub fn core_user() -> Self {
        tables::core_user()
    }

    /// The core schema of a group (RFC 7643 §4.2, §8.7.1), with `members.display` as §2.4 has it.
    pub fn core_group() -> Self {
        tables::core_group()
    }

    /// The enterprise extension of a user (RFC 7643 §4.3, §8.7.1).
    pub fn enterprise_user() -> Self {
        tables::enterprise_user()
    }

    /// The schema of the service provider's configuration (RFC 7643 §5, §8.7.2).
    pub fn service_provider_config() -> Self {
        tables::service_provider_config()
    }

    /// The schema of a resource type (RFC 7643 §6, §8.7.2).
    pub fn resource_type() -> Self {
        tables::resource_type()
    }

    /// An attribute by its name, compared without case.
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        by_name(&self.attributes, name)
    }

    /// An attribute by its name, to change what it is: a provider may make a read-write attribute
    /// read-only, or know further canonical values.
    pub fn attribute_mut(&mut self, name: &str) -> Option<&mut Attribute> {
        self.attributes
            .iter_mut()
            .find(|attribute| attribute.name.eq_ignore_ascii_case(name))
    }
}

fn by_name<'a>(attributes: &'a [Attribute], name: &str) -> Option<&'a Attribute> {
    attributes
        .iter()
        .find(|attribute| attribute.name.eq_ignore_ascii_case(name))
}

/// An attribute's characteristics (RFC 7643 §2.2, §7). What a definition leaves out has §2.2's defaults.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attribute {
    /// The name.
    pub name: String,
    /// The type of each value.
    #[serde(rename = "type", default)]
    pub kind: AttributeType,
    /// The attributes of a complex value.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sub_attributes: Vec<Attribute>,
    /// Whether it holds an array.
    #[serde(default)]
    pub multi_valued: bool,
    /// What it means, for humans.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Whether a resource must have it.
    #[serde(default)]
    pub required: bool,
    /// Values that are usual; others are allowed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub canonical_values: Vec<String>,
    /// Whether upper and lower case differ.
    #[serde(default)]
    pub case_exact: bool,
    /// Who may change it.
    #[serde(default)]
    pub mutability: Mutability,
    /// When a response has it.
    #[serde(default)]
    pub returned: Returned,
    /// Among which resources a value occurs once.
    #[serde(default)]
    pub uniqueness: Uniqueness,
    /// What a reference may point to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reference_types: Vec<String>,
}

impl Attribute {
    /// A single-valued read-write attribute with the defaults of RFC 7643 §2.2.
    pub fn new(name: &str, kind: AttributeType, description: &str) -> Self {
        Self {
            name: name.to_owned(),
            kind,
            sub_attributes: Vec::new(),
            multi_valued: false,
            description: description.to_owned(),
            required: false,
            canonical_values: Vec::new(),
            case_exact: false,
            mutability: Mutability::ReadWrite,
            returned: Returned::Default,
            uniqueness: Uniqueness::None,
            reference_types: Vec::new(),
        }
    }

    /// A complex attribute.
    pub fn complex(name: &str, description: &str, sub_attributes: Vec<Self>) -> Self {
        Self {
            sub_attributes,
            ..Self::new(name, AttributeType::Complex, description)
        }
    }

    /// The same attribute with an array of values.
    pub fn many(self) -> Self {
        Self {
            multi_valued: true,
            ..self
        }
    }

    /// The same attribute, required.
    pub fn required(self) -> Self {
        Self {
            required: true,
            ..self
        }
    }

    /// The same attribute, with case that matters.
    pub fn case_exact(self) -> Self {
        Self {
            case_exact: true,
            ..self
        }
    }

    /// The same attribute with another mutability.
    pub fn mutability(self, mutability: Mutability) -> Self {
        Self { mutability, ..self }
    }

    /// The same attribute with another visibility.
    pub fn returned(self, returned: Returned) -> Self {
        Self { returned, ..self }
    }

    /// The same attribute with another uniqueness.
    pub fn uniqueness(self, uniqueness: Uniqueness) -> Self {
        Self { uniqueness, ..self }
    }

    /// The same attribute with usual values.
    pub fn canonical(self, values: &[&str]) -> Self {
        Self {
            canonical_values: values.iter().map(|&value| value.to_owned()).collect(),
            ..self
        }
    }

    /// The same attribute with the kinds of resource it may point to.
    pub fn references(self, types: &[&str]) -> Self {
        Self {
            reference_types: types.iter().map(|&name| name.to_owned()).collect(),
            ..self
        }
    }

    /// A sub-attribute by its name, compared without case.
    pub fn sub_attribute(&self, name: &str) -> Option<&Self> {
        by_name(&self.sub_attributes, name)
    }

    /// A sub-attribute by its name, to change what it is.
    pub fn sub_attribute_mut(&mut self, name: &str) -> Option<&mut Self> {
        self.sub_attributes
            .iter_mut()
            .find(|attribute| attribute.name.eq_ignore_ascii_case(name))
    }

    pub(crate) fn is_complex(&self) -> bool {
        self.kind == AttributeType::Complex
    }
}

/// The type of a value (RFC 7643 §2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum AttributeType {
    /// A text.
    #[default]
    String,
    /// True or false.
    Boolean,
    /// A number with a fraction.
    Decimal,
    /// A whole number.
    Integer,
    /// A point in time as `xsd:dateTime`.
    DateTime,
    /// Bytes in base64.
    Binary,
    /// The address of a resource.
    Reference,
    /// An object of sub-attributes.
    Complex,
}

/// Who may change an attribute (RFC 7643 §7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Mutability {
    /// Only the provider.
    ReadOnly,
    /// Anybody at any time.
    #[default]
    ReadWrite,
    /// Set once, with the resource or while it has no value.
    Immutable,
    /// Set at any time, never read back.
    WriteOnly,
}

/// When a response has an attribute (RFC 7643 §7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Returned {
    /// In every response, whatever was asked for.
    Always,
    /// In no response.
    Never,
    /// Unless other attributes were asked for.
    #[default]
    Default,
    /// Only when asked for.
    Request,
}

/// Among which resources a value occurs once (RFC 7643 §7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Uniqueness {
    /// No rule.
    #[default]
    None,
    /// Among those of one provider.
    Server,
    /// Everywhere.
    Global,
}
