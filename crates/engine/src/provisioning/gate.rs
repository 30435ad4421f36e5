//! Whether a plan may be applied now.

use usher_boxed::boxed;
use usher_model::PlanId;
use usher_store::{Ceiling, Decision, Lifecycle, PlanState};

use crate::provisioning::holding::in_words;
use crate::provisioning::outdated::refuse_outdated;
use crate::provisioning::weighing::refuse_held;
use crate::provisioning::{assemble, load_plan};
use crate::refused::Refused;
use crate::{Acting, EngineError};

/// What may be done with a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// It may be applied, under a ceiling unless somebody approved it or nobody has to.
    Open {
        /// How much may have been taken away when it begins.
        ceiling: Option<Ceiling>,
    },
    /// Its application was interrupted, and may go on.
    GoOn,
}

/// Says whether a plan may be applied now: whether its state and the settings allow it, and whether the world is still the
/// one it was made from as far as it touches the plan, and whether what was done since leaves room for it.
///
/// # Errors
/// [`Refused`], with the reason and, when the world moved, what moved.
#[boxed]
pub async fn gate(acting: Acting<'_>, plan: &PlanId) -> Result<Gate, EngineError> {
    let stored = load_plan(acting.store, plan).await?;
    let organization = &stored.record.organization;
    let mut world = assemble(acting.store, organization, acting.now()).await?;
    if world.connector.lifecycle == Lifecycle::Inactive {
        return Err(Refused::Inactive(organization.clone()).into());
    }
    match stored.record.state {
        // Part of it is done, so its basis has moved by its own doing: what is left is looked at when it is known what
        // became of the calls that were under way.
        PlanState::Interrupted | PlanState::Applying => Ok(Gate::GoOn),
        PlanState::Approved | PlanState::Ready => {
            refuse_outdated(acting, &stored, &world).await?;
            let ceiling = refuse_held(acting.store, &stored, &mut world, acting.now()).await?;
            Ok(Gate::Open { ceiling })
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
