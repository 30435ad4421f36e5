//! Whether a plan may be applied now.

use std::collections::BTreeSet;

use usher_model::PlanId;
use usher_plan::basis_hash;
use usher_store::{Decision, Lifecycle, PlanState, Store};

use crate::provisioning::holding::in_words;
use crate::provisioning::{Assembled, StoredPlan, assemble, load_plan, moved, why_held};
use crate::refused::Refused;
use crate::{Acting, EngineError};

/// What may be done with a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// It may be applied.
    Open,
    /// Its application was interrupted, and may go on.
    GoOn,
}

/// Says whether a plan may be applied now: whether its state and the settings allow it, and whether the world is still the
/// one it was made from as far as it touches the plan.
///
/// # Errors
/// [`Refused`], with the reason and, when the world moved, what moved.
pub async fn gate(acting: Acting<'_>, plan: &PlanId) -> Result<Gate, EngineError> {
    let stored = load_plan(acting.store, plan).await?;
    let organization = &stored.record.organization;
    let world = assemble(acting.store, organization, acting.now()).await?;
    if world.connector.lifecycle == Lifecycle::Inactive {
        return Err(Refused::Inactive(organization.clone()).into());
    }
    match stored.record.state {
        // Part of it is done, so its basis has moved by its own doing: what is left is looked at when it is known what
        // became of the calls that were under way.
        PlanState::Interrupted | PlanState::Applying => Ok(Gate::GoOn),
        PlanState::Approved | PlanState::Ready => {
            refuse_held(&stored, &world)?;
            refuse_moved(acting.store, &stored, &world).await?;
            Ok(Gate::Open)
        }
        PlanState::Held => Err(Refused::NeedsApproval {
            plan: plan.clone(),
            why: in_words(&stored.why_held),
        }
        .into()),
        PlanState::Rejected => Err(Refused::Rejected {
            plan: plan.clone(),
            why: stored
                .record
                .decision
                .and_then(|decision: Decision| decision.reason),
        }
        .into()),
        state => Err(Refused::Over {
            plan: plan.clone(),
            state,
        }
        .into()),
    }
}

/// The setting may ask for more now than when the plan was made: a plan that nobody approved then waits.
fn refuse_held(stored: &StoredPlan, world: &Assembled) -> Result<(), EngineError> {
    if stored.record.state == PlanState::Approved {
        return Ok(());
    }
    let why = why_held(&stored.plan, world.settings.approval, &BTreeSet::new());
    if why.is_empty() {
        return Ok(());
    }
    Err(Refused::NeedsApproval {
        plan: stored.plan.id.clone(),
        why: in_words(&why),
    }
    .into())
}

/// Refuses a plan whose basis is another by now.
pub(super) async fn refuse_moved(
    store: &Store,
    stored: &StoredPlan,
    world: &Assembled,
) -> Result<(), EngineError> {
    let now = basis_hash(
        &stored.plan,
        &world.inventory,
        &world.desired,
        &world.settings,
    );
    if now.0 == stored.record.basis_hash {
        return Ok(());
    }
    Err(Refused::WorldMoved {
        plan: stored.plan.id.clone(),
        what: moved::what_moved(store, stored, world).await?,
    }
    .into())
}
