//! Applying a plan with all that goes with it.

use usher_model::{OrganizationId, PlanId};

use crate::apply::{ApplyContext, ApplyEnding, ApplyOptions, ApplyReport, apply, settle};
use crate::provisioning::rest::refuse_unwanted_rest;
use crate::provisioning::{Gate, gate, load_plan};
use crate::{Acting, EngineError};

/// Applies a plan if it may be applied now, or goes on with one that was interrupted, and notes that the first cycle is
/// done when it is.
///
/// What became of calls that earlier applies left open is found out before, whatever plan they are of: it may move the
/// world.
pub async fn carry_out(
    context: &ApplyContext<'_>,
    plan: &PlanId,
    options: &ApplyOptions<'_>,
) -> Result<ApplyReport, EngineError> {
    let acting = context.acting;
    let entry = gate(acting, plan).await?;
    let organization = load_plan(acting.store, plan).await?.record.organization;
    let settled = settle_open_calls(context, &organization, options).await?;
    match entry {
        Gate::GoOn => refuse_unwanted_rest(acting, plan).await?,
        Gate::Open if !settled.is_empty() => {
            gate(acting, plan).await?;
        }
        Gate::Open => {}
    }
    let report = apply(context, plan, options).await?;
    if report.ending == ApplyEnding::Applied {
        note_applied(acting, plan).await?;
    }
    Ok(report)
}

/// Finds out what became of the calls that earlier applies left open, oldest first. Returns the plans they are of.
pub(crate) async fn settle_open_calls(
    context: &ApplyContext<'_>,
    organization: &OrganizationId,
    options: &ApplyOptions<'_>,
) -> Result<Vec<PlanId>, EngineError> {
    let store = context.acting.store;
    let open = store.unsettled_plans(organization).await?;
    for plan in &open {
        settle(context, plan, options).await?;
    }
    Ok(open)
}

/// A plan for everybody that was applied is the connector's first cycle. One for some people is a trial.
async fn note_applied(acting: Acting<'_>, plan: &PlanId) -> Result<(), EngineError> {
    let stored = load_plan(acting.store, plan).await?;
    if !stored.plan.basis.only.is_empty() {
        return Ok(());
    }
    let now = acting.now();
    let note = |connector: &mut usher_store::ConnectorRecord| {
        connector.first_cycle_at.get_or_insert(now);
    };
    let organization = &stored.record.organization;
    acting
        .store
        .update_connector(organization, note, &[])
        .await?;
    Ok(())
}
