//! Weighing a stored plan again, with what happened since it was made.

use usher_model::Timestamp;
use usher_plan::{Approval, Plan, weigh_guards};
use usher_store::{Ceiling, PlanState, Store};

use crate::EngineError;
use crate::provisioning::assemble::{lately, removals};
use crate::provisioning::holding::in_words;
use crate::provisioning::stored::rejected_keys;
use crate::provisioning::{Assembled, StoredPlan, WhyHeld, why_held};
use crate::refused::Refused;

/// Refuses a plan for which somebody has to be asked by now: the settings may ask for more than when it was made, other
/// plans may have taken away what was left to take away today, and somebody may have rejected its changes. Returns how much
/// may be taken away at most until it is begun.
pub(super) async fn refuse_held(
    store: &Store,
    stored: &StoredPlan,
    world: &mut Assembled,
    now: Timestamp,
) -> Result<Option<Ceiling>, EngineError> {
    let rejected = rejected_keys(store, &stored.record.organization).await?;
    let plan = reweighed(store, stored, world, now).await?;
    let why = why_held(&plan, world.settings.approval, &rejected);
    if stored.record.state == PlanState::Approved {
        let again = why.iter().find_map(|why| match why {
            WhyHeld::RejectedBefore { changes } => Some(u64::from(*changes)),
            _ => None,
        });
        return match again {
            Some(changes) => Err(Refused::RejectedSince {
                plan: plan.id,
                changes,
            }
            .into()),
            None => Ok(None),
        };
    }
    if why.is_empty() {
        return Ok(ceiling(world, now));
    }
    Err(Refused::NeedsApproval {
        plan: plan.id,
        why: in_words(&why),
    }
    .into())
}

/// The plan with what the guards find now.
async fn reweighed(
    store: &Store,
    stored: &StoredPlan,
    world: &mut Assembled,
    now: Timestamp,
) -> Result<Plan, EngineError> {
    let plan = &stored.plan;
    let beside = store.removals_beside(&plan.id, lately(now)).await?;
    world.desired.recent = removals(beside);
    let guards = weigh_guards(
        &plan.changes,
        &world.inventory,
        &world.desired,
        &world.settings,
    );
    Ok(Plan {
        guards,
        ..plan.clone()
    })
}

/// How much a plan that nobody approves may take away, together with what is taken away beside it.
fn ceiling(world: &Assembled, now: Timestamp) -> Option<Ceiling> {
    if world.settings.approval == Approval::Never {
        return None;
    }
    let guards = &world.settings.guards;
    let accounts = world.inventory.accounts.len();
    Some(Ceiling {
        since: lately(now),
        disables_and_revokes: guards.disables.allows(accounts).into(),
        irreversible: guards.irreversible.allows(accounts).into(),
    })
}
