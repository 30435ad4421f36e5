//! Passwords, and what else proves who somebody is.

use std::fmt;

use usher_boxed::boxed;
use usher_model::{AdministratorId, Event, SecretId};

use super::records::{ADMINISTRATOR, AdministratorRecord, read};
use super::second_factors::KeptSeed;
use super::sessions::refuse_ended;
use super::writing::active;
use crate::database::{Durability, Tx};
use crate::statement::{Statement, sql};
use crate::{Store, StoreError, events};

/// What an administrator has to prove who they are. It goes no further than the check of it.
#[derive(Clone)]
pub struct Credentials {
    /// Whose.
    pub administrator: AdministratorRecord,
    /// The text of the password's hash.
    pub password: Option<String>,
    /// The seed of the second factor.
    pub totp: Option<KeptSeed>,
    /// The secret with the seed of a second factor that is being added.
    pub totp_begun: Option<SecretId>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credentials({})", self.administrator.id)
    }
}

impl Store {
    /// The credentials of the administrator with this e-mail address, whatever its letter case.
    #[boxed]
    pub async fn credentials_by_email(
        &self,
        email: &str,
    ) -> Result<Option<Credentials>, StoreError> {
        self.credentials_where(|statement| {
            statement
                .push(" WHERE a.email_folded = ")
                .push_bind(email.to_lowercase());
        })
        .await
    }

    /// The credentials of an administrator.
    #[boxed]
    pub async fn credentials(
        &self,
        id: &AdministratorId,
    ) -> Result<Option<Credentials>, StoreError> {
        self.credentials_where(|statement| {
            statement.push(" WHERE a.id = ").push_bind(id.as_str());
        })
        .await
    }

    async fn credentials_where(
        &self,
        push_condition: impl FnOnce(&mut Statement),
    ) -> Result<Option<Credentials>, StoreError> {
        let mut statement = sql("SELECT ");
        statement
            .push(ADMINISTRATOR)
            .push(", a.password, a.totp, a.totp_secret, a.totp_begun_secret FROM administrators a");
        push_condition(&mut statement);
        let Some(row) = self.db.optional(statement).await? else {
            return Ok(None);
        };
        let mut columns = row.columns(&self.db.name);
        let administrator = read(&mut columns)?;
        let password = columns.optional_text()?;
        let unsealed = columns.optional_text()?.map(KeptSeed::Unsealed);
        let sealed = columns.optional_text()?.map(SecretId::from);
        Ok(Some(Credentials {
            administrator,
            password,
            totp: sealed.map(KeptSeed::Sealed).or(unsealed),
            totp_begun: columns.optional_text()?.map(SecretId::from),
        }))
    }

    /// Gives an administrator another password. Their sessions end but for `keep`, and so do invitations to set one. Refused
    /// with [`StoreError::AdministratorMoved`] when they were disabled meanwhile, or `keep` has ended.
    #[boxed]
    pub async fn set_password(
        &self,
        id: &AdministratorId,
        password: &str,
        keep: Option<&usher_model::SessionId>,
        events: &[Event],
    ) -> Result<(), StoreError> {
        let mut tx = self.db.write(Durability::Record).await?;
        active(&mut tx, id).await?;
        if let Some(session) = keep {
            refuse_ended(&mut tx, id, session).await?;
        }
        write_password(&mut tx, id, password).await?;
        end_sessions(&mut tx, id, keep).await?;
        events::append(&mut tx, events).await?;
        tx.commit().await
    }

    /// Uses the code of a time step up. Returns whether it was unused: no earlier step and not the same one again.
    #[boxed]
    pub async fn use_totp_step(&self, id: &AdministratorId, step: u64) -> Result<bool, StoreError> {
        let mut tx = self.db.write(Durability::Record).await?;
        let statement =
            sql("UPDATE administrators SET totp_step = $2 WHERE id = $1 AND totp_step < $2");
        let used = tx.execute(statement.bind(id.as_str()).bind(step)).await?;
        tx.commit().await?;
        Ok(used == 1)
    }

    /// Uses a recovery code up. Returns whether there was one with this hash.
    #[boxed]
    pub async fn use_recovery_code(
        &self,
        id: &AdministratorId,
        hash: &str,
    ) -> Result<bool, StoreError> {
        let mut tx = self.db.write(Durability::Record).await?;
        let statement =
            sql("DELETE FROM administrator_recovery_codes WHERE administrator = $1 AND hash = $2");
        let used = tx.execute(statement.bind(id.as_str()).bind(hash)).await?;
        tx.commit().await?;
        Ok(used == 1)
    }
}

/// Writes a password, and ends the invitations to set one.
pub(super) async fn write_password(
    tx: &mut Tx,
    id: &AdministratorId,
    password: &str,
) -> Result<(), StoreError> {
    let statement =
        sql("UPDATE administrators SET password = $2, version = version + 1 WHERE id = $1");
    tx.execute(statement.bind(id.as_str()).bind(password))
        .await?;
    let invitations = sql("DELETE FROM administrator_invitations WHERE administrator = $1");
    tx.execute(invitations.bind(id.as_str())).await?;
    Ok(())
}

/// Ends the sessions of an administrator, but for one.
pub(super) async fn end_sessions(
    tx: &mut Tx,
    id: &AdministratorId,
    keep: Option<&usher_model::SessionId>,
) -> Result<(), StoreError> {
    let statement = sql("DELETE FROM administrator_sessions WHERE administrator = $1 AND id <> $2");
    let keep = keep.map_or("", usher_model::SessionId::as_str);
    tx.execute(statement.bind(id.as_str()).bind(keep)).await?;
    Ok(())
}
