//! Conditions on pushed resources that an index answers.

use crate::statement::Statement;

/// What is compared. Columns that fold their text are compared with folded text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PushedColumn {
    /// The id, exactly.
    Id,
    /// `externalId`, exactly.
    ExternalId,
    /// A user's `userName`, or a group's `displayName`; folded.
    Name,
    /// A user's `displayName`; folded.
    Display,
    /// One of a user's e-mail addresses; folded.
    Email,
}

/// How it is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PushedComparison {
    /// The same text.
    Equals,
    /// Text that begins so.
    StartsWith,
    /// Text that ends so.
    EndsWith,
    /// Text in which this occurs.
    Contains,
}

/// Which resources are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PushedCondition {
    /// All parts hold.
    All(Vec<PushedCondition>),
    /// Some part holds.
    Any(Vec<PushedCondition>),
    /// A column compares as asked.
    Compare(PushedColumn, PushedComparison, String),
}

impl PushedCondition {
    /// Appends the condition on the resources `r` of a source that is bound as `$1`.
    pub(super) fn push(&self, statement: &mut Statement) {
        match self {
            Self::All(parts) => join(parts, (" AND ", "1 = 1"), statement),
            Self::Any(parts) => join(parts, (" OR ", "1 = 0"), statement),
            Self::Compare(column, comparison, text) => {
                compare(*column, *comparison, text, statement);
            }
        }
    }
}

fn join(
    parts: &[PushedCondition],
    (word, none): (&'static str, &'static str),
    statement: &mut Statement,
) {
    if parts.is_empty() {
        statement.push(none);
        return;
    }
    statement.push("(");
    for (at, part) in parts.iter().enumerate() {
        if at > 0 {
            statement.push(word);
        }
        part.push(statement);
    }
    statement.push(")");
}

fn compare(
    column: PushedColumn,
    comparison: PushedComparison,
    text: &str,
    statement: &mut Statement,
) {
    let name = match column {
        PushedColumn::Id => "r.id",
        PushedColumn::ExternalId => "r.external_id",
        PushedColumn::Name => "r.name_folded",
        PushedColumn::Display => "r.display_folded",
        PushedColumn::Email => {
            statement.push("r.id IN (SELECT e.id FROM scim_emails e WHERE e.source = $1 AND ");
            "e.email_folded"
        }
    };
    match comparison {
        PushedComparison::Equals => {
            statement.push(name).push(" = ").push_bind(text);
        }
        PushedComparison::StartsWith => starts_with(name, text, statement),
        PushedComparison::EndsWith => like(name, ("%", text, ""), statement),
        PushedComparison::Contains => like(name, ("%", text, "%"), statement),
    }
    if column == PushedColumn::Email {
        statement.push(")");
    }
}

/// A range of the index, and the exact condition in it: columns are ordered by bytes.
fn starts_with(name: &'static str, text: &str, statement: &mut Statement) {
    statement.push("(").push(name).push(" >= ").push_bind(text);
    statement.push(" AND ").push(name).push(" < ");
    statement.push_bind(format!("{text}\u{10FFFF}\u{10FFFF}"));
    statement.push(")");
}

fn like(name: &'static str, (before, text, after): (&str, &str, &str), statement: &mut Statement) {
    let mut pattern = before.to_owned();
    for character in text.chars() {
        if matches!(character, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern.push_str(after);
    statement.push(name).push(" LIKE ").push_bind(pattern);
    statement.push(" ESCAPE '\\'");
}
