//! Making a plan and storing it.

use std::collections::BTreeSet;

use serde_json::json;
use usher_miro::MiroClient;
use usher_model::{EventKind, OrganizationId, PersonId, PlanId};
use usher_plan::{ChangeKey, Plan, PlanRequest, Report, lint, plan};
use usher_store::{PlanRecord, PlanState};

use crate::provisioning::holding::in_words;
use crate::provisioning::stored::{change_keys, rejected_keys, to_store};
use crate::provisioning::{
    Assembled, BoardCounts, WhyHeld, assemble, attribute, boards, load_plan, why_held,
};
use crate::{Acting, EngineError};

/// What kind of plan is asked for.
#[derive(Clone, Debug, Default)]
pub struct PlanOrder {
    /// The people it is restricted to; everybody if empty.
    pub only: Vec<PersonId>,
    /// Whether boards are counted.
    pub boards: BoardCounts,
}

/// A plan that was made.
#[derive(Clone, Debug)]
pub struct MadePlan {
    /// The plan.
    pub plan: Plan,
    /// What was looked at and left alone.
    pub report: Report,
    /// Why it waits for somebody's yes; empty if it need not.
    pub why_held: Vec<WhyHeld>,
    /// Where it stands.
    pub state: PlanState,
    /// Whether it is another than the last one.
    pub novelty: Novelty,
}

/// Whether a plan is another than the last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Novelty {
    /// It is.
    New,
    /// It is the same from the same basis, so the last one stands, with whatever was decided of it.
    Kept,
}

/// Makes a plan from what the database has now, and stores it. The older open plan is superseded, unless the new one would
/// be the same.
///
/// # Errors
/// When the settings cannot be used, or the plan breaks a rule: then nothing is stored.
pub async fn make_plan(
    acting: Acting<'_>,
    organization: &OrganizationId,
    order: &PlanOrder,
    client: Option<&MiroClient>,
) -> Result<MadePlan, EngineError> {
    let mut world = assemble(acting.store, organization, acting.now()).await?;
    let before = acting.store.plans(organization, Some(20)).await?;
    let request = PlanRequest {
        id: acting.store.new_plan_id(),
        now: acting.now(),
        parent: before.first().map(|record| record.id.clone()),
        only: order.only.clone(),
    };
    let (mut plan, mut report) = compute(&mut world, &request, order, client).await?;
    attribute::attribute(
        acting.store,
        organization,
        &mut plan,
        &mut report,
        request.now,
    )
    .await?;
    if let Some(kept) = kept(acting, &plan, &before).await? {
        return Ok(kept);
    }
    let rejected = if order.only.is_empty() {
        rejected_keys(acting.store, organization).await?
    } else {
        BTreeSet::new()
    };
    let why_held = why_held(&plan, world.settings.approval, &rejected);
    let state = save(acting, &plan, &report, &why_held, world.settings_version).await?;
    Ok(MadePlan {
        plan,
        report,
        why_held,
        state,
        novelty: Novelty::New,
    })
}

/// Plans, counts boards where that was asked for and plans again with them, and lints.
async fn compute(
    world: &mut Assembled,
    request: &PlanRequest,
    order: &PlanOrder,
    client: Option<&MiroClient>,
) -> Result<(Plan, Report), EngineError> {
    let mut made = plan(&world.inventory, &world.desired, &world.settings, request)?;
    if let Some(client) = client
        && boards::count(client, &made.0, &mut world.inventory, order.boards).await
    {
        made = plan(&world.inventory, &world.desired, &world.settings, request)?;
    }
    check(&made.0, world)?;
    Ok(made)
}

/// The second look at a plan: where it finds something, planner or linter has a defect, and the plan is not to be trusted.
pub(super) fn check(plan: &Plan, world: &Assembled) -> Result<(), EngineError> {
    let Assembled {
        inventory,
        desired,
        settings,
        ..
    } = world;
    let findings = lint(plan, inventory, desired, settings, plan.created_at);
    if findings.is_empty() {
        return Ok(());
    }
    Err(EngineError::Lint {
        plan: plan.id.clone(),
        findings,
    })
}

/// The last plan for everybody, if the new one is the same from the same basis and nothing became of the last one yet.
async fn kept(
    acting: Acting<'_>,
    plan: &Plan,
    before: &[PlanRecord],
) -> Result<Option<MadePlan>, EngineError> {
    if !plan.basis.only.is_empty() {
        return Ok(None);
    }
    let is_for_all = |record: &&PlanRecord| {
        let only = record.document.pointer("/basis/only");
        only.and_then(serde_json::Value::as_array)
            .is_none_or(Vec::is_empty)
    };
    let Some(last) = before.iter().find(is_for_all) else {
        return Ok(None);
    };
    let may_stand = matches!(
        last.state,
        PlanState::Held | PlanState::Ready | PlanState::Approved | PlanState::Rejected
    );
    let is_same = last.basis_hash == plan.basis.hash.0 && last.changes == plan.changes.len() as u64;
    if !may_stand || !is_same || !same_changes(acting, plan, &last.id).await? {
        return Ok(None);
    }
    let stored = load_plan(acting.store, &last.id).await?;
    // Guards look at the last 24 hours too, which are no part of the basis: what they find now may be more than they found
    // then. Whoever approved the plan has said yes to its changes.
    if last.state != PlanState::Approved && stored.plan.guards != plan.guards {
        return Ok(None);
    }
    Ok(Some(MadePlan {
        plan: stored.plan,
        report: stored.report,
        why_held: stored.why_held,
        state: stored.record.state,
        novelty: Novelty::Kept,
    }))
}

async fn same_changes(acting: Acting<'_>, plan: &Plan, last: &PlanId) -> Result<bool, EngineError> {
    let keys: BTreeSet<ChangeKey> = plan.changes.iter().map(|one| one.key.clone()).collect();
    Ok(change_keys(acting.store, last).await? == keys)
}

async fn save(
    acting: Acting<'_>,
    plan: &Plan,
    report: &Report,
    why_held: &[WhyHeld],
    settings_version: Option<u64>,
) -> Result<PlanState, EngineError> {
    let new = to_store(plan, report, why_held);
    let data = json!({
        "plan": plan.id, "organization": plan.organization, "state": new.state, "changes": plan.changes.len(),
        "counts": new.counts, "held_because": in_words(why_held), "basis": plan.basis.hash,
        "settings_version": settings_version, "only": plan.basis.only,
    });
    let event = acting.event(EventKind::PlanMade, format!("plan:{}", plan.id), data);
    acting.store.save_plan(&new, &[event]).await?;
    Ok(new.state)
}
