//! Looking at accounts.

mod places;

use futures::StreamExt;
use serde::Serialize;
use usher_boxed::boxed;
use usher_model::{
    Account, AccountId, AccountStatus, Email, Known, License, OrganizationId, OrganizationRole,
    TeamId, Timestamp,
};

use crate::row::Columns;
use crate::statement::{Statement, containing, sql};
use crate::{After, Direction, Rows, Store, StoreError};

/// Which accounts to look at.
#[derive(Clone, Debug)]
pub struct AccountFilter {
    /// The organization.
    pub organization: OrganizationId,
    /// The inventory of which time; `None`: the current one.
    pub as_of: Option<Timestamp>,
    /// One account.
    pub account: Option<AccountId>,
    /// One e-mail address, whatever its letter case.
    pub email: Option<String>,
    /// Last used before this time, or never. Accounts whose activity is unknown are left out
    /// ([`Store::accounts_of_unknown_activity`] counts them).
    pub inactive_before: Option<Timestamp>,
    /// One role.
    pub role: Option<OrganizationRole>,
    /// One licence.
    pub license: Option<License>,
    /// In one team, in any role.
    pub team: Option<TeamId>,
    /// An e-mail domain.
    pub domain: Option<String>,
    /// Everybody, guests or admins.
    pub population: Population,
    /// One status.
    pub status: Option<AccountStatus>,
    /// Text that the e-mail address or the name contains, whatever its letter case.
    pub search: Option<String>,
    /// In which order.
    pub order: AccountOrder,
    /// In which direction.
    pub direction: Direction,
    /// Those behind this place of the same order, for page after page.
    pub after: Option<After>,
    /// Leaves out so many, for page after page where an order has no places.
    pub offset: u64,
    /// At most so many.
    pub limit: Option<u64>,
}

impl AccountFilter {
    /// All accounts of an organization now, by e-mail address.
    pub fn of(organization: OrganizationId) -> Self {
        Self {
            organization,
            as_of: None,
            account: None,
            email: None,
            inactive_before: None,
            role: None,
            license: None,
            team: None,
            domain: None,
            population: Population::Everybody,
            status: None,
            search: None,
            order: AccountOrder::Email,
            direction: Direction::Ascending,
            after: None,
            offset: 0,
            limit: None,
        }
    }
}

/// A part of an organization's people.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Population {
    /// All.
    #[default]
    Everybody,
    /// Those known to be neither members nor company admins: guests, external users.
    Guests,
    /// Company admins and holders of an admin role.
    Admins,
}

/// What accounts are sorted by. What is unknown comes last in either direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AccountOrder {
    /// Account id.
    Id,
    /// E-mail address.
    #[default]
    Email,
    /// Name.
    Name,
    /// Role.
    Role,
    /// Licence.
    License,
    /// Last activity; never comes before every date.
    LastActivity,
    /// Number of teams.
    Teams,
    /// Since when the account is in the inventory.
    Since,
}

/// An account, and what goes with it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AccountRow {
    /// The account.
    #[serde(flatten)]
    pub account: Account,
    /// How many teams it is in.
    pub teams: u64,
    /// When it was first seen.
    pub since: Timestamp,
}

impl Store {
    /// The accounts that match.
    pub fn accounts(&self, filter: &AccountFilter) -> Rows<AccountRow> {
        let name = self.db.name.clone();
        self.db
            .rows(list(filter))
            .map(move |row| read_row(&mut row?.columns(&name)))
            .boxed()
    }

    /// How many accounts match, whatever the limit.
    #[boxed]
    pub async fn count_accounts(&self, filter: &AccountFilter) -> Result<u64, StoreError> {
        self.count(filter, Activity::from(filter)).await
    }

    /// How many accounts match all of the filter but `inactive_before`, and were left out by that
    /// because their activity is unknown.
    #[boxed]
    pub async fn accounts_of_unknown_activity(
        &self,
        filter: &AccountFilter,
    ) -> Result<u64, StoreError> {
        self.count(filter, Activity::Unknown).await
    }

    async fn count(&self, filter: &AccountFilter, activity: Activity) -> Result<u64, StoreError> {
        let mut statement = sql("SELECT COUNT(*) FROM accounts a LEFT JOIN account_activity v");
        push_activity_of_account(&mut statement, filter);
        push_conditions(&mut statement, filter, activity);
        let row = self.db.one(statement).await?;
        row.columns(&self.db.name).count()
    }
}

/// What the last activity must be.
#[derive(Clone, Copy)]
enum Activity {
    Any,
    Before(Timestamp),
    Unknown,
}

impl From<&AccountFilter> for Activity {
    fn from(filter: &AccountFilter) -> Self {
        filter.inactive_before.map_or(Self::Any, Self::Before)
    }
}

/// The columns of an account, in the order in which [`read_account`] reads them.
pub(crate) const ACCOUNT: &str =
    "a.account_id, a.email, a.display_name, a.status, a.role, a.license,
    a.license_assigned_known, a.license_assigned_at, a.admin_roles, a.enterprise";

const ACTIVITY: &str = ", CAST(CASE WHEN v.account_id IS NULL THEN 0 ELSE 1 END AS BIGINT) AS active_known, v.last_activity_at";

/// With a limit, the accounts are chosen first and their teams counted afterwards.
fn list(filter: &AccountFilter) -> Statement {
    let page = (filter.limit, filter.offset);
    let counted_first = matches!(filter.order, AccountOrder::Teams | AccountOrder::Since);
    let last_activity = match (filter.inactive_before, filter.direction) {
        (None, _) => (LAST_ACTIVITY, ""),
        (Some(_), Direction::Ascending) => ("v.last_activity_at", " NULLS FIRST"),
        (Some(_), Direction::Descending) => ("v.last_activity_at", " NULLS LAST"),
    };
    let mut statement = sql("SELECT ");
    if filter.limit.is_none() || counted_first {
        push_columns(&mut statement);
        statement.push(", ");
        push_counts(&mut statement, filter);
        statement.push(" FROM ");
        push_sources(&mut statement, filter);
        push_conditions(&mut statement, filter, filter.into());
        places::push_after(&mut statement, filter);
        push_order(&mut statement, filter, last_activity);
        statement.push_page(page);
        return statement;
    }
    statement.push(CHOSEN);
    push_counts(&mut statement, filter);
    statement.push(" FROM (SELECT a.organization, a.email_folded, a.name_folded, ");
    push_columns(&mut statement);
    statement.push(" FROM ");
    push_sources(&mut statement, filter);
    push_conditions(&mut statement, filter, filter.into());
    places::push_after(&mut statement, filter);
    push_order(&mut statement, filter, last_activity);
    statement.push_page(page);
    statement.push(") a");
    push_order(&mut statement, filter, (LAST_ACTIVITY_OF_CHOSEN, ""));
    statement
}

/// The columns of [`ACCOUNT`] and [`ACTIVITY`], of accounts that have been chosen.
const CHOSEN: &str = "a.account_id, a.email, a.display_name, a.status, a.role, a.license,
    a.license_assigned_known, a.license_assigned_at, a.admin_roles, a.enterprise, a.active_known, a.last_activity_at, ";

/// Unknown last, and never before every date.
const LAST_ACTIVITY: &str = "CASE WHEN v.account_id IS NULL THEN 1 ELSE 0 END, COALESCE(v.last_activity_at, -9223372036854775807)";

const LAST_ACTIVITY_OF_CHOSEN: &str =
    "a.active_known DESC, COALESCE(a.last_activity_at, -9223372036854775807)";

fn push_columns(statement: &mut Statement) {
    statement.push(ACCOUNT).push(ACTIVITY);
}

fn push_counts(statement: &mut Statement, filter: &AccountFilter) {
    statement.push(
        "(SELECT COUNT(*) FROM grants g WHERE g.organization = a.organization
            AND g.account_id = a.account_id AND g.kind = 'team' AND g.role <> 'non_team' AND ",
    );
    statement.push_valid("g", filter.as_of);
    statement.push(
        ") AS team_count,
         (SELECT MIN(f.valid_from) FROM accounts f WHERE f.organization = a.organization
            AND f.account_id = a.account_id) AS since",
    );
}

fn push_sources(statement: &mut Statement, filter: &AccountFilter) {
    // Known activity alone is asked for: then its index can lead the way.
    statement.push(match filter.inactive_before {
        None => "accounts a LEFT JOIN account_activity v",
        Some(_) => "accounts a JOIN account_activity v",
    });
    push_activity_of_account(statement, filter);
}

fn push_activity_of_account(statement: &mut Statement, filter: &AccountFilter) {
    statement.push(" ON v.organization = a.organization AND v.account_id = a.account_id AND ");
    statement.push_valid("v", filter.as_of);
}

fn push_conditions(statement: &mut Statement, filter: &AccountFilter, activity: Activity) {
    statement.push(" WHERE a.organization = (SELECT number FROM organizations WHERE id = ");
    statement
        .push_bind(filter.organization.as_str())
        .push(") AND ");
    statement.push_valid("a", filter.as_of);
    statement.push_wanted([
        (
            " AND a.account_id = ",
            filter.account.as_ref().map(ToString::to_string),
        ),
        (
            " AND a.email_folded = ",
            filter.email.as_ref().map(|email| email.to_lowercase()),
        ),
        (
            " AND a.role = ",
            filter.role.as_ref().map(ToString::to_string),
        ),
        (
            " AND a.license = ",
            filter.license.as_ref().map(ToString::to_string),
        ),
        (
            " AND a.domain = ",
            filter.domain.as_ref().map(|domain| domain.to_lowercase()),
        ),
        (
            " AND a.status = ",
            filter.status.map(|status| status.as_str().to_owned()),
        ),
    ]);
    push_population(statement, filter.population);
    push_team(statement, filter);
    if let Some(text) = &filter.search {
        let pattern = containing(text);
        statement
            .push(" AND (a.email_folded LIKE ")
            .push_bind(pattern.clone());
        statement
            .push(" ESCAPE '\\' OR a.name_folded LIKE ")
            .push_bind(pattern);
        statement.push(" ESCAPE '\\')");
    }
    match activity {
        Activity::Any => {}
        Activity::Before(time) => {
            statement.push(" AND v.organization = (SELECT number FROM organizations WHERE id = ");
            statement.push_bind(filter.organization.as_str());
            statement.push(") AND (v.last_activity_at IS NULL OR v.last_activity_at < ");
            statement.push_bind(time).push(")");
        }
        Activity::Unknown => {
            statement.push(" AND v.account_id IS NULL");
        }
    }
}

fn push_population(statement: &mut Statement, population: Population) {
    statement.push(match population {
        Population::Everybody => "",
        Population::Guests => {
            " AND a.role IS NOT NULL AND a.role NOT IN ('organization_internal_admin', 'organization_internal_user')"
        }
        Population::Admins => {
            " AND (a.role = 'organization_internal_admin' OR a.admin_roles <> '[]')"
        }
    });
}

fn push_team(statement: &mut Statement, filter: &AccountFilter) {
    let Some(team) = &filter.team else {
        return;
    };
    statement.push(
        " AND EXISTS (SELECT 1 FROM grants t WHERE t.organization = a.organization
            AND t.account_id = a.account_id AND t.kind = 'team' AND t.resource = ",
    );
    statement.push_bind(team.as_str()).push(" AND ");
    statement.push_valid("t", filter.as_of).push(")");
}

/// Appends the order; `last_activity` is how that is sorted here: its column, and where NULL goes.
fn push_order(
    statement: &mut Statement,
    filter: &AccountFilter,
    last_activity: (&'static str, &'static str),
) {
    let (column, nulls) = match filter.order {
        AccountOrder::Id => ("a.account_id", ""),
        AccountOrder::Email => ("a.email_folded", ""),
        AccountOrder::Name => ("a.name_folded", " NULLS LAST"),
        AccountOrder::Role => ("a.role", " NULLS LAST"),
        AccountOrder::License => ("a.license", " NULLS LAST"),
        AccountOrder::LastActivity => last_activity,
        AccountOrder::Teams => ("team_count", ""),
        AccountOrder::Since => ("since", ""),
    };
    statement.push(" ORDER BY ").push(column);
    statement.push(filter.direction.word()).push(nulls);
    if filter.order != AccountOrder::Id {
        statement.push(", a.account_id");
    }
}

impl Direction {
    /// As SQL says it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Ascending => "",
            Self::Descending => " DESC",
        }
    }
}

/// Reads the columns of [`ACCOUNT`]; the activity is left unknown.
pub(crate) fn read_account(columns: &mut Columns<'_>) -> Result<Account, StoreError> {
    Ok(Account {
        id: columns.text()?.into(),
        email: Email::new(columns.text()?),
        display_name: columns.optional_text()?.into(),
        status: columns.word()?,
        role: columns
            .optional_text()?
            .map(|role| role.as_str().into())
            .into(),
        license: columns
            .optional_text()?
            .map(|license| license.as_str().into())
            .into(),
        license_assigned_at: known_time(columns)?,
        last_activity_at: Known::Unknown,
        admin_roles: columns.optional_json()?.into(),
        enterprise: columns.optional_json()?.into(),
    })
}

fn known_time(columns: &mut Columns<'_>) -> Result<Known<Option<Timestamp>>, StoreError> {
    let known = columns.flag()?;
    let time = columns.optional_time()?;
    Ok(if known {
        Known::Known(time)
    } else {
        Known::Unknown
    })
}

fn read_row(columns: &mut Columns<'_>) -> Result<AccountRow, StoreError> {
    let mut account = read_account(columns)?;
    account.last_activity_at = known_time(columns)?;
    Ok(AccountRow {
        account,
        teams: columns.count()?,
        since: columns.time()?,
    })
}
