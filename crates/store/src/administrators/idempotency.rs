//! Requests that are carried out once, however often they arrive.

use crate::database::Durability;
use crate::statement::sql;
use crate::{Store, StoreError};
use usher_boxed::boxed;

/// What was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotentAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The body; none where it held a secret, which is not kept.
    pub body: Option<String>,
    /// The `ETag`, where it had one.
    pub etag: Option<String>,
}

/// Whether a request is to be carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reserved {
    /// It is: nobody has sent this key before.
    New,
    /// It was carried out, and answered like this.
    Answered(IdempotentAnswer),
    /// It is being carried out, or whoever did was killed.
    UnderWay,
    /// The key was sent with another request.
    OtherRequest,
}

/// Whose key it is, and what it was sent with.
#[derive(Clone, Copy, Debug)]
pub struct KeyedRequest<'a> {
    /// Who sent it.
    pub actor: &'a str,
    /// The key.
    pub key: &'a str,
    /// The hash of the request.
    pub request: &'a str,
}

impl Store {
    /// Takes a key for a request.
    #[boxed]
    pub async fn reserve_key(&self, of: KeyedRequest<'_>) -> Result<Reserved, StoreError> {
        // Whoever had it may give it back between the try to take it and the look at who has it.
        for _ in 0..3 {
            if let Some(reserved) = self.try_to_reserve_key(of).await? {
                return Ok(reserved);
            }
        }
        Ok(Reserved::UnderWay)
    }

    /// Takes a key, or says who has it; `None` when it was neither free nor taken.
    async fn try_to_reserve_key(
        &self,
        of: KeyedRequest<'_>,
    ) -> Result<Option<Reserved>, StoreError> {
        let mut tx = self.db.write(Durability::Record).await?;
        let insert = sql(
            "INSERT INTO idempotency_keys (actor, key, request, created_at)
             VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        );
        let insert = insert
            .bind(of.actor)
            .bind(of.key)
            .bind(of.request)
            .bind(self.clock.now());
        if tx.execute(insert).await? == 1 {
            tx.commit().await?;
            return Ok(Some(Reserved::New));
        }
        let found = sql(
            "SELECT request, status, body, etag FROM idempotency_keys WHERE actor = $1 AND key = $2",
        );
        let Some(row) = tx.optional(found.bind(of.actor).bind(of.key)).await? else {
            return Ok(None);
        };
        let mut columns = row.columns(&self.db.name);
        let (request, status) = (columns.text()?, columns.optional_int()?);
        let (body, etag) = (columns.optional_text()?, columns.optional_text()?);
        Ok(Some(match status {
            _ if request != of.request => Reserved::OtherRequest,
            None => Reserved::UnderWay,
            Some(status) => Reserved::Answered(IdempotentAnswer {
                status: u16::try_from(status).unwrap_or(500),
                body,
                etag,
            }),
        }))
    }

    /// Remembers what was answered to the request that has the key; `None`: it was not carried out, and the key is free.
    #[boxed]
    pub async fn settle_key(
        &self,
        of: KeyedRequest<'_>,
        answer: Option<&IdempotentAnswer>,
    ) -> Result<(), StoreError> {
        let statement = match answer {
            Some(answer) => sql(
                "UPDATE idempotency_keys SET status = $3, body = $4, etag = $5 WHERE actor = $1 AND key = $2",
            )
            .bind(of.actor)
            .bind(of.key)
            .bind(i64::from(answer.status))
            .bind(answer.body.as_deref())
            .bind(answer.etag.as_deref()),
            None => {
                sql("DELETE FROM idempotency_keys WHERE actor = $1 AND key = $2 AND status IS NULL")
                    .bind(of.actor)
                    .bind(of.key)
            }
        };
        let mut tx = self.db.write(Durability::Record).await?;
        tx.execute(statement).await?;
        tx.commit().await
    }
}
