//! How often somebody may try to sign in. Counted here, so that all replicas count together.

use std::time::Duration;

use usher_boxed::boxed;
use usher_model::Timestamp;

use crate::database::{Durability, Tx};
use crate::statement::sql;
use crate::{Store, StoreError};

/// What an attempt is counted under.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// A name for whom or where it was tried, such as the hash of an e-mail address.
    pub key: String,
    /// How many are allowed.
    pub limit: Limit,
}

/// So many within so long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// How many.
    pub attempts: u64,
    /// Within how long, from the first.
    pub within: Duration,
}

/// Whether an attempt may be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// It may.
    Allowed,
    /// It may not before this time.
    Refused {
        /// When.
        until: Timestamp,
        /// Whether the one before was still allowed.
        is_first: bool,
    },
}

impl Store {
    /// Counts an attempt under each of these, before it is made; refused when it is one too many under any.
    #[boxed]
    pub async fn count_sign_in(&self, attempts: &[Attempt]) -> Result<Counted, StoreError> {
        let now = self.clock.now();
        let mut tx = self.db.write(Durability::Repeatable).await?;
        let (mut refused_until, mut is_first) = (None, false);
        for attempt in attempts {
            let (since, made) = count(&mut tx, attempt, now).await?;
            let until = since.saturating_add(attempt.limit.within).unwrap_or(since);
            if made > attempt.limit.attempts {
                refused_until = refused_until.max(Some(until));
                is_first |= made == attempt.limit.attempts + 1;
            }
        }
        tx.commit().await?;
        Ok(
            refused_until.map_or(Counted::Allowed, |until| Counted::Refused {
                until,
                is_first,
            }),
        )
    }

    /// Counts an attempt under a key no longer: it succeeded. Those before it stay counted.
    #[boxed]
    pub async fn discount_sign_in(&self, key: &str) -> Result<(), StoreError> {
        let mut tx = self.db.write(Durability::Repeatable).await?;
        let statement = sql(
            "UPDATE sign_in_attempts SET attempts = attempts - 1 WHERE key = $1 AND attempts > 0",
        );
        tx.execute(statement.bind(key)).await?;
        tx.commit().await
    }

    /// Forgets the attempts under a key: the last one succeeded.
    #[boxed]
    pub async fn forget_sign_in(&self, key: &str) -> Result<(), StoreError> {
        let mut tx = self.db.write(Durability::Repeatable).await?;
        let statement = sql("DELETE FROM sign_in_attempts WHERE key = $1");
        tx.execute(statement.bind(key)).await?;
        tx.commit().await
    }
}

async fn count(
    tx: &mut Tx,
    attempt: &Attempt,
    now: Timestamp,
) -> Result<(Timestamp, u64), StoreError> {
    let over = now
        .saturating_sub(attempt.limit.within)
        .unwrap_or(Timestamp::MIN);
    let statement = sql(
        "INSERT INTO sign_in_attempts (key, since, attempts) VALUES ($1, $2, 1)
         ON CONFLICT (key) DO UPDATE SET
             attempts = CASE WHEN sign_in_attempts.since <= $3 THEN 1 ELSE sign_in_attempts.attempts + 1 END,
             since = CASE WHEN sign_in_attempts.since <= $3 THEN $2 ELSE sign_in_attempts.since END
         RETURNING since, attempts",
    );
    let statement = statement.bind(attempt.key.as_str()).bind(now).bind(over);
    let row = tx.one(statement).await?;
    let mut columns = row.columns(&tx.db.name);
    Ok((columns.time()?, columns.count()?))
}
