//! The tokens of pushed sources. What is kept is the hash of each; the token itself is shown once and nowhere stored.

use std::time::Duration;

use serde::Serialize;
use usher_boxed::boxed;
use usher_model::{Event, SourceName, Timestamp};

use crate::database::{Durability, Tx};
use crate::row::{Columns, read_all};
use crate::statement::sql;
use crate::{Store, StoreError, events};

/// A use is noted at most this often.
const NOTED_EVERY: Duration = Duration::from_secs(60);

/// A token that is made.
#[derive(Clone, Debug)]
pub struct NewSourceToken {
    /// The source.
    pub source: SourceName,
    /// SHA-256 of the token, in hexadecimal.
    pub hash: String,
    /// When it expires.
    pub expires_at: Option<Timestamp>,
}

/// What is known of a token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SourceToken {
    /// Its id, by which it is revoked. It opens nothing.
    pub id: String,
    /// The source whose provider it belongs to.
    pub source: SourceName,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it expires.
    pub expires_at: Option<Timestamp>,
    /// When it was used last, to the minute.
    pub used_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

/// Whether a token opens anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceTokenState {
    /// It does.
    Valid,
    /// Its time is over.
    Expired,
    /// Somebody revoked it.
    Revoked,
}

impl SourceToken {
    /// Whether it opens anything at a time.
    pub fn state(&self, now: Timestamp) -> SourceTokenState {
        match (self.revoked_at, self.expires_at) {
            (Some(_), _) => SourceTokenState::Revoked,
            (None, Some(end)) if end <= now => SourceTokenState::Expired,
            _ => SourceTokenState::Valid,
        }
    }
}

const TOKEN: &str =
    "SELECT id, source, created_at, expires_at, used_at, revoked_at FROM source_tokens";

impl Store {
    /// Stores a token's hash; `event` makes the log's entry from the token's id.
    pub async fn create_source_token(
        &self,
        new: &NewSourceToken,
        event: impl FnOnce(&str) -> Event + Send,
    ) -> Result<SourceToken, StoreError> {
        if self.source(&new.source).await?.is_none() {
            return Err(StoreError::NoSuchSource(new.source.clone()));
        }
        let token = SourceToken {
            id: self.new_id().to_string(),
            source: new.source.clone(),
            created_at: self.clock.now(),
            expires_at: new.expires_at,
            used_at: None,
            revoked_at: None,
        };
        let mut tx = self.db.write(Durability::Record).await?;
        let statement = sql(
            "INSERT INTO source_tokens (id, source, hash, created_at, expires_at)
             VALUES ($1, $2, $3, $4, $5)",
        );
        let statement = statement
            .bind(token.id.as_str())
            .bind(token.source.as_str())
            .bind(new.hash.as_str())
            .bind(token.created_at)
            .bind(token.expires_at);
        tx.execute(statement).await?;
        events::append(&mut tx, &[event(&token.id)]).await?;
        tx.commit().await?;
        Ok(token)
    }

    /// The token with this hash, whether it opens anything or not.
    #[boxed]
    pub async fn source_token(&self, hash: &str) -> Result<Option<SourceToken>, StoreError> {
        let mut statement = sql(TOKEN);
        statement.push(" WHERE hash = ").push_bind(hash);
        let row = self.db.optional(statement).await?;
        row.map(|row| read(&mut row.columns(&self.db.name)))
            .transpose()
    }

    /// All tokens of a source, the oldest first.
    #[boxed]
    pub async fn source_tokens(&self, source: &SourceName) -> Result<Vec<SourceToken>, StoreError> {
        let mut statement = sql(TOKEN);
        statement
            .push(" WHERE source = ")
            .push_bind(source.as_str())
            .push(" ORDER BY id");
        let rows = self.db.all(statement).await?;
        read_all(&rows, &self.db.name, read)
    }

    /// Notes that a token was used, unless that was noted a moment ago.
    #[boxed]
    pub async fn note_source_token_use(&self, token: &SourceToken) -> Result<(), StoreError> {
        let now = self.clock.now();
        let is_noted = token.used_at.is_some_and(|used| {
            now.duration_since(used)
                < jiff::SignedDuration::try_from(NOTED_EVERY).unwrap_or_default()
        });
        if is_noted {
            return Ok(());
        }
        let mut tx = self.db.write(Durability::Repeatable).await?;
        let statement = sql("UPDATE source_tokens SET used_at = $2 WHERE id = $1");
        tx.execute(statement.bind(token.id.as_str()).bind(now))
            .await?;
        tx.commit().await
    }

    /// Makes a token open nothing any more. Returns whether the source has one of this id that did.
    #[boxed]
    pub async fn revoke_source_token(
        &self,
        source: &SourceName,
        id: &str,
        event: &Event,
    ) -> Result<bool, StoreError> {
        let mut tx = self.db.write(Durability::Record).await?;
        let statement = sql("UPDATE source_tokens SET revoked_at = $3
             WHERE source = $1 AND id = $2 AND revoked_at IS NULL");
        let statement = statement
            .bind(source.as_str())
            .bind(id)
            .bind(self.clock.now());
        if tx.execute(statement).await? == 0 {
            return Ok(false);
        }
        events::append(&mut tx, std::slice::from_ref(event)).await?;
        tx.commit().await?;
        Ok(true)
    }
}

/// Takes away all tokens of a source.
pub(crate) async fn forget_source(tx: &mut Tx, source: &SourceName) -> Result<(), StoreError> {
    let statement = sql("DELETE FROM source_tokens WHERE source = $1");
    tx.execute(statement.bind(source.as_str())).await?;
    Ok(())
}

fn read(columns: &mut Columns<'_>) -> Result<SourceToken, StoreError> {
    Ok(SourceToken {
        id: columns.text()?,
        source: columns.text()?.into(),
        created_at: columns.time()?,
        expires_at: columns.optional_time()?,
        used_at: columns.optional_time()?,
        revoked_at: columns.optional_time()?,
    })
}
