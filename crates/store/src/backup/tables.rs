//! Which tables there are, and of what kind their columns are.

use crate::database::{Db, Tx};
use crate::row::Columns;
use crate::schema::{MIGRATIONS, Migration};
use crate::statement::{Statement, Value, sql};
use crate::{Engine, StoreError};

/// Rows that the schema itself brings along: they are content for a backup, and none for whoever asks whether there is any.
const SEEDED: [&str; 2] = ["event_head", "directory_head"];

/// A column, and whether it holds numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Column {
    pub name: String,
    pub is_number: bool,
}

impl Column {
    /// Its value in the row at hand.
    pub fn read(&self, columns: &mut Columns<'_>) -> Result<serde_json::Value, StoreError> {
        if self.is_number {
            return Ok(columns.optional_int()?.into());
        }
        Ok(columns.optional_text()?.into())
    }

    /// A value from a backup, if it is one for this column.
    pub fn value(&self, value: serde_json::Value) -> Option<Value> {
        match value {
            serde_json::Value::Null if self.is_number => Some(Value::Int(None)),
            serde_json::Value::Null => Some(Value::Text(None)),
            serde_json::Value::String(text) if !self.is_number => Some(text.into()),
            serde_json::Value::Number(number) if self.is_number => {
                number.as_i64().map(|number| Value::Int(Some(number)))
            }
            _ => None,
        }
    }
}

/// The tables that the schema has at this version, in the order in which they are created.
pub(super) fn tables_at(version: i64) -> Vec<&'static str> {
    let migrations = MIGRATIONS.iter().take_while(|one| one.version <= version);
    migrations.flat_map(created).collect()
}

fn created(migration: &Migration) -> impl Iterator<Item = &'static str> {
    let statements = migration.text.split("CREATE TABLE ").skip(1);
    statements.filter_map(|rest| rest.split_whitespace().next())
}

/// Whether somebody's rows could be in it.
pub(super) fn is_content(table: &str) -> bool {
    !SEEDED.contains(&table)
}

/// What asks for the columns of a table.
pub(super) fn columns_of(engine: Engine, table: &str) -> Statement {
    let statement = sql(match engine {
        Engine::Sqlite => "SELECT name, type = 'INTEGER' FROM pragma_table_info($1) ORDER BY cid",
        Engine::Postgres => {
            "SELECT column_name::text, CASE data_type WHEN 'bigint' THEN 1::bigint ELSE 0::bigint END
             FROM information_schema.columns WHERE table_schema = current_schema() AND table_name::text = $1
             ORDER BY ordinal_position"
        }
    });
    statement.bind(table)
}

/// Reads a row of [`columns_of`].
pub(super) fn column(columns: &mut Columns<'_>) -> Result<Column, StoreError> {
    Ok(Column {
        name: columns.text()?,
        is_number: columns.flag()?,
    })
}

/// The columns of a table of the database being made.
pub(super) async fn columns_in(tx: &mut Tx, table: &str) -> Result<Vec<Column>, StoreError> {
    let rows = tx.all(columns_of(tx.engine(), table)).await?;
    crate::row::read_all(&rows, &tx.db.name, column)
}

/// A statement that is made of names of ours.
pub(super) fn named(text: String) -> Statement {
    let mut statement = sql("");
    statement.text = text;
    statement.keep = false;
    statement
}

/// Names the database in an error of a backup.
pub(super) fn name(db: &Db) -> String {
    db.name.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_come_in_the_order_in_which_rows_may_refer_to_each_other() {
        let tables = tables_at(i64::MAX);
        let place = |name: &str| tables.iter().position(|table| *table == name).unwrap();
        assert!(place("organizations") < place("syncs"));
        assert!(place("plans") < place("plan_changes"));
        assert!(place("plan_changes") < place("journal"));
        assert!(place("secret_keys") < place("secrets"));
        assert!(tables.len() > 40, "{tables:?}");
        assert!(tables_at(1).len() < tables.len());
    }
}
