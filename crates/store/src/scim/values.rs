//! By what entries are matched with those of other sources, as the last merge knew it.

use std::collections::HashMap;

use usher_model::SourceName;

use crate::StoreError;
use crate::database::Tx;
use crate::row::read_all;
use crate::statement::sql;

/// By what one person's entry is matched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatchValue {
    /// The source.
    pub source: SourceName,
    /// The source's own key.
    pub key: String,
    /// The value, folded; none when it cannot be matched.
    pub value: Option<String>,
}

/// Writes the values that are others than before.
pub(crate) async fn save(tx: &mut Tx, values: &[MatchValue]) -> Result<(), StoreError> {
    let rows = tx
        .all(sql(
            "SELECT source, key, match_value FROM source_entries WHERE kind = 'person'",
        ))
        .await?;
    let stored = read_all(&rows, &tx.db.name, |columns| {
        Ok(((columns.text()?, columns.text()?), columns.optional_text()?))
    })?;
    let stored: HashMap<(String, String), Option<String>> = stored.into_iter().collect();
    for one in values {
        let key = (one.source.to_string(), one.key.clone());
        if stored.get(&key).is_some_and(|found| *found != one.value) {
            set(tx, one).await?;
        }
    }
    Ok(())
}

/// Writes one value.
pub(super) async fn set(tx: &mut Tx, one: &MatchValue) -> Result<(), StoreError> {
    let statement = sql("UPDATE source_entries SET match_value = $3
         WHERE source = $1 AND kind = 'person' AND key = $2");
    let statement = statement
        .bind(one.source.as_str())
        .bind(one.key.as_str())
        .bind(one.value.as_deref());
    tx.execute(statement).await?;
    Ok(())
}
