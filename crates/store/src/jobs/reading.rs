//! What jobs there are and were.

use usher_boxed::boxed;
use usher_model::Timestamp;

use super::{JobKind, JobRecord, JobTask};
use crate::row::{Columns, read_all};
use crate::statement::{Statement, sql};
use crate::{Store, StoreError};

/// Which jobs are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JobFilter {
    /// Of this kind only.
    pub kind: Option<JobKind>,
    /// Those that wait or run only.
    pub open: bool,
    /// At most so many.
    pub limit: Option<u64>,
}

impl Store {
    /// Jobs, newest first.
    #[boxed]
    pub async fn jobs(&self, filter: JobFilter) -> Result<Vec<JobRecord>, StoreError> {
        let mut statement = records();
        statement.push(" WHERE 1 = 1");
        let kind = filter.kind.map(|kind| kind.as_str().to_owned());
        statement.push_wanted([(" AND j.kind = ", kind)]);
        if filter.open {
            statement.push(" AND j.state IN ('waiting', 'running')");
        }
        statement.push(" ORDER BY j.number DESC");
        statement.push_limit(filter.limit);
        let rows = self.db.all(statement).await?;
        read_all(&rows, &self.db.name, record)
    }

    /// Of each task the newest job.
    #[boxed]
    pub async fn newest_jobs(&self) -> Result<Vec<JobRecord>, StoreError> {
        let mut statement = records();
        statement.push(
            " WHERE j.number IN (SELECT MAX(number) FROM jobs GROUP BY kind, organization, source)",
        );
        let rows = self.db.all(statement).await?;
        read_all(&rows, &self.db.name, record)
    }

    /// When there is next something to do for a worker: a job or a schedule that is due, or a lease that ends. Only what
    /// lies behind `after` counts.
    #[boxed]
    pub async fn next_job_at(&self, after: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let statement = sql("SELECT MIN(at) FROM (
                SELECT due_at AS at FROM jobs WHERE state = 'waiting'
                UNION ALL SELECT lease_until FROM jobs WHERE state = 'running'
                UNION ALL SELECT due_at FROM schedules) AS times WHERE at > $1");
        let row = self.db.one(statement.bind(after)).await?;
        row.columns(&self.db.name).optional_time()
    }
}

/// Every column of a job, in the order of [`record`], from `jobs j`.
pub(super) fn records() -> Statement {
    sql("SELECT j.kind, o.id, j.source, j.id, j.cause, j.state, j.created_at, j.due_at, j.attempts, j.lease_owner,
             j.lease_until, j.started_at, j.finished_at, j.outcome
         FROM jobs j LEFT JOIN organizations o ON o.number = j.organization")
}

pub(super) fn record(columns: &mut Columns<'_>) -> Result<JobRecord, StoreError> {
    Ok(JobRecord {
        task: task(columns)?,
        id: columns.text()?.into(),
        cause: columns.word()?,
        state: columns.word()?,
        created_at: columns.time()?,
        due_at: columns.time()?,
        attempts: columns.small()?,
        owner: columns.optional_text()?,
        lease_until: columns.optional_time()?,
        started_at: columns.optional_time()?,
        finished_at: columns.optional_time()?,
        outcome: columns.optional_text()?,
    })
}

/// Reads kind, organization and source.
pub(super) fn task(columns: &mut Columns<'_>) -> Result<JobTask, StoreError> {
    let kind: JobKind = columns.word()?;
    let organization = columns.optional_text()?;
    let source = columns.text()?;
    JobTask::of(kind, organization, &source)
        .ok_or_else(|| columns.unreadable("it does not go with the kind of job"))
}
