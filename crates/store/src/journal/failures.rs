//! Changes that could not be carried out. They stay in sight until somebody or something resolves them.

use serde::{Deserialize, Serialize};
use usher_boxed::boxed;
use usher_model::{AccountId, Event, OrganizationId, PersonId, PlanId, Timestamp};

use super::{FailureClass, Outcome, RunningApply, Settled, next_try};
use crate::database::{Durability, Tx};
use crate::row::{Columns, read_all};
use crate::statement::{LIST, json, sql};
use crate::{Store, StoreError, events};

/// A change that could not be carried out.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FailureRecord {
    /// The change's key, which is the same in every plan.
    pub key: String,
    /// The plan in which it failed last.
    pub plan: PlanId,
    /// Its number there.
    pub number: u32,
    /// What kind of action it is.
    pub kind: String,
    /// Whose account it is about.
    pub person: Option<PersonId>,
    /// The account it is about.
    pub account: Option<AccountId>,
    /// How its subject is named to people.
    pub label: String,
    /// As far as trying again is concerned.
    pub class: FailureClass,
    /// Why, in words.
    pub error: String,
    /// How often it failed since `first_at`.
    pub attempts: u32,
    /// When it failed first.
    pub first_at: Timestamp,
    /// When it failed last.
    pub last_at: Timestamp,
    /// When it is tried again; at once without it.
    pub next_try_at: Option<Timestamp>,
    /// When it was resolved.
    pub resolved_at: Option<Timestamp>,
    /// How.
    pub resolution: Option<Resolution>,
}

/// How a failure was resolved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "how", rename_all = "snake_case")]
pub enum Resolution {
    /// The same change was carried out later.
    Done,
    /// The change is needed no longer: it is in no plan that is made now.
    Moot,
    /// Somebody set it aside.
    Dismissed {
        /// Who.
        by: String,
        /// Why.
        reason: String,
    },
}

/// Which failures to look at. The default: all open ones.
#[derive(Clone, Debug, Default)]
pub struct FailureFilter {
    /// Those that are open, or all that ever were.
    pub show: ShowFailures,
    /// Those about one person.
    pub person: Option<PersonId>,
    /// At most so many.
    pub limit: Option<u64>,
}

/// Whether to look at what is resolved too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ShowFailures {
    /// No.
    #[default]
    Open,
    /// Yes.
    All,
}

impl Store {
    /// The failures of an organization that match, the latest first.
    #[boxed]
    pub async fn failures(
        &self,
        organization: &OrganizationId,
        filter: &FailureFilter,
    ) -> Result<Vec<FailureRecord>, StoreError> {
        let mut statement = sql(
            "SELECT key, plan, number, kind, person, account_id, label, class, error, attempts, first_at, last_at,
                 next_try_at, resolved_at, resolution
             FROM failures WHERE organization = (SELECT number FROM organizations WHERE id = ",
        );
        statement.push_bind(organization.as_str()).push(")");
        if filter.show == ShowFailures::Open {
            statement.push(" AND resolved_at IS NULL");
        }
        if let Some(person) = &filter.person {
            statement.push(" AND person = ").push_bind(person.as_str());
        }
        statement.push(" ORDER BY last_at DESC, key");
        statement.push_limit(filter.limit);
        let rows = self.db.all(statement).await?;
        read_all(&rows, &self.db.name, read)
    }

    /// Resolves an open failure. Returns whether there was one.
    #[boxed]
    pub async fn resolve_failure(
        &self,
        organization: &OrganizationId,
        key: &str,
        resolution: &Resolution,
        events: &[Event],
    ) -> Result<bool, StoreError> {
        let keys = [key.to_owned()];
        let resolved = self.resolve_failures(organization, &keys, resolution, events);
        Ok(resolved.await? > 0)
    }

    /// Resolves open failures, and returns how many there were. Without any, no event is written.
    #[boxed]
    pub async fn resolve_failures(
        &self,
        organization: &OrganizationId,
        keys: &[String],
        resolution: &Resolution,
        events: &[Event],
    ) -> Result<u64, StoreError> {
        let now = self.clock.now();
        let number = self.organization_number(organization).await?;
        let mut tx = self.db.write(Durability::Record).await?;
        let resolved = resolve(&mut tx, number, (keys, resolution), now).await?;
        if resolved == 0 {
            return Ok(0);
        }
        events::append(&mut tx, events).await?;
        tx.commit().await?;
        Ok(resolved)
    }

    /// Lets open failures be tried again at `due`, and returns how many there were. Without any, no event is written.
    #[boxed]
    pub async fn retry_failures(
        &self,
        organization: &OrganizationId,
        keys: &[String],
        due: Timestamp,
        events: &[Event],
    ) -> Result<u64, StoreError> {
        let number = self.organization_number(organization).await?;
        let mut tx = self.db.write(Durability::Record).await?;
        let mut found = 0;
        for chunk in keys.chunks(LIST) {
            let mut statement = sql("UPDATE failures SET next_try_at = $2
                 WHERE organization = $1 AND resolved_at IS NULL AND key IN ")
            .bind(number)
            .bind(due);
            statement.push_list(chunk.iter().map(String::as_str));
            found += tx.execute(statement).await?;
        }
        if found > 0 {
            events::append(&mut tx, events).await?;
            tx.commit().await?;
        }
        Ok(found)
    }
}

/// Resolves open failures, and returns how many there were.
pub(crate) async fn resolve(
    tx: &mut Tx,
    organization: i64,
    (keys, resolution): (&[String], &Resolution),
    at: Timestamp,
) -> Result<u64, StoreError> {
    let mut resolved = 0;
    for chunk in keys.chunks(LIST) {
        let mut statement = sql(
            "UPDATE failures SET resolved_at = $2, resolution = $3, next_try_at = NULL
             WHERE organization = $1 AND resolved_at IS NULL AND key IN ",
        );
        statement = statement.bind(organization).bind(at).bind(json(resolution));
        statement.push_list(chunk.iter().map(String::as_str));
        resolved += tx.execute(statement).await?;
    }
    Ok(resolved)
}

/// Makes rows of the failures among the outcomes. One that was resolved before begins anew.
pub(super) async fn note_failures(
    tx: &mut Tx,
    apply: &RunningApply,
    settled: &[Settled],
    at: Timestamp,
) -> Result<(), StoreError> {
    for one in settled {
        let Outcome::Failed { class, error, .. } = &one.outcome else {
            continue;
        };
        let attempts = attempts(tx, apply, one.number).await? + 1;
        let statement = sql(
            "INSERT INTO failures (organization, key, plan, number, kind, person, account_id, label, class, error,
                 attempts, first_at, last_at, next_try_at)
             SELECT $3, key, $4, number, kind, person, account_id, label, $5, $6, $9, $7, $7, $8
             FROM plan_changes WHERE plan = $1 AND number = $2
             ON CONFLICT (organization, key) DO UPDATE SET plan = excluded.plan, number = excluded.number,
                 person = excluded.person, account_id = excluded.account_id, label = excluded.label,
                 class = excluded.class, error = excluded.error, last_at = excluded.last_at,
                 next_try_at = excluded.next_try_at, attempts = excluded.attempts,
                 first_at = CASE WHEN failures.resolved_at IS NULL THEN failures.first_at ELSE excluded.first_at END,
                 resolved_at = NULL, resolution = NULL",
        );
        let statement = statement
            .bind(apply.number)
            .bind(one.number)
            .bind(apply.work.number)
            .bind(apply.plan.as_str())
            .bind(class.as_str())
            .bind(error.as_str())
            .bind(at)
            .bind(next_try(*class, attempts, at))
            .bind(attempts);
        tx.execute(statement).await?;
    }
    Ok(())
}

/// How often a change has failed since it was resolved last.
async fn attempts(tx: &mut Tx, apply: &RunningApply, number: u32) -> Result<u32, StoreError> {
    let statement = sql(
        "SELECT f.attempts FROM plan_changes c JOIN failures f ON f.key = c.key
         WHERE c.plan = $1 AND c.number = $2 AND f.organization = $3 AND f.resolved_at IS NULL",
    )
    .bind(apply.number)
    .bind(number)
    .bind(apply.work.number);
    let row = tx.optional(statement).await?;
    let before = row.map(|row| row.columns(&tx.db.name).small());
    Ok(before.transpose()?.unwrap_or(0))
}

/// A change that is done has failed no longer, whatever plan it failed in.
pub(super) async fn resolve_done(
    tx: &mut Tx,
    apply: &RunningApply,
    settled: &[Settled],
    at: Timestamp,
) -> Result<(), StoreError> {
    let done = settled.iter().filter_map(|one| match &one.outcome {
        Outcome::Done { .. } => Some(one.number),
        _ => None,
    });
    let done: Vec<u32> = done.collect();
    for chunk in done.chunks(LIST) {
        let mut statement = sql(
            "UPDATE failures SET resolved_at = $2, resolution = $3, next_try_at = NULL
             WHERE organization = $1 AND resolved_at IS NULL
               AND key IN (SELECT key FROM plan_changes WHERE plan = $4 AND number IN ",
        )
        .bind(apply.work.number)
        .bind(at)
        .bind(json(&Resolution::Done))
        .bind(apply.number);
        statement.push_list(chunk.iter().copied()).push(")");
        tx.execute(statement).await?;
    }
    Ok(())
}

fn read(columns: &mut Columns<'_>) -> Result<FailureRecord, StoreError> {
    Ok(FailureRecord {
        key: columns.text()?,
        plan: columns.text()?.into(),
        number: columns.small()?,
        kind: columns.text()?,
        person: columns.optional_text()?.map(PersonId::from),
        account: columns.optional_text()?.map(AccountId::from),
        label: columns.text()?,
        class: columns.word()?,
        error: columns.text()?,
        attempts: columns.small()?,
        first_at: columns.time()?,
        last_at: columns.time()?,
        next_try_at: columns.optional_time()?,
        resolved_at: columns.optional_time()?,
        resolution: columns.optional_json()?,
    })
}
