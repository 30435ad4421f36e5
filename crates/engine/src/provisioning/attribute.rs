//! Saying who in Miro made the differences that a plan sets back or reports.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::TryStreamExt;
use usher_model::{AccountId, OrganizationId, Timestamp};
use usher_plan::{AccountRef, Plan, Reason, Report};
use usher_store::{MiroAuditFilter, Store};

use crate::EngineError;

/// Differences beyond this many stay unattributed: looking each up costs a query.
const LOOKED_UP: usize = 200;

/// How far back is looked.
const BACK: Duration = Duration::from_secs(90 * 24 * 3600);

/// Fills in who made each difference, where Miro's audit log names somebody for the account.
pub(super) async fn attribute(
    store: &Store,
    organization: &OrganizationId,
    plan: &mut Plan,
    report: &mut Report,
    now: Timestamp,
) -> Result<(), EngineError> {
    let mut makers = BTreeMap::new();
    for account in drifted(plan, report) {
        if makers.len() >= LOOKED_UP {
            break;
        }
        let maker = last_maker(store, organization, &account, now).await?;
        makers.insert(account, maker);
    }
    let maker = |account: &AccountId| makers.get(account).cloned().flatten();
    for drift in &mut report.drift {
        if drift.by.is_none() {
            drift.by = maker(&drift.account);
        }
    }
    for change in &mut plan.changes {
        let Some(AccountRef::Existing(account)) = change.action.account() else {
            continue;
        };
        for reason in &mut change.reasons {
            if let Reason::Drifted { by, .. } = reason
                && by.is_none()
            {
                *by = maker(&account);
            }
        }
    }
    Ok(())
}

fn drifted(plan: &Plan, report: &Report) -> Vec<AccountId> {
    let reported = report.drift.iter().map(|drift| drift.account.clone());
    let has_drifted = |reason: &Reason| matches!(reason, Reason::Drifted { .. });
    let changed = plan.changes.iter().filter_map(|change| {
        match (
            change.reasons.iter().any(has_drifted),
            change.action.account(),
        ) {
            (true, Some(AccountRef::Existing(account))) => Some(account),
            _ => None,
        }
    });
    let mut accounts: Vec<_> = reported.chain(changed).collect();
    accounts.sort();
    accounts.dedup();
    accounts
}

/// Who changed the account last, but for the identity provider's own calls, which are Usher's.
async fn last_maker(
    store: &Store,
    organization: &OrganizationId,
    account: &AccountId,
    now: Timestamp,
) -> Result<Option<String>, EngineError> {
    let filter = MiroAuditFilter {
        organization: organization.clone(),
        from: now.checked_sub(BACK).ok(),
        until: None,
        about: Some(account.to_string()),
        limit: None,
    };
    let mut last = None;
    let mut entries = store.miro_audit(&filter);
    while let Some(entry) = entries.try_next().await? {
        let by_somebody = entry.actor_type.as_deref() != Some("scim_provisioner");
        let touches_account = entry.category.as_deref() != Some("authentication");
        if by_somebody && touches_account {
            last = [
                entry.actor_email,
                entry.actor_name,
                entry.actor_id,
                entry.actor_type,
            ]
            .into_iter()
            .flatten()
            .find(|name| !name.is_empty());
        }
    }
    Ok(last)
}
