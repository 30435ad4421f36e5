//! Keeping a client within its shares.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use tokio::time::Instant;
use usher_boxed::boxed;
use usher_miro::{LaneStatus, MiroClient};
use usher_store::{LaneClaim, LeaseOwner, Store, StoreError};

use crate::budget::{Rival, share};
use crate::sync::lease::this_work;

/// How long a share is kept without a sign of life.
const LEASE: Duration = Duration::from_secs(15);

/// How often a process shows one.
const BEAT: Duration = Duration::from_secs(3);

/// The shortest time between two looks.
const PAUSE: Duration = Duration::from_millis(250);

/// Keeps a client within its shares of Miro's limits.
pub struct Keeper<'a> {
    store: &'a Store,
    client: MiroClient,
    owner: LeaseOwner,
    /// How long a call may take.
    timeout: Duration,
    /// The shares by lane.
    shares: BTreeMap<&'static str, u64>,
}

impl fmt::Debug for Keeper<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keeper({:?})", self.shares)
    }
}

impl<'a> Keeper<'a> {
    /// From now on the client sends nothing until it has a share. `timeout` is how long a call of it may take.
    pub fn new(store: &'a Store, client: MiroClient, timeout: Duration) -> Self {
        for lane in client.lanes() {
            client.set_share(lane.name, 0);
        }
        Self {
            store,
            client,
            owner: this_work(&store.new_work_name()),
            timeout,
            shares: BTreeMap::new(),
        }
    }

    /// Keeps at it, without an end. While the database is away shares are kept until their lease ends; then nothing is sent.
    #[boxed]
    pub async fn keep(&mut self) {
        let mut good_until = Instant::now();
        loop {
            let began = Instant::now();
            // A database that does not answer must not keep the shares beyond their lease.
            let patience = good_until.max(began + BEAT);
            match tokio::time::timeout_at(patience, self.beat()).await {
                Ok(Ok(())) => good_until = began + LEASE,
                Err(_) => tracing::warn!(
                    "the database does not answer; the shares of Miro's limits cannot be kept"
                ),
                Ok(Err(error)) => {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "the shares of Miro's limits cannot be kept"
                    );
                }
            }
            if Instant::now() >= good_until {
                self.let_go();
            }
            tokio::time::sleep(PAUSE).await;
            tokio::select! {
                () = self.client.hungry() => {}
                () = tokio::time::sleep_until(began + BEAT) => {}
            }
        }
    }

    /// Tells what is held, and takes what there is.
    async fn beat(&mut self) -> Result<(), StoreError> {
        for lane in self.client.lanes() {
            if lane.limit == u64::MAX {
                continue;
            }
            let before = self.shares.get(lane.name).copied().unwrap_or(0);
            let claim = self.claim(&lane, before);
            let decide = |rivals: &[(u64, bool)]| {
                let rivals: Vec<Rival> = rivals
                    .iter()
                    .map(|&(held, wants)| Rival { held, wants })
                    .collect();
                share(lane.limit, claim.wants, &rivals)
            };
            let new = self.store.share_lane(&claim, decide).await?;
            self.client.set_share(lane.name, new);
            self.shares.insert(lane.name, new);
        }
        Ok(())
    }

    fn claim(&self, lane: &LaneStatus, before: u64) -> LaneClaim {
        LaneClaim {
            lane: lane.name.to_owned(),
            owner: self.owner.clone(),
            // What was sent under a larger share is part of what is used.
            held: before.max(lane.used),
            wants: lane.waiting > 0 || lane.used > lane.limit / 20,
            // A call of which nobody knows what became counts for two windows.
            counts_for: LEASE + self.timeout + lane.window * 2,
        }
    }

    fn let_go(&mut self) {
        for lane in self.client.lanes() {
            self.client.set_share(lane.name, 0);
        }
        // What it had is still held, by the database's account, until that has run out.
    }
}
