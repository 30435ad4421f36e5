//! When jobs are made again and again. What the text of a timing means is for the layers above.

use serde::Serialize;
use usher_boxed::boxed;
use usher_model::{Event, Timestamp};

use super::asking::{Target, want};
use super::reading::task;
use super::{JobCause, JobTask};
use crate::database::{Durability, Tx};
use crate::row::{Columns, read_all};
use crate::statement::{Statement, sql};
use crate::{Store, StoreError, events};

/// A schedule, as the database knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ScheduleRecord {
    /// What is done.
    pub task: JobTask,
    /// When, in text form.
    pub timing: String,
    /// When it was set.
    pub set_at: Timestamp,
    /// Who set it.
    pub set_by: Option<String>,
    /// When the next job is made; `None`: never again.
    pub due_at: Option<Timestamp>,
}

/// A schedule that somebody sets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSchedule {
    /// What is done.
    pub task: JobTask,
    /// When, in text form.
    pub timing: String,
    /// Who sets it.
    pub set_by: Option<String>,
    /// When the first job is made.
    pub due_at: Option<Timestamp>,
}

impl Store {
    /// All schedules, by kind and by what they are for.
    #[boxed]
    pub async fn schedules(&self) -> Result<Vec<ScheduleRecord>, StoreError> {
        let mut statement = records();
        statement.push(" ORDER BY s.kind, o.id, s.source");
        let rows = self.db.all(statement).await?;
        read_all(&rows, &self.db.name, record)
    }

    /// The schedules that are due.
    #[boxed]
    pub async fn due_schedules(&self) -> Result<Vec<ScheduleRecord>, StoreError> {
        let mut statement = records();
        statement
            .push(" WHERE s.due_at <= ")
            .push_bind(self.clock.now());
        statement.push(" ORDER BY s.due_at");
        let rows = self.db.all(statement).await?;
        read_all(&rows, &self.db.name, record)
    }

    /// Sets a schedule in place of the one that its task had.
    #[boxed]
    pub async fn set_schedule(
        &self,
        new: &NewSchedule,
        events: &[Event],
    ) -> Result<(), StoreError> {
        let mut tx = self.db.write(Durability::Record).await?;
        let target = Target::of(&mut tx, &new.task).await?;
        let statement = sql(
            "INSERT INTO schedules (kind, organization, source, timing, set_at, set_by, due_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7)
             ON CONFLICT (kind, organization, source) DO UPDATE SET
                 timing = excluded.timing, set_at = excluded.set_at, set_by = excluded.set_by, due_at = excluded.due_at",
        );
        let statement = keyed(statement, &target)
            .bind(new.timing.as_str())
            .bind(self.clock.now())
            .bind(new.set_by.as_deref())
            .bind(new.due_at);
        tx.execute(statement).await?;
        events::append(&mut tx, events).await?;
        tx.ring();
        tx.commit().await
    }

    /// Removes the schedule of a task; says whether there was one. A job that it made stays.
    #[boxed]
    pub async fn remove_schedule(
        &self,
        task: &JobTask,
        events: &[Event],
    ) -> Result<bool, StoreError> {
        let mut tx = self.db.write(Durability::Record).await?;
        let target = Target::of(&mut tx, task).await?;
        let statement =
            sql("DELETE FROM schedules WHERE kind = $1 AND organization = $2 AND source = $3");
        if tx.execute(keyed(statement, &target)).await? == 0 {
            return Ok(false);
        }
        events::append(&mut tx, events).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Makes the job of a schedule that is due, and notes when the next one is. Says whether it was this process that did:
    /// of several that try, one does.
    #[boxed]
    pub async fn make_due_job(
        &self,
        schedule: &ScheduleRecord,
        next: Option<Timestamp>,
    ) -> Result<bool, StoreError> {
        let Some(due) = schedule.due_at else {
            return Ok(false);
        };
        let mut tx = self.db.write(Durability::Record).await?;
        let target = Target::of(&mut tx, &schedule.task).await?;
        if !move_on(&mut tx, &target, (due, &schedule.timing), next).await? {
            return Ok(false);
        }
        let new = self.new_job_id();
        let now = self.clock.now();
        want(&mut tx, &target, (JobCause::Schedule, &new), now).await?;
        tx.commit().await?;
        Ok(true)
    }
}

/// Whether the schedule was as this process saw it.
async fn move_on(
    tx: &mut Tx,
    target: &Target,
    (due, timing): (Timestamp, &str),
    next: Option<Timestamp>,
) -> Result<bool, StoreError> {
    let statement = sql("UPDATE schedules SET due_at = $4
         WHERE kind = $1 AND organization = $2 AND source = $3 AND due_at = $5 AND timing = $6");
    let statement = keyed(statement, target).bind(next).bind(due).bind(timing);
    Ok(tx.execute(statement).await? > 0)
}

fn keyed(statement: Statement, target: &Target) -> Statement {
    statement
        .bind(target.kind.as_str())
        .bind(target.organization)
        .bind(target.source.as_str())
}

fn records() -> Statement {
    sql(
        "SELECT s.kind, o.id, s.source, s.timing, s.set_at, s.set_by, s.due_at
         FROM schedules s LEFT JOIN organizations o ON o.number = s.organization",
    )
}

fn record(columns: &mut Columns<'_>) -> Result<ScheduleRecord, StoreError> {
    Ok(ScheduleRecord {
        task: task(columns)?,
        timing: columns.text()?,
        set_at: columns.time()?,
        set_by: columns.optional_text()?,
        due_at: columns.optional_time()?,
    })
}
