//! Counting.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use usher_boxed::boxed;
use usher_model::{License, Organization, OrganizationId, Timestamp};

use crate::row::{Columns, read_all};
use crate::statement::sql;
use crate::{Store, StoreError};

/// How much is in an inventory or a snapshot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InventoryCounts {
    /// Accounts.
    pub accounts: u64,
    /// Those that SCIM shows too: company admins, members, and those of unknown role.
    pub internal_accounts: u64,
    /// Teams.
    pub teams: u64,
    /// User groups.
    pub user_groups: u64,
    /// Grants of every kind.
    pub grants: u64,
    /// Grants of team roles.
    pub team_grants: u64,
    /// Grants of team roles to accounts that SCIM shows too.
    pub internal_team_grants: u64,
}

/// How many accounts have a licence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LicenseCount {
    /// The licence.
    pub license: License,
    /// How many accounts have it.
    pub accounts: u64,
}

/// An organization at a glance.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// The organization; its purchased licences are in here.
    pub organization: Organization,
    /// From when the inventory is; `None` before the first synchronization.
    pub effective_at: Option<Timestamp>,
    /// Accounts.
    pub accounts: u64,
    /// Those that can be used.
    pub active: u64,
    /// Those that are switched off.
    pub deactivated: u64,
    /// Company admins.
    pub company_admins: u64,
    /// Holders of another admin role who are no company admins.
    pub other_admins: u64,
    /// Members who are no company admins.
    pub members: u64,
    /// Guests and external users.
    pub guests: u64,
    /// Accounts per licence, most first.
    pub licenses: Vec<LicenseCount>,
    /// Active accounts whose licence takes a seat; a deactivated one has given its seat back.
    pub seats_taken: u64,
    /// Accounts last used more than 90 days ago.
    pub idle: u64,
    /// Accounts that were never used.
    pub never_active: u64,
    /// Accounts of which nobody knows when they were last used.
    pub unknown_activity: u64,
    /// Seats that could be freed: taken by accounts that are idle or were never used, and whose licence
    /// is known not to have been given within those 90 days.
    pub seats_freeable: u64,
    /// Teams.
    pub teams: u64,
    /// Teams with nobody in them.
    pub empty_teams: u64,
    /// Teams with members whose roles are all known, and none of them an admin.
    pub teams_without_admin: u64,
    /// User groups.
    pub user_groups: u64,
    /// Grants of every kind.
    pub grants: u64,
}

/// After how long without use an account is idle.
const IDLE: Duration = Duration::from_hours(90 * 24);

impl InventoryCounts {
    pub(crate) fn read(columns: &mut Columns<'_>) -> Result<Self, StoreError> {
        Ok(Self {
            accounts: columns.count()?,
            internal_accounts: columns.count()?,
            teams: columns.count()?,
            user_groups: columns.count()?,
            grants: columns.count()?,
            team_grants: columns.count()?,
            internal_team_grants: columns.count()?,
        })
    }
}

impl Store {
    /// How much is in the current inventory.
    #[boxed]
    pub async fn current_counts(
        &self,
        organization: &OrganizationId,
    ) -> Result<InventoryCounts, StoreError> {
        let number = self.organization_number(organization).await?;
        let statement = sql(
            "SELECT
                 (SELECT COUNT(*) FROM accounts WHERE organization = $1 AND valid_to IS NULL),
                 (SELECT COUNT(*) FROM accounts WHERE organization = $1 AND valid_to IS NULL
                      AND (role IS NULL OR role IN ('organization_internal_admin', 'organization_internal_user'))),
                 (SELECT COUNT(*) FROM teams WHERE organization = $1 AND valid_to IS NULL),
                 (SELECT COUNT(*) FROM user_groups WHERE organization = $1 AND valid_to IS NULL),
                 (SELECT COUNT(*) FROM grants WHERE organization = $1 AND valid_to IS NULL),
                 (SELECT COUNT(*) FROM grants WHERE organization = $1 AND valid_to IS NULL AND kind = 'team'),
                 (SELECT COUNT(*) FROM grants g JOIN accounts a ON a.organization = g.organization
                      AND a.account_id = g.account_id AND a.valid_to IS NULL
                      WHERE g.organization = $1 AND g.valid_to IS NULL AND g.kind = 'team'
                      AND (a.role IS NULL OR a.role IN ('organization_internal_admin', 'organization_internal_user')))",
        );
        let row = self.db.one(statement.bind(number)).await?;
        InventoryCounts::read(&mut row.columns(&self.db.name))
    }

    /// The organization at a glance; *idle* is counted back from `now`. `None` when it was never
    /// synchronized.
    #[boxed]
    pub async fn summary(
        &self,
        organization: &OrganizationId,
        now: Timestamp,
    ) -> Result<Option<Summary>, StoreError> {
        let Some(found) = self.organization(organization).await? else {
            return Ok(None);
        };
        let number = self.organization_number(organization).await?;
        let published = self.last_published(organization).await?;
        let licenses = self.license_counts(number).await?;
        let mut summary = Summary {
            organization: found,
            effective_at: published.and_then(|sync| sync.effective_at),
            accounts: 0,
            active: 0,
            deactivated: 0,
            company_admins: 0,
            other_admins: 0,
            members: 0,
            guests: 0,
            seats_taken: 0,
            licenses,
            idle: 0,
            never_active: 0,
            unknown_activity: 0,
            seats_freeable: 0,
            teams: 0,
            empty_teams: 0,
            teams_without_admin: 0,
            user_groups: 0,
            grants: 0,
        };
        self.count_people(number, now, &mut summary).await?;
        self.count_activity(number, now, &mut summary).await?;
        self.count_groups(number, &mut summary).await?;
        Ok(Some(summary))
    }

    async fn license_counts(&self, organization: i64) -> Result<Vec<LicenseCount>, StoreError> {
        let statement = sql("SELECT license, COUNT(*) FROM accounts
             WHERE organization = $1 AND valid_to IS NULL AND license IS NOT NULL
             GROUP BY license ORDER BY 2 DESC, 1");
        let rows = self.db.all(statement.bind(organization)).await?;
        read_all(&rows, &self.db.name, |columns| {
            Ok(LicenseCount {
                license: columns.text()?.as_str().into(),
                accounts: columns.count()?,
            })
        })
    }

    async fn count_people(
        &self,
        organization: i64,
        now: Timestamp,
        summary: &mut Summary,
    ) -> Result<(), StoreError> {
        let statement = sql(
            "SELECT COUNT(*), COUNT(CASE WHEN status = 'active' THEN 1 END),
                 COUNT(CASE WHEN role = 'organization_internal_admin' THEN 1 END),
                 COUNT(CASE WHEN admin_roles <> '[]' AND role IS DISTINCT FROM 'organization_internal_admin' THEN 1 END),
                 COUNT(CASE WHEN role = 'organization_internal_user' THEN 1 END),
                 COUNT(CASE WHEN role NOT IN ('organization_internal_admin', 'organization_internal_user') THEN 1 END)
             FROM accounts WHERE organization = $1 AND valid_to IS NULL",
        );
        let row = self.db.one(statement.bind(organization)).await?;
        let mut columns = row.columns(&self.db.name);
        summary.accounts = columns.count()?;
        summary.active = columns.count()?;
        summary.deactivated = summary.accounts.saturating_sub(summary.active);
        summary.company_admins = columns.count()?;
        summary.other_admins = columns.count()?;
        summary.members = columns.count()?;
        summary.guests = columns.count()?;
        self.count_seats(organization, now, summary).await
    }

    /// A deactivated account has given its seat back (Miro's help, "Deactivated users").
    async fn count_seats(
        &self,
        organization: i64,
        now: Timestamp,
        summary: &mut Summary,
    ) -> Result<(), StoreError> {
        let since = now.saturating_sub(IDLE).unwrap_or(now);
        let mut statement = sql(
            "SELECT COUNT(*), COUNT(CASE WHEN v.account_id IS NOT NULL AND (v.last_activity_at IS NULL
                 OR v.last_activity_at < ",
        );
        statement.push_bind(since).push(
            ") AND a.license_assigned_known = 1
                 AND (a.license_assigned_at IS NULL OR a.license_assigned_at < ",
        );
        statement.push_bind(since).push(
            ") THEN 1 END) FROM accounts a LEFT JOIN account_activity v
                 ON v.organization = a.organization AND v.account_id = a.account_id AND v.valid_to IS NULL
             WHERE a.valid_to IS NULL AND a.status = 'active' AND a.organization = ",
        );
        statement
            .push_bind(organization)
            .push(" AND a.license IN (''");
        for license in License::PUBLISHED
            .iter()
            .filter(|license| license.takes_seat())
        {
            statement.push(", ").push_bind(license.as_str());
        }
        statement.push(")");
        let row = self.db.one(statement).await?;
        let mut columns = row.columns(&self.db.name);
        summary.seats_taken = columns.count()?;
        summary.seats_freeable = columns.count()?;
        Ok(())
    }

    async fn count_activity(
        &self,
        organization: i64,
        now: Timestamp,
        summary: &mut Summary,
    ) -> Result<(), StoreError> {
        let statement = sql("SELECT COUNT(CASE WHEN last_activity_at < $2 THEN 1 END),
                 COUNT(CASE WHEN last_activity_at IS NULL THEN 1 END), COUNT(*)
             FROM account_activity WHERE organization = $1 AND valid_to IS NULL");
        let since = now.saturating_sub(IDLE).unwrap_or(now);
        let row = self
            .db
            .one(statement.bind(organization).bind(since))
            .await?;
        let mut columns = row.columns(&self.db.name);
        summary.idle = columns.count()?;
        summary.never_active = columns.count()?;
        summary.unknown_activity = summary.accounts.saturating_sub(columns.count()?);
        Ok(())
    }

    async fn count_groups(
        &self,
        organization: i64,
        summary: &mut Summary,
    ) -> Result<(), StoreError> {
        let statement = sql(
            "SELECT COUNT(*), COUNT(CASE WHEN COALESCE(c.members, 0) = 0 THEN 1 END),
                 COUNT(CASE WHEN c.members > 0 AND c.admins = 0 AND c.unknown_roles = 0 THEN 1 END),
                 (SELECT COUNT(*) FROM user_groups WHERE organization = $1 AND valid_to IS NULL),
                 (SELECT COUNT(*) FROM grants WHERE organization = $1 AND valid_to IS NULL)
             FROM teams t LEFT JOIN (
                 SELECT resource, COUNT(CASE WHEN role <> 'non_team' THEN 1 END) AS members,
                     COUNT(CASE WHEN role = 'admin' THEN 1 END) AS admins,
                     COUNT(CASE WHEN role = 'unknown' THEN 1 END) AS unknown_roles
                 FROM grants WHERE organization = $1 AND valid_to IS NULL AND kind = 'team' GROUP BY resource
             ) c ON c.resource = t.team_id
             WHERE t.organization = $1 AND t.valid_to IS NULL",
        );
        let row = self.db.one(statement.bind(organization)).await?;
        let mut columns = row.columns(&self.db.name);
        summary.teams = columns.count()?;
        summary.empty_teams = columns.count()?;
        summary.teams_without_admin = columns.count()?;
        summary.user_groups = columns.count()?;
        summary.grants = columns.count()?;
        Ok(())
    }
}
