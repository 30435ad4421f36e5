//! PATCH: changes of parts of a resource (RFC 7644 §3.5.2).
//!
//! [`PatchRequest::parse`] reads the message, [`PatchRequest::apply`] changes a resource by it, all
//! operations or none. What identity providers send outside the RFC is accepted and reported as a
//! [`Tolerance`].

mod apply;
mod change;
mod coerce;
mod expand;
mod multi;
mod parse;
mod policy;
mod steps;

use std::fmt;

use serde_json::Value;

pub use self::policy::{PatchPolicy, ReadOnlyTargets, UnknownAttributes, UnmatchedFilter};
use crate::{ScimError, Tolerance, path::PatchPath, schema::ResourceSchema};

/// The body of a PATCH request.
#[derive(Debug, Clone, PartialEq)]
pub struct PatchRequest {
    /// The operations, in their order.
    pub operations: Vec<PatchOperation>,
    /// The forms outside the RFC in which the message itself was written.
    pub tolerated: Vec<Tolerance>,
}

/// One change.
#[derive(Debug, Clone, PartialEq)]
pub struct PatchOperation {
    /// What to do.
    pub op: PatchVerb,
    /// Where; none when the value is an object of attributes.
    pub path: Option<PatchPath>,
    /// With what; null is the same as none.
    pub value: Option<Value>,
}

/// What an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PatchVerb {
    /// `add`
    Add,
    /// `replace`
    Replace,
    /// `remove`
    Remove,
}

impl PatchVerb {
    /// The verb as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Replace => "replace",
            Self::Remove => "remove",
        }
    }
}

impl fmt::Display for PatchVerb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What an applied request did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PatchOutcome {
    /// Whether the resource is another than before.
    pub changed: bool,
    /// The forms outside the RFC that the request used, each once.
    pub tolerated: Vec<Tolerance>,
}

impl PatchRequest {
    /// A request with the given operations.
    pub fn new(operations: Vec<PatchOperation>) -> Self {
        Self {
            operations,
            tolerated: Vec::new(),
        }
    }

    /// Reads a PATCH body. Member names are read in any case (RFC 7643 §2.1).
    ///
    /// # Errors
    /// 400 `invalidSyntax` when the message has another shape or no operations, `invalidPath` when a path
    /// cannot be read, `noTarget` for a remove without path, `invalidValue` for an add or replace without
    /// value; each names the operation by its number from 1.
    pub fn parse(body: &Value) -> Result<Self, ScimError> {
        parse::request(body)
    }

    /// The message, as RFC 7644 §3.5.2 writes it.
    pub fn to_value(&self) -> Value {
        parse::to_value(self)
    }

    /// Changes a resource under the default [`PatchPolicy`]; see [`PatchRequest::apply_with`].
    pub fn apply(
        &self,
        resource: &mut Value,
        schema: &ResourceSchema,
    ) -> Result<PatchOutcome, ScimError> {
        self.apply_with(resource, schema, PatchPolicy::default())
    }

    /// Changes a resource by all operations in their order, or not at all (RFC 7644 §3.5.2).
    ///
    /// The URN of an extension is added to `schemas` when the first of its attributes is set, and taken
    /// away with the last.
    ///
    /// # Errors
    /// 400 with `invalidPath`, `noTarget`, `invalidValue` or `mutability` (RFC 7644 §3.5.2); it names
    /// the operation by its number from 1. The resource is then as before.
    pub fn apply_with(
        &self,
        resource: &mut Value,
        schema: &ResourceSchema,
        policy: PatchPolicy,
    ) -> Result<PatchOutcome, ScimError> {
        apply::request(self, resource, schema, policy)
    }
}

/// What was tolerated on the way.
#[derive(Debug)]
struct Notes(Vec<Tolerance>);

impl Notes {
    fn new(tolerated: &[Tolerance]) -> Self {
        Self(tolerated.to_vec())
    }

    fn add(&mut self, tolerance: Tolerance) {
        if !self.0.contains(&tolerance) {
            self.0.push(tolerance);
        }
    }

    fn into_sorted(mut self) -> Vec<Tolerance> {
        self.0.sort_unstable();
        self.0
    }
}
