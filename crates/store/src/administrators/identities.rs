//! Who an administrator is at an identity provider.

use serde::Serialize;
use usher_boxed::boxed;
use usher_model::{AdministratorId, Event, Timestamp};

use super::records::{ADMINISTRATOR, AdministratorRecord, read as read_administrator};
use super::writing::{NewAdministrator, existing, insert};
use crate::database::{Durability, Tx};
use crate::row::{Columns, read_all};
use crate::statement::sql;
use crate::{Store, StoreError, events};

/// Somebody at a provider. An e-mail address can pass to somebody else; this does not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Identity {
    /// The provider, as its ID tokens name it.
    pub issuer: String,
    /// The name that it gives them, and never gives to anybody else.
    pub subject: String,
}

/// A tie between an administrator and somebody at a provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct IdentityRecord {
    /// Who at which provider.
    pub identity: Identity,
    /// Since when.
    pub created_at: Timestamp,
}

/// Whether somebody at a provider was tied to an administrator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tied {
    /// They are tied now.
    Now,
    /// They are not: the administrator is tied to somebody else at that provider, or the other way round.
    ToAnother,
}

impl Store {
    /// The administrator who is tied to somebody at a provider.
    #[boxed]
    pub async fn administrator_by_identity(
        &self,
        identity: &Identity,
    ) -> Result<Option<AdministratorRecord>, StoreError> {
        let mut statement = sql("SELECT ");
        statement
            .push(ADMINISTRATOR)
            .push(
                " FROM administrator_identities i JOIN administrators a ON a.id = i.administrator
                   WHERE i.issuer = ",
            )
            .push_bind(identity.issuer.as_str())
            .push(" AND i.subject = ")
            .push_bind(identity.subject.as_str());
        let row = self.db.optional(statement).await?;
        row.map(|row| read_administrator(&mut row.columns(&self.db.name)))
            .transpose()
    }

    /// Ties an administrator to somebody at a provider. Nobody is tied to two at one provider.
    #[boxed]
    pub async fn tie_identity(
        &self,
        administrator: &AdministratorId,
        identity: &Identity,
        events: &[Event],
    ) -> Result<Tied, StoreError> {
        let mut tx = self.db.write(Durability::Record).await?;
        existing(&mut tx, administrator).await?;
        let others = sql(
            "SELECT COUNT(*) FROM administrator_identities WHERE administrator = $1 AND issuer = $2",
        );
        let others = others
            .bind(administrator.as_str())
            .bind(identity.issuer.as_str());
        let row = tx.one(others).await?;
        let has_other = row.columns(&tx.db.name).count()? > 0;
        if has_other || !tie(&mut tx, administrator, identity, self.clock.now()).await? {
            return Ok(Tied::ToAnother);
        }
        events::append(&mut tx, events).await?;
        tx.commit().await?;
        Ok(Tied::Now)
    }

    /// Adds an administrator who is tied to somebody at a provider from the start. `None` when somebody else is tied to them.
    /// Refused with [`StoreError::AdministratorThere`] when somebody has the e-mail address.
    #[boxed]
    pub async fn add_identified_administrator(
        &self,
        new: &NewAdministrator,
        identity: &Identity,
        events: &[Event],
    ) -> Result<Option<AdministratorRecord>, StoreError> {
        let now = self.clock.now();
        let mut tx = self.db.write(Durability::Record).await?;
        let added = insert(&mut tx, new, now).await?;
        if !tie(&mut tx, &added.id, identity, now).await? {
            return Ok(None);
        }
        events::append(&mut tx, events).await?;
        tx.commit().await?;
        Ok(Some(added))
    }

    /// Who an administrator is at providers, by issuer.
    #[boxed]
    pub async fn identities(
        &self,
        administrator: &AdministratorId,
    ) -> Result<Vec<IdentityRecord>, StoreError> {
        let statement = sql(
            "SELECT issuer, subject, created_at FROM administrator_identities WHERE administrator = $1
             ORDER BY issuer, subject",
        );
        let rows = self.db.all(statement.bind(administrator.as_str())).await?;
        read_all(&rows, &self.db.name, read)
    }

    /// Removes the ties of an administrator to providers; whoever comes next with their e-mail address is tied anew. Returns
    /// how many there were; without any, no event is written.
    #[boxed]
    pub async fn forget_identities(
        &self,
        administrator: &AdministratorId,
        events: &[Event],
    ) -> Result<u64, StoreError> {
        let mut tx = self.db.write(Durability::Record).await?;
        existing(&mut tx, administrator).await?;
        let statement = sql("DELETE FROM administrator_identities WHERE administrator = $1");
        let removed = tx.execute(statement.bind(administrator.as_str())).await?;
        if removed == 0 {
            return Ok(0);
        }
        events::append(&mut tx, events).await?;
        tx.commit().await?;
        Ok(removed)
    }
}

/// Returns whether nobody else was tied to them.
async fn tie(
    tx: &mut Tx,
    administrator: &AdministratorId,
    identity: &Identity,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let statement = sql(
        "INSERT INTO administrator_identities (issuer, subject, administrator, created_at)
         VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
    );
    let statement = statement
        .bind(identity.issuer.as_str())
        .bind(identity.subject.as_str())
        .bind(administrator.as_str())
        .bind(now);
    Ok(tx.execute(statement).await? == 1)
}

fn read(columns: &mut Columns<'_>) -> Result<IdentityRecord, StoreError> {
    Ok(IdentityRecord {
        identity: Identity {
            issuer: columns.text()?,
            subject: columns.text()?,
        },
        created_at: columns.time()?,
    })
}
