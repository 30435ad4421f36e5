//! Reading many things as they are at one moment, whatever is written meanwhile.

use futures::TryStreamExt;
use sqlx::{Postgres, SqlSafeStr, Sqlite, Transaction};

use crate::StoreError;
use crate::database::{Db, Pools, bound};
use crate::row::{Columns, Row};
use crate::statement::{Statement, Value};

/// A transaction that reads: everything it shows is of the moment of its first statement.
pub(crate) struct Snapshot {
    link: Link,
    db: Db,
}

enum Link {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

impl Db {
    /// Begins to read.
    pub(crate) async fn snapshot(&self) -> Result<Snapshot, StoreError> {
        let failed = |error| self.error("read", error);
        let link = match &self.pools {
            Pools::Sqlite { reader, .. } => Link::Sqlite(reader.begin().await.map_err(failed)?),
            Pools::Postgres(pool) => {
                let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY".into_sql_str();
                Link::Postgres(pool.begin_with(begin).await.map_err(failed)?)
            }
        };
        Ok(Snapshot {
            link,
            db: self.clone(),
        })
    }
}

impl Snapshot {
    /// Hands every row that a statement finds to `take`.
    pub(crate) async fn each(
        &mut self,
        statement: Statement,
        mut take: impl FnMut(&mut Columns<'_>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let Self { link, db } = self;
        let failed = |error| db.error("read", error);
        match link {
            Link::Sqlite(tx) => {
                let mut rows = bound!(statement).fetch(&mut **tx);
                while let Some(row) = rows.try_next().await.map_err(failed)? {
                    take(&mut Row::Sqlite(row).columns(&db.name))?;
                }
            }
            Link::Postgres(tx) => {
                let mut rows = bound!(statement).fetch(&mut **tx);
                while let Some(row) = rows.try_next().await.map_err(failed)? {
                    take(&mut Row::Postgres(row).columns(&db.name))?;
                }
            }
        }
        Ok(())
    }

    /// Every row that a statement finds.
    pub(crate) async fn all<T>(
        &mut self,
        statement: Statement,
        read: impl Fn(&mut Columns<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let mut found = Vec::new();
        self.each(statement, |columns| {
            found.push(read(columns)?);
            Ok(())
        })
        .await?;
        Ok(found)
    }
}
