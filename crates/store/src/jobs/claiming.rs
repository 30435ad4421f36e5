//! Taking a job, and keeping it.

use usher_boxed::boxed;
use usher_model::{Event, Timestamp};

use super::reading::{record, records};
use super::{JobRecord, RunningJob};
use crate::database::{Db, Durability, Tx};
use crate::statement::{Statement, sql};
use crate::{Engine, Lease, Store, StoreError, events};

impl Store {
    /// Takes the job that has been due for longest, or one whose process has let its lease end. `events` makes the log
    /// entries; a job that was taken over has more than one attempt.
    pub async fn claim_job(
        &self,
        lease: &Lease,
        events: impl FnOnce(&JobRecord) -> Vec<Event>,
    ) -> Result<Option<RunningJob>, StoreError> {
        let now = self.clock.now();
        // Asking is cheap, and most of the time there is nothing; a transaction that writes makes others wait.
        if self.db.optional(claimable(&self.db, now)).await?.is_none() {
            return Ok(None);
        }
        let mut tx = self.db.write(Durability::Record).await?;
        let mut statement = claimable(&self.db, now);
        if tx.engine() == Engine::Postgres {
            statement.push(" FOR UPDATE OF j SKIP LOCKED");
        }
        let Some(row) = tx.optional(statement).await? else {
            return Ok(None);
        };
        let number = row.columns(&tx.db.name).int()?;
        let job = take(&mut tx, number, lease, now).await?;
        events::append(&mut tx, &events(&job.record)).await?;
        tx.commit().await?;
        Ok(Some(job))
    }

    /// Renews the lease of a job. Fails with [`StoreError::WorkLost`] when another process has taken it over.
    #[boxed]
    pub async fn renew_job(&self, job: &RunningJob) -> Result<(), StoreError> {
        let mut tx = self.db.write(Durability::Repeatable).await?;
        hold(&mut tx, job).await?;
        tx.commit().await
    }
}

/// The job to take next. What ran under a lease that has ended, by the database's clock, comes first.
fn claimable(db: &Db, now: Timestamp) -> Statement {
    let mut statement =
        sql("SELECT j.number FROM jobs j WHERE (j.state = 'running' AND j.lease_until <= ");
    statement.push(db.now()).push(
        ") OR (j.state = 'waiting' AND j.due_at <= $1 AND NOT EXISTS (
                SELECT 1 FROM jobs r WHERE r.state = 'running'
                    AND r.kind = j.kind AND r.organization = j.organization AND r.source = j.source))
         ORDER BY CASE j.state WHEN 'running' THEN 0 ELSE 1 END, j.due_at, j.number LIMIT 1",
    );
    statement.bind(now)
}

async fn take(
    tx: &mut Tx,
    number: i64,
    lease: &Lease,
    now: Timestamp,
) -> Result<RunningJob, StoreError> {
    let until = end_of(lease, tx.time().await?);
    let take = sql(
        "UPDATE jobs SET state = 'running', fence = fence + 1, attempts = attempts + 1, lease_owner = $2, lease_until = $3,
             started_at = COALESCE(started_at, $4)
         WHERE number = $1 RETURNING fence",
    );
    let take = take
        .bind(number)
        .bind(lease.owner.as_str())
        .bind(until)
        .bind(now);
    let row = tx.one(take).await?;
    let fence = row.columns(&tx.db.name).int()?;
    let mut statement = records();
    statement.push(" WHERE j.number = ").push_bind(number);
    let row = tx.one(statement).await?;
    Ok(RunningJob {
        record: record(&mut row.columns(&tx.db.name))?,
        lease: lease.clone(),
        fence,
    })
}

fn end_of(lease: &Lease, now: Timestamp) -> Timestamp {
    now.saturating_add(lease.duration).unwrap_or(now)
}

/// Renews the lease, and holds the job's row until the transaction ends.
pub(super) async fn hold(tx: &mut Tx, job: &RunningJob) -> Result<(), StoreError> {
    let until = end_of(&job.lease, tx.time().await?);
    let statement = sql("UPDATE jobs SET lease_until = $3
         WHERE id = $1 AND fence = $2 AND state = 'running'");
    let statement = statement
        .bind(job.record.id.as_str())
        .bind(job.fence)
        .bind(until);
    if tx.execute(statement).await? == 0 {
        return Err(StoreError::WorkLost {
            work: format!("job {}", job.record.id),
        });
    }
    Ok(())
}
