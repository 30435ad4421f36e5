//! Taking somebody's word on a plan.

use serde_json::json;
use usher_boxed::boxed;
use usher_model::{EventKind, PlanId};
use usher_store::{Decision, PlanRecord};

use crate::provisioning::outdated::refuse_outdated;
use crate::provisioning::{assemble, load_plan};
use crate::{Acting, EngineError};

/// Yes or no.
pub use usher_store::Verdict;

/// Approves or rejects a plan. An approval is for a plan that still fits the world; a rejection is always possible and
/// stands: the plan is never applied, and a later one with the same changes waits for somebody's yes.
#[boxed]
pub async fn decide(
    acting: Acting<'_>,
    plan: &PlanId,
    verdict: Verdict,
    by: &str,
    reason: Option<&str>,
) -> Result<PlanRecord, EngineError> {
    let stored = load_plan(acting.store, plan).await?;
    if verdict == Verdict::Approve {
        let world = assemble(acting.store, &stored.record.organization, acting.now()).await?;
        refuse_outdated(acting, &stored, &world).await?;
    }
    let decision = Decision {
        verdict,
        by: by.to_owned(),
        reason: reason.map(ToOwned::to_owned),
        at: acting.now(),
    };
    let kind = match verdict {
        Verdict::Approve => EventKind::PlanApproved,
        Verdict::Reject => EventKind::PlanRejected,
    };
    let data = json!({
        "plan": plan, "organization": stored.record.organization, "by": by, "reason": reason,
        "changes": stored.record.changes, "before": stored.record.state,
    });
    let event = acting.event(kind, format!("plan:{plan}"), data);
    let state = stored.record.state;
    Ok(acting
        .store
        .decide_plan(plan, &decision, state, &[event])
        .await?)
}
