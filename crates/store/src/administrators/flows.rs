//! Sign-ins at an identity provider that are under way. They are here and not in memory, so that any process can finish what
//! another began; each can be finished once, and not for long.

use usher_boxed::boxed;
use usher_model::{AdministratorId, Timestamp};

use crate::database::{Durability, Tx};
use crate::row::Columns;
use crate::statement::{Statement, sql};
use crate::{Store, StoreError};

/// A sign-in that is under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignInFlow {
    /// The hash of the token that the browser holds.
    pub browser: String,
    /// The provider's name in the settings.
    pub provider: String,
    /// Where the browser goes at the end.
    pub return_to: String,
    /// Who it is, once the provider has said so and a second factor is asked for.
    pub proven: Option<ProvenFlow>,
}

/// Who a provider said it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProvenFlow {
    /// Who.
    pub administrator: AdministratorId,
    /// What is kept for the session, encrypted by the layers above.
    pub kept: Option<String>,
}

const FLOW: &str = "browser, provider, return_to, administrator, kept";

impl Store {
    /// Remembers a sign-in that begins, under the hash of what leads back to it, until just before `expires_at`. Those that
    /// have expired are removed.
    #[boxed]
    pub async fn begin_flow(
        &self,
        key: &str,
        flow: &SignInFlow,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut tx = self.db.write(Durability::Record).await?;
        let over = sql("DELETE FROM sign_in_flows WHERE expires_at <= $1");
        tx.execute(over.bind(self.clock.now())).await?;
        insert(&mut tx, key, flow, expires_at).await?;
        tx.commit().await
    }

    /// The sign-in under a key, unless it was finished or has expired.
    #[boxed]
    pub async fn flow(&self, key: &str) -> Result<Option<SignInFlow>, StoreError> {
        let mut statement = sql("SELECT ");
        statement
            .push(FLOW)
            .push(" FROM sign_in_flows WHERE key = ");
        push_key(&mut statement, key, self.clock.now());
        let row = self.db.optional(statement).await?;
        row.map(|row| read(&mut row.columns(&self.db.name)))
            .transpose()
    }

    /// Takes the sign-in under a key, so that nobody can finish it again.
    #[boxed]
    pub async fn take_flow(&self, key: &str) -> Result<Option<SignInFlow>, StoreError> {
        let mut statement = sql("DELETE FROM sign_in_flows WHERE key = ");
        push_key(&mut statement, key, self.clock.now());
        statement.push(" RETURNING ").push(FLOW);
        let mut tx = self.db.write(Durability::Record).await?;
        let row = tx.optional(statement).await?;
        let flow = row
            .map(|row| read(&mut row.columns(&tx.db.name)))
            .transpose()?;
        tx.commit().await?;
        Ok(flow)
    }
}

fn push_key(statement: &mut Statement, key: &str, now: Timestamp) {
    statement
        .push_bind(key)
        .push(" AND expires_at > ")
        .push_bind(now);
}

async fn insert(
    tx: &mut Tx,
    key: &str,
    flow: &SignInFlow,
    expires_at: Timestamp,
) -> Result<(), StoreError> {
    let proven = flow.proven.as_ref();
    let statement = sql(
        "INSERT INTO sign_in_flows (key, browser, provider, return_to, administrator, kept, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    );
    let statement = statement
        .bind(key)
        .bind(flow.browser.as_str())
        .bind(flow.provider.as_str())
        .bind(flow.return_to.as_str())
        .bind(proven.map(|proven| proven.administrator.as_str()))
        .bind(proven.and_then(|proven| proven.kept.as_deref()))
        .bind(expires_at);
    tx.execute(statement).await?;
    Ok(())
}

fn read(columns: &mut Columns<'_>) -> Result<SignInFlow, StoreError> {
    let (browser, provider, return_to) = (columns.text()?, columns.text()?, columns.text()?);
    let administrator = columns.optional_text()?.map(AdministratorId::from);
    let kept = columns.optional_text()?;
    Ok(SignInFlow {
        browser,
        provider,
        return_to,
        proven: administrator.map(|administrator| ProvenFlow {
            administrator,
            kept,
        }),
    })
}
