//! Plans as they are stored, and back.

use std::collections::BTreeSet;

use futures::TryStreamExt;
use serde_json::{Value, json};
use usher_boxed::boxed;
use usher_model::{AccountId, OrganizationId, PlanId};
use usher_plan::{AccountRef, ActionKind, Change, ChangeKey, Consequence, Plan, Report};
use usher_store::{
    ChangeFilter, NewPlan, Over, PlanRecord, PlanState, PlannedChange, Removes, Store, Supersedes,
    Undo,
};

use crate::EngineError;
use crate::provisioning::WhyHeld;

/// A plan, and what became of it.
#[derive(Clone, Debug)]
pub struct StoredPlan {
    /// The plan.
    pub plan: Plan,
    /// What was looked at and left alone.
    pub report: Report,
    /// Why it waits, or waited, for somebody's yes.
    pub why_held: Vec<WhyHeld>,
    /// Where it stands.
    pub record: PlanRecord,
}

/// Under which name a plan's document has the reasons for which it waits.
const WHY_HELD: &str = "why_held";

/// Loads a plan with its changes.
#[boxed]
pub async fn load_plan(store: &Store, id: &PlanId) -> Result<StoredPlan, EngineError> {
    let record = store.existing_plan(id).await?;
    let unreadable = |error: serde_json::Error| {
        EngineError::Bug(format!("plan {id} cannot be read back: {error}"))
    };
    let mut document = record.document.clone();
    let changes = store.plan_changes(id, &ChangeFilter::default());
    let changes: Vec<Value> = changes
        .map_ok(|change| change.document)
        .try_collect()
        .await?;
    let why_held = match document.as_object_mut() {
        Some(members) => {
            members.insert("changes".to_owned(), Value::Array(changes));
            members.remove(WHY_HELD).unwrap_or_else(|| json!([]))
        }
        None => json!([]),
    };
    Ok(StoredPlan {
        plan: serde_json::from_value(document).map_err(unreadable)?,
        report: serde_json::from_value(record.report.clone()).map_err(unreadable)?,
        why_held: serde_json::from_value(why_held).map_err(unreadable)?,
        record,
    })
}

/// A plan as it is stored.
pub(super) fn to_store(plan: &Plan, report: &Report, why_held: &[WhyHeld], over: Over) -> NewPlan {
    let mut document = serde_json::to_value(Plan {
        changes: Vec::new(),
        ..plan.clone()
    })
    .unwrap_or_default();
    if let Some(members) = document.as_object_mut() {
        members.remove("changes");
        members.insert(WHY_HELD.to_owned(), json!(why_held));
    }
    NewPlan {
        id: plan.id.clone(),
        organization: plan.organization.clone(),
        state: state_of(why_held),
        created_at: plan.created_at,
        parent: plan.basis.parent.clone(),
        basis_hash: plan.basis.hash.to_string(),
        counts: json!(plan.counts()),
        document,
        report: serde_json::to_value(report).unwrap_or_default(),
        changes: plan.changes.iter().map(planned).collect(),
        supersedes: if plan.basis.only.is_empty() {
            Supersedes::Older
        } else {
            Supersedes::Nothing
        },
        over,
    }
}

/// Where a plan stands that was just made.
pub(super) fn state_of(why_held: &[WhyHeld]) -> PlanState {
    if why_held.is_empty() {
        PlanState::Ready
    } else {
        PlanState::Held
    }
}

fn planned(change: &Change) -> PlannedChange {
    let kind = change.action.kind();
    let irreversible = change.consequences.iter().any(Consequence::is_irreversible);
    PlannedChange {
        number: change.number,
        key: change.key.to_string(),
        kind: word(kind),
        person: change.person.clone(),
        account: match change.action.account() {
            Some(AccountRef::Existing(account)) => Some(account),
            _ => None::<AccountId>,
        },
        label: change.label.clone(),
        removes: if change.action.takes_away() {
            Removes::Access
        } else {
            Removes::Nothing
        },
        undo: if irreversible {
            Undo::Impossible
        } else {
            Undo::Possible
        },
        document: serde_json::to_value(change).unwrap_or_default(),
    }
}

/// A kind of action as one word.
fn word(kind: ActionKind) -> String {
    match serde_json::to_value(kind) {
        Ok(Value::String(word)) => word,
        _ => kind.words().replace(' ', "_"),
    }
}

/// The keys of a stored plan's changes.
pub(super) async fn change_keys(
    store: &Store,
    plan: &PlanId,
) -> Result<BTreeSet<ChangeKey>, EngineError> {
    let changes = store.plan_changes(plan, &ChangeFilter::default());
    let keys = changes.map_ok(|change| ChangeKey(change.key));
    Ok(keys.try_collect().await?)
}

/// The changes that somebody rejected, and nobody approved since.
pub(super) async fn rejected_keys(
    store: &Store,
    organization: &OrganizationId,
) -> Result<BTreeSet<ChangeKey>, EngineError> {
    let keys = store.rejected_keys(organization).await?;
    Ok(keys.into_iter().map(ChangeKey).collect())
}
