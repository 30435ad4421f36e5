//! One-time links: for whoever sets Usher up, and for administrators who are to set a password.

use serde::{Deserialize, Serialize};
use usher_boxed::boxed;
use usher_model::{AdministratorId, Event, Timestamp};

use super::credentials::{end_sessions, write_password};
use super::records::{AdministratorRecord, AdministratorState};
use super::writing::{NewAdministrator, active, existing, insert, one_at_a_time};
use crate::database::{Durability, Tx};
use crate::row::Columns;
use crate::statement::sql;
use crate::{Store, StoreError, events};

/// What a one-time link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InvitationPurpose {
    /// Usher is new: its first Super Administrator is made.
    SetUp,
    /// An administrator sets a password: their first one, or another.
    SetPassword,
}

/// A one-time link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// What it is for.
    pub purpose: InvitationPurpose,
    /// Who sets a password.
    pub administrator: Option<AdministratorId>,
    /// Until just before when.
    pub expires_at: Timestamp,
}

/// A one-time link that is about to be made.
#[derive(Clone, Debug)]
pub struct NewInvitation {
    /// The hash of its token.
    pub hash: String,
    /// What it is.
    pub invitation: Invitation,
}

impl Store {
    /// Makes a one-time link. Earlier ones for the same end with that. Refused with [`StoreError::AdministratorMoved`] when
    /// whom it is for was disabled meanwhile.
    #[boxed]
    pub async fn invite(&self, new: &NewInvitation, events: &[Event]) -> Result<(), StoreError> {
        let mut tx = self.db.write(Durability::Record).await?;
        insert_invitation(&mut tx, new, self.clock.now()).await?;
        events::append(&mut tx, events).await?;
        tx.commit().await
    }

    /// The link whose token has this hash, unless it was used or has expired.
    #[boxed]
    pub async fn invitation(&self, hash: &str) -> Result<Option<Invitation>, StoreError> {
        let row = self.db.optional(select(hash, self.clock.now())).await?;
        row.map(|row| read(&mut row.columns(&self.db.name)))
            .transpose()
    }

    /// Uses a link up to make the first Super Administrator. `None` when there is no such link (any more), or when somebody
    /// was quicker.
    #[boxed]
    pub async fn set_up(
        &self,
        hash: &str,
        first: &NewAdministrator,
        events: &[Event],
    ) -> Result<Option<AdministratorRecord>, StoreError> {
        let now = self.clock.now();
        let mut tx = self.db.write(Durability::Record).await?;
        one_at_a_time(&mut tx).await?;
        let used = take(&mut tx, hash, now).await?;
        if used.is_none_or(|used| used.purpose != InvitationPurpose::SetUp) {
            return Ok(None);
        }
        let people = sql("SELECT COUNT(*) FROM administrators WHERE kind = 'person'");
        let row = tx.one(people).await?;
        if row.columns(&tx.db.name).count()? > 0 {
            return Ok(None);
        }
        let added = insert(&mut tx, first, now).await?;
        events::append(&mut tx, events).await?;
        tx.commit().await?;
        Ok(Some(added))
    }

    /// Uses a link up to set a password. The administrator's sessions end. `None` when there is no such link (any more).
    #[boxed]
    pub async fn set_invited_password(
        &self,
        hash: &str,
        password: &str,
        events: &[Event],
    ) -> Result<Option<AdministratorRecord>, StoreError> {
        let now = self.clock.now();
        let mut tx = self.db.write(Durability::Record).await?;
        let row = tx.optional(select(hash, now)).await?;
        let found = row
            .map(|row| read(&mut row.columns(&tx.db.name)))
            .transpose()?;
        let Some(administrator) = found.and_then(|found| found.administrator) else {
            return Ok(None);
        };
        // The administrator first, then the link: in the order in which a link is made, or the two could wait for each other.
        if existing(&mut tx, &administrator).await?.state != AdministratorState::Active {
            return Ok(None);
        }
        if take(&mut tx, hash, now).await?.is_none() {
            return Ok(None);
        }
        write_password(&mut tx, &administrator, password).await?;
        end_sessions(&mut tx, &administrator, None).await?;
        events::append(&mut tx, events).await?;
        let record = existing(&mut tx, &administrator).await?;
        tx.commit().await?;
        Ok(Some(record))
    }
}

/// Writes a one-time link in the place of earlier ones for the same.
pub(super) async fn insert_invitation(
    tx: &mut Tx,
    new: &NewInvitation,
    now: Timestamp,
) -> Result<(), StoreError> {
    let administrator = new.invitation.administrator.as_ref();
    if let Some(id) = administrator {
        active(tx, id).await?;
    }
    let purpose = purpose_word(new.invitation.purpose);
    let earlier = sql("DELETE FROM administrator_invitations
         WHERE purpose = $1 AND COALESCE(administrator, '') = $2");
    let whose = administrator.map_or("", AdministratorId::as_str);
    tx.execute(earlier.bind(purpose).bind(whose)).await?;
    let statement = sql(
        "INSERT INTO administrator_invitations (hash, purpose, administrator, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5)",
    );
    let statement = statement
        .bind(new.hash.as_str())
        .bind(purpose)
        .bind(administrator.map(AdministratorId::as_str))
        .bind(now)
        .bind(new.invitation.expires_at);
    tx.execute(statement).await?;
    Ok(())
}

fn purpose_word(purpose: InvitationPurpose) -> &'static str {
    match purpose {
        InvitationPurpose::SetUp => "set_up",
        InvitationPurpose::SetPassword => "set_password",
    }
}

fn select(hash: &str, now: Timestamp) -> crate::statement::Statement {
    let statement = sql(
        "SELECT purpose, administrator, expires_at FROM administrator_invitations
         WHERE hash = $1 AND expires_at > $2",
    );
    statement.bind(hash).bind(now)
}

/// Takes a link, so that nobody can use it again.
async fn take(tx: &mut Tx, hash: &str, now: Timestamp) -> Result<Option<Invitation>, StoreError> {
    let statement = sql(
        "DELETE FROM administrator_invitations WHERE hash = $1 AND expires_at > $2
         RETURNING purpose, administrator, expires_at",
    );
    let row = tx.optional(statement.bind(hash).bind(now)).await?;
    row.map(|row| read(&mut row.columns(&tx.db.name)))
        .transpose()
}

fn read(columns: &mut Columns<'_>) -> Result<Invitation, StoreError> {
    Ok(Invitation {
        purpose: columns.word()?,
        administrator: columns.optional_text()?.map(AdministratorId::from),
        expires_at: columns.time()?,
    })
}
