//! Sessions of administrators.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use usher_boxed::boxed;
use usher_model::{AdministratorId, Event, SessionId, Timestamp};

use super::records::{ADMINISTRATOR, AdministratorRecord, read as read_administrator};
use super::writing::active;
use crate::database::{Durability, Tx};
use crate::row::{Columns, read_all};
use crate::statement::{Statement, sql};
use crate::{Store, StoreError, events};

/// How somebody proved who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignInMethod {
    /// With a password.
    Password,
    /// With a password and a code of an authenticator app.
    PasswordAndCode,
    /// With a password and a recovery code.
    PasswordAndRecoveryCode,
    /// At an identity provider.
    OpenIdConnect,
    /// At an identity provider, and with a code of an authenticator app.
    OpenIdConnectAndCode,
    /// At an identity provider, and with a recovery code.
    OpenIdConnectAndRecoveryCode,
}

impl SignInMethod {
    /// The method as one word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::PasswordAndCode => "password_and_code",
            Self::PasswordAndRecoveryCode => "password_and_recovery_code",
            Self::OpenIdConnect => "open_id_connect",
            Self::OpenIdConnectAndCode => "open_id_connect_and_code",
            Self::OpenIdConnectAndRecoveryCode => "open_id_connect_and_recovery_code",
        }
    }
}

/// A session that is about to begin.
#[derive(Clone)]
pub struct NewSession {
    /// Its id, from [`Store::new_session_id`].
    pub id: SessionId,
    /// The hash of its token.
    pub hash: String,
    /// Whose.
    pub administrator: AdministratorId,
    /// How they proved who they are.
    pub method: SignInMethod,
    /// The text of the hash of the password that they proved it with, if it was a password. Without one, something else
    /// has proved it.
    pub password: Option<String>,
    /// The network address they came from.
    pub address: Option<String>,
    /// What their browser calls itself.
    pub user_agent: Option<String>,
    /// Where they signed in, if that was at an identity provider.
    pub at: Option<ProviderSession>,
}

/// What a session knows of the provider at which it began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderSession {
    /// The provider's name in the settings.
    pub provider: String,
    /// What is kept for signing out there, encrypted by the layers above.
    pub kept: Option<String>,
}

// What proves a session or a password is nobody's to read in a log.
impl fmt::Debug for NewSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NewSession({} of {})", self.id, self.administrator)
    }
}

/// How long sessions last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionLimits {
    /// Without a request.
    pub idle: Duration,
    /// In any case.
    pub absolute: Duration,
}

/// A session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SessionRecord {
    /// Its id.
    pub id: SessionId,
    /// Whose.
    pub administrator: AdministratorId,
    /// How they proved who they are.
    pub method: SignInMethod,
    /// The network address they came from.
    pub address: Option<String>,
    /// What their browser calls itself.
    pub user_agent: Option<String>,
    /// When they signed in.
    pub created_at: Timestamp,
    /// When it was used last, to within a minute.
    pub seen_at: Timestamp,
    /// The provider at which they signed in, by its name in the settings.
    pub provider: Option<String>,
}

/// How exactly the last use of sessions and tokens is remembered: a write per request would cost more than it tells.
const SEEN: Duration = Duration::from_secs(60);

const SESSION: &str =
    "s.id, s.administrator, s.method, s.address, s.user_agent, s.created_at, s.seen_at, s.provider";

impl Store {
    /// Begins a session; `replaced` is the hash of the token of one that ends with it.
    ///
    /// Refused with [`StoreError::AdministratorMoved`] when the administrator was disabled, or got another password, since
    /// they proved who they are.
    #[boxed]
    pub async fn begin_session(
        &self,
        new: &NewSession,
        replaced: Option<&str>,
        events: &[Event],
    ) -> Result<SessionRecord, StoreError> {
        let now = self.clock.now();
        let mut tx = self.db.write(Durability::Record).await?;
        active(&mut tx, &new.administrator).await?;
        refuse_other_password(&mut tx, new).await?;
        if let Some(replaced) = replaced {
            let statement = sql("DELETE FROM administrator_sessions WHERE hash = $1");
            tx.execute(statement.bind(replaced)).await?;
        }
        insert(&mut tx, new, now).await?;
        let statement = sql("UPDATE administrators SET signed_in_at = $2 WHERE id = $1");
        tx.execute(statement.bind(new.administrator.as_str()).bind(now))
            .await?;
        events::append(&mut tx, events).await?;
        tx.commit().await?;
        Ok(record(new, now))
    }

    /// The session whose token has this hash, and whose it is, if it has not ended and its administrator is active.
    #[boxed]
    pub async fn session(
        &self,
        hash: &str,
        limits: SessionLimits,
    ) -> Result<Option<(SessionRecord, AdministratorRecord)>, StoreError> {
        let now = self.clock.now();
        let mut statement = sql("SELECT ");
        statement.push(SESSION).push(", ").push(ADMINISTRATOR);
        statement.push(
            " FROM administrator_sessions s JOIN administrators a ON a.id = s.administrator
              WHERE a.state = 'active' AND s.hash = ",
        );
        statement.push_bind(hash);
        statement
            .push(" AND s.seen_at > ")
            .push_bind(before(now, limits.idle))
            .push(" AND s.created_at > ")
            .push_bind(before(now, limits.absolute));
        let Some(row) = self.db.optional(statement).await? else {
            return Ok(None);
        };
        let mut columns = row.columns(&self.db.name);
        let session = read(&mut columns)?;
        let administrator = read_administrator(&mut columns)?;
        if session.seen_at <= before(now, SEEN) {
            let statement = sql("UPDATE administrator_sessions SET seen_at = $2 WHERE id = $1");
            self.note_use(statement.bind(session.id.as_str()).bind(now))
                .await?;
        }
        Ok(Some((session, administrator)))
    }

    /// The sessions of an administrator that have not ended, newest first.
    #[boxed]
    pub async fn sessions(
        &self,
        administrator: &AdministratorId,
        limits: SessionLimits,
    ) -> Result<Vec<SessionRecord>, StoreError> {
        let now = self.clock.now();
        let mut statement = sql("SELECT ");
        statement
            .push(SESSION)
            .push(" FROM administrator_sessions s WHERE s.administrator = ")
            .push_bind(administrator.as_str())
            .push(" AND s.seen_at > ")
            .push_bind(before(now, limits.idle))
            .push(" AND s.created_at > ")
            .push_bind(before(now, limits.absolute))
            .push(" ORDER BY s.created_at DESC, s.id DESC");
        let rows = self.db.all(statement).await?;
        read_all(&rows, &self.db.name, read)
    }

    /// What is kept of the provider at which a session began.
    #[boxed]
    pub async fn session_provider(
        &self,
        session: &SessionId,
    ) -> Result<Option<ProviderSession>, StoreError> {
        let statement = sql(
            "SELECT provider, kept FROM administrator_sessions WHERE id = $1 AND provider IS NOT NULL",
        );
        let row = self.db.optional(statement.bind(session.as_str())).await?;
        row.map(|row| {
            let mut columns = row.columns(&self.db.name);
            Ok(ProviderSession {
                provider: columns.text()?,
                kept: columns.optional_text()?,
            })
        })
        .transpose()
    }

    /// Ends a session of an administrator. Returns whether there was one; without one, no event is written.
    #[boxed]
    pub async fn end_session(
        &self,
        administrator: &AdministratorId,
        session: &SessionId,
        events: &[Event],
    ) -> Result<bool, StoreError> {
        let mut tx = self.db.write(Durability::Record).await?;
        let statement =
            sql("DELETE FROM administrator_sessions WHERE administrator = $1 AND id = $2");
        let statement = statement
            .bind(administrator.as_str())
            .bind(session.as_str());
        if tx.execute(statement).await? == 0 {
            return Ok(false);
        }
        events::append(&mut tx, events).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Removes the rows of sessions, invitations, sign-ins under way, attempts and idempotency keys that mean nothing any more.
    #[boxed]
    pub async fn tidy_administrators(&self, limits: SessionLimits) -> Result<(), StoreError> {
        let now = self.clock.now();
        let day = before(now, Duration::from_secs(24 * 3600));
        // No limit looks further back.
        let hour = before(now, Duration::from_secs(3600));
        let mut tx = self.db.write(Durability::Repeatable).await?;
        for (statement, time) in [
            (
                "DELETE FROM administrator_sessions WHERE created_at <= $1",
                before(now, limits.absolute),
            ),
            (
                "DELETE FROM administrator_sessions WHERE seen_at <= $1",
                before(now, limits.idle),
            ),
            (
                "DELETE FROM administrator_invitations WHERE expires_at <= $1",
                now,
            ),
            ("DELETE FROM sign_in_flows WHERE expires_at <= $1", now),
            ("DELETE FROM sign_in_attempts WHERE since <= $1", hour),
            ("DELETE FROM idempotency_keys WHERE created_at <= $1", day),
        ] {
            tx.execute(sql(statement).bind(time)).await?;
        }
        tx.commit().await
    }

    /// Remembers that a session or token was used.
    pub(super) async fn note_use(&self, statement: Statement) -> Result<(), StoreError> {
        let mut tx = self.db.write(Durability::Repeatable).await?;
        tx.execute(statement).await?;
        tx.commit().await
    }
}

/// The time by which the last use is old enough to be noted anew.
pub(super) fn stale(now: Timestamp) -> Timestamp {
    before(now, SEEN)
}

fn before(now: Timestamp, by: Duration) -> Timestamp {
    now.saturating_sub(by).unwrap_or(Timestamp::MIN)
}

async fn refuse_other_password(tx: &mut Tx, new: &NewSession) -> Result<(), StoreError> {
    let Some(proved) = &new.password else {
        return Ok(());
    };
    let statement = sql("SELECT id FROM administrators WHERE id = $1 AND password = $2");
    let statement = statement
        .bind(new.administrator.as_str())
        .bind(proved.as_str());
    if tx.optional(statement).await?.is_some() {
        return Ok(());
    }
    Err(StoreError::AdministratorMoved(new.administrator.clone()))
}

/// Fails when a session of an administrator has ended meanwhile.
pub(super) async fn refuse_ended(
    tx: &mut Tx,
    administrator: &AdministratorId,
    session: &SessionId,
) -> Result<(), StoreError> {
    let statement =
        sql("SELECT id FROM administrator_sessions WHERE administrator = $1 AND id = $2");
    let statement = statement
        .bind(administrator.as_str())
        .bind(session.as_str());
    if tx.optional(statement).await?.is_some() {
        return Ok(());
    }
    Err(StoreError::AdministratorMoved(administrator.clone()))
}

async fn insert(tx: &mut Tx, new: &NewSession, now: Timestamp) -> Result<(), StoreError> {
    let statement = sql(
        "INSERT INTO administrator_sessions (id, hash, administrator, method, address, user_agent, created_at, seen_at,
             provider, kept)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8, $9)",
    );
    let statement = statement
        .bind(new.id.as_str())
        .bind(new.hash.as_str())
        .bind(new.administrator.as_str())
        .bind(new.method.as_str())
        .bind(new.address.as_deref())
        .bind(new.user_agent.as_deref())
        .bind(now)
        .bind(new.at.as_ref().map(|at| at.provider.as_str()))
        .bind(new.at.as_ref().and_then(|at| at.kept.as_deref()));
    tx.execute(statement).await?;
    Ok(())
}

fn record(new: &NewSession, now: Timestamp) -> SessionRecord {
    SessionRecord {
        id: new.id.clone(),
        administrator: new.administrator.clone(),
        method: new.method,
        address: new.address.clone(),
        user_agent: new.user_agent.clone(),
        created_at: now,
        seen_at: now,
        provider: new.at.as_ref().map(|at| at.provider.clone()),
    }
}

fn read(columns: &mut Columns<'_>) -> Result<SessionRecord, StoreError> {
    Ok(SessionRecord {
        id: columns.text()?.into(),
        administrator: columns.text()?.into(),
        method: columns.word()?,
        address: columns.optional_text()?,
        user_agent: columns.optional_text()?,
        created_at: columns.time()?,
        seen_at: columns.time()?,
        provider: columns.optional_text()?,
    })
}
