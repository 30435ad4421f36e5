//! The whole inventory of an organization in a few queries, for planning.

use usher_boxed::boxed;
use usher_model::{
    Account, AccountId, Known, OrganizationId, Team, TeamId, TeamRole, UserGroup, UserGroupId,
};

use crate::accounts::{ACCOUNT, read_account};
use crate::row::Columns;
use crate::snapshot::Snapshot;
use crate::statement::{Statement, sql};
use crate::{Engine, Store, StoreError};

/// The current inventory of an organization. Roles, licences and admin roles are those of the accounts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LoadedInventory {
    /// All accounts, by id.
    pub accounts: Vec<Account>,
    /// All teams, by id.
    pub teams: Vec<LoadedTeam>,
    /// All user groups, by id.
    pub user_groups: Vec<LoadedUserGroup>,
}

/// A team and who is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadedTeam {
    /// The team.
    pub team: Team,
    /// The accounts that hold a role in it and the role, by account; also outsiders (`non_team`).
    pub members: Vec<(AccountId, TeamRole)>,
}

/// A user group and who is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadedUserGroup {
    /// The user group.
    pub user_group: UserGroup,
    /// Its members, sorted.
    pub members: Vec<AccountId>,
}

impl Store {
    /// The current inventory, as it is at one moment. Members of a team that no list shows are left out.
    #[boxed]
    pub async fn load_inventory(
        &self,
        organization: &OrganizationId,
    ) -> Result<LoadedInventory, StoreError> {
        let number = self.organization_number(organization).await?;
        let engine = self.db.engine();
        let mut snapshot = self.db.snapshot().await?;
        Ok(LoadedInventory {
            accounts: accounts(&mut snapshot, number).await?,
            teams: teams(&mut snapshot, engine, number).await?,
            user_groups: user_groups(&mut snapshot, engine, number).await?,
        })
    }
}

async fn accounts(snapshot: &mut Snapshot, organization: i64) -> Result<Vec<Account>, StoreError> {
    let mut statement = sql("SELECT ");
    statement.push(ACCOUNT).push(
        ", CAST(CASE WHEN v.account_id IS NULL THEN 0 ELSE 1 END AS BIGINT), v.last_activity_at
         FROM accounts a LEFT JOIN account_activity v
             ON v.organization = a.organization AND v.account_id = a.account_id AND v.valid_to IS NULL
         WHERE a.valid_to IS NULL AND a.organization = ",
    );
    statement
        .push_bind(organization)
        .push(" ORDER BY a.account_id");
    snapshot
        .all(statement, |columns| {
            let mut account = read_account(columns)?;
            let known = columns.flag()?;
            let last = columns.optional_time()?;
            if known {
                account.last_activity_at = Known::Known(last);
            }
            Ok(account)
        })
        .await
}

async fn teams(
    snapshot: &mut Snapshot,
    engine: Engine,
    organization: i64,
) -> Result<Vec<LoadedTeam>, StoreError> {
    let statement = sql("SELECT team_id, name FROM teams
         WHERE organization = $1 AND valid_to IS NULL ORDER BY team_id");
    let read = |columns: &mut Columns<'_>| {
        Ok(LoadedTeam {
            team: Team {
                id: columns.text()?.into(),
                name: columns.text()?,
            },
            members: Vec::new(),
        })
    };
    let mut teams = snapshot.all(statement.bind(organization), read).await?;
    snapshot
        .each(members(engine, organization, "team"), |columns| {
            let team = TeamId::new(columns.borrowed_text()?);
            let role = TeamRole::from(columns.borrowed_text()?);
            let Ok(at) = teams.binary_search_by(|found| found.team.id.cmp(&team)) else {
                return Ok(());
            };
            if let Some(team) = teams.get_mut(at) {
                let accounts = columns.borrowed_text()?.split('\n');
                team.members
                    .extend(accounts.map(|account| (account.into(), role.clone())));
            }
            Ok(())
        })
        .await?;
    for team in &mut teams {
        team.members.sort_unstable();
    }
    Ok(teams)
}

async fn user_groups(
    snapshot: &mut Snapshot,
    engine: Engine,
    organization: i64,
) -> Result<Vec<LoadedUserGroup>, StoreError> {
    let statement = sql("SELECT user_group_id, name, description FROM user_groups
         WHERE organization = $1 AND valid_to IS NULL ORDER BY user_group_id");
    let read = |columns: &mut Columns<'_>| {
        Ok(LoadedUserGroup {
            user_group: UserGroup {
                id: columns.text()?.into(),
                name: columns.text()?,
                description: columns.optional_text()?.into(),
            },
            members: Vec::new(),
        })
    };
    let mut groups = snapshot.all(statement.bind(organization), read).await?;
    snapshot
        .each(members(engine, organization, "user_group"), |columns| {
            let group = UserGroupId::new(columns.borrowed_text()?);
            columns.borrowed_text()?;
            let Ok(at) = groups.binary_search_by(|found| found.user_group.id.cmp(&group)) else {
                return Ok(());
            };
            if let Some(group) = groups.get_mut(at) {
                let accounts = columns.borrowed_text()?.split('\n');
                group.members.extend(accounts.map(AccountId::from));
            }
            Ok(())
        })
        .await?;
    for group in &mut groups {
        group.members.sort_unstable();
    }
    Ok(groups)
}

/// One row per group and role instead of one per grant: that is several times faster to read.
fn members(engine: Engine, organization: i64, kind: &'static str) -> Statement {
    let mut statement = sql("SELECT resource, role, ");
    statement.push(match engine {
        Engine::Sqlite => "group_concat(account_id, char(10))",
        Engine::Postgres => "string_agg(account_id, E'\\n')",
    });
    statement.push(" FROM grants WHERE valid_to IS NULL AND organization = ");
    statement.push_bind(organization).push(" AND kind = ");
    statement.push_bind(kind).push(" GROUP BY resource, role");
    statement
}
