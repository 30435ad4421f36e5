//! Writing down what is about to be done, before it is.

use std::collections::HashMap;

use serde_json::Value as Json;
use usher_boxed::boxed;
use usher_model::{PlanId, Timestamp};

use super::{JournalEntry, JournalState, RunningApply};
use crate::connector;
use crate::database::{Durability, Insert, Tx};
use crate::row::read_all;
use crate::statement::{LIST, Value, json, sql};
use crate::{Signal, Store, StoreError};

impl Store {
    /// Writes down that the calls of these changes are about to be sent; they are on disk when this returns. Renews
    /// the lease. Refused with [`StoreError::WorkLost`] when another process has taken over, and with
    /// [`StoreError::WrongJournalState`] when a change is done, skipped, or intended already: what became of a call
    /// must be known before it is sent again.
    ///
    /// After [`Signal::Stop`] none of the calls may be sent: settle the changes as [`Outcome::Unsent`].
    ///
    /// [`Outcome::Unsent`]: crate::Outcome::Unsent
    #[boxed]
    pub async fn journal_intend(
        &self,
        apply: &RunningApply,
        entries: &[JournalEntry],
    ) -> Result<Signal, StoreError> {
        let now = self.clock.now();
        let mut tx = self.db.write(Durability::Record).await?;
        connector::renew(&mut tx, &apply.work, now).await?;
        let numbers: Vec<u32> = entries.iter().map(|entry| entry.number).collect();
        let states = states(&mut tx, apply.number, &numbers).await?;
        refuse(&apply.plan, &states, &numbers)?;
        tx.insert(&INTENTIONS, rows(apply, entries, now)).await?;
        let signal = connector::signal(&mut tx, &apply.work).await?;
        tx.commit().await?;
        Ok(signal)
    }
}

fn refuse(
    plan: &PlanId,
    states: &HashMap<u32, JournalState>,
    numbers: &[u32],
) -> Result<(), StoreError> {
    for number in numbers {
        let state = states.get(number).copied().unwrap_or(JournalState::Pending);
        if !state.may_be_intended() {
            return Err(StoreError::WrongJournalState {
                plan: plan.clone(),
                number: *number,
                state,
                operation: "intended",
            });
        }
    }
    Ok(())
}

/// Where changes stand; those that are not among them are pending.
pub(super) async fn states(
    tx: &mut Tx,
    plan: i64,
    numbers: &[u32],
) -> Result<HashMap<u32, JournalState>, StoreError> {
    let mut states = HashMap::with_capacity(numbers.len());
    for chunk in numbers.chunks(LIST) {
        let mut statement =
            sql("SELECT number, state FROM journal WHERE plan = $1 AND number IN ").bind(plan);
        statement.push_list(chunk.iter().copied());
        let rows = tx.all(statement).await?;
        let found = read_all(&rows, &tx.db.name, |columns| {
            Ok((columns.small()?, columns.word()?))
        })?;
        states.extend(found);
    }
    Ok(states)
}

const INTENTIONS: Insert = Insert {
    before: "INSERT INTO journal (plan, number, organization, state, attempts, call, intended_at) VALUES",
    after: "ON CONFLICT (plan, number) DO UPDATE SET state = 'intended', attempts = journal.attempts + 1,
            call = excluded.call, intended_at = excluded.intended_at, settled_at = NULL, class = NULL, words = NULL,
            outcome = NULL",
};

fn rows(apply: &RunningApply, entries: &[JournalEntry], now: Timestamp) -> Vec<Vec<Value>> {
    // Thousands of changes can be of one call.
    let mut last: Option<(&Json, String)> = None;
    entries
        .iter()
        .map(|entry| {
            let call = match last.take() {
                Some((call, text)) if *call == entry.call => text,
                _ => json(&entry.call),
            };
            last = Some((&entry.call, call.clone()));
            vec![
                apply.number.into(),
                entry.number.into(),
                apply.work.number.into(),
                "intended".into(),
                1_u32.into(),
                call.into(),
                now.into(),
            ]
        })
        .collect()
}
