//! The configured link to an organization: what state it is in, and who works on it.

mod lease;
mod stopping;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use usher_boxed::boxed;
use usher_model::{CycleId, Event, GroupModel, Known, OrganizationId, TeamId, Timestamp};

use crate::database::{Durability, Tx};
use crate::statement::{json, sql};
use crate::{Store, StoreError, events, organizations};

pub use lease::WorkLease;
pub(crate) use lease::{refuse_busy, release, renew, take};
pub(crate) use stopping::signal;
pub use stopping::{OpenPlans, Signal, StoppedWork};

/// What is known of a connector beyond its settings.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ConnectorRecord {
    /// Whether it was activated.
    pub lifecycle: Lifecycle,
    /// Whether cycles run.
    pub provisioning: ProvisioningStatus,
    /// What a SCIM Group means in the organization.
    pub group_model: Known<GroupModel>,
    /// The team that every new account joins.
    pub default_team: Known<TeamId>,
    /// When a cycle was applied for the first time.
    pub first_cycle_at: Option<Timestamp>,
    /// Why and since when it is tried less and less often.
    pub quarantine: Option<Quarantine>,
    /// How far Miro's audit log was read as a feed of changes.
    pub audit_watermark: Option<Timestamp>,
    /// Up to when the inventory is confirmed: by a synchronization, or by a cycle that read all changes since.
    pub confirmed_at: Option<Timestamp>,
    /// Up to when the directory's changes were planned.
    pub planned_until: Option<Timestamp>,
    /// When everything was looked at last.
    pub full_pass_at: Option<Timestamp>,
    /// The last cycle that ended.
    pub last_cycle: Option<CycleId>,
    /// When it was activated last.
    pub activated_at: Option<Timestamp>,
    /// When it got its token.
    pub authorized_at: Option<Timestamp>,
    /// When it was deactivated last.
    pub deactivated_at: Option<Timestamp>,
    /// Further facts of the layers above.
    pub notes: Value,
}

/// Whether a connector was activated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lifecycle {
    /// It was not, or it was deactivated: nothing is written to Miro.
    #[default]
    Inactive,
    /// It was: its tokens were proved.
    Active,
}

/// Whether cycles run for a connector.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProvisioningStatus {
    /// They do not.
    #[default]
    Off,
    /// They do.
    On,
}

/// A connector that is tried less and less often.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quarantine {
    /// Since when.
    pub since: Timestamp,
    /// Why, in words.
    pub reason: String,
    /// What kind of reason that is.
    #[serde(default)]
    pub cause: QuarantineCause,
    /// How often it was tried since.
    pub attempts: u32,
    /// When it may be tried next; `None`: only after somebody released it.
    pub next_try_at: Option<Timestamp>,
}

/// What kind of reason a quarantine has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuarantineCause {
    /// Miro does not accept a token.
    BadCredentials,
    /// Too many changes failed.
    #[default]
    MassFailure,
}

impl Store {
    /// What is known of an organization's connector; `None` when nothing was ever saved or begun for it.
    #[boxed]
    pub async fn connector(
        &self,
        organization: &OrganizationId,
    ) -> Result<Option<ConnectorRecord>, StoreError> {
        let statement = sql("SELECT document FROM connectors
             WHERE organization = (SELECT number FROM organizations WHERE id = $1)");
        let row = self
            .db
            .optional(statement.bind(organization.as_str()))
            .await?;
        row.map(|row| row.columns(&self.db.name).json()).transpose()
    }

    /// Changes what is known of a connector and returns what it is now. Nobody else can write between the reading and
    /// the writing.
    pub async fn update_connector(
        &self,
        organization: &OrganizationId,
        change: impl FnOnce(&mut ConnectorRecord) + Send,
        events: &[Event],
    ) -> Result<ConnectorRecord, StoreError> {
        let now = self.clock.now();
        let mut tx = self.db.write(Durability::Record).await?;
        let (_, record) = change_record(&mut tx, organization, now, change).await?;
        events::append(&mut tx, events).await?;
        tx.commit().await?;
        Ok(record)
    }
}

/// Changes what is known of a connector, and holds its row until the transaction ends. Returns its organization's number,
/// too.
async fn change_record(
    tx: &mut Tx,
    organization: &OrganizationId,
    now: Timestamp,
    change: impl FnOnce(&mut ConnectorRecord) + Send,
) -> Result<(i64, ConnectorRecord), StoreError> {
    let number = organizations::ensure(tx, organization).await?;
    ensure(tx, number, now).await?;
    let mut statement = sql("SELECT document FROM connectors WHERE organization = $1");
    statement.push(tx.for_update());
    let row = tx.one(statement.bind(number)).await?;
    let mut record: ConnectorRecord = row.columns(&tx.db.name).json()?;
    change(&mut record);
    let save = sql("UPDATE connectors SET document = $2, saved_at = $3 WHERE organization = $1");
    tx.execute(save.bind(number).bind(json(&record)).bind(now))
        .await?;
    Ok((number, record))
}

/// Makes the connector's row if there is none.
async fn ensure(tx: &mut Tx, organization: i64, now: Timestamp) -> Result<(), StoreError> {
    let statement = sql(
        "INSERT INTO connectors (organization, document, saved_at, fence) VALUES ($1, $2, $3, 0)
         ON CONFLICT DO NOTHING",
    );
    let empty = json(&ConnectorRecord::default());
    tx.execute(statement.bind(organization).bind(empty).bind(now))
        .await?;
    Ok(())
}
