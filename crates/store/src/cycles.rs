//! Provisioning cycles: one at a time for each connector.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use usher_boxed::boxed;
use usher_model::{CycleId, Event, OrganizationId, PlanId, Timestamp};

use crate::connector::{self, WorkLease};
use crate::database::{Durability, Tx};
use crate::row::{Columns, read_all};
use crate::statement::{Statement, json, sql};
use crate::{Lease, Store, StoreError, events};

/// How much a cycle looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CycleKind {
    /// Everything, for the first time or because somebody asked for it.
    Initial,
    /// What changed since the last one.
    Incremental,
}

/// Where a cycle stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CycleState {
    /// It runs, or its process was killed and nobody has noticed yet.
    Running,
    /// It ended as it should.
    Finished,
    /// It ended before it was done, and says why.
    Failed,
    /// Its process was killed or lost the lease.
    Interrupted,
}

impl CycleKind {
    /// The kind as one word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Initial => "initial",
            Self::Incremental => "incremental",
        }
    }
}

impl CycleState {
    /// The state as one word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Finished => "finished",
            Self::Failed => "failed",
            Self::Interrupted => "interrupted",
        }
    }
}

impl fmt::Display for CycleKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for CycleState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A cycle that is about to begin.
#[derive(Clone, Debug)]
pub struct NewCycle {
    /// Its id, from [`Store::new_cycle_id`].
    pub id: CycleId,
    /// The organization.
    pub organization: OrganizationId,
    /// How much it looks at.
    pub kind: CycleKind,
    /// The lease to take.
    pub lease: Lease,
}

/// A cycle that this process runs.
#[derive(Clone, Debug)]
pub struct RunningCycle {
    /// Its id.
    pub id: CycleId,
    /// How much it looks at.
    pub kind: CycleKind,
    /// When it began.
    pub started_at: Timestamp,
    /// The lease it runs under.
    pub work: WorkLease,
    number: i64,
}

/// How a cycle ended.
#[derive(Clone, Debug, PartialEq)]
pub struct CycleEnd {
    /// Finished or failed.
    pub state: CycleState,
    /// The plan it made, if it came to that.
    pub plan: Option<PlanId>,
    /// What it read, planned and did, as the engine counts it.
    pub counts: Value,
    /// Why it failed, in words.
    pub failure: Option<String>,
}

/// A cycle, as the database knows it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CycleRecord {
    /// Its id.
    pub id: CycleId,
    /// The organization.
    pub organization: OrganizationId,
    /// How much it looks at.
    pub kind: CycleKind,
    /// Where it stands.
    pub state: CycleState,
    /// Who runs it, or ran it.
    pub owner: String,
    /// When it began.
    pub started_at: Timestamp,
    /// When it last showed that it lives.
    pub active_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// The plan it made.
    pub plan: Option<PlanId>,
    /// What it read, planned and did.
    pub counts: Value,
    /// Why it failed, in words.
    pub failure: Option<String>,
}

impl Store {
    /// Begins a cycle and takes the connector's lease. Cycles and applications that others had begun are interrupted.
    /// Refused with [`StoreError::ConnectorBusy`] while another owner's lease holds.
    #[boxed]
    pub async fn begin_cycle(
        &self,
        new: &NewCycle,
        events: &[Event],
    ) -> Result<RunningCycle, StoreError> {
        let now = self.clock.now();
        let mut tx = self.db.write(Durability::Record).await?;
        let work = format!("cycle:{}", new.id);
        let work = connector::take(&mut tx, &new.organization, work, &new.lease, now).await?;
        let insert = sql(
            "INSERT INTO cycles (id, organization, kind, state, owner, started_at, active_at, counts)
             VALUES ($1, $2, $3, 'running', $4, $5, $5, 'null') RETURNING number",
        );
        let insert = insert
            .bind(new.id.as_str())
            .bind(work.number)
            .bind(new.kind.as_str())
            .bind(new.lease.owner.as_str())
            .bind(now);
        let row = tx.one(insert).await?;
        let number = row.columns(&tx.db.name).int()?;
        events::append(&mut tx, events).await?;
        tx.commit().await?;
        Ok(RunningCycle {
            id: new.id.clone(),
            kind: new.kind,
            started_at: Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now),
            work,
            number,
        })
    }

    /// Renews the lease of a cycle. Fails with [`StoreError::WorkLost`] when another process has taken over.
    #[boxed]
    pub async fn renew_cycle(&self, cycle: &RunningCycle) -> Result<(), StoreError> {
        let now = self.clock.now();
        let mut tx = self.db.write(Durability::Repeatable).await?;
        connector::renew(&mut tx, &cycle.work, now).await?;
        touch(&mut tx, cycle, now).await?;
        tx.commit().await
    }

    /// Ends a cycle and gives the lease back.
    #[boxed]
    pub async fn finish_cycle(
        &self,
        cycle: &RunningCycle,
        end: &CycleEnd,
        events: &[Event],
    ) -> Result<(), StoreError> {
        let now = self.clock.now();
        let mut tx = self.db.write(Durability::Record).await?;
        connector::renew(&mut tx, &cycle.work, now).await?;
        touch(&mut tx, cycle, now).await?;
        let statement = sql(
            "UPDATE cycles SET state = $2, finished_at = $3, plan = $4, counts = $5, failure = $6 WHERE number = $1",
        );
        let statement = statement
            .bind(cycle.number)
            .bind(end.state.as_str())
            .bind(now)
            .bind(end.plan.as_ref().map(PlanId::as_str))
            .bind(json(&end.counts))
            .bind(end.failure.as_deref());
        tx.execute(statement).await?;
        connector::release(&mut tx, &cycle.work).await?;
        events::append(&mut tx, events).await?;
        tx.commit().await
    }

    /// The cycles of an organization, newest first.
    #[boxed]
    pub async fn cycles(
        &self,
        organization: &OrganizationId,
        limit: Option<u64>,
    ) -> Result<Vec<CycleRecord>, StoreError> {
        let mut statement = records();
        statement
            .push(" WHERE o.id = ")
            .push_bind(organization.as_str());
        statement.push(" ORDER BY c.number DESC");
        statement.push_limit(limit);
        let rows = self.db.all(statement).await?;
        read_all(&rows, &self.db.name, read)
    }

    /// The cycles of an organization that began before this one, newest first.
    #[boxed]
    pub async fn cycles_before(
        &self,
        organization: &OrganizationId,
        before: Option<&CycleId>,
        limit: u64,
    ) -> Result<Vec<CycleRecord>, StoreError> {
        let mut statement = records();
        statement
            .push(" WHERE o.id = ")
            .push_bind(organization.as_str());
        statement.push_wanted([(" AND c.id < ", before.map(ToString::to_string))]);
        statement.push(" ORDER BY c.id DESC");
        statement.push_limit(Some(limit));
        let rows = self.db.all(statement).await?;
        read_all(&rows, &self.db.name, read)
    }

    /// One cycle.
    #[boxed]
    pub async fn cycle(&self, id: &CycleId) -> Result<Option<CycleRecord>, StoreError> {
        let mut statement = records();
        statement.push(" WHERE c.id = ").push_bind(id.as_str());
        let row = self.db.optional(statement).await?;
        row.map(|row| read(&mut row.columns(&self.db.name)))
            .transpose()
    }
}

async fn touch(tx: &mut Tx, cycle: &RunningCycle, now: Timestamp) -> Result<(), StoreError> {
    let statement = sql("UPDATE cycles SET active_at = $2 WHERE number = $1");
    tx.execute(statement.bind(cycle.number).bind(now)).await?;
    Ok(())
}

fn records() -> Statement {
    sql(
        "SELECT c.id, o.id, c.kind, c.state, c.owner, c.started_at, c.active_at, c.finished_at, c.plan, c.counts, c.failure
         FROM cycles c JOIN organizations o ON o.number = c.organization",
    )
}

fn read(columns: &mut Columns<'_>) -> Result<CycleRecord, StoreError> {
    Ok(CycleRecord {
        id: columns.text()?.into(),
        organization: columns.text()?.into(),
        kind: columns.word()?,
        state: columns.word()?,
        owner: columns.text()?,
        started_at: columns.time()?,
        active_at: columns.time()?,
        finished_at: columns.optional_time()?,
        plan: columns.optional_text()?.map(PlanId::from),
        counts: columns.json()?,
        failure: columns.optional_text()?,
    })
}
