//! Merging is reading, thinking and writing: somebody else can write between.

use crate::database::Tx;
use crate::statement::sql;
use crate::{Store, StoreError};

const HEAD: &str = "SELECT generation FROM directory_head";

impl Store {
    /// Counts up with everything that a source says and everything that is merged. Who merges asks for it before
    /// reading anything and gives it back to [`Store::write_directory_since`].
    pub async fn directory_generation(&self) -> Result<u64, StoreError> {
        let row = self.db.one(sql(HEAD)).await?;
        row.columns(&self.db.name).count()
    }
}

/// Holds the directory until the transaction ends, and checks that nothing was written since `basis`.
pub(super) async fn hold(tx: &mut Tx, basis: Option<u64>) -> Result<(), StoreError> {
    let mut statement = sql(HEAD);
    statement.push(tx.for_update());
    let row = tx.one(statement).await?;
    let found = row.columns(&tx.db.name).count()?;
    match basis {
        Some(basis) if basis != found => Err(StoreError::DirectoryMoved),
        _ => Ok(()),
    }
}

/// Counts up.
pub(super) async fn advance(tx: &mut Tx) -> Result<(), StoreError> {
    tx.execute(sql("UPDATE directory_head SET generation = generation + 1"))
        .await?;
    Ok(())
}
