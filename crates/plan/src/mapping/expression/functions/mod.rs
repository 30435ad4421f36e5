//! The functions of expressions. Each is explained, with an example, on the page on mappings.

mod dates;
mod lists;
mod texts;

use std::borrow::Cow;

use crate::mapping::expression::Value;

type Result<T = Value> = std::result::Result<T, String>;

/// A function of expressions.
#[derive(Debug)]
pub(super) struct Function {
    pub(super) name: &'static str,
    /// How it is written.
    pub(super) usage: &'static str,
    /// Whether it takes so many values.
    pub(super) takes: fn(usize) -> bool,
    pub(super) apply: fn(&[Value]) -> Result,
}

macro_rules! functions {
    ($($usage:literal, $takes:expr => $name:literal $apply:path;)+) => {
        /// All of them.
        pub(super) static FUNCTIONS: &[Function] = &[$(
            Function { name: $name, usage: $usage, takes: $takes, apply: $apply },
        )+];
    };
}

functions! {
    "lower(text)", |n| n == 1 => "lower" texts::lower;
    "upper(text)", |n| n == 1 => "upper" texts::upper;
    "capitalize(text)", |n| n == 1 => "capitalize" texts::capitalize;
    "trim(text)", |n| n == 1 => "trim" texts::trim;
    "left(text, count)", |n| n == 2 => "left" texts::left;
    "right(text, count)", |n| n == 2 => "right" texts::right;
    "initial(text)", |n| n == 1 => "initial" texts::initial;
    "substring(text, start, end)", |n| n == 2 || n == 3 => "substring" texts::substring;
    "replace(text, what, with)", |n| n == 3 => "replace" texts::replace;
    "normalizeDiacritics(text)", |n| n == 1 => "normalizeDiacritics" texts::normalize_diacritics;
    "startsWith(text, start)", |n| n == 2 => "startsWith" texts::starts_with;
    "endsWith(text, end)", |n| n == 2 => "endsWith" texts::ends_with;
    "contains(text, part)", |n| n == 2 => "contains" texts::contains;
    "string(value)", |n| n == 1 => "string" texts::string;
    "int(value)", |n| n == 1 => "int" texts::int;
    "join(separator, value, …)", |n| n >= 2 => "join" lists::join;
    "split(text, separator)", |n| n == 2 => "split" lists::split;
    "values(value)", |n| n == 1 => "values" lists::values;
    "first(list)", |n| n == 1 => "first" lists::first;
    "last(list)", |n| n == 1 => "last" lists::last;
    "size(value)", |n| n == 1 => "size" lists::size;
    "coalesce(value, …)", |n| n >= 1 => "coalesce" lists::coalesce;
    "isPresent(value)", |n| n == 1 => "isPresent" lists::is_present;
    "has(value)", |n| n == 1 => "has" lists::is_present;
    "switch(value, default, key1, value1, …)", |n| n >= 4 && n.is_multiple_of(2) => "switch" lists::switch;
    "appRoleMap(appRole, default, role1, value1, …)", |n| n >= 4 && n.is_multiple_of(2) => "appRoleMap" lists::app_role_map;
    "formatDate(date, format, inputFormat)", |n| n == 2 || n == 3 => "formatDate" dates::format_date;
}

/// The function with this name.
pub(super) fn find(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| function.name == name)
}

/// The function whose name is most like this one, if any is.
pub(super) fn nearest(name: &str) -> Option<&'static str> {
    let wanted = name.to_lowercase().replace('_', "");
    let names = FUNCTIONS.iter().map(|function| function.name);
    let likeness = |known: &&'static str| strsim::jaro_winkler(&known.to_lowercase(), &wanted);
    names
        .filter(|known| likeness(known) > 0.8)
        .max_by(|one, other| likeness(one).total_cmp(&likeness(other)))
}

/// The value at a place as text.
fn text(arguments: &[Value], at: usize) -> Result<Cow<'_, str>> {
    let value = arguments.get(at).unwrap_or(&Value::Empty);
    value
        .as_text()
        .ok_or_else(|| format!("text is needed, not a list (`{value}`)"))
}

/// The value at a place as a number of characters; what is below nothing counts as nothing.
fn count(arguments: &[Value], at: usize) -> Result<usize> {
    let value = arguments.get(at).unwrap_or(&Value::Empty);
    let number = value
        .as_number()
        .ok_or_else(|| format!("a number is needed, not {}", value.kind()))?;
    Ok(usize::try_from(number.max(0)).unwrap_or(usize::MAX))
}
