//! Whether a filter makes sense for a schema.

use super::{Filter, Operator};
use crate::{
    ScimError,
    path::AttributePath,
    schema::{Attribute, AttributeType, Found, ResourceSchema},
};

pub(super) fn resources(filter: &Filter, schema: &ResourceSchema) -> Result<(), ScimError> {
    match filter {
        Filter::And(parts) | Filter::Or(parts) => {
            parts.iter().try_for_each(|part| resources(part, schema))
        }
        Filter::Not(part) => resources(part, schema),
        Filter::Present(path) => match schema.find(path) {
            Some(_) => Ok(()),
            None => Err(unknown(path)),
        },
        Filter::Compare {
            attribute,
            operator,
            ..
        } => match schema.find(attribute) {
            Some(Found::Attribute {
                attribute: found,
                sub,
                ..
            }) => comparison(attribute, sub.unwrap_or(found), *operator),
            Some(Found::Extension(_)) => Err(not_comparable(attribute)),
            None => Err(unknown(attribute)),
        },
        Filter::Values { attribute, filter } => match schema.find(attribute) {
            Some(Found::Attribute {
                attribute: found,
                sub: None,
                ..
            }) if found.is_complex() => values(attribute, found, filter),
            Some(_) => Err(ScimError::invalid_filter(format!(
                "attribute `{attribute}` is not complex, so that brackets cannot select its values"
            ))),
            None => Err(unknown(attribute)),
        },
    }
}

pub(super) fn values(
    outer: &AttributePath,
    found: &Attribute,
    filter: &Filter,
) -> Result<(), ScimError> {
    let sub = |path: &AttributePath| match found.sub_attribute(&path.name) {
        Some(sub) if path.urn.is_none() && path.sub.is_none() => Ok(sub),
        _ => Err(ScimError::invalid_filter(format!(
            "attribute `{outer}` has no sub-attribute `{path}`"
        ))),
    };
    match filter {
        Filter::And(parts) | Filter::Or(parts) => {
            parts.iter().try_for_each(|part| values(outer, found, part))
        }
        Filter::Not(part) => values(outer, found, part),
        Filter::Present(path) => sub(path).map(|_| ()),
        Filter::Compare {
            attribute,
            operator,
            ..
        } => comparison(attribute, sub(attribute)?, *operator),
        Filter::Values { attribute, .. } => Err(not_comparable(attribute)),
    }
}

fn comparison(
    path: &AttributePath,
    attribute: &Attribute,
    operator: Operator,
) -> Result<(), ScimError> {
    let compared = if attribute.is_complex() {
        attribute
            .sub_attribute("value")
            .ok_or_else(|| not_comparable(path))?
    } else {
        attribute
    };
    match compared.kind {
        AttributeType::Boolean | AttributeType::Binary if operator.is_ordering() => {
            Err(ScimError::invalid_filter(format!(
                "operator `{operator}` cannot be put to attribute `{path}`, whose values have no order"
            )))
        }
        _ => Ok(()),
    }
}

fn unknown(path: &AttributePath) -> ScimError {
    ScimError::invalid_filter(format!("attribute `{path}` is not in the schema"))
}

fn not_comparable(path: &AttributePath) -> ScimError {
    ScimError::invalid_filter(format!(
        "attribute `{path}` is complex; compare one of its sub-attributes"
    ))
}
