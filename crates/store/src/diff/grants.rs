//! Grants that there are on one side only.

use usher_model::{Email, Timestamp};

use super::{AccessChange, Change, ChangeClass, Span};
use crate::StoreError;
use crate::grants::{push_names, read_grant};
use crate::row::Columns;
use crate::statement::{Statement, sql};

/// On which side of a span something is.
#[derive(Clone, Copy)]
pub(super) enum Side {
    Before,
    After,
}

/// Grants that hold on `side` and not on the other, with whether they only came into view.
pub(super) fn grants_on_one_side(span: &Span, side: Side) -> Statement {
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
pub(super) fn push_role_shown(statement: &mut Statement, there: Timestamp) {
    statement.push(
        "(g.kind = 'team' AND g.role = 'unknown' AND EXISTS (SELECT 1 FROM grants k
            WHERE k.organization = g.organization AND k.account_id = g.account_id AND k.kind = 'team'
              AND k.resource = g.resource AND k.role <> 'unknown' AND ",
    );
    statement.push_valid("k", Some(there)).push("))");
}

pub(super) fn push_came_into_view(statement: &mut Statement, span: &Span) {
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

pub(super) fn read_grant_change(
    columns: &mut Columns<'_>,
    side: Side,
) -> Result<AccessChange, StoreError> {
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
