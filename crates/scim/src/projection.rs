//! Which attributes a response shows: `attributes` and `excludedAttributes` (RFC 7644 §3.9).

use serde_json::{Map, Value};

use crate::{
    ScimError,
    path::AttributePath,
    schema::{Attribute, Found, ResourceSchema, Returned},
};

/// The attributes that a client wants to see.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Projection {
    /// What is returned by default.
    #[default]
    Default,
    /// Only these, and what is always returned.
    Only(Vec<AttributePath>),
    /// The default without these.
    Without(Vec<AttributePath>),
}

impl Projection {
    /// Reads the query parameters `attributes` and `excludedAttributes`, comma-separated lists. An empty
    /// parameter is the same as none.
    ///
    /// # Errors
    /// 400 `invalidValue` when both are given (RFC 7644 §3.9 makes them exclude each other),
    /// 400 `invalidPath` when an entry is no attribute path.
    pub fn new(attributes: Option<&str>, excluded: Option<&str>) -> Result<Self, ScimError> {
        Self::of(
            &list(attributes.unwrap_or_default())?,
            &list(excluded.unwrap_or_default())?,
        )
    }

    /// The same from lists, as a search request has them.
    ///
    /// # Errors
    /// As [`Projection::new`].
    pub fn of(attributes: &[AttributePath], excluded: &[AttributePath]) -> Result<Self, ScimError> {
        match (attributes, excluded) {
            ([], []) => Ok(Self::Default),
            (only, []) => Ok(Self::Only(only.to_vec())),
            ([], without) => Ok(Self::Without(without.to_vec())),
            _ => Err(ScimError::invalid_value(
                "parameters `attributes` and `excludedAttributes` exclude each other; send one of them",
            )),
        }
    }

    /// Takes away from a resource what the client is not to see. Names outside the schema are matched to
    /// the resource's own, without case; names that match nothing are ignored.
    pub fn apply(&self, resource: &mut Value, schema: &ResourceSchema) {
        let Value::Object(members) = resource else {
            return;
        };
        let wanted: Vec<Wanted<'_>> = self
            .paths()
            .iter()
            .map(|path| Wanted::new(path, schema))
            .collect();
        members.retain(|key, value| self.keep_member(key, value, &wanted, schema));
    }

    fn paths(&self) -> &[AttributePath] {
        match self {
            Self::Default => &[],
            Self::Only(paths) | Self::Without(paths) => paths,
        }
    }

    fn keep_member(
        &self,
        key: &str,
        value: &mut Value,
        wanted: &[Wanted<'_>],
        schema: &ResourceSchema,
    ) -> bool {
        let Some(urn) = extension_urn(key, schema) else {
            let named = select(wanted, None, key);
            return self.keep(schema.attribute(key), value, &named);
        };
        if wanted.iter().any(|wanted| wanted.is_all_of(urn)) {
            return !matches!(self, Self::Without(_));
        }
        let Value::Object(members) = value else {
            return !matches!(self, Self::Only(_));
        };
        let extension = schema.extension(urn);
        let was_empty = members.is_empty();
        members.retain(|key, value| {
            let attribute = extension.and_then(|extension| extension.attribute(key));
            self.keep(attribute, value, &select(wanted, Some(urn), key))
        });
        was_empty && !matches!(self, Self::Only(_)) || !members.is_empty()
    }

    /// Whether an attribute stays, with its sub-attributes thinned out. `named` holds, for each path that
    /// names the attribute, the sub-attribute it goes down to.
    fn keep(
        &self,
        attribute: Option<&Attribute>,
        value: &mut Value,
        named: &[Option<&str>],
    ) -> bool {
        let is_whole = named.contains(&None) && !named.is_empty();
        let returned = attribute.map_or(Returned::Default, |attribute| attribute.returned);
        let by_default = match returned {
            Returned::Always => return true,
            Returned::Never => return false,
            Returned::Default => true,
            Returned::Request => false,
        };
        let stays = match self {
            Self::Default => by_default,
            Self::Only(_) => !named.is_empty(),
            Self::Without(_) => by_default && !is_whole,
        };
        if !stays {
            return false;
        }
        let scope = match self {
            Self::Only(_) if is_whole => Self::Default,
            Self::Without(_) if named.is_empty() => Self::Default,
            other => other.clone_kind(),
        };
        scope.thin(attribute, value, named)
    }

    /// The same choice without its paths, for the sub-attributes.
    fn clone_kind(&self) -> Self {
        match self {
            Self::Default => Self::Default,
            Self::Only(_) => Self::Only(Vec::new()),
            Self::Without(_) => Self::Without(Vec::new()),
        }
    }

    fn thin(
        &self,
        attribute: Option<&Attribute>,
        value: &mut Value,
        named: &[Option<&str>],
    ) -> bool {
        match value {
            Value::Array(items) => {
                let was_empty = items.is_empty();
                items.retain_mut(|item| self.thin(attribute, item, named));
                was_empty || !items.is_empty()
            }
            Value::Object(members) => self.thin_object(attribute, members, named),
            _ => true,
        }
    }

    fn thin_object(
        &self,
        attribute: Option<&Attribute>,
        members: &mut Map<String, Value>,
        named: &[Option<&str>],
    ) -> bool {
        let was_empty = members.is_empty();
        members.retain(|key, _| {
            let is_named = named
                .iter()
                .flatten()
                .any(|sub| sub.eq_ignore_ascii_case(key));
            let sub = attribute.and_then(|attribute| attribute.sub_attribute(key));
            match (sub.map_or(Returned::Default, |sub| sub.returned), self) {
                (Returned::Always, _) | (Returned::Default, Self::Default) => true,
                (Returned::Never, _) => false,
                (_, Self::Only(_)) => is_named,
                (Returned::Default, Self::Without(_)) => !is_named,
                (Returned::Request, _) => false,
            }
        });
        was_empty || !members.is_empty()
    }
}

fn list(text: &str) -> Result<Vec<AttributePath>, ScimError> {
    text.split(',')
        .map(str::trim)
        .filter(|entry| !entry.is_empty())
        .map(|entry| Ok(AttributePath::parse(entry)?))
        .collect()
}

/// A path of the client, split by where it points.
struct Wanted<'a> {
    urn: Option<&'a str>,
    /// None for all of an extension.
    name: Option<&'a str>,
    sub: Option<&'a str>,
    path: &'a AttributePath,
}

impl<'a> Wanted<'a> {
    fn new(path: &'a AttributePath, schema: &'a ResourceSchema) -> Self {
        if let Some(Found::Extension(extension)) = schema.find(path) {
            return Self {
                urn: Some(&extension.id),
                name: None,
                sub: None,
                path,
            };
        }
        let is_core = |urn: &&str| urn.eq_ignore_ascii_case(&schema.core.id);
        Self {
            urn: path.urn.as_deref().filter(|urn| !is_core(urn)),
            name: Some(&path.name),
            sub: path.sub.as_deref(),
            path,
        }
    }

    fn is_all_of(&self, urn: &str) -> bool {
        match self.name {
            None => self.urn.is_some_and(|own| own.eq_ignore_ascii_case(urn)),
            // An extension outside the schema: the path as a whole is its URN.
            Some(_) => self.path.urn.is_some() && self.path.to_string().eq_ignore_ascii_case(urn),
        }
    }
}

/// The key as the URN of an extension: one of the schema's, or anything that begins like a URN.
fn extension_urn<'a>(key: &'a str, schema: &'a ResourceSchema) -> Option<&'a str> {
    let looks_like_one = key
        .get(..4)
        .is_some_and(|prefix| prefix.eq_ignore_ascii_case("urn:"));
    match schema.extension(key) {
        Some(extension) => Some(&extension.id),
        None => looks_like_one.then_some(key),
    }
}

fn select<'a>(wanted: &[Wanted<'a>], urn: Option<&str>, key: &str) -> Vec<Option<&'a str>> {
    let same_urn = |own: Option<&str>| match (own, urn) {
        (None, None) => true,
        (Some(own), Some(urn)) => own.eq_ignore_ascii_case(urn),
        _ => false,
    };
    wanted
        .iter()
        .filter(|wanted| {
            same_urn(wanted.urn)
                && wanted
                    .name
                    .is_some_and(|name| name.eq_ignore_ascii_case(key))
        })
        .map(|wanted| wanted.sub)
        .collect()
}
