//! The lease that lets one process at a time work on a connector: a cycle, the
//! application of a plan, or finding out what became of its calls.
//!
//! Each taking counts the connector's *fence* up, and everything that is written under the lease is written only
//! where the fence still shows the holder's number. A process that lost its lease (it was suspended, or its machine
//! was cut off) can therefore neither intend nor settle anything more, even if its owner's name is the same.

use usher_boxed::boxed;
use usher_model::{OrganizationId, Timestamp};

use super::ensure;
use crate::database::{Durability, Tx};
use crate::statement::sql;
use crate::{Lease, LeaseOwner, Store, StoreError, organizations};

/// The right to work on a connector, held by this process.
#[derive(Clone, Debug)]
pub struct WorkLease {
    pub(crate) organization: OrganizationId,
    pub(crate) number: i64,
    pub(crate) work: String,
    pub(crate) lease: Lease,
    pub(crate) fence: i64,
}

impl WorkLease {
    /// The organization.
    pub fn organization(&self) -> &OrganizationId {
        &self.organization
    }

    /// What is being done: `cycle:ID`, `apply:PLAN`, `settle:PLAN`.
    pub fn work(&self) -> &str {
        &self.work
    }

    /// Who does it, and for how long it holds.
    pub fn lease(&self) -> &Lease {
        &self.lease
    }

    fn lost(&self) -> StoreError {
        StoreError::WorkLost {
            work: self.work.clone(),
        }
    }
}

impl Store {
    /// Renews the lease. Fails with [`StoreError::WorkLost`] when another process has taken over.
    #[boxed]
    pub async fn renew_work(&self, work: &WorkLease) -> Result<(), StoreError> {
        let mut tx = self.db.write(Durability::Repeatable).await?;
        renew(&mut tx, work, self.clock.now()).await?;
        tx.commit().await
    }

    /// Ends the lease that `owner` has on the organization's connector, for a process that is known to be dead.
    /// Returns whether there was one.
    #[boxed]
    pub async fn end_work_lease(
        &self,
        organization: &OrganizationId,
        owner: &LeaseOwner,
    ) -> Result<bool, StoreError> {
        let mut tx = self.db.write(Durability::Record).await?;
        let statement = sql(
            "UPDATE connectors SET lease_work = NULL, lease_owner = NULL, lease_until = NULL
             WHERE organization = (SELECT number FROM organizations WHERE id = $1) AND lease_owner = $2",
        );
        let statement = statement.bind(organization.as_str()).bind(owner.as_str());
        let ended = tx.execute(statement).await?;
        tx.commit().await?;
        Ok(ended > 0)
    }
}

/// Work whose lease holds.
struct Busy {
    work: String,
    owner: String,
    until: Timestamp,
}

impl Busy {
    fn into_error(self, organization: &OrganizationId) -> StoreError {
        StoreError::ConnectorBusy {
            organization: organization.clone(),
            work: self.work,
            owner: self.owner,
            until: self.until,
        }
    }
}

/// Who works on the connector by now. Holds its row until the transaction ends.
async fn busy(tx: &mut Tx, number: i64, now: Timestamp) -> Result<Option<Busy>, StoreError> {
    let mut statement =
        sql("SELECT lease_work, lease_owner, lease_until FROM connectors WHERE organization = $1");
    statement.push(tx.for_update());
    let Some(row) = tx.optional(statement.bind(number)).await? else {
        return Ok(None);
    };
    let mut columns = row.columns(&tx.db.name);
    let holder = (
        columns.optional_text()?,
        columns.optional_text()?,
        columns.optional_time()?,
    );
    Ok(match holder {
        (Some(work), Some(owner), Some(until)) if until > now => Some(Busy { work, owner, until }),
        _ => None,
    })
}

/// Fails while anybody works on the connector of the organization of this number.
pub(crate) async fn refuse_busy(
    tx: &mut Tx,
    (organization, number): (&OrganizationId, i64),
    now: Timestamp,
) -> Result<(), StoreError> {
    match busy(tx, number, now).await? {
        Some(busy) => Err(busy.into_error(organization)),
        None => Ok(()),
    }
}

/// Takes the lease, and marks what was begun under an older one as interrupted.
pub(crate) async fn take(
    tx: &mut Tx,
    organization: &OrganizationId,
    work: String,
    lease: &Lease,
    now: Timestamp,
) -> Result<WorkLease, StoreError> {
    let number = organizations::ensure(tx, organization).await?;
    ensure(tx, number, now).await?;
    if let Some(busy) = busy(tx, number, now).await?
        && busy.owner != lease.owner.as_str()
    {
        return Err(busy.into_error(organization));
    }
    let fence = write_lease(tx, number, &work, lease, now).await?;
    interrupt_others(tx, number, &work, now).await?;
    Ok(WorkLease {
        organization: organization.clone(),
        number,
        work,
        lease: lease.clone(),
        fence,
    })
}

async fn write_lease(
    tx: &mut Tx,
    number: i64,
    work: &str,
    lease: &Lease,
    now: Timestamp,
) -> Result<i64, StoreError> {
    let take = sql(
        "UPDATE connectors SET fence = fence + 1, lease_work = $2, lease_owner = $3, lease_until = $4
         WHERE organization = $1 RETURNING fence",
    );
    let take = take
        .bind(number)
        .bind(work)
        .bind(lease.owner.as_str())
        .bind(end_of(lease, now));
    let row = tx.one(take).await?;
    row.columns(&tx.db.name).int()
}

/// Whoever ran a cycle or applied a plan until now has lost the lease.
async fn interrupt_others(
    tx: &mut Tx,
    organization: i64,
    work: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let cycles = sql(
        "UPDATE cycles SET state = 'interrupted', finished_at = active_at WHERE organization = $1 AND state = 'running'",
    );
    tx.execute(cycles.bind(organization)).await?;
    let plans = sql("UPDATE plans SET state = 'interrupted', finished_at = $3
         WHERE organization = $1 AND state = 'applying' AND 'apply:' || id <> $2");
    tx.execute(plans.bind(organization).bind(work).bind(now))
        .await?;
    Ok(())
}

fn end_of(lease: &Lease, now: Timestamp) -> Timestamp {
    now.saturating_add(lease.duration).unwrap_or(now)
}

/// Renews the lease, and holds the connector's row until the transaction ends.
pub(crate) async fn renew(tx: &mut Tx, work: &WorkLease, now: Timestamp) -> Result<(), StoreError> {
    let statement = sql("UPDATE connectors SET lease_until = $4
         WHERE organization = $1 AND fence = $2 AND lease_owner = $3");
    let statement = statement
        .bind(work.number)
        .bind(work.fence)
        .bind(work.lease.owner.as_str())
        .bind(end_of(&work.lease, now));
    if tx.execute(statement).await? == 0 {
        return Err(work.lost());
    }
    Ok(())
}

/// Gives the lease back.
pub(crate) async fn release(tx: &mut Tx, work: &WorkLease) -> Result<(), StoreError> {
    let statement = sql(
        "UPDATE connectors SET lease_work = NULL, lease_owner = NULL, lease_until = NULL
         WHERE organization = $1 AND fence = $2",
    );
    tx.execute(statement.bind(work.number).bind(work.fence))
        .await?;
    Ok(())
}
