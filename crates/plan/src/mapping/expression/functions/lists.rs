//! Functions that look at several values, or choose among them.

#![allow(
    clippy::unnecessary_wraps,
    reason = "the table of functions asks for a result of each"
)]

use super::{Result, text};
use crate::mapping::expression::Value;
use crate::mapping::expression::evaluate::LARGEST;

/// Everything that is not blank, with a separator between.
pub(super) fn join(arguments: &[Value]) -> Result {
    let separator = text(arguments, 0)?;
    let mut joined = String::new();
    for value in arguments.iter().skip(1) {
        append(&mut joined, value, &separator)?;
    }
    Ok(Value::from(joined))
}

fn append(joined: &mut String, value: &Value, separator: &str) -> Result<()> {
    if let Value::List(values) = value {
        return values
            .iter()
            .try_for_each(|value| append(joined, value, separator));
    }
    if value.is_blank() {
        return Ok(());
    }
    if !joined.is_empty() {
        joined.push_str(separator);
    }
    joined.push_str(&value.as_text().unwrap_or_default());
    // Each time, as the result may be far larger than what goes in.
    if joined.len() > LARGEST {
        return Err(format!(
            "the text gets larger than {LARGEST} bytes; make it smaller"
        ));
    }
    Ok(())
}

pub(super) fn split(arguments: &[Value]) -> Result {
    let (whole, separator) = (text(arguments, 0)?, text(arguments, 1)?);
    if separator.is_empty() {
        return Err("the separator is empty; give one".to_owned());
    }
    if whole.is_empty() {
        return Ok(Value::List(Vec::new()));
    }
    let parts = whole.split(separator.as_ref()).map(Value::text);
    Ok(Value::List(parts.collect()))
}

pub(super) fn values(arguments: &[Value]) -> Result {
    Ok(Value::List(list(arguments)))
}

pub(super) fn first(arguments: &[Value]) -> Result {
    let first = list(arguments).into_iter().next();
    Ok(first.unwrap_or(Value::Empty))
}

pub(super) fn last(arguments: &[Value]) -> Result {
    Ok(list(arguments).pop().unwrap_or(Value::Empty))
}

fn list(arguments: &[Value]) -> Vec<Value> {
    arguments
        .first()
        .cloned()
        .unwrap_or(Value::Empty)
        .into_list()
}

/// Characters of a text, or values of a list.
pub(super) fn size(arguments: &[Value]) -> Result {
    let size = match arguments {
        [Value::List(values)] => values.len(),
        _ => text(arguments, 0)?.chars().count(),
    };
    Ok(Value::Number(i64::try_from(size).unwrap_or(i64::MAX)))
}

/// Usually evaluated without its being called, as it stops at the first that is not blank.
pub(super) fn coalesce(arguments: &[Value]) -> Result {
    let found = arguments.iter().find(|value| !value.is_blank());
    Ok(found.cloned().unwrap_or(Value::Empty))
}

pub(super) fn is_present(arguments: &[Value]) -> Result {
    Ok(Value::Bool(arguments.iter().all(|value| !value.is_blank())))
}

pub(super) fn switch(arguments: &[Value]) -> Result {
    choose(arguments, Value::equals)
}

/// As `switch`, without regard to letter case, in which application roles are compared everywhere.
pub(super) fn app_role_map(arguments: &[Value]) -> Result {
    choose(arguments, |one, other| {
        let folded = |value: &Value| value.as_text().map(|text| text.trim().to_lowercase());
        folded(one).is_some_and(|one| Some(one) == folded(other))
    })
}

fn choose(arguments: &[Value], is_same: fn(&Value, &Value) -> bool) -> Result {
    let [value, default, cases @ ..] = arguments else {
        return Ok(Value::Empty);
    };
    let found = cases.chunks_exact(2).find_map(|case| match case {
        [key, result] if is_same(value, key) => Some(result),
        _ => None,
    });
    Ok(found.unwrap_or(default).clone())
}
