//! How much plans that nobody approved may take away together.

use usher_boxed::boxed;
use usher_model::{PlanId, Timestamp};

use super::RecentRemovalCounts;
use crate::database::Tx;
use crate::plans::{self, LockedPlan};
use crate::statement::{Statement, sql};
use crate::{Store, StoreError};

/// How much may be taken away within some time by plans that nobody approved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ceiling {
    /// From when on is counted what was taken away.
    pub since: Timestamp,
    /// Accounts disabled or deleted, and access taken away.
    pub disables_and_revokes: u64,
    /// Changes that cannot be undone.
    pub irreversible: u64,
}

impl Store {
    /// What was removed at this time or later by any plan, and what other plans than this one have begun and not done yet.
    #[boxed]
    pub async fn removals_beside(
        &self,
        plan: &PlanId,
        since: Timestamp,
    ) -> Result<RecentRemovalCounts, StoreError> {
        let number = sql("SELECT number FROM plans WHERE id = $1");
        let Some(row) = self.db.optional(number.bind(plan.as_str())).await? else {
            return Err(StoreError::NoSuchPlan(plan.clone()));
        };
        let number = row.columns(&self.db.name).int()?;
        let row = self.db.one(beside(number, since)).await?;
        let mut columns = row.columns(&self.db.name);
        Ok(RecentRemovalCounts {
            disables_and_revokes: columns.count()?,
            irreversible: columns.count()?,
        })
    }
}

/// What was done lately, and what plans that were begun still have before them. A change that this plan has too is not
/// counted twice.
fn beside(plan: i64, since: Timestamp) -> Statement {
    sql(
        "SELECT COALESCE(CAST(SUM(c.removes) AS BIGINT), 0), COALESCE(CAST(SUM(c.irreversible) AS BIGINT), 0)
         FROM plan_changes c JOIN plans p ON p.number = c.plan
             LEFT JOIN journal j ON j.plan = c.plan AND j.number = c.number
         WHERE p.number IN (
                 SELECT number FROM plans WHERE organization = (SELECT organization FROM plans WHERE number = $1)
                     AND number <> $1 AND started_at IS NOT NULL
                     AND (state IN ('applying', 'interrupted') OR COALESCE(finished_at, $2) >= $2))
             AND (c.removes > 0 OR c.irreversible > 0)
             AND ((j.state = 'done' AND j.settled_at >= $2)
                 OR (p.state IN ('applying', 'interrupted') AND COALESCE(j.state, 'pending') IN ('pending', 'intended')
                     AND c.key NOT IN (SELECT key FROM plan_changes WHERE plan = $1)))",
    )
    .bind(plan)
    .bind(since)
}

/// Refuses to begin a plan with changes that somebody rejected, or over the ceiling.
pub(super) async fn check(
    tx: &mut Tx,
    plan: &LockedPlan,
    id: &PlanId,
    ceiling: Option<&Ceiling>,
) -> Result<(), StoreError> {
    let changes = plans::count_rejected(tx, plan).await?;
    if changes > 0 {
        return Err(StoreError::RejectedSince {
            plan: id.clone(),
            changes,
        });
    }
    let Some(ceiling) = ceiling else {
        return Ok(());
    };
    let own = sql("SELECT COALESCE(CAST(SUM(removes) AS BIGINT), 0), COALESCE(CAST(SUM(irreversible) AS BIGINT), 0)
         FROM plan_changes WHERE plan = $1");
    let own = counts(tx, own.bind(plan.number)).await?;
    let others = counts(tx, beside(plan.number, ceiling.since)).await?;
    let limits = [
        ("removals", own.0, others.0, ceiling.disables_and_revokes),
        (
            "changes that cannot be undone",
            own.1,
            others.1,
            ceiling.irreversible,
        ),
    ];
    for (what, own, others, allowed) in limits {
        let counted = own + others;
        if own > 0 && counted > allowed {
            return Err(StoreError::OverCeiling {
                plan: id.clone(),
                what,
                counted,
                allowed,
            });
        }
    }
    Ok(())
}

async fn counts(tx: &mut Tx, statement: Statement) -> Result<(u64, u64), StoreError> {
    let row = tx.one(statement).await?;
    let mut columns = row.columns(&tx.db.name);
    Ok((columns.count()?, columns.count()?))
}
