//! Asking for a job: by somebody, by a schedule, or by a decision, in the transaction of what causes it.

use serde_json::Value;
use usher_boxed::boxed;
use usher_model::{Event, EventKind, JobId, Timestamp};

use super::{JobCause, JobKind, JobTask};
use crate::database::{Durability, Tx};
use crate::statement::sql;
use crate::{Store, StoreError, events, organizations};

/// A task as the tables name it.
pub(super) struct Target {
    pub kind: JobKind,
    pub organization: i64,
    pub source: String,
}

impl Target {
    /// The task's columns.
    #[boxed]
    pub async fn of(tx: &mut Tx, task: &JobTask) -> Result<Self, StoreError> {
        let organization = match task.organization() {
            Some(id) => organizations::ensure(tx, id).await?,
            None => 0,
        };
        Ok(Self {
            kind: task.kind(),
            organization,
            source: task.source().map(ToString::to_string).unwrap_or_default(),
        })
    }
}

impl Store {
    /// Asks for a job that is due now. When one of this task waits already, that one is meant, and due now. `event` makes
    /// the log entry from its id.
    pub async fn request_job(
        &self,
        task: &JobTask,
        event: impl FnOnce(&JobId) -> Event + Send,
    ) -> Result<JobId, StoreError> {
        let now = self.clock.now();
        let mut tx = self.db.write(Durability::Record).await?;
        let target = Target::of(&mut tx, task).await?;
        let new = self.new_job_id();
        let id = want(&mut tx, &target, (JobCause::Request, &new), now).await?;
        events::append(&mut tx, &[event(&id)]).await?;
        tx.commit().await?;
        Ok(id)
    }
}

/// A job of this task that is due at `due`, or sooner; under the id given if there was none. Returns its id.
pub(super) async fn want(
    tx: &mut Tx,
    target: &Target,
    (cause, new): (JobCause, &JobId),
    due: Timestamp,
) -> Result<JobId, StoreError> {
    let insert = sql(
        "INSERT INTO jobs (id, kind, organization, source, cause, state, created_at, due_at, fence, attempts)
         VALUES ($1, $2, $3, $4, $5, 'waiting', $6, $6, 0, 0)
         ON CONFLICT (kind, organization, source) WHERE state = 'waiting'
         DO UPDATE SET due_at = CASE WHEN jobs.due_at > excluded.due_at THEN excluded.due_at ELSE jobs.due_at END
         RETURNING id",
    );
    let insert = insert
        .bind(new.as_str())
        .bind(target.kind.as_str())
        .bind(target.organization)
        .bind(target.source.as_str())
        .bind(cause.as_str())
        .bind(due);
    let row = tx.one(insert).await?;
    tx.ring();
    Ok(row.columns(&tx.db.name).text()?.into())
}

/// What follows from events, in their own transaction: a decision that a cycle has to act on causes a cycle, where cycles
/// are on a schedule. The job has the id of the event that caused it.
pub(crate) async fn follow(tx: &mut Tx, events: &[Event]) -> Result<(), StoreError> {
    for event in events.iter().filter(|event| wants_cycle(event)) {
        let Some(organization) = event.data.get("organization").and_then(Value::as_str) else {
            continue;
        };
        let scheduled = sql(
            "SELECT s.organization FROM schedules s JOIN organizations o ON o.number = s.organization
             WHERE s.kind = 'cycle' AND o.id = $1",
        );
        let Some(row) = tx.optional(scheduled.bind(organization)).await? else {
            continue;
        };
        let target = Target {
            kind: JobKind::Cycle,
            organization: row.columns(&tx.db.name).int()?,
            source: String::new(),
        };
        let id = JobId::new(event.id.as_str());
        want(tx, &target, (JobCause::Decision, &id), event.at).await?;
    }
    Ok(())
}

/// Whether a cycle has to act on it: somebody's decision, not what a cycle itself does.
fn wants_cycle(event: &Event) -> bool {
    match event.kind {
        EventKind::PlanApproved | EventKind::FailureRetried => true,
        EventKind::IdmIntegrationUpdate => {
            event
                .data
                .get("what")
                .is_some_and(|what| what == "provisioning")
                && event.data.get("after").is_some_and(|after| after == "on")
        }
        _ => false,
    }
}
