//! Telling whoever works on a connector to stop.
//!
//! Who is told is named by the fence of their lease: whoever takes the lease next has another one and may work. They are
//! not cut off, as by another fence they would be: what they have sent they can still settle, but what they intend next
//! is answered with [`Signal::Stop`].

use usher_model::{Event, OrganizationId, PlanId};

use super::{ConnectorRecord, WorkLease, change_record};
use crate::database::{Durability, Tx};
use crate::statement::sql;
use crate::{Store, StoreError, events, plans};

/// What the holder of a lease is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// To go on.
    GoOn,
    /// To send nothing more.
    Stop,
}

/// What becomes of plans that are open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenPlans {
    /// They stay.
    Keep,
    /// They are superseded; those with calls of which nobody knows what became stay until that is known.
    SetAside,
}

/// What was going on when a connector was stopped.
#[derive(Clone, Debug, PartialEq)]
pub struct StoppedWork {
    /// What is known of the connector now.
    pub record: ConnectorRecord,
    /// The work that was told to stop: `cycle:ID`, `apply:PLAN`, `settle:PLAN`.
    pub work: Option<String>,
    /// The plans that were superseded.
    pub superseded: Vec<PlanId>,
}

impl Store {
    /// [`Store::update_connector`], and tells whoever works on the connector to stop, in the same transaction. `events`
    /// makes the log entries from what was going on.
    pub async fn stop_connector(
        &self,
        organization: &OrganizationId,
        open: OpenPlans,
        change: impl FnOnce(&mut ConnectorRecord) + Send,
        events: impl FnOnce(&StoppedWork) -> Vec<Event> + Send,
    ) -> Result<StoppedWork, StoreError> {
        let now = self.clock.now();
        let mut tx = self.db.write(Durability::Record).await?;
        let (number, record) = change_record(&mut tx, organization, now, change).await?;
        let statement = sql(
            "UPDATE connectors SET stop_fence = fence WHERE organization = $1
             RETURNING CASE WHEN lease_until > $2 THEN lease_work END",
        );
        let row = tx.one(statement.bind(number).bind(now)).await?;
        let work = row.columns(&tx.db.name).optional_text()?;
        let superseded = match open {
            OpenPlans::Keep => Vec::new(),
            OpenPlans::SetAside => plans::supersede(&mut tx, number).await?,
        };
        let stopped = StoppedWork {
            record,
            work,
            superseded,
        };
        events::append(&mut tx, &events(&stopped)).await?;
        tx.commit().await?;
        Ok(stopped)
    }
}

/// Whether the holder of the lease was told to stop.
pub(crate) async fn signal(tx: &mut Tx, work: &WorkLease) -> Result<Signal, StoreError> {
    let statement =
        sql("SELECT COUNT(*) FROM connectors WHERE organization = $1 AND stop_fence = $2");
    let row = tx.one(statement.bind(work.number).bind(work.fence)).await?;
    Ok(match row.columns(&tx.db.name).count()? {
        0 => Signal::GoOn,
        _ => Signal::Stop,
    })
}
