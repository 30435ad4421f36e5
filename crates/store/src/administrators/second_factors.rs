//! Adding a second factor, and taking it away. Its seed is a secret, sealed by the layer above.

use std::fmt;

use usher_boxed::boxed;
use usher_model::{AdministratorId, Event, SecretId};

use super::writing::{active, existing};
use crate::database::{Durability, Insert, Tx};
use crate::row::read_all;
use crate::secrets::{insert_secret, refuse_other_key};
use crate::statement::sql;
use crate::{Sealed, SecretLabel, Store, StoreError, events};

/// The seed of a second factor, as it is kept.
#[derive(Clone, PartialEq, Eq)]
pub enum KeptSeed {
    /// Sealed: the secret's id.
    Sealed(SecretId),
    /// As it is, in base 32: stored before seeds were sealed, and no key has been there since.
    Unsealed(String),
}

impl fmt::Debug for KeptSeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sealed(id) => write!(f, "Sealed({id})"),
            Self::Unsealed(_) => f.write_str("Unsealed(…)"),
        }
    }
}

/// A seed that is about to be stored.
#[derive(Clone, Copy, Debug)]
pub struct SealedSeed<'a> {
    /// What is known of it without opening it.
    pub label: &'a SecretLabel,
    /// The seed, encrypted.
    pub sealed: &'a Sealed,
}

/// A seed of which somebody has shown a code.
#[derive(Clone, Copy, Debug)]
pub struct ProvedSeed<'a> {
    /// The secret.
    pub secret: &'a SecretId,
    /// The time step of the code.
    pub step: u64,
}

impl Store {
    /// Remembers the seed of a second factor that is being added; it is not asked for yet. Returns whether it could be: not
    /// while another one is in use. Refused with [`StoreError::SecretKeyMoved`] when it is not sealed with the current key.
    #[boxed]
    pub async fn begin_second_factor(
        &self,
        id: &AdministratorId,
        seed: SealedSeed<'_>,
        events: &[Event],
    ) -> Result<bool, StoreError> {
        let now = self.clock.now();
        let mut tx = self.db.write(Durability::Record).await?;
        if active(&mut tx, id).await?.has_second_factor {
            return Ok(false);
        }
        refuse_other_key(&mut tx, seed.sealed).await?;
        forget_seeds(&mut tx, id).await?;
        insert_secret(&mut tx, (seed.label, seed.sealed), now).await?;
        let statement = sql("UPDATE administrators SET totp_begun_secret = $2 WHERE id = $1");
        let statement = statement.bind(id.as_str()).bind(seed.label.id.as_str());
        tx.execute(statement).await?;
        events::append(&mut tx, events).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// The second factor that was being added is asked for from now on. `recovery` are the hashes of the codes that stand
    /// for it. Returns whether it was this seed that was being added.
    #[boxed]
    pub async fn confirm_second_factor(
        &self,
        id: &AdministratorId,
        proved: ProvedSeed<'_>,
        recovery: &[String],
        events: &[Event],
    ) -> Result<bool, StoreError> {
        let mut tx = self.db.write(Durability::Record).await?;
        active(&mut tx, id).await?;
        let statement = sql(
            "UPDATE administrators SET totp_secret = totp_begun_secret, totp_begun_secret = NULL, totp_step = $3,
                 version = version + 1
             WHERE id = $1 AND totp_begun_secret = $2",
        );
        let statement = statement
            .bind(id.as_str())
            .bind(proved.secret.as_str())
            .bind(proved.step);
        if tx.execute(statement).await? == 0 {
            return Ok(false);
        }
        forget_recovery_codes(&mut tx, id).await?;
        let rows = recovery
            .iter()
            .map(|hash| vec![id.as_str().into(), hash.as_str().into()]);
        tx.insert(&RECOVERY_CODES, rows.collect()).await?;
        events::append(&mut tx, events).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// The second factor is asked for no longer. Returns whether there was one; without one, no event is written.
    #[boxed]
    pub async fn remove_second_factor(
        &self,
        id: &AdministratorId,
        events: &[Event],
    ) -> Result<bool, StoreError> {
        let mut tx = self.db.write(Durability::Record).await?;
        if !existing(&mut tx, id).await?.has_second_factor {
            return Ok(false);
        }
        forget_seeds(&mut tx, id).await?;
        let statement = sql(
            "UPDATE administrators SET totp = NULL, totp_secret = NULL, totp_begun_secret = NULL, version = version + 1
             WHERE id = $1",
        );
        tx.execute(statement.bind(id.as_str())).await?;
        forget_recovery_codes(&mut tx, id).await?;
        events::append(&mut tx, events).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// The seeds that are stored as they are, and whose they are.
    #[boxed]
    pub async fn unsealed_seeds(&self) -> Result<Vec<(AdministratorId, String)>, StoreError> {
        let statement =
            sql("SELECT id, totp FROM administrators WHERE totp IS NOT NULL ORDER BY id");
        let rows = self.db.all(statement).await?;
        read_all(&rows, &self.db.name, |columns| {
            Ok((columns.text()?.into(), columns.text()?))
        })
    }

    /// Stores a seed sealed that was stored as it is. Returns whether it was that seed still. Refused with
    /// [`StoreError::SecretKeyMoved`] when it is not sealed with the current key.
    #[boxed]
    pub async fn seal_seed(
        &self,
        id: &AdministratorId,
        unsealed: &str,
        seed: SealedSeed<'_>,
    ) -> Result<bool, StoreError> {
        let now = self.clock.now();
        let mut tx = self.db.write(Durability::Record).await?;
        refuse_other_key(&mut tx, seed.sealed).await?;
        let statement = sql("UPDATE administrators SET totp = NULL, totp_secret = $3
             WHERE id = $1 AND totp = $2 AND totp_secret IS NULL");
        let statement = statement
            .bind(id.as_str())
            .bind(unsealed)
            .bind(seed.label.id.as_str());
        if tx.execute(statement).await? == 0 {
            return Ok(false);
        }
        insert_secret(&mut tx, (seed.label, seed.sealed), now).await?;
        tx.commit().await?;
        Ok(true)
    }
}

const RECOVERY_CODES: Insert = Insert {
    before: "INSERT INTO administrator_recovery_codes (administrator, hash) VALUES",
    after: "ON CONFLICT DO NOTHING",
};

async fn forget_recovery_codes(tx: &mut Tx, id: &AdministratorId) -> Result<(), StoreError> {
    let statement = sql("DELETE FROM administrator_recovery_codes WHERE administrator = $1");
    tx.execute(statement.bind(id.as_str())).await?;
    Ok(())
}

/// Takes the secrets of an administrator's seeds away.
async fn forget_seeds(tx: &mut Tx, id: &AdministratorId) -> Result<(), StoreError> {
    let statement = sql("DELETE FROM secrets WHERE id IN (
             SELECT totp_secret FROM administrators WHERE id = $1
             UNION ALL SELECT totp_begun_secret FROM administrators WHERE id = $1)");
    tx.execute(statement.bind(id.as_str())).await?;
    Ok(())
}
