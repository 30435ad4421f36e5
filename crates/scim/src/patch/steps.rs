//! Operations on single attributes, with their paths looked up and their values checked.

use serde_json::{Value, json};

use super::{
    Notes, PatchPolicy, PatchVerb, ReadOnlyTargets, UnknownAttributes,
    coerce::Coercion,
    expand::{Expanded, Origin, unknown_attribute},
};
use crate::{
    ScimError, Tolerance,
    filter::{CompiledFilter, Filter, Literal, Operator},
    path::PatchPath,
    schema::{Attribute, AttributeType, Found, Mutability, ResourceSchema, Schema},
};

/// One change that needs no more looking up.
#[derive(Debug)]
pub(super) enum Step<'a> {
    /// All attributes of an extension go.
    RemoveExtension(&'a Schema),
    /// An attribute outside the schema is set, or removed without a value.
    Unknown(&'a PatchPath, Option<&'a Value>),
    /// An attribute of the schema changes.
    Change(Target<'a>, Change),
}

/// What changes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Target<'a> {
    pub extension: Option<&'a Schema>,
    pub attribute: &'a Attribute,
    pub sub: Option<&'a Attribute>,
    pub filter: Option<&'a Filter>,
    pub path: &'a PatchPath,
}

/// How it changes.
#[derive(Debug)]
pub(super) enum Change {
    /// A single value is set; a complex one takes over the sub-attributes it is given.
    Set(Value),
    /// The selected values are replaced as wholes.
    SetSelected(Value),
    /// Values join the others.
    AddValues(Vec<Value>),
    /// Values take the place of all others.
    ReplaceValues(Vec<Value>),
    /// The target has no value any more.
    Remove,
    /// Values go that equal these.
    RemoveValues(Vec<Value>),
}

/// Looks up an operation. None when it is to be ignored.
pub(super) fn step<'a>(
    operation: &'a Expanded<'a>,
    schema: &'a ResourceSchema,
    policy: PatchPolicy,
    notes: &mut Notes,
) -> Result<Option<Step<'a>>, ScimError> {
    let path: &PatchPath = &operation.path;
    let (extension, attribute, sub) = match schema.find(&path.attribute) {
        Some(Found::Extension(extension)) => return extension_step(extension, path),
        Some(Found::Attribute {
            extension,
            attribute,
            sub,
        }) => (extension, attribute, sub),
        None => return unknown_step(operation, path, policy, notes),
    };
    let target = Target {
        extension,
        attribute,
        sub,
        filter: path.value_filter.as_ref(),
        path,
    };
    let Some(target) = with_sub(target, policy, notes)? else {
        return Ok(None);
    };
    if is_read_only(&target) {
        return read_only(&target, operation.origin, policy, notes).map(|()| None);
    }
    check_filter(&target, notes)?;
    let change = change(&target, operation, policy, notes)?;
    Ok(change.map(|change| Step::Change(target, change)))
}

fn extension_step<'a>(
    extension: &'a Schema,
    path: &PatchPath,
) -> Result<Option<Step<'a>>, ScimError> {
    match path.value_filter {
        None => Ok(Some(Step::RemoveExtension(extension))),
        Some(_) => Err(ScimError::invalid_path(format!(
            "`{}` is a schema; a filter selects values of an attribute",
            extension.id
        ))),
    }
}

fn unknown_step<'a>(
    operation: &'a Expanded<'a>,
    path: &'a PatchPath,
    policy: PatchPolicy,
    notes: &mut Notes,
) -> Result<Option<Step<'a>>, ScimError> {
    let step = match policy.unknown_attributes {
        UnknownAttributes::Ignore => None,
        UnknownAttributes::Keep if path.value_filter.is_none() => {
            let value = operation
                .value
                .filter(|_| operation.op != PatchVerb::Remove);
            Some(Step::Unknown(path, value))
        }
        UnknownAttributes::Refuse | UnknownAttributes::Keep => {
            return Err(unknown_attribute(&path.attribute));
        }
    };
    notes.add(Tolerance::UnknownAttribute);
    Ok(step)
}

/// Adds the sub-attribute behind a filter.
fn with_sub<'a>(
    target: Target<'a>,
    policy: PatchPolicy,
    notes: &mut Notes,
) -> Result<Option<Target<'a>>, ScimError> {
    let Some(name) = &target.path.sub else {
        return Ok(Some(target));
    };
    let sub = target.attribute.sub_attribute(name);
    match (sub, policy.unknown_attributes) {
        (Some(_), _) => Ok(Some(Target { sub, ..target })),
        (None, UnknownAttributes::Ignore) => {
            notes.add(Tolerance::UnknownAttribute);
            Ok(None)
        }
        (None, _) => Err(ScimError::invalid_path(format!(
            "attribute `{}` has no sub-attribute `{name}`",
            target.path.attribute
        ))),
    }
}

fn is_read_only(target: &Target<'_>) -> bool {
    [Some(target.attribute), target.sub]
        .into_iter()
        .flatten()
        .any(|attribute| attribute.mutability == Mutability::ReadOnly)
        || target.attribute.name.eq_ignore_ascii_case("schemas")
}

fn read_only(
    target: &Target<'_>,
    origin: Origin,
    policy: PatchPolicy,
    notes: &mut Notes,
) -> Result<(), ScimError> {
    if origin == Origin::Path && policy.read_only_targets == ReadOnlyTargets::Refuse {
        return Err(ScimError::mutability(format!(
            "attribute `{}` is read-only",
            target.path
        )));
    }
    notes.add(Tolerance::ReadOnlyIgnored);
    Ok(())
}

fn check_filter(target: &Target<'_>, notes: &mut Notes) -> Result<(), ScimError> {
    let Some(filter) = target.filter else {
        return Ok(());
    };
    let attribute = target.attribute;
    if !attribute.multi_valued {
        return Err(ScimError::invalid_path(format!(
            "attribute `{}` has one value, so that a filter cannot select any",
            target.path.attribute
        )));
    }
    if attribute.is_complex() {
        filter.check_values(&target.path.attribute, attribute)?;
    }
    for tolerance in CompiledFilter::over_values(filter, attribute).tolerated() {
        notes.add(*tolerance);
    }
    Ok(())
}

fn change(
    target: &Target<'_>,
    operation: &Expanded<'_>,
    policy: PatchPolicy,
    notes: &mut Notes,
) -> Result<Option<Change>, ScimError> {
    let is_list = target.attribute.multi_valued && target.sub.is_none() && target.filter.is_none();
    if target.attribute.multi_valued && target.sub.is_some() && target.filter.is_none() {
        notes.add(Tolerance::SubAttributeOfMultiValued);
    }
    let mut coercion = Coercion::new(policy.unknown_attributes, notes);
    let defined = target.sub.unwrap_or(target.attribute);
    let is_selection = target.filter.is_some() && target.sub.is_none();
    let Some(value) = operation.value else {
        return Ok(match operation.op {
            PatchVerb::Add => None,
            PatchVerb::Remove => Some(removal(target)),
            PatchVerb::Replace => Some(Change::Remove),
        });
    };
    Ok(Some(match operation.op {
        PatchVerb::Remove if is_list => {
            let values = coercion.values(defined, value)?;
            notes.add(Tolerance::RemoveWithValue);
            Change::RemoveValues(values)
        }
        // RFC 7644 §3.5.2.2 gives a remove no value.
        PatchVerb::Remove => removal(target),
        PatchVerb::Add if is_list => Change::AddValues(coercion.values(defined, value)?),
        PatchVerb::Replace if is_list => match coercion.values(defined, value)? {
            values if values.is_empty() => Change::Remove,
            values => Change::ReplaceValues(values),
        },
        PatchVerb::Replace if is_selection => {
            Change::SetSelected(coercion.element(defined, only_one(value))?)
        }
        PatchVerb::Add if is_selection => Change::Set(coercion.one(defined, only_one(value))?),
        PatchVerb::Add | PatchVerb::Replace => Change::Set(coercion.one(defined, value)?),
    }))
}

/// The value of an array of one, where a filter selects values that each become this one.
fn only_one(value: &Value) -> &Value {
    match value {
        Value::Array(items) => match items.as_slice() {
            [only] => only,
            _ => value,
        },
        _ => value,
    }
}

/// `members[value eq "x"]` removes what has that value: as a list of one, so that many of them join.
fn removal(target: &Target<'_>) -> Change {
    let value = target.attribute.sub_attribute("value");
    let is_text = value.is_some_and(|value| {
        matches!(value.kind, AttributeType::String | AttributeType::Reference)
    });
    match target.filter {
        Some(Filter::Compare {
            attribute,
            operator: Operator::Equal,
            value,
        }) if is_text && target.sub.is_none() && attribute.is("value") => match value {
            Literal::Text(text) => Change::RemoveValues(vec![json!({"value": text})]),
            Literal::Number(number) => {
                Change::RemoveValues(vec![json!({"value": number.as_str()})])
            }
            Literal::Boolean(_) | Literal::Null => Change::Remove,
        },
        _ => Change::Remove,
    }
}

impl Step<'_> {
    /// Joins the next step to this one when both add to, or remove from, the same list: 8,000 operations
    /// with one member each then cost as much as one operation with 8,000 members.
    pub fn join(&mut self, next: Self) -> Option<Self> {
        let Self::Change(target, change) = self else {
            return Some(next);
        };
        match next {
            Self::Change(next_target, next_change) if target.is_same_list(&next_target) => change
                .join(next_change)
                .map(|left| Self::Change(next_target, left)),
            other => Some(other),
        }
    }
}

impl Target<'_> {
    fn is_same_list(&self, other: &Self) -> bool {
        std::ptr::eq(self.attribute, other.attribute) && self.sub.is_none() && other.sub.is_none()
    }
}

impl Change {
    fn join(&mut self, next: Self) -> Option<Self> {
        match (self, next) {
            (Self::AddValues(values), Self::AddValues(more))
                if !more.iter().any(super::multi::is_primary) =>
            {
                values.extend(more);
                None
            }
            (Self::RemoveValues(values), Self::RemoveValues(more)) => {
                values.extend(more);
                None
            }
            (_, next) => Some(next),
        }
    }
}
