//! Making a snapshot the inventory.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use usher_model::{Completeness, Coverage, Event, SyncId, Timestamp};

use crate::database::{Durability, Tx};
use crate::statement::{Statement, json, sql};
use crate::syncs::{SyncState, bind_finish};
use crate::{Engine, RunningSync, Store, StoreError, events, merging, observing, staging, syncs};

/// How a synchronization ended.
#[derive(Clone, Debug)]
pub struct Finish {
    /// The verdict.
    pub verdict: Completeness,
    /// What it could see.
    pub coverage: Coverage,
    /// When it ended: the time from which the inventory is what it saw.
    pub at: Timestamp,
    /// What was read, as the engine counts it.
    pub counts: Value,
    /// The requests that were sent, as the engine counts them.
    pub requests: Value,
}

/// How many things of one kind changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delta {
    /// New.
    pub added: u64,
    /// Still there, and different.
    pub changed: u64,
    /// Gone.
    pub removed: u64,
}

impl Delta {
    /// Whether nothing changed.
    pub fn is_empty(self) -> bool {
        self == Self::default()
    }
}

/// What a snapshot changed in the inventory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishOutcome {
    /// The time from which the inventory is what the synchronization saw: `Finish::at`, or a
    /// millisecond after the one before if that is not earlier.
    pub effective_at: Timestamp,
    /// Inventory rows that were inserted or closed, those of activity included. 0 when nothing changed.
    pub rows_written: u64,
    /// Accounts.
    pub accounts: Delta,
    /// Accounts of which the last activity is another one now, or unknown; no change of access.
    pub activity: u64,
    /// Teams.
    pub teams: Delta,
    /// User groups.
    pub user_groups: Delta,
    /// Grants. One that gives way to another, as a team role does, counts as removed and added.
    pub grants: Delta,
}

impl Store {
    /// Makes the merged snapshot the inventory, in one transaction, and ends the synchronization.
    ///
    /// Rows that differ are closed at [`PublishOutcome::effective_at`] and inserted anew; rows that are
    /// equal are not touched. What the synchronization could not see stays as it was:
    ///
    /// * an attribute that is unknown keeps the value that was known, and the grants that follow from it;
    ///   but the last activity becomes unknown, because an old one makes people look idle who are not;
    /// * a team role that is unknown keeps the role that the account had in the team;
    /// * without `coverage.guests`, accounts that are known to be guests or external users stay with
    ///   what they hold;
    /// * without `coverage.teams`, `user_groups` or `admin_roles`, no team, user group or grant of that
    ///   kind is closed, except with its account.
    ///
    /// What [`Store::observe`] wrote since the synchronization began stays too.
    ///
    /// An e-mail address that differs in letter case only is the same, and keeps its older spelling.
    /// `events` makes the log entries from the outcome; they commit with it.
    pub async fn publish(
        &self,
        sync: &RunningSync,
        finish: &Finish,
        events: impl FnOnce(&PublishOutcome) -> Vec<Event> + Send,
    ) -> Result<PublishOutcome, StoreError> {
        let mut tx = self.db.write(Durability::Record).await?;
        syncs::renew(&mut tx, sync, self.clock.now()).await?;
        syncs::in_state(&mut tx, &sync.id, SyncState::Running, "published").await?;
        let run = Run::begin(
            &mut tx,
            (sync.number, sync.organization_number),
            finish.coverage,
            finish.at,
        )
        .await?;
        let outcome = run.write(&mut tx).await?;
        let end = sql(
            "UPDATE syncs SET state = 'complete', finished_at = $2, coverage = $3, verdict = $4, counts = $5,
                 requests = $6, effective_at = $7, outcome = $8 WHERE number = $1",
        );
        let end = bind_finish(end.bind(sync.number), finish);
        tx.execute(end.bind(outcome.effective_at).bind(json(&outcome)))
            .await?;
        syncs::release(&mut tx, sync).await?;
        run.clean_up(&mut tx).await?;
        events::append(&mut tx, &events(&outcome)).await?;
        tx.commit().await?;
        Ok(outcome)
    }

    /// Makes a suspect snapshot the inventory at `at`, as [`Store::publish`] does. Only the newest one of
    /// an organization can be accepted, and only while no later synchronization became the inventory:
    /// else it is superseded, and this fails with [`StoreError::WrongState`].
    pub async fn accept(
        &self,
        sync: &SyncId,
        at: Timestamp,
        events: impl FnOnce(&PublishOutcome) -> Vec<Event> + Send,
    ) -> Result<PublishOutcome, StoreError> {
        let record = self.existing(sync).await?;
        let mut tx = self.db.write(Durability::Record).await?;
        let numbers = syncs::in_state(&mut tx, sync, SyncState::Suspect, "accepted").await?;
        let coverage = record.coverage.unwrap_or_default();
        let run = Run::begin(&mut tx, numbers, coverage, at).await?;
        let outcome = run.write(&mut tx).await?;
        let end = sql(
            "UPDATE syncs SET state = 'accepted', effective_at = $2, outcome = $3 WHERE number = $1",
        );
        let end = end.bind(run.sync).bind(outcome.effective_at);
        tx.execute(end.bind(json(&outcome))).await?;
        run.clean_up(&mut tx).await?;
        events::append(&mut tx, &events(&outcome)).await?;
        tx.commit().await?;
        Ok(outcome)
    }
}

/// From how many written rows on the planner must be told.
const MANY_ROWS: u64 = 1_000;

/// One snapshot on its way into the inventory.
struct Run {
    sync: i64,
    organization: i64,
    coverage: Coverage,
    at: Timestamp,
}

impl Run {
    /// Settles the time: later than that of every row there is.
    async fn begin(
        tx: &mut Tx,
        (sync, organization): (i64, i64),
        coverage: Coverage,
        at: Timestamp,
    ) -> Result<Self, StoreError> {
        let statement = sql("SELECT COALESCE(MAX(t.time) + 1, $2) FROM (
                 SELECT effective_at AS time FROM syncs WHERE organization = $1
                 UNION ALL SELECT observed_at FROM organizations WHERE number = $1) t");
        let row = tx.one(statement.bind(organization).bind(at)).await?;
        let earliest = row.columns(&tx.db.name).time()?;
        let at = Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at);
        Ok(Self {
            sync,
            organization,
            coverage,
            at: at.max(earliest),
        })
    }

    async fn write(&self, tx: &mut Tx) -> Result<PublishOutcome, StoreError> {
        count_rows(tx, MERGED_ROWS).await?;
        observing::prefer_what_is_newer(tx, self.sync, self.organization).await?;
        self.keep_grants_of_unknown_attributes(tx).await?;
        self.keep_unknown_team_roles(tx).await?;
        merging::keep_what_is_unknown(tx, self.sync, self.organization).await?;
        let mut rows = 0;
        let accounts = self.accounts(tx, &mut rows).await?;
        let activity = self.activity(tx, &mut rows).await?;
        let teams = self.groups(tx, &TEAMS, &mut rows).await?;
        let user_groups = self.groups(tx, &USER_GROUPS, &mut rows).await?;
        let grants = self.grants(tx, &mut rows).await?;
        if rows >= MANY_ROWS {
            count_rows(
                tx,
                "ANALYZE accounts; ANALYZE account_activity; ANALYZE teams; ANALYZE grants",
            )
            .await?;
        }
        Ok(PublishOutcome {
            effective_at: self.at,
            rows_written: rows,
            accounts,
            activity,
            teams,
            user_groups,
            grants,
        })
    }

    /// What was staged is in the inventory now, and older suspects can no longer become it.
    async fn clean_up(&self, tx: &mut Tx) -> Result<(), StoreError> {
        syncs::supersede_suspects(tx, self.organization, self.sync).await?;
        staging::drop_staged(tx, self.sync).await?;
        staging::drop_merged(tx, self.sync).await
    }

    /// A statement whose `$1` is the synchronization and `$2` the organization.
    fn on(&self, text: &'static str) -> Statement {
        sql(text).bind(self.sync).bind(self.organization)
    }

    /// The same, with `$3` the time.
    fn at(&self, text: &'static str) -> Statement {
        self.on(text).bind(self.at)
    }

    /// An account whose role, licence or admin roles were not shown keeps the grants that say them.
    async fn keep_grants_of_unknown_attributes(&self, tx: &mut Tx) -> Result<(), StoreError> {
        let statement = self.on(
            "INSERT INTO merged_grants (sync, account_id, kind, resource, role)
             SELECT m.sync, g.account_id, g.kind, g.resource, g.role
             FROM grants g JOIN merged_accounts m ON m.sync = $1 AND m.account_id = g.account_id
             WHERE g.organization = $2 AND g.valid_to IS NULL AND g.kind IN ('role', 'license', 'admin_role')
               AND ((g.kind = 'role' AND m.role IS NULL) OR (g.kind = 'license' AND m.license IS NULL)
                    OR (g.kind = 'admin_role' AND m.admin_roles IS NULL))
             ON CONFLICT DO NOTHING",
        );
        tx.execute(statement).await?;
        Ok(())
    }

    /// A membership whose role was not shown keeps the role that the account had in the team.
    async fn keep_unknown_team_roles(&self, tx: &mut Tx) -> Result<(), StoreError> {
        self.drop_unknown_beside_known(tx).await?;
        let keep = self.on(
            "INSERT INTO merged_grants (sync, account_id, kind, resource, role)
             SELECT u.sync, g.account_id, g.kind, g.resource, g.role
             FROM merged_grants u JOIN grants g ON g.organization = $2 AND g.account_id = u.account_id
                 AND g.kind = 'team' AND g.resource = u.resource AND g.valid_to IS NULL AND g.role <> 'unknown'
             WHERE u.sync = $1 AND u.kind = 'team' AND u.role = 'unknown'
             ON CONFLICT DO NOTHING",
        );
        if tx.execute(keep).await? > 0 {
            self.drop_unknown_beside_known(tx).await?;
        }
        Ok(())
    }

    async fn drop_unknown_beside_known(&self, tx: &mut Tx) -> Result<(), StoreError> {
        let statement = sql(
            "DELETE FROM merged_grants WHERE sync = $1 AND kind = 'team' AND role = 'unknown'
               AND EXISTS (SELECT 1 FROM merged_grants k
                   WHERE k.sync = $1 AND k.account_id = merged_grants.account_id AND k.kind = 'team'
                     AND k.resource = merged_grants.resource AND k.role <> 'unknown')",
        );
        tx.execute(statement.bind(self.sync)).await?;
        Ok(())
    }

    async fn accounts(&self, tx: &mut Tx, rows: &mut u64) -> Result<Delta, StoreError> {
        let changed = tx
            .execute(self.at(
                "UPDATE accounts AS a SET valid_to = $3 FROM merged_accounts AS m
                 WHERE a.organization = $2 AND a.valid_to IS NULL AND m.sync = $1 AND m.account_id = a.account_id
                   AND (m.email_folded <> a.email_folded OR m.status <> a.status
                        OR m.display_name IS DISTINCT FROM a.display_name
                        OR m.role IS DISTINCT FROM a.role OR m.license IS DISTINCT FROM a.license
                        OR m.license_assigned_known <> a.license_assigned_known
                        OR m.license_assigned_at IS DISTINCT FROM a.license_assigned_at
                        OR m.admin_roles IS DISTINCT FROM a.admin_roles
                        OR m.enterprise IS DISTINCT FROM a.enterprise)",
            ))
            .await?;
        // An unknown role is one that SCIM did not show, so it is an account that SCIM lists.
        let removed = tx
            .execute(self.at(
                "UPDATE accounts SET valid_to = $3
                 WHERE organization = $2 AND valid_to IS NULL
                   AND NOT EXISTS (SELECT 1 FROM merged_accounts m WHERE m.sync = $1 AND m.account_id = accounts.account_id)
                   AND ($4 = 1 OR role IS NULL OR role IN ('organization_internal_admin', 'organization_internal_user'))",
            ).bind(self.coverage.guests.is_seen()))
            .await?;
        let inserted = tx
            .execute(self.at(
                "INSERT INTO accounts (organization, account_id, valid_from, email, email_folded, domain, display_name,
                     name_folded, status, role, license, license_assigned_known, license_assigned_at, admin_roles, enterprise)
                 SELECT $2, m.account_id, $3, m.email, m.email_folded, m.domain, m.display_name, m.name_folded, m.status,
                     m.role, m.license, m.license_assigned_known, m.license_assigned_at, m.admin_roles, m.enterprise
                 FROM merged_accounts m
                 WHERE m.sync = $1 AND NOT EXISTS (SELECT 1 FROM accounts a
                     WHERE a.organization = $2 AND a.account_id = m.account_id AND a.valid_to IS NULL)",
            ))
            .await?;
        *rows += changed + removed + inserted;
        Ok(Delta {
            added: inserted - changed,
            changed,
            removed,
        })
    }

    async fn activity(&self, tx: &mut Tx, rows: &mut u64) -> Result<u64, StoreError> {
        let forgotten = tx
            .execute(self.at(
                "UPDATE account_activity AS v SET valid_to = $3 FROM merged_accounts AS m
                 WHERE v.organization = $2 AND v.valid_to IS NULL AND m.sync = $1 AND m.account_id = v.account_id
                   AND m.last_activity_known = 0",
            ))
            .await?;
        let changed = tx
            .execute(self.at(
                "UPDATE account_activity AS v SET valid_to = $3 FROM merged_accounts AS m
                 WHERE v.organization = $2 AND v.valid_to IS NULL AND m.sync = $1 AND m.account_id = v.account_id
                   AND m.last_activity_known = 1 AND m.last_activity_at IS DISTINCT FROM v.last_activity_at",
            ))
            .await?;
        let removed = tx
            .execute(self.at("UPDATE account_activity SET valid_to = $3
                 WHERE organization = $2 AND valid_to IS NULL
                   AND NOT EXISTS (SELECT 1 FROM merged_accounts m
                       WHERE m.sync = $1 AND m.account_id = account_activity.account_id)
                   AND NOT EXISTS (SELECT 1 FROM accounts a WHERE a.organization = $2
                       AND a.account_id = account_activity.account_id AND a.valid_to IS NULL)"))
            .await?;
        let inserted = tx
            .execute(self.at(
                "INSERT INTO account_activity (organization, account_id, valid_from, last_activity_at)
                 SELECT $2, m.account_id, $3, m.last_activity_at FROM merged_accounts m
                 WHERE m.sync = $1 AND m.last_activity_known = 1 AND NOT EXISTS (SELECT 1 FROM account_activity v
                     WHERE v.organization = $2 AND v.account_id = m.account_id AND v.valid_to IS NULL)",
            ))
            .await?;
        *rows += forgotten + changed + removed + inserted;
        Ok(inserted + forgotten)
    }

    async fn groups(
        &self,
        tx: &mut Tx,
        kind: &GroupKind,
        rows: &mut u64,
    ) -> Result<Delta, StoreError> {
        if let Some(fill) = kind.keep_what_is_unknown {
            tx.execute(self.on(fill)).await?;
        }
        let changed = tx.execute(self.at(kind.close_changed)).await?;
        let removed = if (kind.covered)(&self.coverage) {
            tx.execute(self.at(kind.close_removed)).await?
        } else {
            0
        };
        let inserted = tx.execute(self.at(kind.insert)).await?;
        *rows += changed + removed + inserted;
        Ok(Delta {
            added: inserted - changed,
            changed,
            removed,
        })
    }

    async fn grants(&self, tx: &mut Tx, rows: &mut u64) -> Result<Delta, StoreError> {
        let coverage = &self.coverage;
        let close = self
            .at(CLOSE_GRANTS)
            .bind(coverage.teams.is_seen())
            .bind(coverage.user_groups.is_seen())
            .bind(coverage.admin_roles.is_seen());
        let removed = tx.execute(close).await?;
        let added = tx
            .execute(self.at(
                "INSERT INTO grants (organization, account_id, kind, resource, role, valid_from)
                 SELECT $2, m.account_id, m.kind, m.resource, m.role, $3 FROM merged_grants m
                 WHERE m.sync = $1 AND NOT EXISTS (SELECT 1 FROM grants g
                     WHERE g.organization = $2 AND g.account_id = m.account_id AND g.kind = m.kind
                       AND g.resource = m.resource AND g.role = m.role AND g.valid_to IS NULL)",
            ))
            .await?;
        *rows += removed + added;
        Ok(Delta {
            added,
            changed: 0,
            removed,
        })
    }
}

/// The rows of a snapshot, for [`count_rows`].
pub(crate) const MERGED_ROWS: &str = "ANALYZE merged_accounts; ANALYZE merged_grants";

/// Tells PostgreSQL's planner of rows that were inserted a moment ago. It does so by itself after a
/// minute or so, and until then takes a table of a hundred thousand rows for an empty one.
pub(crate) async fn count_rows(tx: &mut Tx, analyze: &'static str) -> Result<(), StoreError> {
    match tx.engine() {
        Engine::Sqlite => Ok(()),
        Engine::Postgres => tx.script(analyze.to_owned()).await,
    }
}

/// A grant that the snapshot does not show ends when its account is gone; when its account was seen and
/// its kind was read; or when its team or user group is gone.
const CLOSE_GRANTS: &str = "UPDATE grants SET valid_to = $3
    WHERE organization = $2 AND valid_to IS NULL
      AND NOT EXISTS (SELECT 1 FROM merged_grants m WHERE m.sync = $1 AND m.account_id = grants.account_id
          AND m.kind = grants.kind AND m.resource = grants.resource AND m.role = grants.role)
      AND (NOT EXISTS (SELECT 1 FROM accounts a WHERE a.organization = $2 AND a.account_id = grants.account_id
               AND a.valid_to IS NULL)
           OR ((kind IN ('role', 'license') OR (kind = 'team' AND $4 = 1) OR (kind = 'user_group' AND $5 = 1)
                OR (kind = 'admin_role' AND $6 = 1))
               AND EXISTS (SELECT 1 FROM merged_accounts s WHERE s.sync = $1 AND s.account_id = grants.account_id))
           OR (kind = 'team' AND $4 = 1 AND NOT EXISTS (SELECT 1 FROM teams t
               WHERE t.organization = $2 AND t.team_id = grants.resource AND t.valid_to IS NULL))
           OR (kind = 'user_group' AND $5 = 1 AND NOT EXISTS (SELECT 1 FROM user_groups u
               WHERE u.organization = $2 AND u.user_group_id = grants.resource AND u.valid_to IS NULL)))";

/// Teams and user groups are handled alike.
struct GroupKind {
    covered: fn(&Coverage) -> bool,
    keep_what_is_unknown: Option<&'static str>,
    close_changed: &'static str,
    close_removed: &'static str,
    insert: &'static str,
}

const TEAMS: GroupKind = GroupKind {
    covered: |coverage| coverage.teams.is_seen(),
    keep_what_is_unknown: None,
    close_changed: "UPDATE teams AS t SET valid_to = $3 FROM merged_teams AS m
        WHERE t.organization = $2 AND t.valid_to IS NULL AND m.sync = $1 AND m.team_id = t.team_id AND m.name <> t.name",
    close_removed: "UPDATE teams SET valid_to = $3 WHERE organization = $2 AND valid_to IS NULL
        AND NOT EXISTS (SELECT 1 FROM merged_teams m WHERE m.sync = $1 AND m.team_id = teams.team_id)",
    insert: "INSERT INTO teams (organization, team_id, valid_from, name, name_folded)
        SELECT $2, m.team_id, $3, m.name, m.name_folded FROM merged_teams m
        WHERE m.sync = $1 AND NOT EXISTS (SELECT 1 FROM teams t
            WHERE t.organization = $2 AND t.team_id = m.team_id AND t.valid_to IS NULL)",
};

const USER_GROUPS: GroupKind = GroupKind {
    covered: |coverage| coverage.user_groups.is_seen(),
    keep_what_is_unknown: Some(
        "UPDATE merged_user_groups AS m SET description = u.description FROM user_groups AS u
         WHERE m.sync = $1 AND m.description IS NULL
           AND u.organization = $2 AND u.user_group_id = m.user_group_id AND u.valid_to IS NULL",
    ),
    close_changed: "UPDATE user_groups AS u SET valid_to = $3 FROM merged_user_groups AS m
        WHERE u.organization = $2 AND u.valid_to IS NULL AND m.sync = $1 AND m.user_group_id = u.user_group_id
          AND (m.name <> u.name OR m.description IS DISTINCT FROM u.description)",
    close_removed: "UPDATE user_groups SET valid_to = $3 WHERE organization = $2 AND valid_to IS NULL
        AND NOT EXISTS (SELECT 1 FROM merged_user_groups m
            WHERE m.sync = $1 AND m.user_group_id = user_groups.user_group_id)",
    insert: "INSERT INTO user_groups (organization, user_group_id, valid_from, name, name_folded, description)
        SELECT $2, m.user_group_id, $3, m.name, m.name_folded, m.description FROM merged_user_groups m
        WHERE m.sync = $1 AND NOT EXISTS (SELECT 1 FROM user_groups u
            WHERE u.organization = $2 AND u.user_group_id = m.user_group_id AND u.valid_to IS NULL)",
};
