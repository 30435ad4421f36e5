//! The inventory as streams, one table after the other.

use usher_store::{
    AccountFilter, AccountOrder, AccountRow, EntitlementRow, GrantFilter, GrantRow, Rows, Store,
    TeamFilter, TeamOrder, TeamRow, UserGroupRow,
};

use super::ExportRequest;

/// Accounts, by id.
pub fn accounts(store: &Store, request: &ExportRequest<'_>) -> Rows<AccountRow> {
    let all = AccountFilter::of(request.organization.clone());
    store.accounts(&AccountFilter {
        as_of: request.as_of,
        order: AccountOrder::Id,
        ..all
    })
}

/// Teams, by id.
pub fn teams(store: &Store, request: &ExportRequest<'_>) -> Rows<TeamRow> {
    let all = TeamFilter::of(request.organization.clone());
    store.teams(&TeamFilter {
        as_of: request.as_of,
        order: TeamOrder::Id,
        ..all
    })
}

/// User groups, by name.
pub fn user_groups(store: &Store, request: &ExportRequest<'_>) -> Rows<UserGroupRow> {
    store.user_groups(request.organization, request.as_of)
}

/// Grants, by account.
pub fn grants(store: &Store, request: &ExportRequest<'_>) -> Rows<GrantRow> {
    let all = GrantFilter::of(request.organization.clone());
    store.grants(&GrantFilter {
        as_of: request.as_of,
        ..all
    })
}

/// Entitlements that somebody holds.
pub fn entitlements(store: &Store, request: &ExportRequest<'_>) -> Rows<EntitlementRow> {
    store.entitlements(request.organization, request.as_of)
}
