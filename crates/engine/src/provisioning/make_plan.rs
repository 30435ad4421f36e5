//! Making a plan and storing it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use usher_boxed::boxed;
use usher_miro::MiroClient;
use usher_model::{Event, EventKind, OrganizationId, PersonId, PlanId};
use usher_plan::{Basics, ChangeKey, Plan, PlanRequest, Report, Wait, lint, plan, set_aside};
use usher_store::{FailureFilter, FailureRecord, Over, PlanRecord, PlanState};

use crate::provisioning::holding::in_words;
use crate::provisioning::over::over;
use crate::provisioning::stored::{change_keys, rejected_keys, state_of, to_store};
use crate::provisioning::{
    Assembled, BoardCounts, StoredPlan, WhyHeld, assemble, attribute, boards, load_plan,
    superseded, why_held,
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
#[boxed]
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
    let waiting = waiting(acting, &world, order).await?;
    let made = compute(&mut world, &request, order, client).await?;
    let (mut plan, mut report) = without(made, &waiting, &world)?;
    attribute::attribute(
        acting.store,
        organization,
        &mut plan,
        &mut report,
        request.now,
    )
    .await?;
    let rejected = rejected_keys(acting.store, organization).await?;
    let why_held = why_held(&plan, world.settings.approval, &rejected);
    if let Some(kept) = kept(acting, (&plan, &report, &why_held), &before).await? {
        return Ok(kept);
    }
    save(acting, &world, (&plan, &report, &why_held), &rejected).await?;
    Ok(MadePlan {
        state: state_of(&why_held),
        plan,
        report,
        why_held,
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

/// What failed before and is not due again. Whoever asks for people by name wants it tried, and so does a connector in
/// quarantine, which is tried rarely enough, and leaves it only when something goes well.
async fn waiting(
    acting: Acting<'_>,
    world: &Assembled,
    order: &PlanOrder,
) -> Result<BTreeMap<ChangeKey, Wait>, EngineError> {
    if !order.only.is_empty() || world.connector.quarantine.is_some() {
        return Ok(BTreeMap::new());
    }
    let now = acting.now();
    let organization = &world.inventory.organization.id;
    let open = FailureFilter::default();
    let failed = acting.store.failures(organization, &open).await?;
    let waiting = failed.into_iter().filter_map(|row| {
        let until = row.next_try_at.filter(|until| *until > now)?;
        let wait = Wait {
            until,
            attempts: row.attempts,
            error: row.error,
        };
        Some((ChangeKey(row.key), wait))
    });
    Ok(waiting.collect())
}

/// The plan without what waits, and without what needs that.
fn without(
    made: (Plan, Report),
    waiting: &BTreeMap<ChangeKey, Wait>,
    world: &Assembled,
) -> Result<(Plan, Report), EngineError> {
    if waiting.is_empty() {
        return Ok(made);
    }
    let basics = Basics {
        inventory: &world.inventory,
        desired: &world.desired,
        settings: &world.settings,
    };
    let left = set_aside(made, waiting, basics);
    check(&left.0, world)?;
    Ok(left)
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
    (plan, report, why_held): (&Plan, &Report, &[WhyHeld]),
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
    if stored.report.set_aside != report.set_aside || !stands(last.state, &stored, (plan, why_held))
    {
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

/// Guards look at the last 24 hours, and rejections are remembered, which is no part of the basis: what holds a plan now may
/// be more than what held it then. Whoever approved the plan has said yes to its changes, unless somebody said no since.
fn stands(state: PlanState, stored: &StoredPlan, (plan, why_held): (&Plan, &[WhyHeld])) -> bool {
    let is_rejected = |why: &WhyHeld| matches!(why, WhyHeld::RejectedBefore { .. });
    match state {
        PlanState::Approved => !why_held.iter().any(is_rejected),
        PlanState::Rejected => stored.plan.guards == plan.guards,
        _ => stored.plan.guards == plan.guards && stored.why_held == why_held,
    }
}

async fn same_changes(acting: Acting<'_>, plan: &Plan, last: &PlanId) -> Result<bool, EngineError> {
    let keys: BTreeSet<ChangeKey> = plan.changes.iter().map(|one| one.key.clone()).collect();
    Ok(change_keys(acting.store, last).await? == keys)
}

/// Stores a plan, with what it says of earlier ones.
async fn save(
    acting: Acting<'_>,
    world: &Assembled,
    (plan, report, why_held): (&Plan, &Report, &[WhyHeld]),
    rejected: &BTreeSet<ChangeKey>,
) -> Result<(), EngineError> {
    let store = acting.store;
    let open = FailureFilter::default();
    let failed = store.failures(&plan.organization, &open).await?;
    let over = over((plan, report), &world.desired, rejected, &failed);
    let mut events = moot_events(acting, &over, &failed);
    events.push(made_event(
        acting,
        (plan, report, why_held),
        world.settings_version,
    ));
    let new = to_store(plan, report, why_held, over);
    let over = |older: &[PlanId]| {
        let why = format!("plan {} took its place", plan.id);
        let older = older.iter();
        let older = older.map(|one| superseded(acting, &plan.organization, one, &why));
        older.chain(events).collect()
    };
    Ok(store.save_plan_over(&new, over).await?)
}

fn made_event(
    acting: Acting<'_>,
    (plan, report, why_held): (&Plan, &Report, &[WhyHeld]),
    settings_version: Option<u64>,
) -> Event {
    let state = state_of(why_held);
    let data = json!({
        "plan": plan.id, "organization": plan.organization, "state": state, "changes": plan.changes.len(),
        "counts": plan.counts(), "held_because": in_words(why_held), "set_aside": report.set_aside.len(), "basis": plan.basis.hash,
        "settings_version": settings_version, "only": plan.basis.only,
    });
    acting.event(EventKind::PlanMade, format!("plan:{}", plan.id), data)
}

/// One event for each failure that is over because nobody wants its change any more.
fn moot_events(acting: Acting<'_>, over: &Over, failed: &[FailureRecord]) -> Vec<Event> {
    let moot = failed.iter().filter(|row| over.failed.contains(&row.key));
    moot.map(|row| {
        let data = json!({
            "person": row.person, "account": row.account, "plan": row.plan, "label": row.label,
            "moot": "no plan has this change any more",
        });
        let subject = format!("change:{}", row.key);
        acting.event(EventKind::FailureResolved, subject, data)
    })
    .collect()
}
