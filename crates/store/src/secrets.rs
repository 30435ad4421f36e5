//! Secrets, sealed by the layers above: what is stored here cannot be read without a key that is never here.

use serde::Serialize;
use usher_boxed::boxed;
use usher_model::{Event, OrganizationId, SecretId, Timestamp};

use crate::database::{Durability, Tx};
use crate::row::{Columns, read_all};
use crate::statement::{Statement, sql};
use crate::{Store, StoreError, events, organizations};

/// Encrypted bytes, in hexadecimal, and what they were encrypted with.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed {
    /// The version of the key.
    pub key_version: u32,
    /// The nonce.
    pub nonce: String,
    /// The encrypted bytes and their tag.
    pub ciphertext: String,
}

impl std::fmt::Debug for Sealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sealed(under key {})", self.key_version)
    }
}

/// A version of the key, as the database knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretKeyRecord {
    /// A known text, sealed with it: shows whether a key is the right one.
    pub check: Sealed,
    /// Whether new secrets are sealed with it.
    pub is_current: bool,
    /// When it was taken into use.
    pub created_at: Timestamp,
    /// Since when nothing is sealed with it any more.
    pub retired_at: Option<Timestamp>,
    /// How many secrets are sealed with it.
    pub secrets: u64,
}

/// Which secret is meant, and what is known of it without opening it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SecretLabel {
    /// Its id.
    pub id: SecretId,
    /// The organization; `None`: the whole installation.
    pub organization: Option<OrganizationId>,
    /// What kind of secret it is.
    pub kind: String,
    /// Its name: one secret of a kind and organization has it.
    pub name: String,
    /// Whose it is.
    pub owner: Option<String>,
}

/// A stored secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredSecret {
    /// Which.
    pub label: SecretLabel,
    /// The secret, encrypted.
    pub sealed: Sealed,
    /// When it was stored first.
    pub created_at: Timestamp,
    /// When it was stored last.
    pub changed_at: Timestamp,
}

impl Store {
    /// The versions of the key, oldest first.
    #[boxed]
    pub async fn secret_keys(&self) -> Result<Vec<SecretKeyRecord>, StoreError> {
        let statement = sql(
            "SELECT k.version, k.nonce, k.check_text, k.current, k.created_at, k.retired_at,
                 (SELECT COUNT(*) FROM secrets s WHERE s.key_version = k.version)
             FROM secret_keys k ORDER BY k.version",
        );
        let rows = self.db.all(statement).await?;
        read_all(&rows, &self.db.name, |columns| {
            Ok(SecretKeyRecord {
                check: sealed(columns)?,
                is_current: columns.flag()?,
                created_at: columns.time()?,
                retired_at: columns.optional_time()?,
                secrets: columns.count()?,
            })
        })
    }

    /// Takes a version of the key into use: new secrets are sealed with it. Doing so twice changes nothing.
    #[boxed]
    pub async fn use_secret_key(&self, check: &Sealed, events: &[Event]) -> Result<(), StoreError> {
        let mut tx = self.db.write(Durability::Record).await?;
        if current_key(&mut tx).await? == Some(check.key_version) {
            return Ok(());
        }
        tx.execute(sql("UPDATE secret_keys SET current = 0 WHERE current = 1"))
            .await?;
        let insert = sql(
            "INSERT INTO secret_keys (version, current, nonce, check_text, created_at) VALUES ($1, 1, $2, $3, $4)
             ON CONFLICT (version) DO UPDATE SET current = 1, retired_at = NULL",
        );
        let insert = insert
            .bind(check.key_version)
            .bind(check.nonce.as_str())
            .bind(check.ciphertext.as_str())
            .bind(self.clock.now());
        tx.execute(insert).await?;
        events::append(&mut tx, events).await?;
        tx.commit().await
    }

    /// Notes of every version but the current one that nothing is sealed with it any more, where that is so.
    #[boxed]
    pub async fn retire_secret_keys(&self) -> Result<(), StoreError> {
        let mut tx = self.db.write(Durability::Record).await?;
        let statement = sql(
            "UPDATE secret_keys SET retired_at = $1 WHERE current = 0 AND retired_at IS NULL
                 AND NOT EXISTS (SELECT 1 FROM secrets s WHERE s.key_version = secret_keys.version)",
        );
        tx.execute(statement.bind(self.clock.now())).await?;
        tx.commit().await
    }

    /// Stores a secret, or stores it anew. Refused with [`StoreError::SecretKeyMoved`] when it is not sealed with the
    /// current key.
    #[boxed]
    pub async fn save_secret(
        &self,
        label: &SecretLabel,
        sealed: &Sealed,
        events: &[Event],
    ) -> Result<(), StoreError> {
        let now = self.clock.now();
        let mut tx = self.db.write(Durability::Record).await?;
        refuse_other_key(&mut tx, sealed).await?;
        insert_secret(&mut tx, (label, sealed), now).await?;
        events::append(&mut tx, events).await?;
        tx.commit().await
    }

    /// Stores a secret sealed anew, unless it was stored anew meanwhile. Says whether it was done. Refused with
    /// [`StoreError::SecretKeyMoved`] when it is not sealed with the current key.
    #[boxed]
    pub async fn reseal_secret(
        &self,
        before: &StoredSecret,
        sealed: &Sealed,
    ) -> Result<bool, StoreError> {
        let mut tx = self.db.write(Durability::Record).await?;
        refuse_other_key(&mut tx, sealed).await?;
        let statement = sql(
            "UPDATE secrets SET key_version = $3, nonce = $4, ciphertext = $5 WHERE id = $1 AND nonce = $2",
        );
        let statement = statement
            .bind(before.label.id.as_str())
            .bind(before.sealed.nonce.as_str())
            .bind(sealed.key_version)
            .bind(sealed.nonce.as_str())
            .bind(sealed.ciphertext.as_str());
        let done = tx.execute(statement).await?;
        tx.commit().await?;
        Ok(done > 0)
    }

    /// Forgets a secret; says whether there was one.
    #[boxed]
    pub async fn remove_secret(&self, id: &SecretId, events: &[Event]) -> Result<bool, StoreError> {
        let mut tx = self.db.write(Durability::Record).await?;
        let statement = sql("DELETE FROM secrets WHERE id = $1");
        if tx.execute(statement.bind(id.as_str())).await? == 0 {
            return Ok(false);
        }
        events::append(&mut tx, events).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// One secret.
    #[boxed]
    pub async fn secret(&self, id: &SecretId) -> Result<Option<StoredSecret>, StoreError> {
        let mut statement = records();
        statement.push(" WHERE s.id = ").push_bind(id.as_str());
        let row = self.db.optional(statement).await?;
        row.map(|row| record(&mut row.columns(&self.db.name)))
            .transpose()
    }

    /// All secrets, by kind and name.
    #[boxed]
    pub async fn secrets(&self) -> Result<Vec<StoredSecret>, StoreError> {
        let mut statement = records();
        statement.push(" ORDER BY s.kind, o.id, s.name");
        let rows = self.db.all(statement).await?;
        read_all(&rows, &self.db.name, record)
    }

    /// At most `limit` secrets that are sealed with another key than this version, by id: those behind `after`.
    #[boxed]
    pub async fn secrets_under_other_keys(
        &self,
        version: u32,
        after: Option<&SecretId>,
        limit: u64,
    ) -> Result<Vec<StoredSecret>, StoreError> {
        let mut statement = records();
        statement
            .push(" WHERE s.key_version <> ")
            .push_bind(version)
            .push_wanted([(" AND s.id > ", after.map(ToString::to_string))]);
        statement.push(" ORDER BY s.id").push_limit(Some(limit));
        let rows = self.db.all(statement).await?;
        read_all(&rows, &self.db.name, record)
    }
}

/// Fails unless a secret is sealed with the current key, which stays the current one until the transaction ends.
pub(crate) async fn refuse_other_key(tx: &mut Tx, sealed: &Sealed) -> Result<(), StoreError> {
    let version = sealed.key_version;
    if current_key(tx).await? == Some(version) {
        return Ok(());
    }
    Err(StoreError::SecretKeyMoved { version })
}

/// Writes a secret, or writes it anew.
pub(crate) async fn insert_secret(
    tx: &mut Tx,
    (label, sealed): (&SecretLabel, &Sealed),
    now: Timestamp,
) -> Result<(), StoreError> {
    let organization = match &label.organization {
        Some(id) => organizations::ensure(tx, id).await?,
        None => 0,
    };
    let statement = sql(
        "INSERT INTO secrets (id, organization, kind, name, owner, key_version, nonce, ciphertext, created_at, changed_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)
         ON CONFLICT (id) DO UPDATE SET owner = excluded.owner, key_version = excluded.key_version,
             nonce = excluded.nonce, ciphertext = excluded.ciphertext, changed_at = excluded.changed_at",
    );
    let statement = statement
        .bind(label.id.as_str())
        .bind(organization)
        .bind(label.kind.as_str())
        .bind(label.name.as_str())
        .bind(label.owner.as_deref())
        .bind(sealed.key_version)
        .bind(sealed.nonce.as_str())
        .bind(sealed.ciphertext.as_str())
        .bind(now);
    tx.execute(statement).await?;
    Ok(())
}

/// The current version; holds its row until the transaction ends, so that no other becomes it meanwhile.
async fn current_key(tx: &mut Tx) -> Result<Option<u32>, StoreError> {
    let mut statement = sql("SELECT version FROM secret_keys WHERE current = 1");
    statement.push(tx.for_update());
    let row = tx.optional(statement).await?;
    row.map(|row| row.columns(&tx.db.name).small()).transpose()
}

fn records() -> Statement {
    sql(
        "SELECT s.key_version, s.nonce, s.ciphertext, s.id, o.id, s.kind, s.name, s.owner, s.created_at, s.changed_at
         FROM secrets s LEFT JOIN organizations o ON o.number = s.organization",
    )
}

fn record(columns: &mut Columns<'_>) -> Result<StoredSecret, StoreError> {
    Ok(StoredSecret {
        sealed: sealed(columns)?,
        label: SecretLabel {
            id: columns.text()?.into(),
            organization: columns.optional_text()?.map(OrganizationId::from),
            kind: columns.text()?,
            name: columns.text()?,
            owner: columns.optional_text()?,
        },
        created_at: columns.time()?,
        changed_at: columns.time()?,
    })
}

fn sealed(columns: &mut Columns<'_>) -> Result<Sealed, StoreError> {
    Ok(Sealed {
        key_version: columns.small()?,
        nonce: columns.text()?,
        ciphertext: columns.text()?,
    })
}
