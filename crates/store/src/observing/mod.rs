//! What was learned of an organization without a synchronization: read back after a write, or from Miro's audit log.
//!
//! The rows are those that [`Store::publish`] would write: only differences, closed and inserted at one time, which is
//! later than that of the inventory's newest snapshot and never before the one of the observation before. A row that
//! an observation wrote in the very same millisecond is replaced: nobody can have asked for the time between. A snapshot
//! whose synchronization began before an observation does not undo it.

mod accounts;
mod grants;
mod groups;
mod newer;

use usher_boxed::boxed;
use usher_model::{
    Account, AccountId, Event, Grant, OrganizationId, Team, TeamId, Timestamp, UserGroup,
    UserGroupId,
};

use crate::database::{Durability, Tx};
use crate::statement::{LIST, Statement, sql};
use crate::{Store, StoreError, events, organizations};

pub(crate) use newer::prefer_what_is_newer;

/// What was learned. What it does not name stays as it is; what is unknown in an account or user group keeps the value
/// that was known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Observation {
    /// Accounts as they are now. The grants of roles, licences and admin roles follow from them. An unknown last
    /// activity says nothing, and keeps the one that was known.
    pub accounts: Vec<Account>,
    /// Accounts that are no more, and with them all they held.
    pub removed_accounts: Vec<AccountId>,
    /// Memberships of teams and user groups that there are now. A team role takes the place of the one that the
    /// account had in the team; an unknown one leaves it as it is.
    pub grants_added: Vec<Grant>,
    /// Memberships that are no more; of a team, in whatever role.
    pub grants_removed: Vec<Grant>,
    /// Teams that there are now, with their names.
    pub teams: Vec<Team>,
    /// Teams that are no more, and all memberships of them.
    pub removed_teams: Vec<TeamId>,
    /// User groups that there are now, with their names.
    pub user_groups: Vec<UserGroup>,
    /// User groups that are no more, and all memberships of them.
    pub removed_user_groups: Vec<UserGroupId>,
}

impl Observation {
    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        self.accounts.is_empty()
            && self.removed_accounts.is_empty()
            && self.grants_added.is_empty()
            && self.grants_removed.is_empty()
            && self.teams.is_empty()
            && self.removed_teams.is_empty()
            && self.user_groups.is_empty()
            && self.removed_user_groups.is_empty()
    }
}

impl Store {
    /// Writes what was learned at `at` into the inventory, and returns how many rows were inserted or closed. What is
    /// gone goes first: a membership that is removed and added at once is there afterwards.
    #[boxed]
    pub async fn observe(
        &self,
        organization: &OrganizationId,
        observation: &Observation,
        at: Timestamp,
        events: &[Event],
    ) -> Result<u64, StoreError> {
        let mut tx = self.db.write(Durability::Record).await?;
        let number = organizations::ensure(&mut tx, organization).await?;
        let rows = observe(&mut tx, number, observation, at).await?;
        events::append(&mut tx, events).await?;
        tx.commit().await?;
        Ok(rows)
    }
}

/// Writes what was learned into the inventory, and returns how many rows were inserted or closed.
pub(crate) async fn observe(
    tx: &mut Tx,
    organization: i64,
    observation: &Observation,
    at: Timestamp,
) -> Result<u64, StoreError> {
    if observation.is_empty() {
        return Ok(0);
    }
    let (at, instant) = moment(tx, organization, at).await?;
    let mut run = Run {
        organization,
        at,
        instant,
        rows: 0,
    };
    run.remove_accounts(tx, &observation.removed_accounts)
        .await?;
    run.remove_groups(tx, observation).await?;
    run.remove_grants(tx, &observation.grants_removed).await?;
    run.save_accounts(tx, &observation.accounts).await?;
    run.save_teams(tx, &observation.teams).await?;
    run.save_user_groups(tx, &observation.user_groups).await?;
    run.add_grants(tx, &observation.grants_added).await?;
    if run.rows > 0 {
        let note = sql("UPDATE organizations SET observed_at = $2 WHERE number = $1");
        tx.execute(note.bind(organization).bind(run.at)).await?;
    }
    Ok(run.rows)
}

/// The time of the rows, and whether others have it. Holds the organization's row, so that no snapshot is published
/// meanwhile.
async fn moment(
    tx: &mut Tx,
    organization: i64,
    at: Timestamp,
) -> Result<(Timestamp, Instant), StoreError> {
    let hold = sql(
        "UPDATE organizations SET observed_at = observed_at WHERE number = $1
         RETURNING observed_at, (SELECT MAX(effective_at) + 1 FROM syncs WHERE organization = $1)",
    );
    let row = tx.one(hold.bind(organization)).await?;
    let mut columns = row.columns(&tx.db.name);
    let (observed, after_snapshot) = (columns.optional_time()?, columns.optional_time()?);
    let at = Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at);
    let at = at
        .max(after_snapshot.unwrap_or(at))
        .max(observed.unwrap_or(at));
    let instant = if observed == Some(at) {
        Instant::Shared
    } else {
        Instant::New
    };
    Ok((at, instant))
}

/// Whether an observation before this one has rows of the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Instant {
    New,
    Shared,
}

/// One observation on its way into the inventory.
struct Run {
    organization: i64,
    at: Timestamp,
    instant: Instant,
    rows: u64,
}

/// A table of the inventory, and the statements that end rows of it.
#[derive(Clone, Copy)]
struct Table {
    close: &'static str,
    drop: &'static str,
}

macro_rules! table {
    ($name:literal) => {
        Table {
            close: concat!(
                "UPDATE ",
                $name,
                " SET valid_to = $2 WHERE organization = $1 AND valid_to IS NULL AND valid_from < $2"
            ),
            drop: concat!(
                "DELETE FROM ",
                $name,
                " WHERE organization = $1 AND valid_to IS NULL AND valid_from = $2"
            ),
        }
    };
}

const ACCOUNTS: Table = table!("accounts");
const ACTIVITY: Table = table!("account_activity");
const TEAMS: Table = table!("teams");
const USER_GROUPS: Table = table!("user_groups");
const GRANTS: Table = table!("grants");

impl Run {
    /// Ends the current rows of a table that meet a condition; returns how many there were.
    async fn end(
        &mut self,
        tx: &mut Tx,
        table: Table,
        push_condition: impl Fn(&mut Statement),
    ) -> Result<u64, StoreError> {
        let mut ended = 0;
        for text in [Some(table.close), self.dropping(table)]
            .into_iter()
            .flatten()
        {
            let mut statement = sql(text).bind(self.organization).bind(self.at);
            push_condition(&mut statement);
            ended += tx.execute(statement).await?;
        }
        self.rows += ended;
        Ok(ended)
    }

    /// Rows that an observation of the same time wrote, or this one itself, were never true, and go without a trace.
    fn dropping(&self, table: Table) -> Option<&'static str> {
        (self.instant == Instant::Shared || self.rows > 0).then_some(table.drop)
    }

    /// Ends the current rows of a table whose column is one of `ids`.
    async fn end_listed(
        &mut self,
        tx: &mut Tx,
        table: Table,
        column: &'static str,
        ids: &[&str],
    ) -> Result<u64, StoreError> {
        let mut ended = 0;
        for chunk in ids.chunks(LIST) {
            ended += self
                .end(tx, table, |statement| {
                    statement.push(" AND ").push(column).push(" IN ");
                    statement.push_list(chunk.iter().copied());
                })
                .await?;
        }
        Ok(ended)
    }
}
