//! Which person or group an entry of a source is.

use serde::{Deserialize, Serialize};
use usher_boxed::boxed;
use usher_model::SourceName;

use super::EntryKind;
use crate::database::{Insert, Tx};
use crate::row::Columns;
use crate::statement::sql;
use crate::{Store, StoreError};

/// An entry of a source is this person or group, now and when it comes back.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DirectoryKey {
    /// A person or a group.
    pub kind: EntryKind,
    /// The source.
    pub source: SourceName,
    /// The source's own key.
    pub key: String,
    /// The person's or group's id.
    pub id: String,
}

impl Store {
    /// All keys that were ever given, those of people and of groups.
    #[boxed]
    pub async fn person_keys(&self) -> Result<Vec<DirectoryKey>, StoreError> {
        let statement =
            sql("SELECT kind, source, key, id FROM directory_keys ORDER BY kind, source, key");
        self.db.snapshot().await?.all(statement, read).await
    }

    /// The keys of one person or group.
    pub(super) async fn keys_of(&self, id: &str) -> Result<Vec<DirectoryKey>, StoreError> {
        let statement = sql(
            "SELECT kind, source, key, id FROM directory_keys WHERE id = $1 ORDER BY kind, source, key",
        );
        self.db
            .snapshot()
            .await?
            .all(statement.bind(id), read)
            .await
    }
}

/// Remembers keys; a key that is another person or group now is so from here on. Returns how many are new or others.
pub(crate) async fn save(tx: &mut Tx, keys: &[DirectoryKey]) -> Result<u64, StoreError> {
    let insert = Insert {
        before: "INSERT INTO directory_keys (kind, source, key, id) VALUES",
        after: "ON CONFLICT (kind, source, key) DO UPDATE SET id = excluded.id WHERE directory_keys.id <> excluded.id",
    };
    // A statement of PostgreSQL cannot touch a row twice: the last of equal keys counts.
    let last: std::collections::BTreeMap<_, _> = keys
        .iter()
        .map(|key| ((key.kind, &key.source, &key.key), &key.id))
        .collect();
    let rows = last.into_iter().map(|((kind, source, key), id)| {
        vec![
            kind.as_str().into(),
            source.as_str().into(),
            key.as_str().into(),
            id.as_str().into(),
        ]
    });
    tx.insert(&insert, rows.collect()).await
}

/// Reads kind, source, key and id.
pub(crate) fn read(columns: &mut Columns<'_>) -> Result<DirectoryKey, StoreError> {
    Ok(DirectoryKey {
        kind: columns.word()?,
        source: columns.text()?.into(),
        key: columns.text()?,
        id: columns.text()?,
    })
}
