//! Counting boards that a plan would hand over.

use std::collections::BTreeSet;

use usher_miro::{ErrorKind, MiroClient};
use usher_model::AccountId;
use usher_plan::{AccountRef, Consequence, Inventory, Plan};

/// Whether boards are counted before a plan is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BoardCounts {
    /// They are not.
    #[default]
    Skip,
    /// They are, for at most so many accounts: each costs a request.
    UpTo(usize),
}

/// Counts the boards of the accounts whose boards a plan hands over, and notes them in the inventory. Returns whether any
/// were counted. What cannot be counted stays unknown: a plan does not fail because of it.
pub(super) async fn count(
    client: &MiroClient,
    plan: &Plan,
    inventory: &mut Inventory,
    counts: BoardCounts,
) -> bool {
    let BoardCounts::UpTo(limit) = counts else {
        return false;
    };
    let Some(rest) = client.rest() else {
        return false;
    };
    let mut counted = false;
    for account in handing_over(plan).into_iter().take(limit) {
        match rest.count_boards(&account).await {
            Ok(boards) => {
                inventory.boards.insert(account, boards);
                counted = true;
            }
            Err(error) if matches!(error.kind(), ErrorKind::NotFound) => {}
            Err(error) => {
                tracing::warn!(%error, "boards cannot be counted");
                break;
            }
        }
    }
    counted
}

fn handing_over(plan: &Plan) -> BTreeSet<AccountId> {
    let hands_over = |consequence: &Consequence| {
        matches!(
            consequence,
            Consequence::BoardsHandedOver { boards: None, .. }
        )
    };
    let changes = plan.changes.iter();
    changes
        .filter(|change| change.consequences.iter().any(hands_over))
        .filter_map(|change| match change.action.account() {
            Some(AccountRef::Existing(account)) => Some(account),
            _ => None,
        })
        .collect()
}
