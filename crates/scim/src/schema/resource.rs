//! A resource type's schemas together, and how a path finds its attribute in them.

use serde_json::Value;

use super::{Attribute, AttributeType, Mutability, Returned, Schema, Uniqueness, by_name};
use crate::{json, path::AttributePath};

/// The schemas of one resource type: its core schema, its extensions, and the attributes that every
/// resource has (`schemas`, `id`, `externalId`, `meta`; RFC 7643 §3.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceSchema {
    /// The schema whose attributes stand at the top of the resource.
    pub core: Schema,
    /// The schemas whose attributes stand in an object under their URN.
    pub extensions: Vec<Schema>,
    /// The attributes that every resource has.
    pub common: Vec<Attribute>,
}

/// What an attribute path names in a [`ResourceSchema`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found<'a> {
    /// All of an extension.
    Extension(&'a Schema),
    /// An attribute, or one of its sub-attributes.
    Attribute {
        /// The extension that defines it; none for core and common attributes.
        extension: Option<&'a Schema>,
        /// The attribute.
        attribute: &'a Attribute,
        /// The sub-attribute, when the path names one.
        sub: Option<&'a Attribute>,
    },
}

impl ResourceSchema {
    /// A resource type from its core schema and extensions.
    pub fn new(core: Schema, extensions: Vec<Schema>) -> Self {
        Self {
            core,
            extensions,
            common: common_attributes(),
        }
    }

    /// A user with the enterprise extension.
    pub fn user() -> Self {
        Self::new(Schema::core_user(), vec![Schema::enterprise_user()])
    }

    /// A group.
    pub fn group() -> Self {
        Self::new(Schema::core_group(), Vec::new())
    }

    /// The attribute that a path names; names and URNs are compared without case (RFC 7643 §2.1).
    pub fn find(&self, path: &AttributePath) -> Option<Found<'_>> {
        if let Some(schema) = self.extension_named(path) {
            return Some(Found::Extension(schema));
        }
        let extension = match &path.urn {
            Some(urn) if !urn.eq_ignore_ascii_case(&self.core.id) => Some(self.extension(urn)?),
            _ => None,
        };
        let attribute = match extension {
            Some(schema) => schema.attribute(&path.name)?,
            None => self.attribute(&path.name)?,
        };
        let sub = match &path.sub {
            Some(sub) => Some(attribute.sub_attribute(sub)?),
            None => None,
        };
        Some(Found::Attribute {
            extension,
            attribute,
            sub,
        })
    }

    /// A core or common attribute by its name.
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.core
            .attribute(name)
            .or_else(|| by_name(&self.common, name))
    }

    /// An extension by its URN, compared without case.
    pub fn extension(&self, urn: &str) -> Option<&Schema> {
        self.extensions
            .iter()
            .find(|schema| schema.id.eq_ignore_ascii_case(urn))
    }

    /// The extension of which the whole path is the URN, cut at its last colon by the parser.
    fn extension_named(&self, path: &AttributePath) -> Option<&Schema> {
        let urn = path.urn.as_deref()?;
        self.extensions.iter().find(|schema| {
            path.sub.is_none()
                && schema.id.rsplit_once(':').is_some_and(|(head, tail)| {
                    head.eq_ignore_ascii_case(urn) && tail.eq_ignore_ascii_case(&path.name)
                })
        })
    }

    /// Where in a resource's JSON the values of a path are, known to the schema or not.
    pub(crate) fn place<'a>(&'a self, path: &'a AttributePath) -> Place<'a> {
        if let Some(schema) = self.extension_named(path) {
            return Place::of_key(&schema.id);
        }
        let is_foreign = |urn: &&str| !urn.eq_ignore_ascii_case(&self.core.id);
        let foreign = path.urn.as_deref().filter(is_foreign);
        let extension = foreign.and_then(|urn| self.extension(urn));
        let attribute = match (foreign, extension) {
            (Some(_), Some(schema)) => schema.attribute(&path.name),
            (Some(_), None) => None,
            (None, _) => self.attribute(&path.name),
        };
        Place {
            container: extension.map(|schema| schema.id.as_str()).or(foreign),
            ..Place::of_attribute(attribute, path)
        }
    }
}

/// Where in a resource's JSON the values of a path are, and what the schema says about them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    /// The extension object that holds the attribute.
    pub container: Option<&'a str>,
    /// The attribute's name, as the schema spells it.
    pub key: &'a str,
    /// The sub-attribute's name, as the schema spells it.
    pub sub: Option<&'a str>,
    /// The attribute's definition.
    pub attribute: Option<&'a Attribute>,
    /// The definition of what is compared: the sub-attribute, or `value` of a complex attribute.
    pub leaf: Option<&'a Attribute>,
}

impl<'a> Place<'a> {
    fn of_key(key: &'a str) -> Self {
        Self {
            container: None,
            key,
            sub: None,
            attribute: None,
            leaf: None,
        }
    }

    fn of_attribute(attribute: Option<&'a Attribute>, path: &'a AttributePath) -> Self {
        let named = path.sub.as_deref();
        let sub = named.and_then(|name| attribute?.sub_attribute(name));
        let leaf = match (named, attribute) {
            (Some(_), _) => sub,
            (None, Some(attribute)) if attribute.is_complex() => attribute.sub_attribute("value"),
            (None, attribute) => attribute,
        };
        Self {
            container: None,
            key: attribute.map_or(path.name.as_str(), |attribute| &attribute.name),
            sub: sub.map(|sub| sub.name.as_str()).or(named),
            attribute,
            leaf,
        }
    }

    /// Where a path inside brackets is, relative to one value of the attribute before them.
    pub fn inside(parent: Option<&'a Attribute>, path: &'a AttributePath) -> Self {
        let attribute = parent.and_then(|parent| {
            if parent.is_complex() {
                parent.sub_attribute(&path.name)
            } else {
                path.name.eq_ignore_ascii_case("value").then_some(parent)
            }
        });
        let key = match attribute {
            Some(attribute) if parent.is_some_and(Attribute::is_complex) => &attribute.name,
            _ => path.name.as_str(),
        };
        Self {
            key,
            ..Self::of_attribute(attribute, path)
        }
    }

    /// Asks a question of each assigned value until one answers yes.
    pub fn any<'v>(&self, holder: &'v Value, ask: &mut impl FnMut(&'v Value) -> bool) -> bool {
        match self.raw(holder) {
            Some(value) => self.spread(value, ask),
            None => false,
        }
    }

    /// The attribute's JSON as it stands in the resource, or in one value of an attribute.
    pub fn raw<'v>(&self, holder: &'v Value) -> Option<&'v Value> {
        let holder = match self.container {
            Some(urn) => json::get(holder.as_object()?, urn)?,
            None => holder,
        };
        match holder {
            Value::Object(members) => json::get(members, self.key),
            simple => self.key.eq_ignore_ascii_case("value").then_some(simple),
        }
    }

    fn spread<'v>(&self, value: &'v Value, ask: &mut impl FnMut(&'v Value) -> bool) -> bool {
        match (value, self.sub) {
            (Value::Null, _) => false,
            (Value::Array(items), _) => items.iter().any(|item| self.spread(item, ask)),
            (Value::Object(members), Some(sub)) => match json::get(members, sub) {
                Some(Value::Null) | None => false,
                Some(Value::Array(items)) => items.iter().any(ask),
                Some(value) => ask(value),
            },
            (_, Some(sub)) if !sub.eq_ignore_ascii_case("value") => false,
            (value, _) => ask(value),
        }
    }
}

fn common_attributes() -> Vec<Attribute> {
    use AttributeType::{DateTime, Reference, String};
    let text = |name, description| {
        Attribute::new(name, String, description).mutability(Mutability::ReadOnly)
    };
    vec![
        Attribute::new(
            "schemas",
            Reference,
            "URNs of the schemas that the resource uses.",
        )
        .many()
        .required()
        .case_exact()
        .returned(Returned::Always),
        text("id", "The provider's own identifier.")
            .case_exact()
            .returned(Returned::Always)
            .uniqueness(Uniqueness::Server),
        Attribute::new("externalId", String, "The client's own identifier.").case_exact(),
        Attribute::complex(
            "meta",
            "What the provider records about the resource.",
            vec![
                text("resourceType", "The kind of resource.").case_exact(),
                Attribute::new("created", DateTime, "When the resource was created.")
                    .mutability(Mutability::ReadOnly),
                Attribute::new("lastModified", DateTime, "When the resource last changed.")
                    .mutability(Mutability::ReadOnly),
                Attribute::new("location", Reference, "The address of the resource.")
                    .case_exact()
                    .mutability(Mutability::ReadOnly),
                text("version", "The version of the resource.").case_exact(),
            ],
        )
        .mutability(Mutability::ReadOnly),
    ]
}
