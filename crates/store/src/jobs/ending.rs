//! Ending a job, or giving it back.

use usher_boxed::boxed;
use usher_model::{Event, Timestamp};

use super::claiming::hold;
use super::{JobState, RunningJob};
use crate::database::{Durability, Tx};
use crate::statement::sql;
use crate::{Store, StoreError, events};

/// How a job ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobEnd {
    /// Done, failed or refused.
    pub state: JobState,
    /// What came of it, in words.
    pub outcome: String,
}

impl Store {
    /// Ends a job. Fails with [`StoreError::WorkLost`] when another process has taken it over.
    #[boxed]
    pub async fn end_job(
        &self,
        job: &RunningJob,
        end: &JobEnd,
        events: &[Event],
    ) -> Result<(), StoreError> {
        let now = self.clock.now();
        let mut tx = self.db.write(Durability::Record).await?;
        hold(&mut tx, job).await?;
        finish(&mut tx, job, end, now).await?;
        events::append(&mut tx, events).await?;
        // The next one of the same task may begin.
        tx.ring();
        tx.commit().await
    }

    /// Gives a job back, to be done from `due` on by whoever comes first. The attempt counts as none. When another one of
    /// its task waits already, that one is as good, and this one ends.
    #[boxed]
    pub async fn hand_back_job(
        &self,
        job: &RunningJob,
        due: Timestamp,
        events: &[Event],
    ) -> Result<(), StoreError> {
        let now = self.clock.now();
        let mut tx = self.db.write(Durability::Record).await?;
        hold(&mut tx, job).await?;
        if another_waits(&mut tx, job).await? {
            let end = JobEnd {
                state: JobState::Done,
                outcome: "left to the next one, which waits already".to_owned(),
            };
            finish(&mut tx, job, &end, now).await?;
        } else {
            let statement = sql(
                "UPDATE jobs SET state = 'waiting', due_at = $2, attempts = attempts - 1, lease_until = NULL WHERE id = $1",
            );
            let statement = statement.bind(job.record.id.as_str()).bind(due);
            tx.execute(statement).await?;
        }
        events::append(&mut tx, events).await?;
        tx.ring();
        tx.commit().await
    }

    /// Forgets jobs that ended before `before`. Returns how many.
    #[boxed]
    pub async fn forget_jobs(&self, before: Timestamp) -> Result<u64, StoreError> {
        let mut tx = self.db.write(Durability::Repeatable).await?;
        let statement = sql("DELETE FROM jobs WHERE finished_at < $1");
        let forgotten = tx.execute(statement.bind(before)).await?;
        tx.commit().await?;
        Ok(forgotten)
    }
}

async fn finish(
    tx: &mut Tx,
    job: &RunningJob,
    end: &JobEnd,
    now: Timestamp,
) -> Result<(), StoreError> {
    let statement = sql(
        "UPDATE jobs SET state = $2, outcome = $3, finished_at = $4, lease_until = NULL WHERE id = $1",
    );
    let statement = statement
        .bind(job.record.id.as_str())
        .bind(end.state.as_str())
        .bind(end.outcome.as_str())
        .bind(now);
    tx.execute(statement).await?;
    Ok(())
}

async fn another_waits(tx: &mut Tx, job: &RunningJob) -> Result<bool, StoreError> {
    let statement = sql("SELECT COUNT(*) FROM jobs w JOIN jobs j
             ON w.kind = j.kind AND w.organization = j.organization AND w.source = j.source
         WHERE j.id = $1 AND w.state = 'waiting'");
    let row = tx.one(statement.bind(job.record.id.as_str())).await?;
    row.columns(&tx.db.name).flag()
}
