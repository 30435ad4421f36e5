//! Looking at grants and entitlements.

use futures::StreamExt;
use serde::Serialize;
use usher_model::{
    AccountId, Email, Entitlement, EntitlementKind, Grant, Known, OrganizationId, Timestamp,
};

use crate::keyset::SortColumn;
use crate::merging::{entitlement, role_in};
use crate::row::Columns;
use crate::statement::{Statement, sql};
use crate::{After, Direction, Rows, Store, StoreError};

/// Which grants to look at.
#[derive(Clone, Debug)]
pub struct GrantFilter {
    /// The organization.
    pub organization: OrganizationId,
    /// The inventory of which time; `None`: the current one.
    pub as_of: Option<Timestamp>,
    /// One account's.
    pub account: Option<AccountId>,
    /// The account's with this e-mail address, whatever its letter case.
    pub email: Option<String>,
    /// One kind.
    pub kind: Option<EntitlementKind>,
    /// One entitlement.
    pub entitlement: Option<Entitlement>,
    /// One resource: a team's or user group's id, a role, a licence (with `kind`).
    pub resource: Option<String>,
    /// In which order.
    pub order: GrantOrder,
    /// In which direction.
    pub direction: Direction,
    /// Those behind this place of the same order, for page after page.
    pub after: Option<After>,
    /// At most so many.
    pub limit: Option<u64>,
}

impl GrantFilter {
    /// All grants of an organization now, by account id.
    pub fn of(organization: OrganizationId) -> Self {
        Self {
            organization,
            as_of: None,
            account: None,
            email: None,
            kind: None,
            entitlement: None,
            resource: None,
            order: GrantOrder::Account,
            direction: Direction::Ascending,
            after: None,
            limit: None,
        }
    }
}

/// What grants are sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GrantOrder {
    /// Account id, then entitlement.
    #[default]
    Account,
    /// E-mail address, then entitlement.
    Email,
    /// Entitlement, then account id.
    Entitlement,
    /// Since when it is held.
    Since,
}

/// A grant, and what goes with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GrantRow {
    /// The grant.
    #[serde(flatten)]
    pub grant: Grant,
    /// The account's e-mail address; `None` when a team shows somebody whom no list of accounts shows.
    pub email: Option<Email>,
    /// The account's name.
    pub display_name: Known<String>,
    /// The name of the team or user group.
    pub resource_name: Option<String>,
    /// Since when it is held without a break, as far as Usher saw.
    pub since: Timestamp,
}

impl GrantRow {
    /// Where a list in this order goes on behind the row.
    pub fn place(&self, order: GrantOrder) -> After {
        let held = &self.grant.entitlement;
        let account = Some(self.grant.account.to_string());
        let held = [held.kind().as_str(), held.resource(), role_in(held)].map(str::to_owned);
        let held = held.map(Some);
        let first = match order {
            GrantOrder::Account => return After::of([account].into_iter().chain(held)),
            GrantOrder::Entitlement => return After::of(held.into_iter().chain([account])),
            GrantOrder::Email => self.email.as_ref().map(Email::folded),
            GrantOrder::Since => Some(self.since.as_millisecond().to_string()),
        };
        After::of([first, account].into_iter().chain(held))
    }
}

/// An entitlement, and who has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EntitlementRow {
    /// The entitlement.
    pub entitlement: Entitlement,
    /// The name of the team or user group.
    pub resource_name: Option<String>,
    /// How many accounts hold it.
    pub holders: u64,
}

impl Store {
    /// The grants that match.
    pub fn grants(&self, filter: &GrantFilter) -> Rows<GrantRow> {
        let name = self.db.name.clone();
        self.db
            .rows(list(filter))
            .map(move |row| {
                let row = row?;
                let mut columns = row.columns(&name);
                Ok(GrantRow {
                    grant: read_grant(&mut columns)?,
                    since: columns.time()?,
                    email: columns.optional_text()?.map(Email::new),
                    display_name: columns.optional_text()?.into(),
                    resource_name: columns.optional_text()?,
                })
            })
            .boxed()
    }

    /// The entitlements that somebody holds, by kind, resource and role.
    pub fn entitlements(
        &self,
        organization: &OrganizationId,
        as_of: Option<Timestamp>,
    ) -> Rows<EntitlementRow> {
        let mut statement = sql(
            "SELECT g.kind, g.resource, g.role, g.holders, COALESCE(t.name, u.name)
             FROM (SELECT organization, kind, resource, role, COUNT(*) AS holders FROM grants h
                   WHERE h.organization = (SELECT number FROM organizations WHERE id = ",
        );
        statement.push_bind(organization.as_str()).push(") AND ");
        statement.push_valid("h", as_of);
        statement.push(" GROUP BY organization, kind, resource, role) g");
        push_names(&mut statement, as_of);
        statement.push(" ORDER BY g.kind, g.resource, g.role");
        let name = self.db.name.clone();
        self.db
            .rows(statement)
            .map(move |row| {
                let row = row?;
                let mut columns = row.columns(&name);
                Ok(EntitlementRow {
                    entitlement: read_entitlement(&mut columns)?,
                    holders: columns.count()?,
                    resource_name: columns.optional_text()?,
                })
            })
            .boxed()
    }
}

/// Joins the names of teams and user groups to the grants `g`.
pub(crate) fn push_names(statement: &mut Statement, as_of: Option<Timestamp>) {
    statement.push(
        " LEFT JOIN teams t ON g.kind = 'team' AND t.organization = g.organization AND t.team_id = g.resource AND ",
    );
    statement.push_valid("t", as_of);
    statement.push(
        " LEFT JOIN user_groups u ON g.kind = 'user_group' AND u.organization = g.organization
            AND u.user_group_id = g.resource AND ",
    );
    statement.push_valid("u", as_of);
}

/// Reads kind, resource and role.
fn read_entitlement(columns: &mut Columns<'_>) -> Result<Entitlement, StoreError> {
    let (kind, resource, role) = (columns.text()?, columns.text()?, columns.text()?);
    entitlement(&kind, &resource, &role)
        .ok_or_else(|| columns.unreadable(&format!("`{kind}` is no kind of entitlement")))
}

/// Reads account, kind, resource and role.
pub(crate) fn read_grant(columns: &mut Columns<'_>) -> Result<Grant, StoreError> {
    Ok(Grant {
        account: columns.text()?.into(),
        entitlement: read_entitlement(columns)?,
    })
}

fn list(filter: &GrantFilter) -> Statement {
    let mut statement = sql(
        "SELECT g.account_id, g.kind, g.resource, g.role, g.valid_from, a.email, a.display_name,
             COALESCE(t.name, u.name)
         FROM grants g LEFT JOIN accounts a ON a.organization = g.organization AND a.account_id = g.account_id AND ",
    );
    statement.push_valid("a", filter.as_of);
    push_names(&mut statement, filter.as_of);
    statement.push(" WHERE g.organization = (SELECT number FROM organizations WHERE id = ");
    statement
        .push_bind(filter.organization.as_str())
        .push(") AND ");
    statement.push_valid("g", filter.as_of);
    push_conditions(&mut statement, filter);
    push_after(&mut statement, filter);
    push_order(&mut statement, filter);
    statement.push_limit(filter.limit);
    statement
}

fn push_conditions(statement: &mut Statement, filter: &GrantFilter) {
    let held = filter.entitlement.as_ref();
    statement.push_wanted([
        (
            " AND g.account_id = ",
            filter.account.as_ref().map(ToString::to_string),
        ),
        (
            " AND a.email_folded = ",
            filter.email.as_ref().map(|email| email.to_lowercase()),
        ),
        (
            " AND g.kind = ",
            filter.kind.map(|kind| kind.as_str().to_owned()),
        ),
        (" AND g.resource = ", filter.resource.clone()),
        (
            " AND g.kind = ",
            held.map(|held| held.kind().as_str().to_owned()),
        ),
        (
            " AND g.resource = ",
            held.map(|held| held.resource().to_owned()),
        ),
        (" AND g.role = ", held.map(|held| role_in(held).to_owned())),
    ]);
}

/// Appends that grants come behind the filter's place.
fn push_after(statement: &mut Statement, filter: &GrantFilter) {
    let direction = filter.direction;
    let (account, held) = ("g.account_id", ["g.kind", "g.resource", "g.role"]);
    let mut columns = match filter.order {
        GrantOrder::Account => vec![SortColumn::text(account, direction)],
        GrantOrder::Email => vec![
            SortColumn::nullable("a.email_folded", direction),
            SortColumn::ascending(account),
        ],
        GrantOrder::Entitlement => {
            let mut columns = held.map(|name| SortColumn::text(name, direction)).to_vec();
            columns.push(SortColumn::ascending(account));
            columns
        }
        GrantOrder::Since => vec![
            SortColumn::number("g.valid_from", direction),
            SortColumn::ascending(account),
        ],
    };
    if filter.order != GrantOrder::Entitlement {
        columns.extend(held.map(SortColumn::ascending));
    }
    statement.push_after(&columns, filter.after.as_ref());
}

fn push_order(statement: &mut Statement, filter: &GrantFilter) {
    let direction = filter.direction.word();
    statement.push(" ORDER BY ");
    match filter.order {
        GrantOrder::Account => statement.push("g.account_id").push(direction),
        GrantOrder::Email => statement
            .push("a.email_folded")
            .push(direction)
            .push(" NULLS LAST, g.account_id"),
        GrantOrder::Entitlement => {
            statement
                .push("g.kind")
                .push(direction)
                .push(", g.resource")
                .push(direction);
            statement
                .push(", g.role")
                .push(direction)
                .push(", g.account_id")
        }
        GrantOrder::Since => statement
            .push("g.valid_from")
            .push(direction)
            .push(", g.account_id"),
    };
    if filter.order != GrantOrder::Entitlement {
        statement.push(", g.kind, g.resource, g.role");
    }
}
