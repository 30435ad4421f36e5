//! People who turned out to be somebody else, until what hangs on them has moved.

use usher_boxed::boxed;
use usher_model::PersonId;

use crate::database::{Durability, Insert, Tx};
use crate::row::read_all;
use crate::statement::{Value, sql};
use crate::{Store, StoreError};

impl Store {
    /// Whose assignments, holds and links have to move to whom, the oldest first. They are written together with the
    /// people, and stay until [`Store::end_join`]: whoever moves them may be interrupted.
    #[boxed]
    pub async fn pending_joins(&self) -> Result<Vec<(PersonId, PersonId)>, StoreError> {
        let statement = sql("SELECT replaced, replacement FROM directory_joins ORDER BY number");
        let rows = self.db.all(statement).await?;
        read_all(&rows, &self.db.name, |columns| {
            Ok((columns.text()?.into(), columns.text()?.into()))
        })
    }

    /// Notes that everything that hung on the first has moved to the second.
    #[boxed]
    pub async fn end_join(&self, join: &(PersonId, PersonId)) -> Result<(), StoreError> {
        let mut tx = self.db.write(Durability::Record).await?;
        let statement = sql("DELETE FROM directory_joins WHERE replaced = $1 AND replacement = $2");
        let statement = statement.bind(join.0.as_str()).bind(join.1.as_str());
        tx.execute(statement).await?;
        tx.commit().await
    }
}

/// Writes down what has to move.
pub(super) async fn save(tx: &mut Tx, joined: &[(PersonId, PersonId)]) -> Result<(), StoreError> {
    let rows: Vec<Vec<Value>> = joined
        .iter()
        .map(|(replaced, by)| vec![replaced.as_str().into(), by.as_str().into()])
        .collect();
    tx.insert(&JOINS, rows).await?;
    Ok(())
}

const JOINS: Insert = Insert {
    before: "INSERT INTO directory_joins (replaced, replacement) VALUES",
    after: "",
};
