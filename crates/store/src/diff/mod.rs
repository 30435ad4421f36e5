//! What changed between two times.

mod accounts;
mod grants;
mod groups;
mod versions;

use futures::{StreamExt, TryStreamExt};
use serde::Serialize;
use serde_json::Value;
use usher_model::{
    Account, AccountId, Coverage, Email, Grant, Known, OrganizationId, Seen, Team, TeamId,
    Timestamp, UserGroup, UserGroupId,
};

use crate::accounts::ACCOUNT;
use crate::row::{first_json, read_all};
use crate::statement::{Statement, sql};
use crate::{Rows, Store, StoreError};
use accounts::{AccountVersion, account_change};
use grants::{Side, grants_on_one_side, read_grant_change};
use groups::{GroupKind, GroupVersion, TEAMS, USER_GROUPS, group_change};
use versions::changes;

/// Whether access changed, or only what Usher can see of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeClass {
    /// Something changed in Miro.
    Access,
    /// Something came into view, as after a token with more rights was added: it may have been so before.
    Visibility,
}

/// An attribute of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountAttribute {
    /// E-mail address.
    Email,
    /// Name.
    DisplayName,
    /// Active or deactivated.
    Status,
    /// Role in the organization.
    Role,
    /// Licence.
    License,
    /// When the licence was given.
    LicenseAssignedAt,
    /// Admin roles.
    AdminRoles,
    /// Enterprise attributes.
    Enterprise,
}

/// One difference between the inventories of two times.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AccessChange {
    /// When Usher saw it: the time of the synchronization that did.
    pub at: Timestamp,
    /// Whether access changed.
    pub class: ChangeClass,
    /// What changed.
    #[serde(flatten)]
    pub change: Change,
}

/// What can change.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum Change {
    /// A team came.
    TeamAdded {
        /// The team.
        team: Team,
    },
    /// A team went.
    TeamRemoved {
        /// The team.
        team: Team,
    },
    /// A team has another name.
    TeamRenamed {
        /// The team.
        team: TeamId,
        /// Its name before.
        before: String,
        /// Its name now.
        after: String,
    },
    /// A user group came.
    UserGroupAdded {
        /// The user group.
        user_group: UserGroup,
    },
    /// A user group went.
    UserGroupRemoved {
        /// The user group.
        user_group: UserGroup,
    },
    /// A user group has another name.
    UserGroupRenamed {
        /// The user group.
        user_group: UserGroupId,
        /// Its name before.
        before: String,
        /// Its name now.
        after: String,
    },
    /// An account came.
    AccountAdded {
        /// The account, its activity left unknown.
        account: Box<Account>,
    },
    /// An account went.
    AccountRemoved {
        /// The account as it was, its activity left unknown.
        account: Box<Account>,
    },
    /// An attribute of an account is another one.
    AccountChanged {
        /// The account.
        account: AccountId,
        /// Its e-mail address now.
        email: Email,
        /// Which attribute.
        attribute: AccountAttribute,
        /// Its value before, as in the JSON form of [`Account`].
        before: Known<Value>,
        /// Its value now.
        after: Known<Value>,
    },
    /// Somebody holds something.
    GrantAdded {
        /// Who holds what.
        grant: Grant,
        /// The account's e-mail address.
        email: Option<Email>,
        /// The name of the team or user group.
        resource_name: Option<String>,
    },
    /// Somebody holds something no longer.
    GrantRemoved {
        /// Who held what.
        grant: Grant,
        /// The account's e-mail address.
        email: Option<Email>,
        /// The name of the team or user group.
        resource_name: Option<String>,
    },
}

impl Store {
    /// The differences between the inventory of `from` and that of `to`: teams, then user groups,
    /// accounts and grants, each by id. What came and went between is no difference. Activity is none
    /// either.
    ///
    /// What no synchronization up to `from` could see comes into view and does not change: its class is
    /// [`ChangeClass::Visibility`].
    pub fn diff(
        &self,
        organization: &OrganizationId,
        from: Timestamp,
        to: Timestamp,
    ) -> Rows<AccessChange> {
        let store = self.clone();
        let organization = organization.clone();
        async_stream::try_stream! {
            let span = store.span(&organization, from, to).await?;
            let mut parts = [
                store.group_changes(&span, &TEAMS),
                store.group_changes(&span, &USER_GROUPS),
                store.account_changes(&span),
                store.grant_changes(&span, Side::After),
                store.grant_changes(&span, Side::Before),
            ];
            for part in &mut parts {
                while let Some(change) = part.try_next().await? {
                    yield change;
                }
            }
        }
        .boxed()
    }

    async fn span(
        &self,
        organization: &OrganizationId,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Span, StoreError> {
        let number = self.organization_number(organization).await?;
        let statement = sql("SELECT coverage FROM syncs
             WHERE organization = $1 AND effective_at IS NOT NULL AND effective_at <= $2");
        let rows = self.db.all(statement.bind(number).bind(from)).await?;
        let coverages: Vec<Coverage> = read_all(&rows, &self.db.name, first_json)?;
        Ok(Span {
            organization: number,
            from,
            to,
            seen: observed(&coverages),
        })
    }

    /// Teams or user groups that came, went, or have another name.
    fn group_changes(&self, span: &Span, kind: &'static GroupKind) -> Rows<AccessChange> {
        let span = *span;
        let mut statement = sql(kind.select);
        statement
            .push(" WHERE x.organization = ")
            .push_bind(span.organization);
        span.push_touched(&mut statement);
        statement.push(" ORDER BY 1, 2");
        let name = self.db.name.clone();
        let rows = self
            .db
            .rows(statement)
            .map(move |row| GroupVersion::read(&mut row?.columns(&name)));
        let class = ChangeClass::by(span.saw(kind.seen));
        changes(rows.boxed(), move |versions: &[GroupVersion]| {
            group_change(&span, kind, class, versions)
        })
    }

    /// Accounts that came, went, or have another attribute.
    fn account_changes(&self, span: &Span) -> Rows<AccessChange> {
        let span = *span;
        let mut statement = sql("SELECT a.valid_from, a.valid_to, ");
        statement
            .push(ACCOUNT)
            .push(" FROM accounts a WHERE a.organization = ");
        statement.push_bind(span.organization);
        span.push_touched_as(&mut statement, "a");
        statement.push(" ORDER BY a.account_id, a.valid_from");
        let name = self.db.name.clone();
        let rows = self
            .db
            .rows(statement)
            .map(move |row| AccountVersion::read(&mut row?.columns(&name)));
        changes(rows.boxed(), move |versions: &[AccountVersion]| {
            account_change(&span, versions)
        })
    }

    /// Grants that there are on one side only.
    fn grant_changes(&self, span: &Span, side: Side) -> Rows<AccessChange> {
        let name = self.db.name.clone();
        self.db
            .rows(grants_on_one_side(span, side))
            .map(move |row| read_grant_change(&mut row?.columns(&name), side))
            .boxed()
    }
}

/// From when to when, and what had been seen before.
#[derive(Clone, Copy)]
struct Span {
    organization: i64,
    from: Timestamp,
    to: Timestamp,
    seen: Observed,
}

/// What was seen by any of the synchronizations up to a time; `None` before the first of them.
type Observed = Option<Coverage>;

fn observed(coverages: &[Coverage]) -> Observed {
    let any = |seen: fn(&Coverage) -> Seen| {
        let seen = coverages.iter().any(|coverage| seen(coverage).is_seen());
        Seen::from(seen)
    };
    (!coverages.is_empty()).then(|| Coverage {
        guests: any(|coverage| coverage.guests),
        activity: any(|coverage| coverage.activity),
        names: any(|coverage| coverage.names),
        teams: any(|coverage| coverage.teams),
        team_roles: any(|coverage| coverage.team_roles),
        admin_roles: any(|coverage| coverage.admin_roles),
        user_groups: any(|coverage| coverage.user_groups),
    })
}

impl ChangeClass {
    fn by(seen_before: bool) -> Self {
        if seen_before {
            Self::Access
        } else {
            Self::Visibility
        }
    }
}

impl Span {
    /// Whether something was seen by any synchronization before.
    fn saw(&self, what: fn(&Coverage) -> Seen) -> bool {
        self.seen.as_ref().is_some_and(|seen| what(seen).is_seen())
    }

    fn push_touched(&self, statement: &mut Statement) {
        self.push_touched_as(statement, "x");
    }

    /// Rows that held at some time from `from` to `to` and that began or ended within. A row that begins
    /// and ends within is there too, so that the time of each change is known.
    fn push_touched_as(&self, statement: &mut Statement, alias: &'static str) {
        let (from, to) = (self.from, self.to);
        statement
            .push(" AND ")
            .push(alias)
            .push(".valid_from <= ")
            .push_bind(to);
        statement
            .push(" AND (")
            .push(alias)
            .push(".valid_to IS NULL OR ");
        statement
            .push(alias)
            .push(".valid_to > ")
            .push_bind(from)
            .push(")");
        statement
            .push(" AND (")
            .push(alias)
            .push(".valid_from > ")
            .push_bind(from);
        statement
            .push(" OR ")
            .push(alias)
            .push(".valid_to <= ")
            .push_bind(to)
            .push(")");
    }
}
