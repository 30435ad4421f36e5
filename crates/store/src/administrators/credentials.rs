//! Passwords and second factors.

use usher_boxed::boxed;
use usher_model::{AdministratorId, Event};

use super::records::{ADMINISTRATOR, AdministratorRecord, read};
use super::writing::existing;
use crate::database::{Durability, Insert, Tx};
use crate::statement::{Statement, sql};
use crate::{Store, StoreError, events};

/// What an administrator has to prove who they are. It goes no further than the check of it.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// Whose.
    pub administrator: AdministratorRecord,
    /// The text of the password's hash.
    pub password: Option<String>,
    /// The secret of the second factor, in base 32.
    pub totp: Option<String>,
    /// The secret of a second factor that is being added.
    pub totp_begun: Option<String>,
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
            .push(", a.password, a.totp, a.totp_begun FROM administrators a");
        push_condition(&mut statement);
        let Some(row) = self.db.optional(statement).await? else {
            return Ok(None);
        };
        let mut columns = row.columns(&self.db.name);
        Ok(Some(Credentials {
            administrator: read(&mut columns)?,
            password: columns.optional_text()?,
            totp: columns.optional_text()?,
            totp_begun: columns.optional_text()?,
        }))
    }

    /// Gives an administrator another password. Their sessions end but for `keep`, and so do invitations to set one.
    #[boxed]
    pub async fn set_password(
        &self,
        id: &AdministratorId,
        password: &str,
        keep: Option<&usher_model::SessionId>,
        events: &[Event],
    ) -> Result<(), StoreError> {
        let mut tx = self.db.write(Durability::Record).await?;
        existing(&mut tx, id).await?;
        write_password(&mut tx, id, password).await?;
        end_sessions(&mut tx, id, keep).await?;
        events::append(&mut tx, events).await?;
        tx.commit().await
    }

    /// Remembers the secret of a second factor that is being added; it is not asked for yet.
    #[boxed]
    pub async fn begin_second_factor(
        &self,
        id: &AdministratorId,
        secret: &str,
        events: &[Event],
    ) -> Result<(), StoreError> {
        let mut tx = self.db.write(Durability::Record).await?;
        existing(&mut tx, id).await?;
        let statement = sql("UPDATE administrators SET totp_begun = $2 WHERE id = $1");
        tx.execute(statement.bind(id.as_str()).bind(secret)).await?;
        events::append(&mut tx, events).await?;
        tx.commit().await
    }

    /// The second factor that was being added is asked for from now on. `step` is the time step of the code that proved
    /// it; `recovery` are the hashes of the codes that stand for it. Returns whether one was being added.
    #[boxed]
    pub async fn confirm_second_factor(
        &self,
        id: &AdministratorId,
        step: u64,
        recovery: &[String],
        events: &[Event],
    ) -> Result<bool, StoreError> {
        let mut tx = self.db.write(Durability::Record).await?;
        let statement = sql(
            "UPDATE administrators SET totp = totp_begun, totp_begun = NULL, totp_step = $2, version = version + 1
             WHERE id = $1 AND totp_begun IS NOT NULL",
        );
        if tx.execute(statement.bind(id.as_str()).bind(step)).await? == 0 {
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

    /// The second factor is asked for no longer.
    #[boxed]
    pub async fn remove_second_factor(
        &self,
        id: &AdministratorId,
        events: &[Event],
    ) -> Result<(), StoreError> {
        let mut tx = self.db.write(Durability::Record).await?;
        existing(&mut tx, id).await?;
        let statement = sql(
            "UPDATE administrators SET totp = NULL, totp_begun = NULL, version = version + 1 WHERE id = $1",
        );
        tx.execute(statement.bind(id.as_str())).await?;
        forget_recovery_codes(&mut tx, id).await?;
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

    /// How many recovery codes an administrator has left.
    #[boxed]
    pub async fn recovery_codes_left(&self, id: &AdministratorId) -> Result<u64, StoreError> {
        let statement =
            sql("SELECT COUNT(*) FROM administrator_recovery_codes WHERE administrator = $1");
        let row = self.db.one(statement.bind(id.as_str())).await?;
        row.columns(&self.db.name).count()
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
