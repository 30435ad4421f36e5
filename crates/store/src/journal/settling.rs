//! Writing down what became of changes, with everything that follows from it.

use serde_json::Value as Json;
use usher_boxed::boxed;
use usher_model::{Event, Timestamp};

use super::applying::Purpose;
use super::failures::{note_failures, resolve_done};
use super::intending::states;
use super::{JournalState, Outcome, RunningApply, Settled, Settlement};
use crate::database::{Durability, Insert, Tx};
use crate::desired::{
    forget_provisioned, remember_provisioned, remove_group_links, remove_links, save_group_links,
    save_links,
};
use crate::statement::{Value, json};
use crate::{PlanState, Store, StoreError, connector, events, observing, plans};

impl Store {
    /// Writes down what became of changes, what the inventory, the links and the ledger are now, and the events: all
    /// of it in one transaction. Renews the lease.
    ///
    /// A failure becomes a row of the failures, and a change that is done resolves the failure of the same key, from
    /// whatever plan. Refused with [`StoreError::WorkLost`] when another process has taken over, and with
    /// [`StoreError::WrongJournalState`] when a change has its outcome already or was never intended.
    #[boxed]
    pub async fn journal_settle(
        &self,
        apply: &RunningApply,
        settlement: &Settlement,
        at: Timestamp,
        events: &[Event],
    ) -> Result<(), StoreError> {
        // The intentions are on disk: a settlement that the power takes away is found out again by reading back.
        let mut tx = self.db.write(Durability::Repeatable).await?;
        connector::renew(&mut tx, &apply.work, self.clock.now()).await?;
        let plan = plans::lock(&mut tx, &apply.plan).await?;
        if apply.purpose == Purpose::Apply && plan.state != PlanState::Applying {
            return Err(StoreError::WrongPlanState {
                plan: apply.plan.clone(),
                state: plan.state,
                operation: "settled",
            });
        }
        check(&mut tx, apply, &settlement.settled).await?;
        write_outcomes(&mut tx, apply, &settlement.settled, at).await?;
        note_failures(&mut tx, apply, &settlement.settled, at).await?;
        resolve_done(&mut tx, apply, &settlement.settled, at).await?;
        write_consequences(&mut tx, apply.work.number, settlement, at).await?;
        events::append(&mut tx, events).await?;
        tx.commit().await
    }
}

async fn write_consequences(
    tx: &mut Tx,
    organization: i64,
    settlement: &Settlement,
    at: Timestamp,
) -> Result<(), StoreError> {
    observing::observe(tx, organization, &settlement.observation, at).await?;
    remove_links(tx, organization, &settlement.removed_links).await?;
    save_links(tx, organization, &settlement.links).await?;
    remove_group_links(tx, organization, &settlement.removed_group_links).await?;
    save_group_links(tx, organization, &settlement.group_links).await?;
    forget_provisioned(tx, organization, &settlement.taken).await?;
    remember_provisioned(tx, organization, &settlement.given).await
}

async fn check(tx: &mut Tx, apply: &RunningApply, settled: &[Settled]) -> Result<(), StoreError> {
    let numbers: Vec<u32> = settled.iter().map(|one| one.number).collect();
    let mut states = states(tx, apply.number, &numbers).await?;
    for one in settled {
        // What is settled twice at once is settled the second time from what the first made of it.
        let next = one.outcome.state();
        let state = states
            .insert(one.number, next)
            .unwrap_or(JournalState::Pending);
        if !state.may_settle_as(next) {
            return Err(StoreError::WrongJournalState {
                plan: apply.plan.clone(),
                number: one.number,
                state,
                operation: "settled",
            });
        }
    }
    Ok(())
}

const OUTCOMES: Insert = Insert {
    before: "INSERT INTO journal (plan, number, organization, state, attempts, settled_at, class, words, outcome) VALUES",
    after: "ON CONFLICT (plan, number) DO UPDATE SET state = excluded.state, settled_at = excluded.settled_at,
            class = excluded.class, words = excluded.words, outcome = excluded.outcome",
};

async fn write_outcomes(
    tx: &mut Tx,
    apply: &RunningApply,
    settled: &[Settled],
    at: Timestamp,
) -> Result<(), StoreError> {
    let rows = settled.iter().map(|one| values(apply, one, at)).collect();
    tx.insert(&OUTCOMES, rows).await?;
    Ok(())
}

fn values(apply: &RunningApply, settled: &Settled, at: Timestamp) -> Vec<Value> {
    let (class, words, detail): (Option<&str>, Option<&str>, Option<&Json>) = match &settled.outcome
    {
        Outcome::Done { detail } => (None, None, Some(detail)),
        Outcome::Failed {
            class,
            error,
            detail,
            ..
        } => (Some(class.as_str()), Some(error), Some(detail)),
        Outcome::Skipped { why } => (None, Some(why), None),
        Outcome::Unsent => (None, None, None),
    };
    vec![
        apply.number.into(),
        settled.number.into(),
        apply.work.number.into(),
        settled.outcome.state().as_str().into(),
        0_u32.into(),
        at.into(),
        class.into(),
        words.into(),
        detail.map(json).into(),
    ]
}
