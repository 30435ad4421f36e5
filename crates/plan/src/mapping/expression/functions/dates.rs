//! Functions that look at dates.

use jiff::civil::DateTime;
use jiff::fmt::strtime;

use super::{Result, text};
use crate::mapping::expression::Value;
use crate::moment::as_written;

/// The longest format, in characters.
const LONGEST_FORMAT: usize = 100;

/// A date in another form, day and hour as they are written; nothing for no date.
pub(super) fn format_date(arguments: &[Value]) -> Result {
    let date = text(arguments, 0)?;
    if date.trim().is_empty() {
        return Ok(Value::Empty);
    }
    let moment = match arguments.get(2) {
        None => as_written(&date).ok_or_else(|| {
            format!(
                "`{date}` is no date such as `2026-01-31`; say how it is written in a third value"
            )
        })?,
        Some(_) => read(&date, &format_text(arguments, 2)?)?,
    };
    let format = format_text(arguments, 1)?;
    let written = strtime::format(format.as_bytes(), moment);
    written
        .map(Value::from)
        .map_err(|error| format!("`{format}` does not write a date ({error})"))
}

fn read(date: &str, format: &str) -> Result<DateTime> {
    let parsed = strtime::parse(format, date.trim());
    let moment = parsed.and_then(|parts| {
        parts
            .to_datetime()
            .or_else(|_| parts.to_date().map(|day| day.at(0, 0, 0, 0)))
    });
    moment.map_err(|error| format!("`{date}` is not written as `{format}` ({error})"))
}

fn format_text(arguments: &[Value], at: usize) -> Result<String> {
    let format = text(arguments, at)?;
    if format.chars().nth(LONGEST_FORMAT).is_some() {
        return Err(format!("a format has at most {LONGEST_FORMAT} characters"));
    }
    if !format.contains('%') {
        return Err(format!("`{format}` is no format; write one as `%Y-%m-%d`"));
    }
    Ok(format.into_owned())
}
