//! Merging is reading, thinking and writing: somebody else can write between.

use crate::database::{Durability, Tx};
use crate::statement::sql;
use crate::{Store, StoreError};
use usher_boxed::boxed;

const HEAD: &str = "SELECT generation FROM directory_head";

impl Store {
    /// Counts up with everything that a source says and everything that is merged. Who merges asks for it before
    /// reading anything and gives it back to [`Store::write_directory_since`].
    #[boxed]
    pub async fn directory_generation(&self) -> Result<u64, StoreError> {
        let row = self.db.one(sql(HEAD)).await?;
        row.columns(&self.db.name).count()
    }

    /// Whether people, groups and assignments were made of everything that sources say: they were not if whoever merged
    /// was interrupted, or nobody has merged since.
    #[boxed]
    pub async fn directory_is_merged(&self) -> Result<bool, StoreError> {
        let statement = sql("SELECT COUNT(*) FROM directory_head WHERE merged >= generation");
        let row = self.db.one(statement).await?;
        Ok(row.columns(&self.db.name).count()? > 0)
    }

    /// Notes that everything that follows from a generation is done.
    #[boxed]
    pub async fn note_merged(&self, generation: u64) -> Result<(), StoreError> {
        let mut tx = self.db.write(Durability::Record).await?;
        note_merged_at(&mut tx, generation).await?;
        tx.commit().await
    }
}

/// Holds the directory until the transaction ends, and checks that nothing was written since `basis`. Returns its
/// generation.
pub(super) async fn hold(tx: &mut Tx, basis: Option<u64>) -> Result<u64, StoreError> {
    let mut statement = sql(HEAD);
    statement.push(tx.for_update());
    let row = tx.one(statement).await?;
    let found = row.columns(&tx.db.name).count()?;
    match basis {
        Some(basis) if basis != found => Err(StoreError::DirectoryMoved),
        _ => Ok(found),
    }
}

/// Holds the directory until the transaction ends. Returns its generation, and whether everything was merged up to it.
pub(crate) async fn hold_and_look(tx: &mut Tx) -> Result<(u64, bool), StoreError> {
    let mut statement = sql("SELECT generation, merged FROM directory_head");
    statement.push(tx.for_update());
    let row = tx.one(statement).await?;
    let mut columns = row.columns(&tx.db.name);
    let (generation, merged) = (columns.count()?, columns.count()?);
    Ok((generation, merged >= generation))
}

/// Notes in the transaction that everything that follows from a generation is done.
pub(crate) async fn note_merged_at(tx: &mut Tx, generation: u64) -> Result<(), StoreError> {
    let statement = sql("UPDATE directory_head SET merged = $1 WHERE merged < $1");
    tx.execute(statement.bind(generation)).await?;
    Ok(())
}

/// Counts up.
pub(crate) async fn advance(tx: &mut Tx) -> Result<(), StoreError> {
    tx.execute(sql("UPDATE directory_head SET generation = generation + 1"))
        .await?;
    Ok(())
}
