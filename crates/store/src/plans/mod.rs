//! Plans: what should change, what was decided about it, and what became of it.

mod changes;
mod rejections;
mod state;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use usher_boxed::boxed;
use usher_model::{Event, OrganizationId, PlanId, Timestamp};

use crate::database::{Durability, Tx};
use crate::row::{Columns, read_all};
use crate::statement::{Statement, json, sql};
use crate::{Resolution, Store, StoreError, events, journal, organizations};

pub(crate) use changes::{CHANGE, read_change};
pub use changes::{ChangeFilter, PlannedChange, Removes, Undo};
pub(crate) use rejections::count_rejected;
pub use state::{PlanState, PlanStep};

/// A plan that was just made.
#[derive(Clone, Debug)]
pub struct NewPlan {
    /// Its id, from [`Store::new_plan_id`].
    pub id: PlanId,
    /// The organization.
    pub organization: OrganizationId,
    /// [`PlanState::Held`] or [`PlanState::Ready`].
    pub state: PlanState,
    /// When it was made.
    pub created_at: Timestamp,
    /// The plan it replaces.
    pub parent: Option<PlanId>,
    /// The hash of what it was made from.
    pub basis_hash: String,
    /// How many changes of each kind.
    pub counts: Value,
    /// The plan without its changes.
    pub document: Value,
    /// What was looked at and left alone.
    pub report: Value,
    /// The changes, by number.
    pub changes: Vec<PlannedChange>,
    /// What becomes of older plans of the organization.
    pub supersedes: Supersedes,
    /// Which earlier changes are over.
    pub over: Over,
}

/// Changes of earlier plans that nobody wants any more, by key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Over {
    /// Those that were rejected: the rejection is forgotten.
    pub rejected: Vec<String>,
    /// Those that failed: the failure is resolved as [`Resolution::Moot`].
    pub failed: Vec<String>,
}

/// What becomes of older plans when a new one is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Supersedes {
    /// Those that nobody has begun to apply are superseded, and so are those whose application was interrupted and
    /// that have no call of unknown outcome.
    Older,
    /// Nothing: this one is about some people only.
    Nothing,
}

/// A plan, as the database knows it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PlanRecord {
    /// Its id.
    pub id: PlanId,
    /// The organization.
    pub organization: OrganizationId,
    /// Where it stands.
    pub state: PlanState,
    /// When it was made.
    pub created_at: Timestamp,
    /// The plan it replaces.
    pub parent: Option<PlanId>,
    /// The hash of what it was made from.
    pub basis_hash: String,
    /// How many changes it has.
    pub changes: u64,
    /// How many changes of each kind.
    pub counts: Value,
    /// The plan without its changes.
    pub document: Value,
    /// What was looked at and left alone.
    pub report: Value,
    /// Who approved or rejected it.
    pub decision: Option<Decision>,
    /// When its application began for the first time.
    pub started_at: Option<Timestamp>,
    /// When its application ended, or was interrupted last.
    pub finished_at: Option<Timestamp>,
    /// Why its application ended before it was done, in words.
    pub ending: Option<String>,
}

/// Somebody's word on a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// Yes or no.
    pub verdict: Verdict,
    /// Who.
    pub by: String,
    /// Why.
    pub reason: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// Yes or no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It may be applied.
    Approve,
    /// It may not.
    Reject,
}

impl Store {
    /// Stores a plan with its changes.
    #[boxed]
    pub async fn save_plan(&self, plan: &NewPlan, events: &[Event]) -> Result<(), StoreError> {
        self.save_plan_over(plan, |_| events.to_vec()).await
    }

    /// [`Store::save_plan`]; `events` makes the log entries from the plans that it supersedes.
    pub async fn save_plan_over(
        &self,
        plan: &NewPlan,
        events: impl FnOnce(&[PlanId]) -> Vec<Event>,
    ) -> Result<(), StoreError> {
        let now = self.clock.now();
        let mut tx = self.db.write(Durability::Record).await?;
        let organization = organizations::ensure(&mut tx, &plan.organization).await?;
        let superseded = match plan.supersedes {
            Supersedes::Older => supersede(&mut tx, organization).await?,
            Supersedes::Nothing => Vec::new(),
        };
        let insert = sql(
            "INSERT INTO plans (id, organization, state, created_at, parent, basis_hash, changes, counts, document, report)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING number",
        );
        let insert = insert
            .bind(plan.id.as_str())
            .bind(organization)
            .bind(plan.state.as_str())
            .bind(plan.created_at)
            .bind(plan.parent.as_ref().map(PlanId::as_str))
            .bind(plan.basis_hash.as_str())
            .bind(plan.changes.len() as u64)
            .bind(json(&plan.counts))
            .bind(json(&plan.document))
            .bind(json(&plan.report));
        let row = tx.one(insert).await?;
        let number = row.columns(&tx.db.name).int()?;
        changes::insert(&mut tx, number, &plan.changes).await?;
        rejections::forget_keys(&mut tx, organization, &plan.over.rejected).await?;
        let failed = &plan.over.failed;
        journal::resolve(&mut tx, organization, (failed, &Resolution::Moot), now).await?;
        events::append(&mut tx, &events(&superseded)).await?;
        tx.commit().await
    }

    /// One plan.
    #[boxed]
    pub async fn plan(&self, id: &PlanId) -> Result<Option<PlanRecord>, StoreError> {
        let mut statement = records();
        statement.push(" WHERE p.id = ").push_bind(id.as_str());
        self.one_plan(statement).await
    }

    /// The newest plan of an organization.
    #[boxed]
    pub async fn latest_plan(
        &self,
        organization: &OrganizationId,
    ) -> Result<Option<PlanRecord>, StoreError> {
        let newest = self.plans(organization, Some(1)).await?;
        Ok(newest.into_iter().next())
    }

    /// The plans of an organization, newest first.
    #[boxed]
    pub async fn plans(
        &self,
        organization: &OrganizationId,
        limit: Option<u64>,
    ) -> Result<Vec<PlanRecord>, StoreError> {
        let mut statement = records();
        statement
            .push(" WHERE o.id = ")
            .push_bind(organization.as_str());
        statement.push(" ORDER BY p.number DESC");
        statement.push_limit(limit);
        let rows = self.db.all(statement).await?;
        read_all(&rows, &self.db.name, read)
    }

    /// The plans of an organization that were made before this one, newest first.
    #[boxed]
    pub async fn plans_before(
        &self,
        organization: &OrganizationId,
        before: Option<&PlanId>,
        limit: u64,
    ) -> Result<Vec<PlanRecord>, StoreError> {
        let mut statement = records();
        statement
            .push(" WHERE o.id = ")
            .push_bind(organization.as_str());
        statement.push_wanted([(" AND p.id < ", before.map(ToString::to_string))]);
        statement.push(" ORDER BY p.id DESC");
        statement.push_limit(Some(limit));
        let rows = self.db.all(statement).await?;
        read_all(&rows, &self.db.name, read)
    }

    /// Approves or rejects a plan that is in the state `expected`. What is rejected is remembered, change by change, until
    /// a plan with it is approved or a plan for everybody says that it is [over](NewPlan::over). Refused with [`StoreError::WrongPlanState`] when it
    /// is in another one by now, or in one that allows no decision.
    #[boxed]
    pub async fn decide_plan(
        &self,
        id: &PlanId,
        decision: &Decision,
        expected: PlanState,
        events: &[Event],
    ) -> Result<PlanRecord, StoreError> {
        let step = match decision.verdict {
            Verdict::Approve => PlanStep::Approve,
            Verdict::Reject => PlanStep::Reject,
        };
        let mut tx = self.db.write(Durability::Record).await?;
        let plan = lock(&mut tx, id).await?;
        if plan.state != expected {
            return Err(plan.state.refusal(id, step));
        }
        advance(&mut tx, &plan, id, step).await?;
        let statement = sql("UPDATE plans SET decision = $2 WHERE number = $1");
        tx.execute(statement.bind(plan.number).bind(json(decision)))
            .await?;
        match decision.verdict {
            Verdict::Approve => rejections::forget(&mut tx, &plan).await?,
            Verdict::Reject => rejections::remember(&mut tx, &plan, id, decision.at).await?,
        }
        events::append(&mut tx, events).await?;
        tx.commit().await?;
        self.existing_plan(id).await
    }

    /// Sets a plan aside because another one took its place, or because the world moved.
    #[boxed]
    pub async fn supersede_plan(&self, id: &PlanId, events: &[Event]) -> Result<(), StoreError> {
        let mut tx = self.db.write(Durability::Record).await?;
        let plan = lock(&mut tx, id).await?;
        advance(&mut tx, &plan, id, PlanStep::Supersede).await?;
        events::append(&mut tx, events).await?;
        tx.commit().await
    }

    /// A plan that has to be there.
    #[boxed]
    pub async fn existing_plan(&self, id: &PlanId) -> Result<PlanRecord, StoreError> {
        let found = self.plan(id).await?;
        found.ok_or_else(|| StoreError::NoSuchPlan(id.clone()))
    }

    async fn one_plan(&self, statement: Statement) -> Result<Option<PlanRecord>, StoreError> {
        let row = self.db.optional(statement).await?;
        row.map(|row| read(&mut row.columns(&self.db.name)))
            .transpose()
    }
}

/// A plan whose row is held until the transaction ends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LockedPlan {
    pub(crate) number: i64,
    pub(crate) state: PlanState,
}

/// Holds a plan's row.
pub(crate) async fn lock(tx: &mut Tx, id: &PlanId) -> Result<LockedPlan, StoreError> {
    let mut statement = sql("SELECT number, state FROM plans WHERE id = ");
    statement.push_bind(id.as_str()).push(tx.for_update());
    let Some(row) = tx.optional(statement).await? else {
        return Err(StoreError::NoSuchPlan(id.clone()));
    };
    let mut columns = row.columns(&tx.db.name);
    Ok(LockedPlan {
        number: columns.int()?,
        state: columns.word()?,
    })
}

/// Takes a step, if the state allows it.
pub(crate) async fn advance(
    tx: &mut Tx,
    plan: &LockedPlan,
    id: &PlanId,
    step: PlanStep,
) -> Result<PlanState, StoreError> {
    let state = plan.state.after(step);
    let state = state.ok_or_else(|| plan.state.refusal(id, step))?;
    let statement = sql("UPDATE plans SET state = $2 WHERE number = $1");
    tx.execute(statement.bind(plan.number).bind(state.as_str()))
        .await?;
    Ok(state)
}

/// Supersedes the organization's open plans, but not those with calls of which nobody knows what became. Returns them.
pub(crate) async fn supersede(tx: &mut Tx, organization: i64) -> Result<Vec<PlanId>, StoreError> {
    let statement = sql("UPDATE plans SET state = 'superseded'
         WHERE organization = $1 AND (state IN ('held', 'ready', 'approved')
             OR (state = 'interrupted' AND NOT EXISTS (SELECT 1 FROM journal j
                 WHERE j.plan = plans.number AND j.state = 'intended')))
         RETURNING id");
    let rows = tx.all(statement.bind(organization)).await?;
    read_all(&rows, &tx.db.name, |columns| Ok(columns.text()?.into()))
}

fn records() -> Statement {
    sql(
        "SELECT p.id, o.id, p.state, p.created_at, p.parent, p.basis_hash, p.changes, p.counts, p.document, p.report,
             p.decision, p.started_at, p.finished_at, p.ending
         FROM plans p JOIN organizations o ON o.number = p.organization",
    )
}

fn read(columns: &mut Columns<'_>) -> Result<PlanRecord, StoreError> {
    Ok(PlanRecord {
        id: columns.text()?.into(),
        organization: columns.text()?.into(),
        state: columns.word()?,
        created_at: columns.time()?,
        parent: columns.optional_text()?.map(PlanId::from),
        basis_hash: columns.text()?,
        changes: columns.count()?,
        counts: columns.json()?,
        document: columns.json()?,
        report: columns.json()?,
        decision: columns.optional_json()?,
        started_at: columns.optional_time()?,
        finished_at: columns.optional_time()?,
        ending: columns.optional_text()?,
    })
}
