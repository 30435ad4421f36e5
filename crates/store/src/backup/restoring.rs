//! Making a database from a backup.

use std::sync::Arc;

use usher_boxed::boxed;
use usher_model::{Clock, Timestamp};

use super::BackupFile;
use super::file::{Line, Lines};
use super::tables::{Column, columns_in, is_content, name, named, tables_at};
use crate::database::{Durability, Tx};
use crate::schema::{self, MIGRATIONS};
use crate::statement::{Statement, Value, sql};
use crate::{DatabaseUrl, Engine, Store, StoreError, StoreOptions};

/// How many values go into one statement at most; SQLite takes 32,766.
const VALUES: usize = 8000;

/// What becomes of what is in the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overwrite {
    /// It must be empty.
    Refuse,
    /// It is lost.
    Lose,
}

/// What becomes of the tokens in a backup. Which of them were revoked after it was made, it does not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RestoredTokens {
    /// They are as they were then.
    #[default]
    Keep,
    /// None opens anything any more.
    Revoke,
}

/// How a database is made from a backup.
#[derive(Clone, Copy, Debug)]
pub struct Restoring {
    /// What becomes of what is in the database.
    pub overwrite: Overwrite,
    /// What becomes of the tokens in the backup.
    pub tokens: RestoredTokens,
}

impl From<Overwrite> for Restoring {
    fn from(overwrite: Overwrite) -> Self {
        Self {
            overwrite,
            tokens: RestoredTokens::default(),
        }
    }
}

impl Store {
    /// Makes the database from a backup, in one transaction, and brings its schema up to date. Sessions, one-time links and
    /// sign-ins under way of the backup end: they may have ended since, and whoever had them signs in anew.
    ///
    /// Fails with [`StoreError::NotEmpty`] when something is in it, unless that may be lost; a database that is not
    /// Usher's, or that a newer Usher wrote, is not touched.
    #[boxed]
    pub async fn restore(
        url: &DatabaseUrl,
        clock: Arc<dyn Clock>,
        backup: &BackupFile,
        how: Restoring,
    ) -> Result<Self, StoreError> {
        let store = Self::connect(url, clock, &StoreOptions::default()).await?;
        match store.fill(backup, how).await {
            Ok(()) => Ok(store),
            Err(error) => {
                store.close().await;
                Err(error)
            }
        }
    }

    async fn fill(&self, backup: &BackupFile, how: Restoring) -> Result<(), StoreError> {
        let version = backup.summary.schema_version;
        let now = self.clock.now();
        let mut tx = self.db.write(Durability::Record).await?;
        schema::hold(&mut tx).await?;
        make_room(&mut tx, how.overwrite).await?;
        let (older, newer) = MIGRATIONS.split_at(
            MIGRATIONS
                .iter()
                .take_while(|one| one.version <= version)
                .count(),
        );
        schema::make(&mut tx, older, now).await?;
        let tables = tables_at(version);
        for table in tables.iter().rev() {
            tx.execute(named(format!("DELETE FROM {table}"))).await?;
        }
        let mut lines = backup.lines()?;
        load(&mut tx, &tables, &mut lines).await?;
        if tx.engine() == Engine::Postgres {
            count_on(&mut tx, &tables).await?;
        }
        for migration in newer {
            schema::apply(&mut tx, migration, now).await?;
        }
        end_access(&mut tx, how.tokens, now).await?;
        tx.commit().await
    }
}

/// Ends what may have ended after the backup was made.
async fn end_access(tx: &mut Tx, tokens: RestoredTokens, now: Timestamp) -> Result<(), StoreError> {
    for statement in [
        "DELETE FROM administrator_sessions",
        "DELETE FROM administrator_invitations",
        "DELETE FROM sign_in_flows",
    ] {
        tx.execute(sql(statement)).await?;
    }
    if tokens == RestoredTokens::Revoke {
        for statement in [
            "UPDATE api_tokens SET revoked_at = $1 WHERE revoked_at IS NULL",
            "UPDATE source_tokens SET revoked_at = $1 WHERE revoked_at IS NULL",
        ] {
            tx.execute(sql(statement).bind(now)).await?;
        }
    }
    Ok(())
}

/// Leaves an empty database, if it may be emptied.
async fn make_room(tx: &mut Tx, overwrite: Overwrite) -> Result<(), StoreError> {
    let Some(version) = schema::there(tx).await? else {
        return Ok(());
    };
    let tables = tables_at(version);
    if overwrite == Overwrite::Refuse {
        for table in tables.iter().filter(|table| is_content(table)) {
            let any = named(format!("SELECT 1 FROM {table} LIMIT 1"));
            if tx.optional(any).await?.is_some() {
                let database = name(&tx.db);
                return Err(StoreError::NotEmpty { database });
            }
        }
    }
    for table in tables.iter().rev().chain(&["usher_schema"]) {
        tx.execute(named(format!("DROP TABLE {table}"))).await?;
    }
    Ok(())
}

/// A table that is being filled.
struct Filling {
    table: &'static str,
    columns: Vec<Column>,
    values: Vec<Value>,
}

async fn load(tx: &mut Tx, tables: &[&'static str], lines: &mut Lines) -> Result<(), StoreError> {
    let mut filling: Option<Filling> = None;
    while let Some(line) = lines.next()? {
        match line {
            Line::Table(line) => {
                if let Some(done) = filling.take() {
                    done.flush(tx).await?;
                }
                let known = tables.iter().find(|table| **table == line.table);
                let table = *known.ok_or_else(|| lines.unusable("it has a table of no Usher"))?;
                let there = columns_in(tx, table).await?;
                let columns = chosen(&there, &line.columns);
                filling = Some(Filling {
                    table,
                    columns: columns
                        .ok_or_else(|| lines.unusable("it has a column of no Usher"))?,
                    values: Vec::new(),
                });
            }
            Line::Row(row) => {
                let current = filling
                    .as_mut()
                    .ok_or_else(|| lines.unusable("it has a row of no table"))?;
                if !current.take(row) {
                    return Err(lines.unusable("it has a row that does not fit its table"));
                }
                if current.values.len() >= VALUES {
                    current.write(tx).await?;
                }
            }
        }
    }
    match filling {
        Some(done) => done.flush(tx).await,
        None => Ok(()),
    }
}

/// The columns of these names, in their order.
fn chosen(there: &[Column], names: &[String]) -> Option<Vec<Column>> {
    let find = |name: &String| there.iter().find(|column| column.name == *name).cloned();
    names.iter().map(find).collect()
}

impl Filling {
    /// Takes a row, if it is one of this table.
    fn take(&mut self, row: Vec<serde_json::Value>) -> bool {
        if row.len() != self.columns.len() {
            return false;
        }
        let values = self
            .columns
            .iter()
            .zip(row)
            .map(|(column, value)| column.value(value));
        let values: Option<Vec<Value>> = values.collect();
        match values {
            Some(values) => {
                self.values.extend(values);
                true
            }
            None => false,
        }
    }

    async fn write(&mut self, tx: &mut Tx) -> Result<(), StoreError> {
        if self.values.is_empty() {
            return Ok(());
        }
        tx.execute(self.statement(tx.engine())).await?;
        Ok(())
    }

    async fn flush(mut self, tx: &mut Tx) -> Result<(), StoreError> {
        self.write(tx).await
    }

    /// Inserts the rows taken so far.
    fn statement(&mut self, engine: Engine) -> Statement {
        let names: Vec<&str> = self
            .columns
            .iter()
            .map(|column| column.name.as_str())
            .collect();
        let mut text = format!("INSERT INTO {} ({}) VALUES ", self.table, names.join(", "));
        let values = std::mem::take(&mut self.values);
        let width = self.columns.len().max(1);
        for number in 0..values.len() {
            text.push_str(match (number, number % width) {
                (0, _) => "(",
                (_, 0) => "), (",
                _ => ", ",
            });
            match engine {
                Engine::Sqlite => text.push('?'),
                Engine::Postgres => {
                    text.push('$');
                    text.push_str(&(number + 1).to_string());
                }
            }
        }
        text.push(')');
        let mut statement = named(text);
        statement.values = values;
        statement
    }
}

/// Numbers that the server gives out go on behind those that were restored.
async fn count_on(tx: &mut Tx, tables: &[&str]) -> Result<(), StoreError> {
    for table in tables {
        let identity = sql("SELECT column_name::text FROM information_schema.columns
             WHERE table_schema = current_schema() AND table_name::text = $1 AND is_identity = 'YES'");
        let Some(row) = tx.optional(identity.bind(*table)).await? else {
            continue;
        };
        let column = row.columns(&tx.db.name).text()?;
        let next = format!(
            "SELECT setval(pg_get_serial_sequence('{table}', '{column}'), (SELECT COALESCE(MAX({column}), 0) + 1 FROM {table}), false)"
        );
        tx.all(named(next)).await?;
    }
    Ok(())
}
