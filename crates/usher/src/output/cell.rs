//! One value of a list: how it reads for people, in CSV and in JSON, and how it sorts.

use std::cmp::Ordering;

use jiff::Timestamp;
use serde_json::{Value, json};
use usher_engine::export::safe_field;
use usher_model::Known;

use super::humanize;

/// One value of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Text.
    Text(String),
    /// A number.
    Number(u64),
    /// A time.
    Time(Timestamp),
    /// Seen to have never happened.
    Never,
    /// Seen to be empty.
    Empty,
    /// Not visible with the tokens in use.
    Unknown,
    /// Several values.
    Several(Vec<String>),
    /// One of Miro's words, and what people call it.
    Word {
        /// Miro's word, for programs.
        value: String,
        /// What people call it.
        label: &'static str,
    },
    /// An object for programs, and its short form for people.
    Detail(String, Value),
}

impl Cell {
    /// Text, or empty.
    pub fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        if text.is_empty() {
            Self::Empty
        } else {
            Self::Text(text)
        }
    }

    /// Text that may be absent.
    pub fn optional(text: Option<impl Into<String>>) -> Self {
        text.map_or(Self::Empty, Self::text)
    }

    /// Text that may be unknown.
    pub fn known(text: Known<impl Into<String>>) -> Self {
        match text {
            Known::Known(text) => Self::text(text),
            Known::Unknown => Self::Unknown,
        }
    }

    /// A time that may never have come, or be unknown.
    pub fn known_time(time: Known<Option<Timestamp>>) -> Self {
        match time {
            Known::Known(Some(time)) => Self::Time(time),
            Known::Known(None) => Self::Never,
            Known::Unknown => Self::Unknown,
        }
    }

    /// For people.
    pub fn human(&self, now: Timestamp) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Number(number) => humanize::count(*number),
            Self::Time(time) => humanize::relative(*time, now),
            Self::Never => "never".to_owned(),
            Self::Empty => "-".to_owned(),
            Self::Unknown => "?".to_owned(),
            Self::Several(values) if values.is_empty() => "-".to_owned(),
            Self::Several(values) => values.join(", "),
            Self::Word { label, .. } => (*label).to_owned(),
            Self::Detail(short, _) => short.clone(),
        }
    }

    /// For spreadsheets, as the tables of `usher export` say it. What is unknown says so, because an empty field means
    /// empty, or never.
    pub fn csv(&self) -> String {
        match self {
            Self::Text(text) | Self::Detail(text, _) => safe_field(text),
            Self::Number(number) => number.to_string(),
            Self::Time(time) => time.to_string(),
            Self::Never | Self::Empty => String::new(),
            Self::Unknown => "unknown".to_owned(),
            Self::Several(values) => safe_field(&values.join("; ")),
            Self::Word { value, .. } => safe_field(value),
        }
    }

    /// For programs; `None` when unknown, so that the member is left out.
    pub fn json(&self) -> Option<Value> {
        Some(match self {
            Self::Text(text) => json!(text),
            Self::Number(number) => json!(number),
            Self::Time(time) => json!(time),
            Self::Never | Self::Empty => Value::Null,
            Self::Unknown => return None,
            Self::Several(values) => json!(values),
            Self::Word { value, .. } => json!(value),
            Self::Detail(_, value) => value.clone(),
        })
    }

    /// Unknown sorts first, then never and empty, then by value; text without regard to case.
    fn rank(&self) -> u8 {
        match self {
            Self::Unknown => 0,
            Self::Never | Self::Empty => 1,
            _ => 2,
        }
    }
}

impl PartialOrd for Cell {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Cell {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Number(a), Self::Number(b)) => a.cmp(b),
            (Self::Time(a), Self::Time(b)) => a.cmp(b),
            (Self::Text(a), Self::Text(b)) => a
                .to_lowercase()
                .cmp(&b.to_lowercase())
                .then_with(|| a.cmp(b)),
            (Self::Several(a), Self::Several(b)) => a.cmp(b),
            (Self::Word { label: a, .. }, Self::Word { label: b, .. }) => a.cmp(b),
            (Self::Detail(a, _), Self::Detail(b, _)) => a.cmp(b),
            (a, b) => a.rank().cmp(&b.rank()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_is_never_shown_as_empty() {
        assert_eq!(Cell::Unknown.csv(), "unknown");
        assert_eq!(Cell::Unknown.json(), None);
        assert_eq!(Cell::Empty.csv(), "");
        assert_eq!(Cell::Empty.json(), Some(Value::Null));
    }

    #[test]
    fn what_begins_like_a_formula_cannot_run_in_a_spreadsheet() {
        let several = Cell::Several(vec!["+1".into(), "x".into()]);
        assert_eq!(several.csv(), "'+1; x");
        assert_eq!(Cell::text("=1+1").csv(), "'=1+1");
        assert_eq!(
            Cell::Detail("@SUM(1)".into(), Value::Null).csv(),
            "'@SUM(1)"
        );
        assert_eq!(Cell::text("=1+1").human(Timestamp::UNIX_EPOCH), "=1+1");
    }

    #[test]
    fn never_sorts_before_every_time_and_unknown_before_never() {
        let mut cells = [
            Cell::Time(Timestamp::UNIX_EPOCH),
            Cell::Never,
            Cell::Unknown,
        ];
        cells.sort();
        assert_eq!(
            cells,
            [
                Cell::Unknown,
                Cell::Never,
                Cell::Time(Timestamp::UNIX_EPOCH)
            ]
        );
    }
}
