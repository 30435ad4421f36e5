//! Accounts that came, went, or have another attribute.

use serde::Serialize;
use serde_json::Value;
use usher_model::{Account, AdminRole, Known, Timestamp};

use super::versions::{Version, end_of, last_change, start_of};
use super::{AccessChange, AccountAttribute, Change, ChangeClass, Span};
use crate::StoreError;
use crate::accounts::read_account;
use crate::merging::keep_kinds;
use crate::row::Columns;

pub(super) struct AccountVersion {
    account: Account,
    valid: (Timestamp, Option<Timestamp>),
}

impl AccountVersion {
    pub(super) fn read(columns: &mut Columns<'_>) -> Result<Self, StoreError> {
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

pub(super) fn account_change(span: &Span, versions: &[AccountVersion]) -> Vec<AccessChange> {
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

pub(super) fn is_guest(account: &Account) -> bool {
    matches!(&account.role, Known::Known(role) if !role.is_internal())
}

/// How an attribute is read for comparison: as it is in the JSON form of an account.
pub(super) type Reading = fn(&Account) -> Known<Value>;

pub(super) const ATTRIBUTES: [(AccountAttribute, Reading); 8] = [
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

pub(super) fn value<T: Serialize>(of: &T) -> Value {
    serde_json::to_value(of).unwrap_or(Value::Null)
}

pub(super) fn attribute_changes(
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
pub(super) fn same_roles(before: &AccountVersion, after: &AccountVersion) -> bool {
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
