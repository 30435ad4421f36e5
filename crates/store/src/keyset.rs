//! Going on behind a row: page for page, without counting through the rows before it.

use serde::{Deserialize, Serialize};

use crate::Direction;
use crate::statement::Statement;

/// Where a list goes on: what its last row was sorted by. It belongs to the order that it came from; with another one it
/// leads to some other place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct After(Vec<Option<String>>);

impl After {
    /// Behind the row that is sorted by these values; nothing where it has none.
    pub(crate) fn of(values: impl IntoIterator<Item = Option<String>>) -> Self {
        Self(values.into_iter().collect())
    }
}

/// A column that rows are sorted by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SortColumn {
    name: &'static str,
    direction: Direction,
    is_nullable: bool,
    is_number: bool,
}

impl SortColumn {
    /// A column of text that always has a value.
    pub(crate) fn text(name: &'static str, direction: Direction) -> Self {
        Self {
            name,
            direction,
            is_nullable: false,
            is_number: false,
        }
    }

    /// A column of text; rows without a value come last in either direction.
    pub(crate) fn nullable(name: &'static str, direction: Direction) -> Self {
        Self {
            is_nullable: true,
            ..Self::text(name, direction)
        }
    }

    /// A column of numbers that always has a value.
    pub(crate) fn number(name: &'static str, direction: Direction) -> Self {
        Self {
            is_number: true,
            ..Self::text(name, direction)
        }
    }

    /// A column of text, smallest first.
    pub(crate) fn ascending(name: &'static str) -> Self {
        Self::text(name, Direction::Ascending)
    }
}

impl Statement {
    /// Appends the condition that a row comes behind `after`. What a cursor says that nobody wrote leads nowhere, and is no
    /// error of the database's.
    pub(crate) fn push_after(&mut self, columns: &[SortColumn], after: Option<&After>) {
        let Some(After(values)) = after else {
            return;
        };
        if !fits(columns, values) {
            self.push(" AND 1 = 0");
            return;
        }
        let sorted: Vec<_> = columns.iter().copied().zip(values).collect();
        // Says nothing new, but where the index of the first column begins.
        if let Some((first, Some(value))) = sorted.first()
            && !first.is_nullable
        {
            self.push(" AND ").push(first.name);
            self.push(match first.direction {
                Direction::Ascending => " >= ",
                Direction::Descending => " <= ",
            });
            self.push_value(*first, value);
        }
        self.push(" AND ");
        self.push_behind(&sorted);
    }

    fn push_behind(&mut self, sorted: &[(SortColumn, &Option<String>)]) {
        let Some(((column, value), rest)) = sorted.split_first() else {
            // All values are the same: it is the row itself.
            self.push("1 = 0");
            return;
        };
        self.push("(");
        match value {
            Some(value) => {
                self.push(column.name);
                self.push(match column.direction {
                    Direction::Ascending => " > ",
                    Direction::Descending => " < ",
                });
                self.push_value(*column, value);
                if column.is_nullable {
                    self.push(" OR ").push(column.name).push(" IS NULL");
                }
                self.push(" OR (").push(column.name).push(" = ");
                self.push_value(*column, value);
            }
            None => {
                self.push("(").push(column.name).push(" IS NULL");
            }
        }
        self.push(" AND ");
        self.push_behind(rest);
        self.push("))");
    }

    fn push_value(&mut self, column: SortColumn, value: &str) {
        if column.is_number {
            self.push_bind(value.parse::<i64>().unwrap_or(i64::MAX));
        } else {
            self.push_bind(value);
        }
    }
}

/// Whether values are those of a row of this order.
fn fits(columns: &[SortColumn], values: &[Option<String>]) -> bool {
    let is_number = |value: &Option<String>| {
        let value = value.as_deref();
        value.is_some_and(|value| value.parse::<i64>().is_ok())
    };
    columns.len() == values.len()
        && (columns.iter().zip(values)).all(|(column, value)| !column.is_number || is_number(value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statement::sql;

    fn text(columns: &[SortColumn], values: &[Option<&str>]) -> String {
        let mut statement = sql("");
        let values = values.iter().map(|value| value.map(str::to_owned));
        statement.push_after(columns, Some(&After::of(values)));
        statement.text
    }

    #[test]
    fn a_row_comes_behind_another_by_the_first_column_that_differs() {
        let columns = [
            SortColumn::text("a", Direction::Descending),
            SortColumn::ascending("b"),
        ];
        assert_eq!(
            text(&columns, &[Some("x"), Some("y")]),
            " AND a <= $1 AND (a < $2 OR (a = $3 AND (b > $4 OR (b = $5 AND 1 = 0))))"
        );
    }

    #[test]
    fn rows_without_a_value_come_last() {
        let columns = [
            SortColumn::nullable("a", Direction::Descending),
            SortColumn::ascending("b"),
        ];
        assert_eq!(
            text(&columns, &[Some("x"), Some("y")]),
            " AND (a < $1 OR a IS NULL OR (a = $2 AND (b > $3 OR (b = $4 AND 1 = 0))))"
        );
        assert_eq!(
            text(&columns, &[None, Some("y")]),
            " AND ((a IS NULL AND (b > $1 OR (b = $2 AND 1 = 0))))"
        );
    }

    #[test]
    fn what_nobody_wrote_leads_nowhere() {
        let columns = [SortColumn::number("a", Direction::Descending)];
        for values in [
            &[][..],
            &[Some("nonsense")],
            &[None],
            &[Some("1"), Some("2")],
        ] {
            assert_eq!(text(&columns, values), " AND 1 = 0", "{values:?}");
        }
        assert!(text(&columns, &[Some("1")]).starts_with(" AND a <= $1"));
    }
}
