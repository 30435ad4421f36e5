//! Writing the journal from many calls at once.
//!
//! Each intention must be on disk before its call is sent. Were each written by itself, the disk would set the pace;
//! so whatever came in while the disk was busy is written together.

use std::collections::HashSet;

use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use usher_model::{Event, Timestamp};
use usher_store::{JournalEntry, RunningApply, Settlement, Signal, Store, StoreError};

use crate::fault_point;

/// How many orders may wait for the disk.
const BACKLOG: usize = 2048;

/// How many orders are carried out together at most.
const TOGETHER: usize = 512;

enum Order {
    Intend(Vec<JournalEntry>, oneshot::Sender<()>),
    Settle(Box<(Settlement, Vec<Event>, Timestamp)>),
    Renew,
    Flush(oneshot::Sender<()>),
}

/// The journal cannot be written; why, the writer says at its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken;

/// Takes orders for the journal.
#[derive(Clone, Debug)]
pub struct Pen(mpsc::Sender<Order>);

impl std::fmt::Debug for Order {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Intend(..) => "Intend",
            Self::Settle(_) => "Settle",
            Self::Renew => "Renew",
            Self::Flush(_) => "Flush",
        })
    }
}

impl Pen {
    /// Writes down what is about to be sent; it is on disk when this returns.
    pub async fn intend(&self, entries: Vec<JournalEntry>) -> Result<(), Broken> {
        fault_point::reached("apply.before_intend");
        let (done, wait) = oneshot::channel();
        self.0
            .send(Order::Intend(entries, done))
            .await
            .map_err(|_| Broken)?;
        wait.await.map_err(|_| Broken)?;
        fault_point::reached("apply.after_intend");
        Ok(())
    }

    /// Writes down what became of changes; returns before it is written.
    pub async fn settle(
        &self,
        settlement: Settlement,
        events: Vec<Event>,
        at: Timestamp,
    ) -> Result<(), Broken> {
        let order = Order::Settle(Box::new((settlement, events, at)));
        self.0.send(order).await.map_err(|_| Broken)
    }

    /// Renews the lease, when nothing else did for a while.
    pub async fn renew(&self) -> Result<(), Broken> {
        self.0.send(Order::Renew).await.map_err(|_| Broken)
    }

    /// Waits until everything that was ordered is written.
    pub async fn flush(&self) -> Result<(), Broken> {
        let (done, wait) = oneshot::channel();
        self.0.send(Order::Flush(done)).await.map_err(|_| Broken)?;
        wait.await.map_err(|_| Broken)
    }
}

/// Carries the orders out.
pub struct Writer<'a> {
    store: &'a Store,
    apply: &'a RunningApply,
    brakes: [CancellationToken; 2],
    orders: mpsc::Receiver<Order>,
}

/// A pen and the writer that it gives its orders to. The writer cancels `brakes` when somebody stopped the
/// connector: what ends the run, and what ends the waiting of its calls.
pub fn journal<'a>(
    store: &'a Store,
    apply: &'a RunningApply,
    brakes: [CancellationToken; 2],
) -> (Pen, Writer<'a>) {
    let (sender, orders) = mpsc::channel(BACKLOG);
    let writer = Writer {
        store,
        apply,
        brakes,
        orders,
    };
    (Pen(sender), writer)
}

impl Writer<'_> {
    /// Writes until all pens are gone.
    pub async fn run(mut self) -> Result<(), StoreError> {
        let mut orders = Vec::new();
        while self.orders.recv_many(&mut orders, TOGETHER).await > 0 {
            self.write(std::mem::take(&mut orders)).await?;
        }
        Ok(())
    }

    async fn write(&self, orders: Vec<Order>) -> Result<(), StoreError> {
        let (mut entries, mut waiting) = (Vec::new(), Vec::new());
        let (mut settlements, mut flushed) = (Vec::new(), Vec::new());
        for order in orders {
            match order {
                Order::Intend(more, done) => {
                    entries.extend(more);
                    waiting.push(done);
                }
                Order::Settle(order) => settlements.push(*order),
                Order::Renew => self.store.renew_work(&self.apply.work).await?,
                Order::Flush(done) => flushed.push(done),
            }
        }
        if !entries.is_empty() {
            let signal = self.store.journal_intend(self.apply, &entries).await?;
            if signal == Signal::Stop {
                // Before anybody is answered: their calls then find the client stopped, and are settled as unsent.
                self.brakes.iter().for_each(CancellationToken::cancel);
            }
        }
        answer(waiting);
        for (settlement, events, at) in together(settlements) {
            fault_point::reached("apply.before_settle");
            self.store
                .journal_settle(self.apply, &settlement, at, &events)
                .await?;
            fault_point::reached("apply.after_settle");
        }
        answer(flushed);
        Ok(())
    }
}

/// Whoever waits may have given up: that is no error.
fn answer(waiting: Vec<oneshot::Sender<()>>) {
    for done in waiting {
        let _ = done.send(());
    }
}

type Written = (Settlement, Vec<Event>, Timestamp);

/// Joins settlements that are about different things, in their order; two about the same thing stay apart, so that the
/// later one is written later.
fn together(settlements: Vec<Written>) -> Vec<Written> {
    let mut joined: Vec<Written> = Vec::new();
    let mut touched: HashSet<String> = HashSet::new();
    for (settlement, events, at) in settlements {
        let keys = keys(&settlement);
        let is_apart = keys.iter().any(|key| touched.contains(key));
        match joined.last_mut() {
            Some((all, all_events, last)) if !is_apart => {
                join(all, settlement);
                all_events.extend(events);
                *last = at;
            }
            _ => {
                touched.clear();
                joined.push((settlement, events, at));
            }
        }
        touched.extend(keys);
    }
    joined
}

fn join(all: &mut Settlement, more: Settlement) {
    all.settled.extend(more.settled);
    let (to, from) = (&mut all.observation, more.observation);
    to.accounts.extend(from.accounts);
    to.removed_accounts.extend(from.removed_accounts);
    to.grants_added.extend(from.grants_added);
    to.grants_removed.extend(from.grants_removed);
    to.teams.extend(from.teams);
    to.removed_teams.extend(from.removed_teams);
    to.user_groups.extend(from.user_groups);
    to.removed_user_groups.extend(from.removed_user_groups);
    all.links.extend(more.links);
    all.removed_links.extend(more.removed_links);
    all.group_links.extend(more.group_links);
    all.removed_group_links.extend(more.removed_group_links);
    all.given.extend(more.given);
    all.taken.extend(more.taken);
}

/// What a settlement is about.
fn keys(settlement: &Settlement) -> Vec<String> {
    let observation = &settlement.observation;
    let mut keys = Vec::new();
    let accounts = observation.accounts.iter().map(|account| &account.id);
    keys.extend(
        accounts
            .chain(&observation.removed_accounts)
            .map(|id| format!("account {id}")),
    );
    let grants = observation
        .grants_added
        .iter()
        .chain(&observation.grants_removed)
        .chain(&settlement.taken);
    keys.extend(grants.map(|grant| {
        let held = &grant.entitlement;
        format!(
            "grant {} {} {}",
            grant.account,
            held.kind().as_str(),
            held.resource()
        )
    }));
    keys.extend(
        settlement
            .links
            .iter()
            .map(|link| format!("person {}", link.person)),
    );
    keys.extend(
        settlement
            .removed_links
            .iter()
            .map(|id| format!("person {id}")),
    );
    keys.extend(
        settlement
            .settled
            .iter()
            .map(|one| format!("change {}", one.number)),
    );
    let groups = settlement.group_links.iter().map(|link| &link.group);
    keys.extend(
        groups
            .chain(&settlement.removed_group_links)
            .map(|id| format!("group {id}")),
    );
    let user_groups = observation.user_groups.iter().map(|group| &group.id);
    let user_groups = user_groups.chain(&observation.removed_user_groups);
    keys.extend(user_groups.map(|id| format!("user group {id}")));
    keys.extend(
        observation
            .teams
            .iter()
            .map(|team| format!("team {}", team.id)),
    );
    keys
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use usher_model::{AccountId, Entitlement, Grant, UserGroupId};
    use usher_store::{Outcome, Settled};

    use super::*;

    fn settlement(number: u32, added: &[&str], removed: &[&str]) -> Written {
        let grants = |accounts: &[&str]| -> Vec<Grant> {
            let grant = |account: &&str| Grant {
                account: AccountId::new(*account),
                entitlement: Entitlement::UserGroup(UserGroupId::new("1")),
            };
            accounts.iter().map(grant).collect()
        };
        let mut settlement = Settlement {
            settled: vec![Settled {
                number,
                outcome: Outcome::Done { detail: json!({}) },
            }],
            ..Settlement::default()
        };
        settlement.observation.grants_added = grants(added);
        settlement.observation.grants_removed = grants(removed);
        (settlement, Vec::new(), Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn settlements_about_different_things_are_written_together() {
        let joined = together(vec![
            settlement(1, &["a"], &[]),
            settlement(2, &["b"], &[]),
            settlement(3, &[], &["c"]),
        ]);
        assert_eq!(joined.len(), 1);
        assert_eq!(joined[0].0.settled.len(), 3);
    }

    #[test]
    fn settlements_about_the_same_thing_are_written_one_after_the_other() {
        let joined = together(vec![settlement(1, &["a"], &[]), settlement(2, &[], &["a"])]);
        assert_eq!(joined.len(), 2, "what was added first is gone at the end");
    }
}
