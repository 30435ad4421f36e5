//! API tokens.

use serde::Serialize;
use usher_boxed::boxed;
use usher_model::{Actor, AdministratorId, Event, Right, SessionId, Timestamp, TokenId};

use super::records::{ADMINISTRATOR, AdministratorRecord, read as read_administrator};
use super::sessions::{refuse_ended, stale};
use super::writing::active;
use crate::database::{Durability, Tx};
use crate::row::{Columns, read_all};
use crate::statement::{json, sql};
use crate::{Store, StoreError, events};

/// A token that is about to be made.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// Its id, from [`Store::new_token_id`].
    pub id: TokenId,
    /// The hash of it.
    pub hash: String,
    /// Whose.
    pub administrator: AdministratorId,
    /// What it is for, in somebody's words.
    pub name: String,
    /// What it may be used for.
    pub scopes: Vec<Right>,
    /// Until just before when; for good if absent.
    pub expires_at: Option<Timestamp>,
    /// Who made it.
    pub created_by: Actor,
    /// The session in which they did, if it was in one.
    pub session: Option<SessionId>,
}

/// An API token. The token itself is known to nobody but whoever got it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TokenRecord {
    /// Its id.
    pub id: TokenId,
    /// Whose.
    pub administrator: AdministratorId,
    /// What it is for, in somebody's words.
    pub name: String,
    /// What it may be used for.
    pub scopes: Vec<Right>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Who made it.
    pub created_by: Actor,
    /// Until just before when; for good if absent.
    pub expires_at: Option<Timestamp>,
    /// When it was used last, to within a minute.
    pub used_at: Option<Timestamp>,
    /// When it was taken back.
    pub revoked_at: Option<Timestamp>,
}

/// Which tokens to look at. The default: all.
#[derive(Clone, Debug, Default)]
pub struct TokenFilter {
    /// One administrator's.
    pub administrator: Option<AdministratorId>,
    /// Those behind this one, for page after page.
    pub after: Option<TokenId>,
    /// At most so many.
    pub limit: Option<u64>,
}

const TOKEN: &str = "t.id, t.administrator, t.name, t.scopes, t.created_at, t.created_by, t.expires_at, t.used_at, t.revoked_at";

impl Store {
    /// Makes a token.
    ///
    /// Refused with [`StoreError::AdministratorMoved`] when whose it is, or who makes it, was disabled meanwhile, or the
    /// session has ended.
    #[boxed]
    pub async fn create_token(
        &self,
        new: &NewToken,
        events: &[Event],
    ) -> Result<TokenRecord, StoreError> {
        let mut tx = self.db.write(Durability::Record).await?;
        refuse_ended_by_now(&mut tx, new).await?;
        let statement = sql(
            "INSERT INTO api_tokens (id, hash, administrator, name, scopes, created_at, created_by, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        );
        let statement = statement
            .bind(new.id.as_str())
            .bind(new.hash.as_str())
            .bind(new.administrator.as_str())
            .bind(new.name.as_str())
            .bind(json(&new.scopes))
            .bind(self.clock.now())
            .bind(json(&new.created_by))
            .bind(new.expires_at);
        tx.execute(statement).await?;
        events::append(&mut tx, events).await?;
        tx.commit().await?;
        let made = self.token(&new.id).await?;
        made.ok_or_else(|| self.db.error("read", sqlx::Error::RowNotFound))
    }

    /// The token with this hash, and whose it is, if it still holds and its administrator is active.
    #[boxed]
    pub async fn use_token(
        &self,
        hash: &str,
    ) -> Result<Option<(TokenRecord, AdministratorRecord)>, StoreError> {
        let now = self.clock.now();
        let mut statement = sql("SELECT ");
        statement.push(TOKEN).push(", ").push(ADMINISTRATOR);
        statement
            .push(
                " FROM api_tokens t JOIN administrators a ON a.id = t.administrator
                  WHERE a.state = 'active' AND t.revoked_at IS NULL AND t.hash = ",
            )
            .push_bind(hash)
            .push(" AND (t.expires_at IS NULL OR t.expires_at > ")
            .push_bind(now)
            .push(")");
        let Some(row) = self.db.optional(statement).await? else {
            return Ok(None);
        };
        let mut columns = row.columns(&self.db.name);
        let token = read(&mut columns)?;
        let administrator = read_administrator(&mut columns)?;
        if token.used_at.is_none_or(|used| used <= stale(now)) {
            let statement = sql("UPDATE api_tokens SET used_at = $2 WHERE id = $1");
            self.note_use(statement.bind(token.id.as_str()).bind(now))
                .await?;
        }
        Ok(Some((token, administrator)))
    }

    /// The tokens that match, those taken back too, by id: in the order in which they were made.
    #[boxed]
    pub async fn tokens(&self, filter: &TokenFilter) -> Result<Vec<TokenRecord>, StoreError> {
        let mut statement = sql("SELECT ");
        statement.push(TOKEN).push(" FROM api_tokens t WHERE 1 = 1");
        statement.push_wanted([
            (
                " AND t.administrator = ",
                filter.administrator.as_ref().map(ToString::to_string),
            ),
            (
                " AND t.id > ",
                filter.after.as_ref().map(ToString::to_string),
            ),
        ]);
        statement.push(" ORDER BY t.id");
        statement.push_limit(filter.limit);
        let rows = self.db.all(statement).await?;
        read_all(&rows, &self.db.name, read)
    }

    /// One token.
    #[boxed]
    pub async fn token(&self, id: &TokenId) -> Result<Option<TokenRecord>, StoreError> {
        let mut statement = sql("SELECT ");
        statement
            .push(TOKEN)
            .push(" FROM api_tokens t WHERE t.id = ")
            .push_bind(id.as_str());
        let row = self.db.optional(statement).await?;
        row.map(|row| read(&mut row.columns(&self.db.name)))
            .transpose()
    }

    /// Takes a token back. Returns whether it was there and still held; else no event is written.
    #[boxed]
    pub async fn revoke_token(&self, id: &TokenId, events: &[Event]) -> Result<bool, StoreError> {
        let mut tx = self.db.write(Durability::Record).await?;
        let statement =
            sql("UPDATE api_tokens SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL");
        let statement = statement.bind(id.as_str()).bind(self.clock.now());
        if tx.execute(statement).await? == 0 {
            return Ok(false);
        }
        events::append(&mut tx, events).await?;
        tx.commit().await?;
        Ok(true)
    }
}

async fn refuse_ended_by_now(tx: &mut Tx, new: &NewToken) -> Result<(), StoreError> {
    active(tx, &new.administrator).await?;
    let (Actor::Administrator { id: maker, .. } | Actor::ServiceAccount { id: maker, .. }) =
        &new.created_by
    else {
        return Ok(());
    };
    if *maker != new.administrator {
        active(tx, maker).await?;
    }
    match &new.session {
        Some(session) => refuse_ended(tx, maker, session).await,
        None => Ok(()),
    }
}

fn read(columns: &mut Columns<'_>) -> Result<TokenRecord, StoreError> {
    Ok(TokenRecord {
        id: columns.text()?.into(),
        administrator: columns.text()?.into(),
        name: columns.text()?,
        scopes: columns.json()?,
        created_at: columns.time()?,
        created_by: columns.json()?,
        expires_at: columns.optional_time()?,
        used_at: columns.optional_time()?,
        revoked_at: columns.optional_time()?,
    })
}
