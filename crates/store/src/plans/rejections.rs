//! Changes that somebody rejected. They wait in every later plan, until somebody approves one that has them.

use usher_boxed::boxed;
use usher_model::{OrganizationId, PlanId, Timestamp};

use super::LockedPlan;
use crate::database::Tx;
use crate::row::{Columns, read_all};
use crate::statement::{LIST, sql};
use crate::{Store, StoreError};

impl Store {
    /// The keys of the changes of an organization that somebody rejected, in order.
    #[boxed]
    pub async fn rejected_keys(
        &self,
        organization: &OrganizationId,
    ) -> Result<Vec<String>, StoreError> {
        let statement = sql(
            "SELECT r.key FROM rejections r JOIN organizations o ON o.number = r.organization
             WHERE o.id = $1 ORDER BY r.key",
        );
        let rows = self.db.all(statement.bind(organization.as_str())).await?;
        read_all(&rows, &self.db.name, read_key)
    }
}

fn read_key(columns: &mut Columns<'_>) -> Result<String, StoreError> {
    columns.text()
}

/// Remembers the changes of a plan, but for those that were carried out before somebody said no.
pub(super) async fn remember(
    tx: &mut Tx,
    plan: &LockedPlan,
    id: &PlanId,
    at: Timestamp,
) -> Result<(), StoreError> {
    let statement = sql(
        "INSERT INTO rejections (organization, key, plan, rejected_at)
         SELECT DISTINCT p.organization, c.key, $2, $3
         FROM plans p JOIN plan_changes c ON c.plan = p.number
             LEFT JOIN journal j ON j.plan = c.plan AND j.number = c.number
         WHERE p.number = $1 AND COALESCE(j.state, 'pending') <> 'done'
         ON CONFLICT (organization, key) DO UPDATE SET plan = excluded.plan, rejected_at = excluded.rejected_at",
    );
    let statement = statement.bind(plan.number).bind(id.as_str()).bind(at);
    tx.execute(statement).await?;
    Ok(())
}

/// Forgets the changes of a plan, to which somebody said yes.
pub(super) async fn forget(tx: &mut Tx, plan: &LockedPlan) -> Result<(), StoreError> {
    let statement = sql(
        "DELETE FROM rejections WHERE organization = (SELECT organization FROM plans WHERE number = $1)
             AND key IN (SELECT key FROM plan_changes WHERE plan = $1)",
    );
    tx.execute(statement.bind(plan.number)).await?;
    Ok(())
}

/// Forgets what nobody wants any more.
pub(super) async fn forget_keys(
    tx: &mut Tx,
    organization: i64,
    keys: &[String],
) -> Result<(), StoreError> {
    for chunk in keys.chunks(LIST) {
        let mut statement = sql("DELETE FROM rejections WHERE organization = $1 AND key IN ");
        statement = statement.bind(organization);
        statement.push_list(chunk.iter().map(String::as_str));
        tx.execute(statement).await?;
    }
    Ok(())
}

/// How many changes of a plan somebody rejected, in whatever plan, and nobody approved since.
pub(crate) async fn count_rejected(tx: &mut Tx, plan: &LockedPlan) -> Result<u64, StoreError> {
    let statement = sql(
        "SELECT COUNT(*) FROM plan_changes c JOIN plans p ON p.number = c.plan
             JOIN rejections r ON r.organization = p.organization AND r.key = c.key
         WHERE c.plan = $1",
    );
    let row = tx.one(statement.bind(plan.number)).await?;
    row.columns(&tx.db.name).count()
}
