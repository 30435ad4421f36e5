//! Applying a plan with all that goes with it.

use usher_model::PlanId;

use crate::apply::{ApplyContext, ApplyEnding, ApplyOptions, ApplyReport, apply};
use crate::provisioning::{Gate, gate, load_plan};
use crate::{Acting, EngineError};

/// Applies a plan if it may be applied now, or goes on with one that was interrupted, and notes that the first cycle is
/// done when it is.
pub async fn carry_out(
    context: &ApplyContext<'_>,
    plan: &PlanId,
    options: &ApplyOptions<'_>,
) -> Result<ApplyReport, EngineError> {
    let ceiling = match gate(context.acting, plan).await? {
        Gate::Open { ceiling } => ceiling,
        Gate::GoOn => None,
    };
    let options = ApplyOptions {
        ceiling,
        ..options.clone()
    };
    let report = apply(context, plan, &options).await?;
    if report.ending == ApplyEnding::Applied {
        note_applied(context.acting, plan).await?;
    }
    Ok(report)
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
