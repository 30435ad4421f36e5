//! Numbers that are cheap to get, for whoever watches.

use usher_boxed::boxed;
use usher_model::OrganizationId;

use crate::database::Pools;
use crate::row::read_all;
use crate::statement::sql;
use crate::{Store, StoreError};

/// How much there is, at a glance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gauges {
    /// Accounts in the current inventory of each organization.
    pub accounts: Vec<(OrganizationId, u64)>,
    /// People of the directory, by status.
    pub people: Vec<(String, u64)>,
    /// Jobs that wait or run, by kind and state.
    pub jobs: Vec<(String, String, u64)>,
}

/// Connections to the database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PoolUse {
    /// Those that are open.
    pub open: u64,
    /// Those of them that nobody uses now.
    pub idle: u64,
}

impl Store {
    /// How much there is, at a glance: each a walk over one index.
    #[boxed]
    pub async fn gauges(&self) -> Result<Gauges, StoreError> {
        let accounts = sql("SELECT o.id, COUNT(*) FROM accounts a JOIN organizations o ON o.number = a.organization
             WHERE a.valid_to IS NULL GROUP BY o.id ORDER BY o.id");
        let accounts = self.db.all(accounts).await?;
        let people = sql("SELECT status, COUNT(*) FROM people GROUP BY status ORDER BY status");
        let people = self.db.all(people).await?;
        let jobs = sql(
            "SELECT kind, state, COUNT(*) FROM jobs WHERE state IN ('waiting', 'running')
             GROUP BY kind, state ORDER BY kind, state",
        );
        let jobs = self.db.all(jobs).await?;
        Ok(Gauges {
            accounts: read_all(&accounts, &self.db.name, |columns| {
                Ok((columns.text()?.into(), columns.count()?))
            })?,
            people: read_all(&people, &self.db.name, |columns| {
                Ok((columns.text()?, columns.count()?))
            })?,
            jobs: read_all(&jobs, &self.db.name, |columns| {
                Ok((columns.text()?, columns.text()?, columns.count()?))
            })?,
        })
    }

    /// The connections of this process.
    pub fn pool_use(&self) -> PoolUse {
        let of = |open: u32, idle: usize| PoolUse {
            open: u64::from(open),
            idle: idle as u64,
        };
        match &self.db.pools {
            Pools::Sqlite { writer, reader } => of(
                writer.size() + reader.size(),
                writer.num_idle() + reader.num_idle(),
            ),
            Pools::Postgres(pool) => of(pool.size(), pool.num_idle()),
        }
    }
}
