//! Reading rows, whichever engine they come from.

use std::sync::Arc;

use serde::de::DeserializeOwned;
use sqlx::Row as _;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use usher_model::Timestamp;

use crate::StoreError;

/// A row.
pub(crate) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

/// Reads the columns of a row one after the other.
pub(crate) struct Columns<'r> {
    row: &'r Row,
    next: usize,
    database: &'r Arc<str>,
}

impl Row {
    /// The columns, from the first.
    pub(crate) fn columns<'r>(&'r self, database: &'r Arc<str>) -> Columns<'r> {
        Columns {
            row: self,
            next: 0,
            database,
        }
    }
}

/// Reads the first column.
pub(crate) fn first_text(columns: &mut Columns<'_>) -> Result<String, StoreError> {
    columns.text()
}

/// Reads the first column.
pub(crate) fn first_json<T: DeserializeOwned>(columns: &mut Columns<'_>) -> Result<T, StoreError> {
    columns.json()
}

/// Reads every row with `read`.
pub(crate) fn read_all<T>(
    rows: &[Row],
    name: &Arc<str>,
    read: impl Fn(&mut Columns<'_>) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    rows.iter()
        .map(|row| read(&mut row.columns(name)))
        .collect()
}

impl<'r> Columns<'r> {
    /// Text, or NULL.
    pub(crate) fn optional_text(&mut self) -> Result<Option<String>, StoreError> {
        let at = self.step();
        match self.row {
            // The declared type of an expression is not known to SQLite; what is stored decides.
            Row::Sqlite(row) => row.try_get_unchecked(at),
            Row::Postgres(row) => row.try_get(at),
        }
        .map_err(|error| self.unreadable(&error.to_string()))
    }

    /// A number, or NULL.
    pub(crate) fn optional_int(&mut self) -> Result<Option<i64>, StoreError> {
        let at = self.step();
        match self.row {
            Row::Sqlite(row) => row.try_get_unchecked(at),
            Row::Postgres(row) => row.try_get(at),
        }
        .map_err(|error| self.unreadable(&error.to_string()))
    }

    /// Text.
    pub(crate) fn text(&mut self) -> Result<String, StoreError> {
        self.optional_text()?
            .ok_or_else(|| self.unreadable("it is empty"))
    }

    /// A number.
    pub(crate) fn int(&mut self) -> Result<i64, StoreError> {
        self.optional_int()?
            .ok_or_else(|| self.unreadable("it is empty"))
    }

    /// Text, without a copy of it.
    pub(crate) fn borrowed_text(&mut self) -> Result<&'r str, StoreError> {
        let at = self.step();
        let row = self.row;
        match row {
            Row::Sqlite(row) => row.try_get_unchecked(at),
            Row::Postgres(row) => row.try_get(at),
        }
        .map_err(|error| self.unreadable(&error.to_string()))
    }

    /// A count that is never large.
    pub(crate) fn small(&mut self) -> Result<u32, StoreError> {
        let number = self.int()?;
        u32::try_from(number).map_err(|_| self.unreadable("it is too large, or negative"))
    }

    /// A count.
    pub(crate) fn count(&mut self) -> Result<u64, StoreError> {
        Ok(self.int()?.unsigned_abs())
    }

    /// A flag.
    pub(crate) fn flag(&mut self) -> Result<bool, StoreError> {
        Ok(self.int()? != 0)
    }

    /// A time, or NULL.
    pub(crate) fn optional_time(&mut self) -> Result<Option<Timestamp>, StoreError> {
        self.optional_int()?
            .map(|ms| {
                Timestamp::from_millisecond(ms).map_err(|error| self.unreadable(&error.to_string()))
            })
            .transpose()
    }

    /// A time.
    pub(crate) fn time(&mut self) -> Result<Timestamp, StoreError> {
        self.optional_time()?
            .ok_or_else(|| self.unreadable("it is empty"))
    }

    /// A value stored as JSON, or NULL.
    pub(crate) fn optional_json<T: DeserializeOwned>(&mut self) -> Result<Option<T>, StoreError> {
        self.optional_text()?
            .map(|text| {
                serde_json::from_str(&text).map_err(|error| self.unreadable(&error.to_string()))
            })
            .transpose()
    }

    /// A value stored as JSON.
    pub(crate) fn json<T: DeserializeOwned>(&mut self) -> Result<T, StoreError> {
        self.optional_json()?
            .ok_or_else(|| self.unreadable("it is empty"))
    }

    /// A value whose spelling is its JSON string.
    pub(crate) fn word<T: DeserializeOwned>(&mut self) -> Result<T, StoreError> {
        let text = self.text()?;
        serde_json::from_value(serde_json::Value::String(text))
            .map_err(|error| self.unreadable(&error.to_string()))
    }

    /// Says that the column just read holds something that was not written there by Usher.
    pub(crate) fn unreadable(&self, why: &str) -> StoreError {
        let at = self.next.saturating_sub(1);
        let column = match self.row {
            Row::Sqlite(row) => row
                .columns()
                .get(at)
                .map(|c| sqlx::Column::name(c).to_owned()),
            Row::Postgres(row) => row
                .columns()
                .get(at)
                .map(|c| sqlx::Column::name(c).to_owned()),
        };
        StoreError::Unreadable {
            database: self.database.to_string(),
            column: column.unwrap_or_else(|| format!("column {at}")),
            why: why.to_owned(),
        }
    }

    fn step(&mut self) -> usize {
        self.next += 1;
        self.next - 1
    }
}
