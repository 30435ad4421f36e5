//! Looking at the journal.

use futures::StreamExt;
use serde::{Deserialize, Serialize};
use usher_boxed::boxed;
use usher_model::{OrganizationId, PlanId, Timestamp};

use super::{JournalRow, JournalState, JournalStatus};
use crate::plans::{CHANGE, read_change};
use crate::row::{Columns, read_all};
use crate::statement::{Statement, sql};
use crate::{ChangeFilter, Rows, Store, StoreError};

/// How many changes of a plan stand where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalCounts {
    /// Nothing was done about them.
    pub pending: u64,
    /// What became of their calls is not known.
    pub intended: u64,
    /// They were done.
    pub done: u64,
    /// They could not be done.
    pub failed: u64,
    /// They were left out.
    pub skipped: u64,
}

/// What was removed from accounts lately.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecentRemovalCounts {
    /// Accounts disabled or deleted, and access taken away.
    pub disables_and_revokes: u64,
    /// Changes that cannot be undone.
    pub irreversible: u64,
}

impl Store {
    /// The changes of a plan and where they stand, by number.
    pub fn journal(&self, plan: &PlanId, filter: &ChangeFilter) -> Rows<JournalRow> {
        let mut statement = rows_of(plan);
        statement.push(" AND c.number > ").push_bind(filter.after);
        if !filter.kinds.is_empty() {
            statement.push(" AND c.kind IN ");
            statement.push_list(filter.kinds.iter().map(String::as_str));
        }
        if let Some(person) = &filter.person {
            statement
                .push(" AND c.person = ")
                .push_bind(person.as_str());
        }
        statement.push(" ORDER BY c.number");
        statement.push_limit(filter.limit);
        self.journal_rows(statement)
    }

    /// The changes of a plan that stand there, by number.
    pub fn journal_in(&self, plan: &PlanId, state: JournalState) -> Rows<JournalRow> {
        let mut statement = rows_of(plan);
        statement
            .push(" AND COALESCE(j.state, 'pending') = ")
            .push_bind(state.as_str());
        statement.push(" ORDER BY c.number");
        self.journal_rows(statement)
    }

    /// The plans of an organization, in whatever state, with changes that were intended and never settled, oldest first:
    /// what became of their calls has to be found out by reading back before anything else is done.
    #[boxed]
    pub async fn unsettled_plans(
        &self,
        organization: &OrganizationId,
    ) -> Result<Vec<PlanId>, StoreError> {
        let statement = sql("SELECT p.id FROM plans p JOIN organizations o ON o.number = p.organization
             WHERE o.id = $1 AND EXISTS (SELECT 1 FROM journal j WHERE j.plan = p.number AND j.state = 'intended')
             ORDER BY p.number");
        let rows = self.db.all(statement.bind(organization.as_str())).await?;
        read_all(&rows, &self.db.name, |columns| Ok(columns.text()?.into()))
    }

    /// How many changes of a plan stand where.
    #[boxed]
    pub async fn journal_counts(&self, plan: &PlanId) -> Result<JournalCounts, StoreError> {
        let statement = sql("SELECT COUNT(*) - COUNT(CASE WHEN j.state <> 'pending' THEN 1 END),
                 COUNT(CASE WHEN j.state = 'intended' THEN 1 END), COUNT(CASE WHEN j.state = 'done' THEN 1 END),
                 COUNT(CASE WHEN j.state = 'failed' THEN 1 END), COUNT(CASE WHEN j.state = 'skipped' THEN 1 END)
             FROM plan_changes c LEFT JOIN journal j ON j.plan = c.plan AND j.number = c.number
             WHERE c.plan = (SELECT number FROM plans WHERE id = $1)");
        let row = self.db.one(statement.bind(plan.as_str())).await?;
        let mut columns = row.columns(&self.db.name);
        Ok(JournalCounts {
            pending: columns.count()?,
            intended: columns.count()?,
            done: columns.count()?,
            failed: columns.count()?,
            skipped: columns.count()?,
        })
    }

    /// What was done at this time or later, by any plan, that took something away or cannot be undone.
    #[boxed]
    pub async fn recent_removals(
        &self,
        organization: &OrganizationId,
        since: Timestamp,
    ) -> Result<RecentRemovalCounts, StoreError> {
        let number = self.organization_number(organization).await?;
        let statement = sql("SELECT COALESCE(CAST(SUM(c.removes) AS BIGINT), 0),
                 COALESCE(CAST(SUM(c.irreversible) AS BIGINT), 0)
             FROM journal j JOIN plan_changes c ON c.plan = j.plan AND c.number = j.number
             WHERE j.organization = $1 AND j.state = 'done' AND j.settled_at >= $2");
        let row = self.db.one(statement.bind(number).bind(since)).await?;
        let mut columns = row.columns(&self.db.name);
        Ok(RecentRemovalCounts {
            disables_and_revokes: columns.count()?,
            irreversible: columns.count()?,
        })
    }

    fn journal_rows(&self, statement: Statement) -> Rows<JournalRow> {
        let name = self.db.name.clone();
        self.db
            .rows(statement)
            .map(move |row| read(&mut row?.columns(&name)))
            .boxed()
    }
}

fn rows_of(plan: &PlanId) -> Statement {
    let mut statement = sql("SELECT ");
    statement.push(CHANGE).push(
        ", j.state, j.attempts, j.call, j.intended_at, j.settled_at, j.class, j.words, j.outcome
         FROM plan_changes c LEFT JOIN journal j ON j.plan = c.plan AND j.number = c.number
         WHERE c.plan = (SELECT number FROM plans WHERE id = ",
    );
    statement.push_bind(plan.as_str()).push(")");
    statement
}

fn read(columns: &mut Columns<'_>) -> Result<JournalRow, StoreError> {
    let change = read_change(columns)?;
    let state = columns.optional_text()?;
    let attempts = columns.optional_int()?.unwrap_or(0);
    let call = columns.optional_json()?.unwrap_or_default();
    let (intended_at, settled_at) = (columns.optional_time()?, columns.optional_time()?);
    let class = columns.optional_text()?;
    let words = columns.optional_text()?.unwrap_or_default();
    let detail = columns.optional_json()?.unwrap_or_default();
    let at = settled_at.unwrap_or_default();
    let status = match state.as_deref() {
        None | Some("pending") => JournalStatus::Pending,
        Some("intended") => JournalStatus::Intended {
            call,
            at: intended_at.unwrap_or_default(),
        },
        Some("done") => JournalStatus::Done { detail, at },
        Some("skipped") => JournalStatus::Skipped { why: words, at },
        Some(_) => JournalStatus::Failed {
            class: class_of(columns, class.as_deref())?,
            error: words,
            detail,
            at,
        },
    };
    Ok(JournalRow {
        change,
        status,
        attempts: u32::try_from(attempts).unwrap_or(u32::MAX),
    })
}

fn class_of(columns: &Columns<'_>, word: Option<&str>) -> Result<super::FailureClass, StoreError> {
    use super::FailureClass as Class;
    [Class::Permanent, Class::Transient, Class::NeedsAdmin]
        .into_iter()
        .find(|class| Some(class.as_str()) == word)
        .ok_or_else(|| columns.unreadable("it is no class of failures"))
}
