//! Operations without a path, and operations on a whole extension, as operations on single attributes.

use std::borrow::Cow;

use serde_json::Value;

use super::{
    Notes, PatchOperation, PatchPolicy, PatchRequest, PatchVerb, UnknownAttributes,
    parse::in_operation,
};
use crate::{
    ScimError, Tolerance, json,
    path::{AttributePath, PatchPath},
    schema::{Found, ResourceSchema, Schema},
};

/// An operation with a path.
#[derive(Debug)]
pub(super) struct Expanded<'a> {
    /// Its number in the request, from 0.
    pub operation: usize,
    pub op: PatchVerb,
    pub path: Cow<'a, PatchPath>,
    /// None for a remove without value, and for null.
    pub value: Option<&'a Value>,
    pub origin: Origin,
}

/// Where an operation's path comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// The operation's `path`.
    Path,
    /// A member of the object that a path-less operation, or one on a whole extension, has as value.
    Member,
}

pub(super) fn request<'a>(
    request: &'a PatchRequest,
    schema: &'a ResourceSchema,
    policy: PatchPolicy,
    notes: &mut Notes,
) -> Result<Vec<Expanded<'a>>, ScimError> {
    let mut expansion = Expansion {
        schema,
        policy,
        notes,
        expanded: Vec::with_capacity(request.operations.len()),
    };
    for (index, operation) in request.operations.iter().enumerate() {
        expansion
            .operation(index, operation)
            .map_err(|error| in_operation(index, error))?;
    }
    Ok(expansion.expanded)
}

struct Expansion<'a, 'n> {
    schema: &'a ResourceSchema,
    policy: PatchPolicy,
    notes: &'n mut Notes,
    expanded: Vec<Expanded<'a>>,
}

impl<'a> Expansion<'a, '_> {
    fn operation(&mut self, index: usize, operation: &'a PatchOperation) -> Result<(), ScimError> {
        let value = operation.value.as_ref();
        let Some(path) = &operation.path else {
            return self.pathless((index, operation.op), value);
        };
        match (self.schema.find(&path.attribute), operation.op) {
            (Some(Found::Extension(extension)), PatchVerb::Add | PatchVerb::Replace)
                if path.value_filter.is_none() =>
            {
                self.extension((index, operation.op), extension, value)
            }
            _ => {
                self.push(
                    (index, operation.op),
                    Cow::Borrowed(path),
                    value,
                    Origin::Path,
                );
                Ok(())
            }
        }
    }

    fn push(
        &mut self,
        (operation, op): (usize, PatchVerb),
        path: Cow<'a, PatchPath>,
        value: Option<&'a Value>,
        origin: Origin,
    ) {
        self.expanded.push(Expanded {
            operation,
            op,
            path,
            value: value.filter(|value| !value.is_null()),
            origin,
        });
    }

    /// RFC 7644 §3.5.2.1: without a path the value is an object of attributes.
    fn pathless(
        &mut self,
        operation: (usize, PatchVerb),
        value: Option<&'a Value>,
    ) -> Result<(), ScimError> {
        let Some(Value::Object(members)) = value else {
            return Err(ScimError::invalid_value(
                "without a `path` the `value` must be an object of attributes",
            ));
        };
        for (key, value) in members {
            self.member(operation, key, value)?;
        }
        Ok(())
    }

    fn member(
        &mut self,
        operation: (usize, PatchVerb),
        key: &'a str,
        value: &'a Value,
    ) -> Result<(), ScimError> {
        if self.schema.attribute(key).is_some() {
            self.push_member(operation, AttributePath::named(key).into(), value);
            return Ok(());
        }
        if let Some(extension) = self.schema.extension(key) {
            return self.extension(operation, extension, Some(value));
        }
        if key.eq_ignore_ascii_case(&self.schema.core.id) {
            self.notes.add(Tolerance::UrnInPathlessKey);
            return self.pathless(operation, Some(value));
        }
        match PatchPath::parse(key) {
            Ok(path) if self.schema.find(&path.attribute).is_some() => {
                self.notes.add(match path.attribute.urn {
                    Some(_) => Tolerance::UrnInPathlessKey,
                    None => Tolerance::PathInPathlessKey,
                });
                self.push_member(operation, path, value);
                Ok(())
            }
            _ => self.unknown(operation, &AttributePath::named(key), value),
        }
    }

    fn extension(
        &mut self,
        operation: (usize, PatchVerb),
        extension: &'a Schema,
        value: Option<&'a Value>,
    ) -> Result<(), ScimError> {
        let members = match value {
            Some(Value::Object(members)) => members,
            None | Some(Value::Null) => {
                let all = whole(&extension.id);
                self.push(
                    (operation.0, PatchVerb::Remove),
                    Cow::Owned(all),
                    None,
                    Origin::Member,
                );
                return Ok(());
            }
            Some(other) => {
                return Err(ScimError::invalid_value(format!(
                    "the value of `{}` is {}, expected an object of its attributes",
                    extension.id,
                    json::type_name(other)
                )));
            }
        };
        for (key, value) in members {
            let path = AttributePath {
                urn: Some(extension.id.clone()),
                ..AttributePath::parse(key).unwrap_or_else(|_| AttributePath::named(key))
            };
            if self.schema.find(&path).is_none() {
                self.unknown(operation, &path, value)?;
                continue;
            }
            if path.sub.is_some() {
                self.notes.add(Tolerance::PathInPathlessKey);
            }
            self.push_member(operation, path.into(), value);
        }
        Ok(())
    }

    fn push_member(&mut self, operation: (usize, PatchVerb), path: PatchPath, value: &'a Value) {
        // A null says that the attribute has no value (RFC 7643 §2.5): nothing to add, or one to remove.
        let op = match (operation.1, value) {
            (PatchVerb::Add, Value::Null) => return,
            (PatchVerb::Replace, Value::Null) => PatchVerb::Remove,
            (op, _) => op,
        };
        self.push(
            (operation.0, op),
            Cow::Owned(path),
            Some(value),
            Origin::Member,
        );
    }

    fn unknown(
        &mut self,
        operation: (usize, PatchVerb),
        path: &AttributePath,
        value: &'a Value,
    ) -> Result<(), ScimError> {
        match self.policy.unknown_attributes {
            UnknownAttributes::Refuse => return Err(unknown_attribute(path)),
            UnknownAttributes::Ignore => {}
            UnknownAttributes::Keep => self.push_member(operation, path.clone().into(), value),
        }
        self.notes.add(Tolerance::UnknownAttribute);
        Ok(())
    }
}

/// The path that names a whole extension, cut as the parser cuts it.
fn whole(urn: &str) -> PatchPath {
    let (head, name) = urn.rsplit_once(':').unwrap_or(("", urn));
    PatchPath::from(AttributePath {
        urn: (!head.is_empty()).then(|| head.to_owned()),
        ..AttributePath::named(name)
    })
}

pub(super) fn unknown_attribute(path: &AttributePath) -> ScimError {
    ScimError::invalid_path(format!("attribute `{path}` is not in the schema"))
}
