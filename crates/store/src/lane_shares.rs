//! Shares of limits that several processes keep together.

use crate::database::Durability;
use crate::row::read_all;
use crate::statement::sql;
use crate::{Engine, LeaseOwner, Store, StoreError};

/// What a process holds of a limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaneClaim {
    /// Which limit.
    pub lane: String,
    /// The process.
    pub owner: LeaseOwner,
    /// So much may still be sent by it, or counted against it.
    pub held: u64,
    /// Whether it has more to send than a few calls.
    pub wants: bool,
    /// For how long that counts if it is not heard of again.
    pub counts_for: std::time::Duration,
}

impl Store {
    /// Tells what a process holds, and takes the share that `decide` makes of what the others hold (how much, and whether
    /// they want more). Nobody else can tell or take meanwhile, and the clock is the database's.
    pub async fn share_lane(
        &self,
        claim: &LaneClaim,
        decide: impl FnOnce(&[(u64, bool)]) -> u64,
    ) -> Result<u64, StoreError> {
        let mut tx = self.db.write(Durability::Repeatable).await?;
        if tx.engine() == Engine::Postgres {
            tx.execute(sql("LOCK TABLE lane_shares IN EXCLUSIVE MODE"))
                .await?;
        }
        let now = tx.time().await?;
        let forget = sql("DELETE FROM lane_shares WHERE until <= $1");
        tx.execute(forget.bind(now)).await?;
        let others = sql("SELECT held, wants FROM lane_shares WHERE lane = $1 AND owner <> $2");
        let others = others.bind(claim.lane.as_str()).bind(claim.owner.as_str());
        let rows = tx.all(others).await?;
        let others = read_all(&rows, &tx.db.name, |columns| {
            Ok((columns.count()?, columns.flag()?))
        })?;
        let share = decide(&others);
        let until = now.saturating_add(claim.counts_for).unwrap_or(now);
        let save = sql("INSERT INTO lane_shares (lane, owner, held, wants, until) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (lane, owner) DO UPDATE SET held = excluded.held, wants = excluded.wants, until = excluded.until");
        let save = save
            .bind(claim.lane.as_str())
            .bind(claim.owner.as_str())
            .bind(claim.held.max(share))
            .bind(claim.wants)
            .bind(until);
        tx.execute(save).await?;
        tx.commit().await?;
        Ok(share)
    }
}
