//! SQL text and what goes into it. The text is made of literals of this crate only; data are always bound.

use sqlx::{AssertSqlSafe, SqlSafeStr, SqlStr};
use usher_model::Timestamp;

/// A bound value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Text(Option<String>),
    Int(Option<i64>),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(Some(clean(text.to_owned())))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(Some(clean(text)))
    }
}

impl From<Option<String>> for Value {
    fn from(text: Option<String>) -> Self {
        Self::Text(text.map(clean))
    }
}

impl From<Option<&str>> for Value {
    fn from(text: Option<&str>) -> Self {
        Self::from(text.map(str::to_owned))
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(Some(number))
    }
}

impl From<Option<i64>> for Value {
    fn from(number: Option<i64>) -> Self {
        Self::Int(number)
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Int(Some(i64::from(flag)))
    }
}

impl From<u64> for Value {
    /// Counts beyond `i64::MAX` do not occur; they are stored as that.
    fn from(number: u64) -> Self {
        Self::Int(Some(i64::try_from(number).unwrap_or(i64::MAX)))
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::Int(Some(i64::from(number)))
    }
}

impl From<Option<u64>> for Value {
    fn from(number: Option<u64>) -> Self {
        number.map_or(Self::Int(None), Self::from)
    }
}

impl From<Timestamp> for Value {
    fn from(time: Timestamp) -> Self {
        Self::Int(Some(time.as_millisecond()))
    }
}

impl From<Option<Timestamp>> for Value {
    fn from(time: Option<Timestamp>) -> Self {
        Self::Int(time.map(Timestamp::as_millisecond))
    }
}

/// PostgreSQL cannot hold NUL characters in text.
pub(crate) fn clean(text: String) -> String {
    if text.contains('\0') {
        text.replace('\0', "\u{fffd}")
    } else {
        text
    }
}

/// One statement with its values.
#[derive(Clone, Debug)]
pub(crate) struct Statement {
    pub(crate) text: String,
    pub(crate) values: Vec<Value>,
    /// Whether the prepared form is worth keeping.
    pub(crate) keep: bool,
}

/// A statement; its placeholders are `$1`, `$2`, …, which both engines understand.
pub(crate) fn sql(text: &'static str) -> Statement {
    Statement {
        text: text.to_owned(),
        values: Vec::new(),
        keep: true,
    }
}

impl Statement {
    /// The next value.
    pub(crate) fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    /// Appends text.
    pub(crate) fn push(&mut self, text: &'static str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    /// Appends a placeholder and its value.
    pub(crate) fn push_bind(&mut self, value: impl Into<Value>) -> &mut Self {
        self.values.push(value.into());
        self.text.push('$');
        self.text.push_str(&self.values.len().to_string());
        self
    }

    /// Appends the condition that the rows of `alias` hold now, or held at a time.
    pub(crate) fn push_valid(
        &mut self,
        alias: &'static str,
        as_of: Option<Timestamp>,
    ) -> &mut Self {
        let Some(at) = as_of else {
            return self.push(alias).push(".valid_to IS NULL");
        };
        self.push(alias).push(".valid_from <= ").push_bind(at);
        self.push(" AND (")
            .push(alias)
            .push(".valid_to IS NULL OR ");
        self.push(alias)
            .push(".valid_to > ")
            .push_bind(at)
            .push(")")
    }

    /// Appends the conditions that have a value: text that ends in `=`, then the value.
    pub(crate) fn push_wanted(
        &mut self,
        conditions: impl IntoIterator<Item = (&'static str, Option<String>)>,
    ) -> &mut Self {
        for (condition, value) in conditions {
            if let Some(value) = value {
                self.push(condition).push_bind(value);
            }
        }
        self
    }

    /// Appends how many rows at most, if there is a most.
    pub(crate) fn push_limit(&mut self, limit: Option<u64>) -> &mut Self {
        if let Some(limit) = limit {
            self.push(" LIMIT ").push_bind(limit);
        }
        self
    }

    /// Appends how many rows at most, and how many to leave out before them.
    pub(crate) fn push_page(&mut self, (limit, offset): (Option<u64>, u64)) -> &mut Self {
        match (limit, offset) {
            (limit, 0) => self.push_limit(limit),
            // SQLite knows an offset only behind a limit.
            (limit, offset) => self
                .push_limit(limit.or(Some(u64::MAX)))
                .push(" OFFSET ")
                .push_bind(offset),
        }
    }

    /// Appends a list of values in parentheses. Lists differ in length, so that the prepared form is kept only for the
    /// lengths that come again and again.
    pub(crate) fn push_list<V: Into<Value>>(
        &mut self,
        values: impl IntoIterator<Item = V>,
    ) -> &mut Self {
        let before = self.values.len();
        self.push("(");
        for value in values {
            if self.values.len() > before {
                self.push(", ");
            }
            self.push_bind(value);
        }
        self.keep = matches!(self.values.len() - before, 1 | LIST);
        self.push(")")
    }

    /// The text, ready for the driver.
    pub(crate) fn safe(text: String) -> SqlStr {
        // Nothing but literals of this crate and numbers of placeholders is ever appended.
        AssertSqlSafe(text).into_sql_str()
    }
}

/// How many values [`Statement::push_list`] takes at a time.
pub(crate) const LIST: usize = 500;

/// A pattern for `LIKE … ESCAPE '\'` that finds `text` anywhere, in folded columns.
pub(crate) fn containing(text: &str) -> String {
    let mut pattern = String::from("%");
    for character in text.to_lowercase().chars() {
        if matches!(character, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern.push('%');
    pattern
}

/// A plain value of ours as JSON text. Such values always have a JSON form.
pub(crate) fn json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned())
}

/// A value whose JSON form is a string, as that string.
pub(crate) fn word<T: serde::Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(text)) => text,
        _ => String::new(),
    }
}
