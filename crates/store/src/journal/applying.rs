//! Beginning and ending the application of a plan, and finding out what became of one that was cut off.

use usher_boxed::boxed;
use usher_model::{Event, OrganizationId, PlanId, Timestamp};

use super::ceiling::{self, Ceiling};
use crate::connector::{self, WorkLease};
use crate::database::{Durability, Tx};
use crate::plans::{self, LockedPlan};
use crate::statement::sql;
use crate::{Lease, PlanState, PlanStep, RunningCycle, Store, StoreError, events};

/// Under whose lease a plan is applied.
#[derive(Clone, Copy, Debug)]
pub enum Under<'a> {
    /// A lease of its own.
    Lease(&'a Lease),
    /// That of a cycle of this process.
    Cycle(&'a RunningCycle),
}

/// A plan that this process applies, or whose open calls it settles.
#[derive(Clone, Debug)]
pub struct RunningApply {
    /// The plan.
    pub plan: PlanId,
    /// The lease it runs under.
    pub work: WorkLease,
    /// How many changes were intended, and never settled, when it began: resolve them first.
    pub open: u64,
    pub(crate) number: i64,
    pub(crate) purpose: Purpose,
    tenure: Tenure,
}

/// What the journal is written for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// The plan is applied.
    Apply,
    /// What became of calls is written down, and nothing else is done.
    Settle,
}

/// Whose the lease is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tenure {
    Own,
    Borrowed,
}

impl RunningApply {
    /// The organization.
    pub fn organization(&self) -> &OrganizationId {
        self.work.organization()
    }
}

/// How the application of a plan ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ApplyEnd {
    /// Each change has an outcome.
    Applied,
    /// It stopped and can go on.
    Interrupted {
        /// Why, in words.
        why: String,
    },
}

impl Store {
    /// Begins to apply a plan, or goes on with it, and takes the connector's lease unless a cycle has it. Refused with
    /// [`StoreError::ConnectorBusy`] while another owner's lease holds, and with [`StoreError::WrongPlanState`] when
    /// the plan is held, final or otherwise not to be applied.
    #[boxed]
    pub async fn begin_apply(
        &self,
        plan: &PlanId,
        under: Under<'_>,
        events: &[Event],
    ) -> Result<RunningApply, StoreError> {
        self.begin_apply_within(plan, (under, None), events).await
    }

    /// As [`Store::begin_apply`]. A plan that is begun has no change that somebody rejected since, and, with a ceiling,
    /// takes away no more than that together with what was taken away lately and what other plans are about to take:
    /// else [`StoreError::RejectedSince`] and [`StoreError::OverCeiling`].
    #[boxed]
    pub async fn begin_apply_within(
        &self,
        plan: &PlanId,
        (under, ceiling): (Under<'_>, Option<&Ceiling>),
        events: &[Event],
    ) -> Result<RunningApply, StoreError> {
        let now = self.clock.now();
        let organization = self.existing_plan(plan).await?.organization;
        let mut tx = self.db.write(Durability::Record).await?;
        let work = format!("apply:{plan}");
        let (work, tenure) = lease(&mut tx, (&organization, work), under, now).await?;
        let locked = plans::lock(&mut tx, plan).await?;
        let step = match locked.state {
            PlanState::Applying | PlanState::Interrupted => PlanStep::Resume,
            _ => PlanStep::Begin,
        };
        plans::advance(&mut tx, &locked, plan, step).await?;
        if step == PlanStep::Begin {
            ceiling::check(&mut tx, &locked, plan, ceiling).await?;
        }
        let begun = sql("UPDATE plans SET started_at = COALESCE(started_at, $2), finished_at = NULL, ending = NULL
             WHERE number = $1");
        tx.execute(begun.bind(locked.number).bind(now)).await?;
        let open = unsettled(&mut tx, locked.number).await?;
        events::append(&mut tx, events).await?;
        tx.commit().await?;
        Ok(RunningApply {
            plan: plan.clone(),
            work,
            open,
            number: locked.number,
            purpose: Purpose::Apply,
            tenure,
        })
    }

    /// Begins to find out what became of calls of a plan that were under way when its application was cut off. The plan
    /// may be in any state: one that was rejected or superseded meanwhile stays so. Takes the connector's lease unless
    /// a cycle has it; refused with [`StoreError::ConnectorBusy`] while another owner's lease holds.
    #[boxed]
    pub async fn begin_settling(
        &self,
        plan: &PlanId,
        under: Under<'_>,
    ) -> Result<RunningApply, StoreError> {
        let now = self.clock.now();
        let organization = self.existing_plan(plan).await?.organization;
        let mut tx = self.db.write(Durability::Record).await?;
        // By another name than its application's: whoever applied it until now is interrupted.
        let work = format!("settle:{plan}");
        let (work, tenure) = lease(&mut tx, (&organization, work), under, now).await?;
        let locked = plans::lock(&mut tx, plan).await?;
        let open = unsettled(&mut tx, locked.number).await?;
        tx.commit().await?;
        Ok(RunningApply {
            plan: plan.clone(),
            work,
            open,
            number: locked.number,
            purpose: Purpose::Settle,
            tenure,
        })
    }

    /// Gives the lease back that was taken to settle calls, unless it is a cycle's.
    #[boxed]
    pub async fn finish_settling(&self, apply: &RunningApply) -> Result<(), StoreError> {
        if apply.tenure == Tenure::Borrowed {
            return Ok(());
        }
        let mut tx = self.db.write(Durability::Record).await?;
        connector::release(&mut tx, &apply.work).await?;
        tx.commit().await
    }

    /// Ends the application of a plan, and gives the lease back unless it is a cycle's. A plan is called applied only
    /// when each of its changes is done, failed or skipped: else [`StoreError::Unsettled`].
    #[boxed]
    pub async fn finish_apply(
        &self,
        apply: &RunningApply,
        end: &ApplyEnd,
        events: &[Event],
    ) -> Result<(), StoreError> {
        let now = self.clock.now();
        let mut tx = self.db.write(Durability::Record).await?;
        connector::renew(&mut tx, &apply.work, now).await?;
        let locked = plans::lock(&mut tx, &apply.plan).await?;
        let (step, ending) = match end {
            ApplyEnd::Applied => (PlanStep::Finish, None),
            ApplyEnd::Interrupted { why } => (PlanStep::Interrupt, Some(why.as_str())),
        };
        plans::advance(&mut tx, &locked, &apply.plan, step).await?;
        if step == PlanStep::Finish {
            refuse_open(&mut tx, &locked, &apply.plan).await?;
        }
        end_plan(&mut tx, &locked, ending, now).await?;
        if apply.tenure == Tenure::Own {
            connector::release(&mut tx, &apply.work).await?;
        }
        events::append(&mut tx, events).await?;
        tx.commit().await
    }
}

async fn lease(
    tx: &mut Tx,
    (organization, work): (&OrganizationId, String),
    under: Under<'_>,
    now: Timestamp,
) -> Result<(WorkLease, Tenure), StoreError> {
    match under {
        Under::Lease(lease) => {
            let work = connector::take(tx, organization, work, lease, now).await?;
            Ok((work, Tenure::Own))
        }
        Under::Cycle(cycle) => {
            connector::renew(tx, &cycle.work, now).await?;
            Ok((cycle.work.clone(), Tenure::Borrowed))
        }
    }
}

async fn end_plan(
    tx: &mut Tx,
    plan: &LockedPlan,
    ending: Option<&str>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let statement = sql("UPDATE plans SET finished_at = $2, ending = $3 WHERE number = $1");
    tx.execute(statement.bind(plan.number).bind(now).bind(ending))
        .await?;
    Ok(())
}

/// How many changes were intended and not settled.
async fn unsettled(tx: &mut Tx, plan: i64) -> Result<u64, StoreError> {
    let statement = sql("SELECT COUNT(*) FROM journal WHERE plan = $1 AND state = 'intended'");
    let row = tx.one(statement.bind(plan)).await?;
    row.columns(&tx.db.name).count()
}

async fn refuse_open(tx: &mut Tx, plan: &LockedPlan, id: &PlanId) -> Result<(), StoreError> {
    let statement = sql(
        "SELECT COUNT(*) FROM plan_changes c WHERE c.plan = $1 AND NOT EXISTS (
             SELECT 1 FROM journal j WHERE j.plan = c.plan AND j.number = c.number
                 AND j.state IN ('done', 'failed', 'skipped'))",
    );
    let row = tx.one(statement.bind(plan.number)).await?;
    match row.columns(&tx.db.name).count()? {
        0 => Ok(()),
        open => Err(StoreError::Unsettled {
            plan: id.clone(),
            open,
        }),
    }
}
