//! Adding administrators, and changing what they are.

use usher_boxed::boxed;
use usher_model::{AdministratorId, Event, Role, Timestamp};

use super::invitations::{NewInvitation, insert_invitation};
use super::records::{
    ADMINISTRATOR, AdministratorKind, AdministratorRecord, AdministratorState, read,
};
use crate::database::{Durability, Tx};
use crate::statement::sql;
use crate::{Engine, Store, StoreError, events};

/// An administrator who is about to be added.
#[derive(Clone, Debug)]
pub struct NewAdministrator {
    /// Their id, from [`Store::new_administrator_id`].
    pub id: AdministratorId,
    /// Somebody or something.
    pub kind: AdministratorKind,
    /// Their name.
    pub name: String,
    /// Their e-mail address; a service account has none.
    pub email: Option<String>,
    /// What they are there for.
    pub role: Role,
    /// The text of their password's hash.
    pub password: Option<String>,
}

impl Store {
    /// Adds an administrator. Refused with [`StoreError::AdministratorThere`] when somebody has the e-mail address.
    #[boxed]
    pub async fn add_administrator(
        &self,
        new: &NewAdministrator,
        events: &[Event],
    ) -> Result<AdministratorRecord, StoreError> {
        let mut tx = self.db.write(Durability::Record).await?;
        let added = insert(&mut tx, new, self.clock.now()).await?;
        events::append(&mut tx, events).await?;
        tx.commit().await?;
        Ok(added)
    }

    /// Adds an administrator and makes the one-time link with which they set a password, both or neither. Refused like
    /// [`Store::add_administrator`].
    #[boxed]
    pub async fn add_invited(
        &self,
        new: &NewAdministrator,
        invitation: &NewInvitation,
        events: &[Event],
    ) -> Result<AdministratorRecord, StoreError> {
        let now = self.clock.now();
        let mut tx = self.db.write(Durability::Record).await?;
        let added = insert(&mut tx, new, now).await?;
        insert_invitation(&mut tx, invitation, now).await?;
        events::append(&mut tx, events).await?;
        tx.commit().await?;
        Ok(added)
    }

    /// Makes an administrator what `changed` says: name, e-mail address, role and state. Sessions and tokens of one who is
    /// disabled end.
    ///
    /// Refused with [`StoreError::AdministratorMoved`] when somebody else changed them since `changed.version`, and with
    /// [`StoreError::LastSuperAdministrator`] when nobody would be left who can say who uses Usher.
    #[boxed]
    pub async fn change_administrator(
        &self,
        changed: &AdministratorRecord,
        events: &[Event],
    ) -> Result<AdministratorRecord, StoreError> {
        let now = self.clock.now();
        let mut tx = self.db.write(Durability::Record).await?;
        one_at_a_time(&mut tx).await?;
        let found = existing(&mut tx, &changed.id).await?;
        if found.version != changed.version {
            return Err(StoreError::AdministratorMoved(changed.id.clone()));
        }
        update(&mut tx, changed, now).await?;
        refuse_without_super_administrator(&mut tx).await?;
        if changed.state == AdministratorState::Disabled {
            end_everything(&mut tx, &changed.id, now).await?;
        }
        events::append(&mut tx, events).await?;
        let changed = existing(&mut tx, &changed.id).await?;
        tx.commit().await?;
        Ok(changed)
    }

    /// Whether nobody else can say who uses Usher.
    #[boxed]
    pub async fn is_last_super_administrator(
        &self,
        record: &AdministratorRecord,
    ) -> Result<bool, StoreError> {
        let is_one = record.kind == AdministratorKind::Person
            && record.role == Role::SuperAdministrator
            && record.state == AdministratorState::Active;
        let row = self.db.one(sql(SUPER_ADMINISTRATORS)).await?;
        Ok(is_one && row.columns(&self.db.name).count()? == 1)
    }
}

/// Inserts a row.
pub(super) async fn insert(
    tx: &mut Tx,
    new: &NewAdministrator,
    now: Timestamp,
) -> Result<AdministratorRecord, StoreError> {
    // Else somebody else could take the e-mail address between the look at it and the change to it.
    one_at_a_time(tx).await?;
    let statement = sql(
        "INSERT INTO administrators (id, kind, name, name_folded, email, email_folded, role, state, version, created_at,
             changed_at, password)
         VALUES ($1, $2, $3, $4, $5, $6, $7, 'active', 1, $8, $8, $9) ON CONFLICT DO NOTHING",
    );
    let statement = statement
        .bind(new.id.as_str())
        .bind(new.kind.as_str())
        .bind(new.name.as_str())
        .bind(new.name.to_lowercase())
        .bind(new.email.as_deref())
        .bind(new.email.as_ref().map(|email| email.to_lowercase()))
        .bind(new.role.as_str())
        .bind(now)
        .bind(new.password.as_deref());
    if tx.execute(statement).await? == 0 {
        let email = new.email.clone().unwrap_or_default();
        return Err(StoreError::AdministratorThere(email));
    }
    existing(tx, &new.id).await
}

/// An administrator who has to be there. The row is held until the transaction ends.
pub(super) async fn existing(
    tx: &mut Tx,
    id: &AdministratorId,
) -> Result<AdministratorRecord, StoreError> {
    let mut statement = sql("SELECT ");
    statement
        .push(ADMINISTRATOR)
        .push(" FROM administrators a WHERE a.id = ")
        .push_bind(id.as_str())
        .push(tx.for_update());
    let row = tx.optional(statement).await?;
    let row = row.ok_or_else(|| StoreError::NoSuchAdministrator(id.clone()))?;
    read(&mut row.columns(&tx.db.name))
}

/// An administrator who has to be there and active. Whoever disables them waits until the transaction ends.
pub(super) async fn active(
    tx: &mut Tx,
    id: &AdministratorId,
) -> Result<AdministratorRecord, StoreError> {
    let found = existing(tx, id).await?;
    match found.state {
        AdministratorState::Active => Ok(found),
        AdministratorState::Disabled => Err(StoreError::AdministratorMoved(id.clone())),
    }
}

async fn update(
    tx: &mut Tx,
    changed: &AdministratorRecord,
    now: Timestamp,
) -> Result<(), StoreError> {
    let taken = sql("SELECT id FROM administrators WHERE email_folded = $1 AND id <> $2");
    let folded = changed.email.as_ref().map(|email| email.to_lowercase());
    let taken = taken.bind(folded.clone()).bind(changed.id.as_str());
    if tx.optional(taken).await?.is_some() {
        let email = changed.email.clone().unwrap_or_default();
        return Err(StoreError::AdministratorThere(email));
    }
    let statement = sql(
        "UPDATE administrators SET name = $2, name_folded = $3, email = $4, email_folded = $5, role = $6, state = $7,
             version = version + 1, changed_at = $8 WHERE id = $1",
    );
    let statement = statement
        .bind(changed.id.as_str())
        .bind(changed.name.as_str())
        .bind(changed.name.to_lowercase())
        .bind(changed.email.as_deref())
        .bind(folded)
        .bind(changed.role.as_str())
        .bind(changed.state.as_str())
        .bind(now);
    tx.execute(statement).await?;
    Ok(())
}

/// Two who demote each other at the same moment would leave nobody, and two who take one e-mail address would both find it
/// free: on PostgreSQL the second waits here for the first.
pub(super) async fn one_at_a_time(tx: &mut Tx) -> Result<(), StoreError> {
    if tx.engine() == Engine::Postgres {
        tx.execute(sql("SELECT pg_advisory_xact_lock(6148339020463722835)"))
            .await?;
    }
    Ok(())
}

/// Counts those who can say who uses Usher.
const SUPER_ADMINISTRATORS: &str = "SELECT COUNT(*) FROM administrators
     WHERE kind = 'person' AND role = 'super_administrator' AND state = 'active'";

async fn refuse_without_super_administrator(tx: &mut Tx) -> Result<(), StoreError> {
    let row = tx.one(sql(SUPER_ADMINISTRATORS)).await?;
    if row.columns(&tx.db.name).count()? == 0 {
        return Err(StoreError::LastSuperAdministrator);
    }
    Ok(())
}

/// Ends the sessions, tokens, invitations and sign-ins under way of an administrator.
async fn end_everything(
    tx: &mut Tx,
    id: &AdministratorId,
    now: Timestamp,
) -> Result<(), StoreError> {
    let tokens = sql(
        "UPDATE api_tokens SET revoked_at = $2 WHERE administrator = $1 AND revoked_at IS NULL",
    );
    tx.execute(tokens.bind(id.as_str()).bind(now)).await?;
    for statement in [
        "DELETE FROM administrator_sessions WHERE administrator = $1",
        "DELETE FROM administrator_invitations WHERE administrator = $1",
        "DELETE FROM sign_in_flows WHERE administrator = $1",
    ] {
        tx.execute(sql(statement).bind(id.as_str())).await?;
    }
    Ok(())
}
