//! What changed between two times.

use futures::{StreamExt, TryStreamExt};
use serde::Serialize;
use serde_json::Value;
use usher_model::{
    Account, AccountId, AdminRole, Coverage, Email, Grant, Known, OrganizationId, Seen, Team,
    TeamId, Timestamp, UserGroup, UserGroupId,
};

use crate::accounts::{ACCOUNT, read_account};
use crate::grants::{push_names, read_grant};
use crate::merging::keep_kinds;
use crate::row::{Columns, first_json, read_all};
use crate::statement::{Statement, sql};
use crate::{Rows, Store, StoreError};

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

/// One row of something's history.
trait Version: Send + 'static {
    fn key(&self) -> &str;
    fn valid(&self) -> (Timestamp, Option<Timestamp>);

    fn holds_at(&self, time: Timestamp) -> bool {
        let (from, to) = self.valid();
        from <= time && to.is_none_or(|to| to > time)
    }
}

/// Gathers the rows of each thing, which follow one another, and makes changes of them.
fn changes<V: Version>(
    mut rows: Rows<V>,
    make: impl Fn(&[V]) -> Vec<AccessChange> + Send + 'static,
) -> Rows<AccessChange> {
    async_stream::try_stream! {
        let mut versions: Vec<V> = Vec::new();
        while let Some(version) = rows.try_next().await? {
            if versions.first().is_some_and(|first| first.key() != version.key()) {
                for change in make(&versions) {
                    yield change;
                }
                versions.clear();
            }
            versions.push(version);
        }
        for change in make(&versions) {
            yield change;
        }
    }
    .boxed()
}

/// When the last of the rows ended: when the thing went.
fn end_of<V: Version>(versions: &[V]) -> Option<Timestamp> {
    versions
        .iter()
        .filter_map(|version| version.valid().1)
        .max()
}

/// When the first row after the last gap began: when the thing came.
fn start_of<V: Version>(versions: &[V]) -> Option<Timestamp> {
    let mut start = None;
    let mut end = None;
    for version in versions {
        let (from, to) = version.valid();
        if end != Some(from) {
            start = Some(from);
        }
        end = to;
    }
    start
}

struct GroupVersion {
    id: String,
    name: String,
    description: Option<String>,
    valid: (Timestamp, Option<Timestamp>),
}

impl GroupVersion {
    fn read(columns: &mut Columns<'_>) -> Result<Self, StoreError> {
        let id = columns.text()?;
        let valid = (columns.time()?, columns.optional_time()?);
        Ok(Self {
            id,
            valid,
            name: columns.text()?,
            description: columns.optional_text()?,
        })
    }

    fn team(&self) -> Team {
        Team {
            id: self.id.as_str().into(),
            name: self.name.clone(),
        }
    }

    fn user_group(&self) -> UserGroup {
        UserGroup {
            id: self.id.as_str().into(),
            name: self.name.clone(),
            description: self.description.clone().into(),
        }
    }
}

impl Version for GroupVersion {
    fn key(&self) -> &str {
        &self.id
    }

    fn valid(&self) -> (Timestamp, Option<Timestamp>) {
        self.valid
    }
}

struct GroupKind {
    select: &'static str,
    seen: fn(&Coverage) -> Seen,
    added: fn(&GroupVersion) -> Change,
    removed: fn(&GroupVersion) -> Change,
    renamed: fn(&GroupVersion, &GroupVersion) -> Change,
}

const TEAMS: GroupKind = GroupKind {
    select: "SELECT x.team_id, x.valid_from, x.valid_to, x.name, CAST(NULL AS TEXT) FROM teams x",
    seen: |seen| seen.teams,
    added: |after| Change::TeamAdded { team: after.team() },
    removed: |before| Change::TeamRemoved {
        team: before.team(),
    },
    renamed: |before, after| Change::TeamRenamed {
        team: after.id.as_str().into(),
        before: before.name.clone(),
        after: after.name.clone(),
    },
};

const USER_GROUPS: GroupKind = GroupKind {
    select: "SELECT x.user_group_id, x.valid_from, x.valid_to, x.name, x.description FROM user_groups x",
    seen: |seen| seen.user_groups,
    added: |after| Change::UserGroupAdded {
        user_group: after.user_group(),
    },
    removed: |before| Change::UserGroupRemoved {
        user_group: before.user_group(),
    },
    renamed: |before, after| Change::UserGroupRenamed {
        user_group: after.id.as_str().into(),
        before: before.name.clone(),
        after: after.name.clone(),
    },
};

fn group_change(
    span: &Span,
    kind: &GroupKind,
    class: ChangeClass,
    versions: &[GroupVersion],
) -> Vec<AccessChange> {
    let before = versions.iter().find(|version| version.holds_at(span.from));
    let after = versions.iter().find(|version| version.holds_at(span.to));
    let (at, class, change) = match (before, after) {
        (None, Some(after)) => (start_of(versions), class, (kind.added)(after)),
        (Some(before), None) => (
            end_of(versions),
            ChangeClass::Access,
            (kind.removed)(before),
        ),
        (Some(before), Some(after)) if before.name != after.name => {
            let at = last_change(versions, |version| version.name.clone());
            (at, ChangeClass::Access, (kind.renamed)(before, after))
        }
        _ => return Vec::new(),
    };
    let at = at.unwrap_or(span.to);
    vec![AccessChange { at, class, change }]
}

/// When an attribute took the value that it has in the last row.
fn last_change<V: Version, T: PartialEq>(
    versions: &[V],
    value: impl Fn(&V) -> T,
) -> Option<Timestamp> {
    versions.windows(2).rev().find_map(|pair| match pair {
        [one, next] if value(one) != value(next) => Some(next.valid().0),
        _ => None,
    })
}

struct AccountVersion {
    account: Account,
    valid: (Timestamp, Option<Timestamp>),
}

impl AccountVersion {
    fn read(columns: &mut Columns<'_>) -> Result<Self, StoreError> {
        Ok(Self {
            valid: (columns.time()?, columns.optional_time()?),
            account: read_account(columns)?,
        })
    }
}

impl Version for AccountVersion {
    fn key(&self) -> &str {
        self.account.id.as_str()
    }

    fn valid(&self) -> (Timestamp, Option<Timestamp>) {
        self.valid
    }
}

fn account_change(span: &Span, versions: &[AccountVersion]) -> Vec<AccessChange> {
    let before = versions.iter().find(|version| version.holds_at(span.from));
    let after = versions.iter().find(|version| version.holds_at(span.to));
    match (before, after) {
        (None, Some(after)) => {
            let account = after.account.clone();
            let hidden = is_guest(&account) && !span.saw(|seen| seen.guests);
            vec![AccessChange {
                at: start_of(versions).unwrap_or(span.to),
                class: ChangeClass::by(span.seen.is_some() && !hidden),
                change: Change::AccountAdded {
                    account: Box::new(account),
                },
            }]
        }
        (Some(before), None) => vec![AccessChange {
            at: end_of(versions).unwrap_or(span.to),
            class: ChangeClass::Access,
            change: Change::AccountRemoved {
                account: Box::new(before.account.clone()),
            },
        }],
        (Some(before), Some(after)) => attribute_changes(span, versions, before, after),
        (None, None) => Vec::new(),
    }
}

fn is_guest(account: &Account) -> bool {
    matches!(&account.role, Known::Known(role) if !role.is_internal())
}

/// How an attribute is read for comparison: as it is in the JSON form of an account.
type Reading = fn(&Account) -> Known<Value>;

const ATTRIBUTES: [(AccountAttribute, Reading); 8] = [
    (AccountAttribute::Email, |account| {
        Known::Known(value(&account.email))
    }),
    (AccountAttribute::DisplayName, |account| {
        account.display_name.as_ref().map(value)
    }),
    (AccountAttribute::Status, |account| {
        Known::Known(value(&account.status))
    }),
    (AccountAttribute::Role, |account| {
        account.role.as_ref().map(value)
    }),
    (AccountAttribute::License, |account| {
        account.license.as_ref().map(value)
    }),
    (AccountAttribute::LicenseAssignedAt, |account| {
        account.license_assigned_at.as_ref().map(value)
    }),
    (AccountAttribute::AdminRoles, |account| {
        account.admin_roles.as_ref().map(value)
    }),
    (AccountAttribute::Enterprise, |account| {
        account.enterprise.as_ref().map(value)
    }),
];

fn value<T: Serialize>(of: &T) -> Value {
    serde_json::to_value(of).unwrap_or(Value::Null)
}

fn attribute_changes(
    span: &Span,
    versions: &[AccountVersion],
    before: &AccountVersion,
    after: &AccountVersion,
) -> Vec<AccessChange> {
    let mut changes = Vec::new();
    for (attribute, reading) in ATTRIBUTES {
        let (old, new) = (reading(&before.account), reading(&after.account));
        if old == new {
            continue;
        }
        let came_into_view = !old.is_known()
            || !new.is_known()
            || (attribute == AccountAttribute::AdminRoles && same_roles(before, after));
        changes.push(AccessChange {
            at: last_change(versions, |version| reading(&version.account)).unwrap_or(span.to),
            class: ChangeClass::by(!came_into_view),
            change: Change::AccountChanged {
                account: after.account.id.clone(),
                email: after.account.email.clone(),
                attribute,
                before: old,
                after: new,
            },
        });
    }
    changes
}

/// Whether the admin roles differ only in that the kind of some is known now.
fn same_roles(before: &AccountVersion, after: &AccountVersion) -> bool {
    let roles = |version: &AccountVersion| -> Vec<AdminRole> {
        version
            .account
            .admin_roles
            .clone()
            .known()
            .unwrap_or_default()
    };
    let (mut old, new) = (roles(before), roles(after));
    keep_kinds(&mut old, &new);
    old == new
}

/// On which side of a span something is.
#[derive(Clone, Copy)]
enum Side {
    Before,
    After,
}

/// Grants that hold on `side` and not on the other, with whether they only came into view.
fn grants_on_one_side(span: &Span, side: Side) -> Statement {
    let (here, there) = match side {
        Side::Before => (span.from, span.to),
        Side::After => (span.to, span.from),
    };
    let mut statement = sql("SELECT g.account_id, g.kind, g.resource, g.role, ");
    statement.push(match side {
        Side::Before => "g.valid_to",
        Side::After => "g.valid_from",
    });
    statement.push(", a.email, COALESCE(t.name, u.name), CAST(CASE WHEN ");
    match side {
        Side::Before => push_role_shown(&mut statement, there),
        Side::After => push_came_into_view(&mut statement, span),
    }
    statement.push(
        " THEN 1 ELSE 0 END AS BIGINT) FROM grants g
          LEFT JOIN accounts a ON a.organization = g.organization AND a.account_id = g.account_id AND ",
    );
    statement.push_valid("a", Some(here));
    statement.push(
        " LEFT JOIN accounts b ON b.organization = g.organization AND b.account_id = g.account_id AND ",
    );
    statement.push_valid("b", Some(there));
    push_names(&mut statement, Some(here));
    statement
        .push(" WHERE g.organization = ")
        .push_bind(span.organization);
    match side {
        // The index of closed rows serves this.
        Side::Before => statement
            .push(" AND g.valid_to > ")
            .push_bind(span.from)
            .push(" AND g.valid_to <= ")
            .push_bind(span.to),
        Side::After => statement.push(" AND g.valid_from > ").push_bind(span.from),
    };
    statement.push(" AND ").push_valid("g", Some(here));
    statement.push(
        " AND NOT EXISTS (SELECT 1 FROM grants o WHERE o.organization = g.organization AND o.account_id = g.account_id
            AND o.kind = g.kind AND o.resource = g.resource AND o.role = g.role AND ",
    );
    statement.push_valid("o", Some(there));
    statement.push(") ORDER BY g.account_id, g.kind, g.resource, g.role");
    statement
}

/// The unknown role of `g` is a known one on the other side.
fn push_role_shown(statement: &mut Statement, there: Timestamp) {
    statement.push(
        "(g.kind = 'team' AND g.role = 'unknown' AND EXISTS (SELECT 1 FROM grants k
            WHERE k.organization = g.organization AND k.account_id = g.account_id AND k.kind = 'team'
              AND k.resource = g.resource AND k.role <> 'unknown' AND ",
    );
    statement.push_valid("k", Some(there)).push("))");
}

fn push_came_into_view(statement: &mut Statement, span: &Span) {
    statement.push("(");
    statement
        .push_bind(span.seen.is_some())
        .push(" = 0 OR (g.kind = 'team' AND ");
    statement
        .push_bind(span.saw(|seen| seen.teams))
        .push(" = 0) OR (g.kind = 'user_group' AND ");
    statement
        .push_bind(span.saw(|seen| seen.user_groups))
        .push(" = 0) OR (g.kind = 'admin_role' AND ");
    statement
        .push_bind(span.saw(|seen| seen.admin_roles))
        .push(" = 0)");
    // The attribute that says it was unknown.
    statement.push(
        " OR (b.account_id IS NOT NULL AND ((g.kind = 'role' AND b.role IS NULL)
            OR (g.kind = 'license' AND b.license IS NULL) OR (g.kind = 'admin_role' AND b.admin_roles IS NULL)))",
    );
    // A guest, and guests could not be seen.
    statement.push(
        " OR (b.account_id IS NULL AND a.role NOT IN ('organization_internal_admin', 'organization_internal_user') AND ",
    );
    statement
        .push_bind(span.saw(|seen| seen.guests))
        .push(" = 0)");
    // The role in the team was unknown.
    statement.push(
        " OR (g.kind = 'team' AND EXISTS (SELECT 1 FROM grants k
            WHERE k.organization = g.organization AND k.account_id = g.account_id AND k.kind = 'team'
              AND k.resource = g.resource AND k.role = 'unknown' AND ",
    );
    statement.push_valid("k", Some(span.from)).push(")))");
}

fn read_grant_change(columns: &mut Columns<'_>, side: Side) -> Result<AccessChange, StoreError> {
    let grant = read_grant(columns)?;
    let at = columns.time()?;
    let email = columns.optional_text()?.map(Email::new);
    let resource_name = columns.optional_text()?;
    let class = ChangeClass::by(!columns.flag()?);
    Ok(AccessChange {
        at,
        class,
        change: match side {
            Side::After => Change::GrantAdded {
                grant,
                email,
                resource_name,
            },
            Side::Before => Change::GrantRemoved {
                grant,
                email,
                resource_name,
            },
        },
    })
}
