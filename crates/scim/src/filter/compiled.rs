//! A filter tied to a schema, put to raw JSON without allocating.

use serde_json::Value;

use super::{Filter, Operator, operand::Operand};
use crate::{
    Tolerance,
    path::AttributePath,
    schema::{Attribute, Place, ResourceSchema},
};

/// A filter whose names are looked up and whose literals are prepared.
///
/// How values compare (RFC 7644 §3.4.2.2): texts by the attribute's `caseExact`, and without case when the
/// schema does not know the attribute; date-times as instants; numbers by value; a number literal against
/// a text by its digits. A multi-valued attribute matches when one of its values does, also for `ne`. A
/// complex attribute stands for its `value`. An attribute without values matches `ne` and `eq null`, and
/// nothing else. Operands that cannot be compared are unequal.
#[derive(Debug)]
pub struct CompiledFilter<'a> {
    node: Node<'a>,
    tolerated: Vec<Tolerance>,
}

#[derive(Debug)]
enum Node<'a> {
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    Present(Place<'a>),
    Unassigned(Place<'a>),
    Compare(Place<'a>, Operator, Operand<'a>),
    Values(Place<'a>, Box<Self>),
}

impl<'a> CompiledFilter<'a> {
    pub(super) fn over_resources(filter: &'a Filter, schema: &'a ResourceSchema) -> Self {
        Self::build(filter, &|path| schema.place(path))
    }

    /// A filter from between brackets, put to single values of an attribute.
    pub(crate) fn over_values(filter: &'a Filter, attribute: &'a Attribute) -> Self {
        Self::build(filter, &|path| Place::inside(Some(attribute), path))
    }

    fn build(filter: &'a Filter, place: &dyn Fn(&'a AttributePath) -> Place<'a>) -> Self {
        let mut tolerated = Vec::new();
        let node = node(filter, place, &mut tolerated);
        tolerated.sort_unstable();
        tolerated.dedup();
        Self { node, tolerated }
    }

    /// Whether a resource (or a value, for a filter from between brackets) matches.
    pub fn matches(&self, resource: &Value) -> bool {
        self.node.matches(resource)
    }

    /// The forms outside the RFCs that the filter uses.
    pub fn tolerated(&self) -> &[Tolerance] {
        &self.tolerated
    }
}

fn node<'a>(
    filter: &'a Filter,
    place: &dyn Fn(&'a AttributePath) -> Place<'a>,
    tolerated: &mut Vec<Tolerance>,
) -> Node<'a> {
    match filter {
        Filter::And(parts) => Node::All(nodes(parts, place, tolerated)),
        Filter::Or(parts) => Node::Any(nodes(parts, place, tolerated)),
        Filter::Not(part) => Node::Not(Box::new(node(part, place, tolerated))),
        Filter::Present(attribute) => Node::Present(place(attribute)),
        Filter::Compare {
            attribute,
            operator,
            value,
        } => {
            let place = place(attribute);
            match Operand::new(value, place.leaf, tolerated) {
                Some(operand) => Node::Compare(place, *operator, operand),
                None => compared_with_null(place, *operator),
            }
        }
        Filter::Values { attribute, filter } => {
            let outer = place(attribute);
            let inside = |path| Place::inside(outer.attribute, path);
            Node::Values(outer, Box::new(node(filter, &inside, tolerated)))
        }
    }
}

fn nodes<'a>(
    parts: &'a [Filter],
    place: &dyn Fn(&'a AttributePath) -> Place<'a>,
    tolerated: &mut Vec<Tolerance>,
) -> Vec<Node<'a>> {
    parts
        .iter()
        .map(|part| node(part, place, tolerated))
        .collect()
}

/// Null means that the attribute has no value (RFC 7643 §2.5); nothing else compares with it.
fn compared_with_null(place: Place<'_>, operator: Operator) -> Node<'_> {
    match operator {
        Operator::Equal => Node::Unassigned(place),
        Operator::NotEqual => Node::Not(Box::new(Node::Unassigned(place))),
        _ => Node::Any(Vec::new()),
    }
}

impl Node<'_> {
    fn matches(&self, holder: &Value) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.matches(holder)),
            Self::Any(parts) => parts.iter().any(|part| part.matches(holder)),
            Self::Not(part) => !part.matches(holder),
            Self::Present(place) => place.any(holder, &mut is_present),
            Self::Unassigned(place) => !place.any(holder, &mut |value| !value.is_null()),
            Self::Compare(place, operator, operand) => compare(place, *operator, operand, holder),
            Self::Values(place, inner) => place.any(holder, &mut |value| inner.matches(value)),
        }
    }
}

fn compare(place: &Place<'_>, operator: Operator, operand: &Operand<'_>, holder: &Value) -> bool {
    let mut seen = false;
    let matched = place.any(holder, &mut |value| {
        let value = match (value, place.sub) {
            (Value::Object(members), None) => match crate::json::get(members, "value") {
                Some(value) if !value.is_null() => value,
                _ => return false,
            },
            (value, _) => value,
        };
        seen = true;
        operand.compares(operator, value)
    });
    matched || (!seen && operator == Operator::NotEqual)
}

/// `pr`: a non-empty value, or a complex value with one in it (RFC 7644 §3.4.2.2, table 3).
fn is_present(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => items.iter().any(is_present),
        Value::Object(members) => members.values().any(is_present),
        Value::Bool(_) | Value::Number(_) => true,
    }
}
