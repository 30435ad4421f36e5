//! Looking at administrators and service accounts.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use usher_boxed::boxed;
use usher_model::{Actor, AdministratorId, Role, Timestamp, TokenId};

use crate::row::{Columns, read_all};
use crate::statement::{Statement, containing, sql};
use crate::{Store, StoreError};

/// Somebody or something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AdministratorKind {
    /// Somebody, who signs in.
    Person,
    /// A program, which has API tokens only.
    ServiceAccount,
}

/// Whether an administrator may use Usher.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AdministratorState {
    /// Yes.
    Active,
    /// No longer; everything they did stays on record.
    Disabled,
}

impl AdministratorKind {
    /// The kind as one word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::ServiceAccount => "service_account",
        }
    }
}

impl AdministratorState {
    /// The state as one word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Disabled => "disabled",
        }
    }
}

/// Somebody or something that uses Usher.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AdministratorRecord {
    /// Its id.
    pub id: AdministratorId,
    /// Somebody or something.
    pub kind: AdministratorKind,
    /// Their name.
    pub name: String,
    /// Their e-mail address; a service account has none.
    pub email: Option<String>,
    /// What they are there for.
    pub role: Role,
    /// Whether they may use Usher.
    pub state: AdministratorState,
    /// Counts what was changed about them.
    pub version: u64,
    /// When they were added.
    pub created_at: Timestamp,
    /// When something about them was changed last.
    pub changed_at: Timestamp,
    /// When they signed in last.
    pub signed_in_at: Option<Timestamp>,
    /// Whether they have a password.
    pub has_password: bool,
    /// Whether they need a second factor to sign in.
    pub has_second_factor: bool,
}

impl AdministratorRecord {
    /// Somebody as the log names them: with the API token they used, if they did not come in person, and where they came
    /// from.
    pub fn actor(&self, token: Option<TokenId>, address: Option<IpAddr>) -> Actor {
        Actor::Administrator {
            id: self.id.clone(),
            email: self.email.clone().unwrap_or_default(),
            token,
            address,
        }
    }
}

/// Which administrators to look at. The default: all.
#[derive(Clone, Debug, Default)]
pub struct AdministratorFilter {
    /// People, or service accounts.
    pub kind: Option<AdministratorKind>,
    /// One role.
    pub role: Option<Role>,
    /// One state.
    pub state: Option<AdministratorState>,
    /// Text that the name or the e-mail address contains, whatever its letter case.
    pub search: Option<String>,
    /// Those behind this one, for page after page.
    pub after: Option<AdministratorId>,
    /// At most so many.
    pub limit: Option<u64>,
}

pub(super) const ADMINISTRATOR: &str = "a.id, a.kind, a.name, a.email, a.role, a.state, a.version, a.created_at, a.changed_at, a.signed_in_at,
    CAST(CASE WHEN a.password IS NULL THEN 0 ELSE 1 END AS BIGINT), CAST(CASE WHEN a.totp IS NULL AND a.totp_secret IS NULL THEN 0 ELSE 1 END AS BIGINT)";

impl Store {
    /// The administrators that match, by id: in the order in which they were added.
    #[boxed]
    pub async fn administrators(
        &self,
        filter: &AdministratorFilter,
    ) -> Result<Vec<AdministratorRecord>, StoreError> {
        let rows = self.db.all(list(filter)).await?;
        read_all(&rows, &self.db.name, read)
    }

    /// One administrator.
    #[boxed]
    pub async fn administrator(
        &self,
        id: &AdministratorId,
    ) -> Result<Option<AdministratorRecord>, StoreError> {
        let mut statement = select();
        statement.push(" WHERE a.id = ").push_bind(id.as_str());
        self.one_administrator(statement).await
    }

    /// The administrator with this e-mail address, whatever its letter case.
    #[boxed]
    pub async fn administrator_by_email(
        &self,
        email: &str,
    ) -> Result<Option<AdministratorRecord>, StoreError> {
        let mut statement = select();
        statement
            .push(" WHERE a.email_folded = ")
            .push_bind(email.to_lowercase());
        self.one_administrator(statement).await
    }

    /// Whether there was ever anybody to sign in: Usher is set up.
    #[boxed]
    pub async fn has_administrators(&self) -> Result<bool, StoreError> {
        let people = sql("SELECT COUNT(*) FROM administrators WHERE kind = 'person'");
        let row = self.db.one(people).await?;
        Ok(row.columns(&self.db.name).count()? > 0)
    }

    async fn one_administrator(
        &self,
        statement: Statement,
    ) -> Result<Option<AdministratorRecord>, StoreError> {
        let row = self.db.optional(statement).await?;
        row.map(|row| read(&mut row.columns(&self.db.name)))
            .transpose()
    }
}

fn select() -> Statement {
    let mut statement = sql("SELECT ");
    statement.push(ADMINISTRATOR).push(" FROM administrators a");
    statement
}

fn list(filter: &AdministratorFilter) -> Statement {
    let mut statement = select();
    statement.push(" WHERE 1 = 1").push_wanted([
        (
            " AND a.kind = ",
            filter.kind.map(|kind| kind.as_str().to_owned()),
        ),
        (
            " AND a.role = ",
            filter.role.map(|role| role.as_str().to_owned()),
        ),
        (
            " AND a.state = ",
            filter.state.map(|state| state.as_str().to_owned()),
        ),
        (
            " AND a.id > ",
            filter.after.as_ref().map(ToString::to_string),
        ),
    ]);
    if let Some(text) = &filter.search {
        let pattern = containing(text);
        statement
            .push(" AND (a.name_folded LIKE ")
            .push_bind(pattern.clone())
            .push(" ESCAPE '\\' OR a.email_folded LIKE ")
            .push_bind(pattern)
            .push(" ESCAPE '\\')");
    }
    statement.push(" ORDER BY a.id");
    statement.push_limit(filter.limit);
    statement
}

/// Reads the columns of [`ADMINISTRATOR`].
pub(super) fn read(columns: &mut Columns<'_>) -> Result<AdministratorRecord, StoreError> {
    Ok(AdministratorRecord {
        id: columns.text()?.into(),
        kind: columns.word()?,
        name: columns.text()?,
        email: columns.optional_text()?,
        role: columns.word()?,
        state: columns.word()?,
        version: columns.count()?,
        created_at: columns.time()?,
        changed_at: columns.time()?,
        signed_in_at: columns.optional_time()?,
        has_password: columns.flag()?,
        has_second_factor: columns.flag()?,
    })
}
