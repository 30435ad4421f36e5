//! Synchronizations: their states, and the lease that lets one at a time run for an organization.

mod lease;
mod superseding;

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use usher_boxed::boxed;
use usher_model::{
    Completeness, Coverage, Event, Organization, OrganizationId, Sources, SyncId, Timestamp,
};

use crate::database::{Durability, Tx};
use crate::row::{Columns, read_all};
use crate::statement::{Statement, json, sql};
use crate::{Finish, Part, PublishOutcome, Store, StoreError, events, staging};
use lease::take_lease;
pub use lease::{Lease, LeaseOwner};
pub(crate) use lease::{refuse_running, release, renew};
pub(crate) use superseding::supersede_suspects;
use superseding::supersede_unfinished;

/// A synchronization that is about to begin.
#[derive(Clone, Debug)]
pub struct NewSync {
    /// Its id, from [`Store::new_sync_id`].
    pub id: SyncId,
    /// The organization, which is stored too; what is unknown of it does not overwrite what was known.
    pub organization: Organization,
    /// What will be read.
    pub sources: Sources,
    /// The lease to take.
    pub lease: Lease,
}

/// A synchronization that this process runs.
#[derive(Clone, Debug)]
pub struct RunningSync {
    /// Its id.
    pub id: SyncId,
    /// The organization.
    pub organization: OrganizationId,
    /// What is read.
    pub sources: Sources,
    /// When it began.
    pub started_at: Timestamp,
    /// How far it had come when it was begun (nowhere) or resumed.
    pub parts: Vec<Part>,
    pub(crate) number: i64,
    pub(crate) organization_number: i64,
    pub(crate) lease: Lease,
}

impl RunningSync {
    /// The lease it runs under.
    pub fn lease(&self) -> &Lease {
        &self.lease
    }
}

/// Where a synchronization stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SyncState {
    /// It runs, or was interrupted and can be resumed.
    Running,
    /// It became the inventory.
    Complete,
    /// It was not believed; its data wait for somebody to accept them.
    Suspect,
    /// It was not believed at first, and became the inventory when somebody accepted it.
    Accepted,
    /// A later synchronization took its place before it became the inventory.
    Superseded,
}

impl SyncState {
    /// The state as text.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Complete => "complete",
            Self::Suspect => "suspect",
            Self::Accepted => "accepted",
            Self::Superseded => "superseded",
        }
    }
}

impl fmt::Display for SyncState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What is remembered of a synchronization.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SyncRecord {
    /// Its id.
    pub id: SyncId,
    /// The organization.
    pub organization: OrganizationId,
    /// What was read.
    pub sources: Sources,
    /// Where it stands.
    pub state: SyncState,
    /// When it began.
    pub started_at: Timestamp,
    /// When it last stored a page or renewed its lease.
    pub active_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// The time from which the inventory is what it saw: the `valid_from` of what it wrote. Only for
    /// complete and accepted ones. Later for each one of an organization.
    pub effective_at: Option<Timestamp>,
    /// What it could see, once it has ended with a snapshot.
    pub coverage: Option<Coverage>,
    /// The verdict, once it has ended with a snapshot.
    pub verdict: Option<Completeness>,
    /// What was read, as the engine counts it.
    pub counts: Value,
    /// The requests that were sent, as the engine counts them.
    pub requests: Value,
    /// What it changed in the inventory. Only for complete and accepted ones.
    pub outcome: Option<PublishOutcome>,
}

impl Store {
    /// Begins a synchronization and takes the organization's lease.
    ///
    /// Unfinished ones of the organization are superseded and what they had staged is dropped. Refused
    /// with [`StoreError::SyncRunning`] while another owner's lease holds.
    #[boxed]
    pub async fn begin_sync(
        &self,
        new: &NewSync,
        events: &[Event],
    ) -> Result<RunningSync, StoreError> {
        let now = self.clock.now();
        let mut tx = self.db.write(Durability::Record).await?;
        let organization_number = save_organization(&mut tx, &new.organization).await?;
        let organization = &new.organization.id;
        take_lease(&mut tx, organization, &new.id, &new.lease, now).await?;
        supersede_unfinished(&mut tx, organization_number, None, now).await?;
        let insert = sql(
            "INSERT INTO syncs (id, organization, sources, state, started_at, active_at, counts, requests)
             VALUES ($1, $2, $3, 'running', $4, $4, '{}', '{}') RETURNING number",
        );
        let insert = insert
            .bind(new.id.as_str())
            .bind(organization_number)
            .bind(new.sources.as_str())
            .bind(now);
        let row = tx.one(insert).await?;
        let number = row.columns(&tx.db.name).int()?;
        events::append(&mut tx, events).await?;
        tx.commit().await?;
        Ok(RunningSync {
            id: new.id.clone(),
            organization: organization.clone(),
            sources: new.sources,
            started_at: Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now),
            parts: Vec::new(),
            number,
            organization_number,
            lease: new.lease.clone(),
        })
    }

    /// The newest unfinished synchronization of the organization, if it reads the same sources and was
    /// active at `not_before` or later. Says nothing of its lease.
    #[boxed]
    pub async fn resumable(
        &self,
        organization: &OrganizationId,
        sources: Sources,
        not_before: Timestamp,
    ) -> Result<Option<SyncRecord>, StoreError> {
        let mut statement = records();
        statement.push(" WHERE s.state = 'running' AND o.id = ");
        statement.push_bind(organization.as_str());
        statement.push(" ORDER BY s.number DESC LIMIT 1");
        let newest = self.record(statement).await?;
        Ok(newest.filter(|sync| sync.sources == sources && sync.active_at >= not_before))
    }

    /// Takes an unfinished synchronization over, with the parts it has stored. Other unfinished ones of
    /// the organization are superseded. Refused with [`StoreError::SyncRunning`] while another owner's
    /// lease holds, and with [`StoreError::WrongState`] when it has ended meanwhile.
    #[boxed]
    pub async fn resume_sync(
        &self,
        sync: &SyncId,
        lease: &Lease,
        events: &[Event],
    ) -> Result<RunningSync, StoreError> {
        let now = self.clock.now();
        let record = self.existing(sync).await?;
        let mut tx = self.db.write(Durability::Record).await?;
        take_lease(&mut tx, &record.organization, sync, lease, now).await?;
        let (number, organization_number) =
            in_state(&mut tx, sync, SyncState::Running, "resumed").await?;
        supersede_unfinished(&mut tx, organization_number, Some(number), now).await?;
        touch(&mut tx, number, now).await?;
        events::append(&mut tx, events).await?;
        tx.commit().await?;
        let mut running = RunningSync {
            id: sync.clone(),
            organization: record.organization,
            sources: record.sources,
            started_at: record.started_at,
            parts: Vec::new(),
            number,
            organization_number,
            lease: lease.clone(),
        };
        running.parts = self.parts(&running).await?;
        Ok(running)
    }

    /// Renews the lease. Fails with [`StoreError::LeaseLost`] when another process has taken over.
    #[boxed]
    pub async fn renew_lease(&self, sync: &RunningSync) -> Result<(), StoreError> {
        let mut tx = self.db.write(Durability::Repeatable).await?;
        renew(&mut tx, sync, self.clock.now()).await?;
        tx.commit().await
    }

    /// Ends the lease that `owner` has on the organization, for a process that is known to be dead.
    /// Returns whether there was one.
    #[boxed]
    pub async fn end_lease(
        &self,
        organization: &OrganizationId,
        owner: &LeaseOwner,
    ) -> Result<bool, StoreError> {
        let mut tx = self.db.write(Durability::Record).await?;
        let statement = sql(
            "UPDATE organizations SET lease_sync = NULL, lease_owner = NULL, lease_until = NULL
             WHERE id = $1 AND lease_owner = $2",
        );
        let ended = tx
            .execute(statement.bind(organization.as_str()).bind(owner.as_str()))
            .await?;
        tx.commit().await?;
        Ok(ended > 0)
    }

    /// Stores the snapshot as suspect: the merged rows are kept for [`Store::accept`], and the inventory
    /// is left alone. Older suspects of the organization are superseded.
    #[boxed]
    pub async fn hold_as_suspect(
        &self,
        sync: &RunningSync,
        finish: &Finish,
        events: &[Event],
    ) -> Result<(), StoreError> {
        let mut tx = self.db.write(Durability::Record).await?;
        renew(&mut tx, sync, self.clock.now()).await?;
        supersede_suspects(&mut tx, sync.organization_number, sync.number).await?;
        let end = sql(
            "UPDATE syncs SET state = 'suspect', finished_at = $2, coverage = $3, verdict = $4, counts = $5, requests = $6
             WHERE number = $1",
        );
        tx.execute(bind_finish(end.bind(sync.number), finish))
            .await?;
        staging::drop_staged(&mut tx, sync.number).await?;
        release(&mut tx, sync).await?;
        events::append(&mut tx, events).await?;
        tx.commit().await
    }

    /// The synchronizations of an organization, newest first.
    #[boxed]
    pub async fn syncs(
        &self,
        organization: &OrganizationId,
    ) -> Result<Vec<SyncRecord>, StoreError> {
        let mut statement = records();
        statement
            .push(" WHERE o.id = ")
            .push_bind(organization.as_str());
        statement.push(" ORDER BY s.number DESC");
        let rows = self.db.all(statement).await?;
        read_all(&rows, &self.db.name, read_record)
    }

    /// The synchronizations of an organization that began before this one, newest first.
    #[boxed]
    pub async fn syncs_before(
        &self,
        organization: &OrganizationId,
        before: Option<&SyncId>,
        limit: u64,
    ) -> Result<Vec<SyncRecord>, StoreError> {
        let mut statement = records();
        statement
            .push(" WHERE o.id = ")
            .push_bind(organization.as_str());
        statement.push_wanted([(" AND s.id < ", before.map(ToString::to_string))]);
        statement.push(" ORDER BY s.id DESC");
        statement.push_limit(Some(limit));
        let rows = self.db.all(statement).await?;
        read_all(&rows, &self.db.name, read_record)
    }

    /// One synchronization.
    #[boxed]
    pub async fn sync(&self, id: &SyncId) -> Result<Option<SyncRecord>, StoreError> {
        let mut statement = records();
        statement.push(" WHERE s.id = ").push_bind(id.as_str());
        self.record(statement).await
    }

    /// The synchronization whose snapshot is the inventory.
    #[boxed]
    pub async fn last_published(
        &self,
        organization: &OrganizationId,
    ) -> Result<Option<SyncRecord>, StoreError> {
        self.last_published_by(organization, None).await
    }

    /// The synchronization whose snapshot was the inventory at `as_of`.
    pub(crate) async fn last_published_by(
        &self,
        organization: &OrganizationId,
        as_of: Option<Timestamp>,
    ) -> Result<Option<SyncRecord>, StoreError> {
        let mut statement = records();
        statement.push(" WHERE s.effective_at IS NOT NULL AND o.id = ");
        statement.push_bind(organization.as_str());
        if let Some(as_of) = as_of {
            statement.push(" AND s.effective_at <= ").push_bind(as_of);
        }
        statement.push(" ORDER BY s.effective_at DESC LIMIT 1");
        self.record(statement).await
    }

    async fn record(&self, statement: Statement) -> Result<Option<SyncRecord>, StoreError> {
        let row = self.db.optional(statement).await?;
        row.map(|row| read_record(&mut row.columns(&self.db.name)))
            .transpose()
    }

    pub(crate) async fn existing(&self, id: &SyncId) -> Result<SyncRecord, StoreError> {
        let found = self.sync(id).await?;
        found.ok_or_else(|| StoreError::NoSuchSync(id.clone()))
    }
}

fn records() -> Statement {
    sql(
        "SELECT s.id, o.id, s.sources, s.state, s.started_at, s.active_at, s.finished_at, s.effective_at,
                s.coverage, s.verdict, s.counts, s.requests, s.outcome
         FROM syncs s JOIN organizations o ON o.number = s.organization",
    )
}

fn read_record(columns: &mut Columns<'_>) -> Result<SyncRecord, StoreError> {
    Ok(SyncRecord {
        id: columns.text()?.into(),
        organization: columns.text()?.into(),
        sources: columns.word()?,
        state: columns.word()?,
        started_at: columns.time()?,
        active_at: columns.time()?,
        finished_at: columns.optional_time()?,
        effective_at: columns.optional_time()?,
        coverage: columns.optional_json()?,
        verdict: columns.optional_json()?,
        counts: columns.json()?,
        requests: columns.json()?,
        outcome: columns.optional_json()?,
    })
}

/// Binds how a synchronization ended: when, what it saw, the verdict, and the engine's counts.
pub(crate) fn bind_finish(statement: Statement, finish: &Finish) -> Statement {
    statement
        .bind(finish.at)
        .bind(json(&finish.coverage))
        .bind(json(&finish.verdict))
        .bind(json(&finish.counts))
        .bind(json(&finish.requests))
}

/// Stores what is known of the organization and holds its row until the transaction ends.
async fn save_organization(tx: &mut Tx, organization: &Organization) -> Result<i64, StoreError> {
    let statement = sql(
        "INSERT INTO organizations (id, name, plan, full_licenses_purchased) VALUES ($1, $2, $3, $4)
         ON CONFLICT (id) DO UPDATE SET
             name = COALESCE(excluded.name, organizations.name),
             plan = COALESCE(excluded.plan, organizations.plan),
             full_licenses_purchased = COALESCE(excluded.full_licenses_purchased, organizations.full_licenses_purchased)
         RETURNING number",
    );
    let purchased = organization.full_licenses_purchased.map(i64::from).known();
    let statement = statement
        .bind(organization.id.as_str())
        .bind(organization.name.clone().known())
        .bind(organization.plan.clone().known())
        .bind(purchased);
    let row = tx.one(statement).await?;
    row.columns(&tx.db.name).int()
}

async fn touch(tx: &mut Tx, number: i64, now: Timestamp) -> Result<(), StoreError> {
    let statement = sql("UPDATE syncs SET active_at = $2 WHERE number = $1");
    tx.execute(statement.bind(number).bind(now)).await?;
    Ok(())
}

/// The numbers of a synchronization and of its organization, if it is in `state`. Holds the
/// organization's row until the transaction ends.
pub(crate) async fn in_state(
    tx: &mut Tx,
    sync: &SyncId,
    state: SyncState,
    operation: &'static str,
) -> Result<(i64, i64), StoreError> {
    let hold = sql("UPDATE organizations SET lease_until = lease_until
         WHERE number = (SELECT organization FROM syncs WHERE id = $1)");
    tx.execute(hold.bind(sync.as_str())).await?;
    let statement = sql("SELECT number, organization, state FROM syncs WHERE id = $1");
    let Some(row) = tx.optional(statement.bind(sync.as_str())).await? else {
        return Err(StoreError::NoSuchSync(sync.clone()));
    };
    let mut columns = row.columns(&tx.db.name);
    let (number, organization) = (columns.int()?, columns.int()?);
    let found: SyncState = columns.word()?;
    if found == state {
        return Ok((number, organization));
    }
    Err(StoreError::WrongState {
        sync: sync.clone(),
        state: found,
        operation,
    })
}
