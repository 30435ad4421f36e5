//! Where lists of accounts go on.

use super::{AccountFilter, AccountOrder, AccountRow};
use crate::After;
use crate::keyset::SortColumn;
use crate::statement::Statement;

impl AccountRow {
    /// Where a list in this order goes on behind the row; none where what it is sorted by is not stored.
    pub fn place(&self, order: AccountOrder) -> Option<After> {
        let account = &self.account;
        let id = Some(account.id.to_string());
        let first = match order {
            AccountOrder::Id => return Some(After::of([id])),
            AccountOrder::Email => Some(account.email.folded()),
            AccountOrder::Name => {
                let name = account.display_name.as_ref().known();
                name.map(|name| name.to_lowercase())
            }
            AccountOrder::Role => account.role.as_ref().known().map(ToString::to_string),
            AccountOrder::License => account.license.as_ref().known().map(ToString::to_string),
            AccountOrder::LastActivity | AccountOrder::Teams | AccountOrder::Since => return None,
        };
        Some(After::of([first, id]))
    }
}

/// Appends that accounts come behind the filter's place.
pub(super) fn push_after(statement: &mut Statement, filter: &AccountFilter) {
    let id = SortColumn::ascending("a.account_id");
    let direction = filter.direction;
    let columns = match filter.order {
        AccountOrder::Id => &[SortColumn::text("a.account_id", direction)][..],
        AccountOrder::Email => &[SortColumn::text("a.email_folded", direction), id],
        AccountOrder::Name => &[SortColumn::nullable("a.name_folded", direction), id],
        AccountOrder::Role => &[SortColumn::nullable("a.role", direction), id],
        AccountOrder::License => &[SortColumn::nullable("a.license", direction), id],
        AccountOrder::LastActivity | AccountOrder::Teams | AccountOrder::Since => &[],
    };
    statement.push_after(columns, filter.after.as_ref());
}
