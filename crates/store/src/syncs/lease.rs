//! The lease that lets one process at a time synchronize an organization.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use usher_model::{OrganizationId, SyncId, Timestamp};

use super::{RunningSync, touch};
use crate::StoreError;
use crate::database::Tx;
use crate::statement::sql;

/// Names one process that synchronizes, such as `host:pid:random`. Two processes must never have the same.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LeaseOwner(String);

impl LeaseOwner {
    /// Wraps a name.
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for LeaseOwner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The right to synchronize an organization, for a time.
///
/// Every [`Store::stage_page`](crate::Store::stage_page) and [`Store::merge`](crate::Store::merge) renews it; a process that waits longer than the
/// lease between two of them calls [`Store::renew_lease`](crate::Store::renew_lease).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// Who has it.
    pub owner: LeaseOwner,
    /// How long it holds after the last renewal.
    pub duration: Duration,
}

/// A synchronization whose lease holds.
struct Running {
    sync: String,
    owner: String,
    until: Timestamp,
}

impl Running {
    fn into_error(self, organization: &OrganizationId) -> StoreError {
        StoreError::SyncRunning {
            organization: organization.clone(),
            sync: self.sync.into(),
            owner: self.owner,
            until: self.until,
        }
    }
}

/// Who synchronizes the organization by now. Holds its row until the transaction ends.
async fn running(
    tx: &mut Tx,
    organization: &OrganizationId,
    now: Timestamp,
) -> Result<Option<Running>, StoreError> {
    let mut statement =
        sql("SELECT lease_sync, lease_owner, lease_until FROM organizations WHERE id = ");
    statement
        .push_bind(organization.as_str())
        .push(tx.for_update());
    let Some(row) = tx.optional(statement).await? else {
        return Ok(None);
    };
    let mut columns = row.columns(&tx.db.name);
    let holder = (
        columns.optional_text()?,
        columns.optional_text()?,
        columns.optional_time()?,
    );
    Ok(match holder {
        (Some(sync), Some(owner), Some(until)) if until > now => {
            Some(Running { sync, owner, until })
        }
        _ => None,
    })
}

/// Fails while anybody synchronizes the organization.
pub(crate) async fn refuse_running(
    tx: &mut Tx,
    organization: &OrganizationId,
    now: Timestamp,
) -> Result<(), StoreError> {
    match running(tx, organization, now).await? {
        Some(running) => Err(running.into_error(organization)),
        None => Ok(()),
    }
}

pub(super) async fn take_lease(
    tx: &mut Tx,
    organization: &OrganizationId,
    sync: &SyncId,
    lease: &Lease,
    now: Timestamp,
) -> Result<(), StoreError> {
    if let Some(running) = running(tx, organization, now).await?
        && running.owner != lease.owner.as_str()
    {
        return Err(running.into_error(organization));
    }
    let take = sql(
        "UPDATE organizations SET lease_sync = $2, lease_owner = $3, lease_until = $4 WHERE id = $1",
    );
    let take = take
        .bind(organization.as_str())
        .bind(sync.as_str())
        .bind(lease.owner.as_str())
        .bind(end_of(lease, now));
    tx.execute(take).await?;
    Ok(())
}

fn end_of(lease: &Lease, now: Timestamp) -> Timestamp {
    now.saturating_add(lease.duration).unwrap_or(now)
}

/// Renews the lease, and holds the organization's row until the transaction ends.
pub(crate) async fn renew(
    tx: &mut Tx,
    sync: &RunningSync,
    now: Timestamp,
) -> Result<(), StoreError> {
    let statement = sql("UPDATE organizations SET lease_until = $4
         WHERE number = $1 AND lease_sync = $2 AND lease_owner = $3");
    let statement = statement
        .bind(sync.organization_number)
        .bind(sync.id.as_str())
        .bind(sync.lease.owner.as_str())
        .bind(end_of(&sync.lease, now));
    if tx.execute(statement).await? == 0 {
        return Err(StoreError::LeaseLost {
            sync: sync.id.clone(),
        });
    }
    touch(tx, sync.number, now).await
}

/// Gives the lease back.
pub(crate) async fn release(tx: &mut Tx, sync: &RunningSync) -> Result<(), StoreError> {
    let statement = sql(
        "UPDATE organizations SET lease_sync = NULL, lease_owner = NULL, lease_until = NULL
         WHERE number = $1 AND lease_sync = $2",
    );
    tx.execute(
        statement
            .bind(sync.organization_number)
            .bind(sync.id.as_str()),
    )
    .await?;
    Ok(())
}
