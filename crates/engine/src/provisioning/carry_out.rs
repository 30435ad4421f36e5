//! Applying a plan with all that goes with it.

use usher_boxed::boxed;
use usher_model::{OrganizationId, PlanId};
use usher_store::{ConnectorRecord, JournalCounts, Lifecycle, PlanState};

use crate::apply::{ApplyContext, ApplyEnding, ApplyOptions, ApplyReport, Halt, apply, settle};
use crate::cycle::{QuarantineReason, confine};
use crate::notify::{Announcer, Notifier};
use crate::provisioning::rest::refuse_unwanted_rest;
use crate::provisioning::{Gate, gate, load_plan, supersede};
use crate::refused::Refused;
use crate::{Acting, EngineError};

/// Whether a plan is applied while the connector is in quarantine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum InQuarantine {
    /// It is not.
    #[default]
    Refuse,
    /// It is: somebody asked for just that, or it is the try that ends a quarantine.
    GoAhead,
}

/// What is done beside applying a plan.
#[derive(Clone, Copy, Debug)]
pub struct Care<'a> {
    /// How people are told of a quarantine.
    pub notifier: &'a Notifier,
    /// Whether a quarantine keeps the plan from being applied.
    pub in_quarantine: InQuarantine,
}

/// What applying a plan came to.
#[derive(Clone, Debug)]
pub struct CarriedOut {
    /// What was done.
    pub report: ApplyReport,
    /// Why the connector is in quarantine since.
    pub quarantined: Option<QuarantineReason>,
}

/// Applies a plan if it may be applied now, or goes on with one that was interrupted, and notes that the first cycle is
/// done when it is. A token that Miro does not accept, and a mass failure, put the connector in quarantine.
///
/// What became of calls that earlier applies left open is found out before, whatever plan they are of: it may move the
/// world.
#[boxed]
pub async fn carry_out(
    context: &ApplyContext<'_>,
    plan: &PlanId,
    options: &ApplyOptions<'_>,
    care: Care<'_>,
) -> Result<CarriedOut, EngineError> {
    let acting = context.acting;
    let organization = acting.store.existing_plan(plan).await?.organization;
    refuse_quarantine(acting, &organization, care.in_quarantine).await?;
    let entry = gate(acting, plan).await?;
    let settled = settle_open_calls(context, &organization, options).await?;
    let ceiling = match entry {
        Gate::GoOn => {
            refuse_unwanted_rest(acting, plan).await?;
            None
        }
        Gate::Open { .. } if !settled.is_empty() => match gate(acting, plan).await? {
            Gate::Open { ceiling } => ceiling,
            Gate::GoOn => None,
        },
        Gate::Open { ceiling } => ceiling,
    };
    let options = ApplyOptions {
        ceiling,
        ..options.clone()
    };
    let before = acting.store.journal_counts(plan).await?;
    // Whoever stops the connector stops this plan, and not what its process does afterwards.
    let context = ApplyContext {
        stop: context.stop.child_token(),
        ..context.clone()
    };
    let report = Box::pin(apply(&context, plan, &options)).await?;
    match report.ending {
        ApplyEnding::Applied => note_applied(acting, plan).await?,
        ApplyEnding::Interrupted => set_aside_if_inactive(acting, &organization, plan).await?,
        _ => {}
    }
    let quarantined = why_quarantined(&report, &before, &options);
    if let Some(reason) = &quarantined {
        let announcer = Announcer {
            acting,
            notifier: care.notifier,
        };
        confine(announcer, &organization, reason).await?;
    }
    Ok(CarriedOut {
        report,
        quarantined,
    })
}

/// Refuses to write to Miro while the connector is in quarantine, unless somebody asked for just that.
#[boxed]
pub async fn refuse_quarantine(
    acting: Acting<'_>,
    organization: &OrganizationId,
    in_quarantine: InQuarantine,
) -> Result<(), EngineError> {
    let connector = acting.store.connector(organization).await?;
    let quarantine = connector.and_then(|connector| connector.quarantine);
    match quarantine {
        Some(quarantine) if in_quarantine == InQuarantine::Refuse => Err(Refused::InQuarantine {
            organization: organization.clone(),
            reason: quarantine.reason,
            next_try_at: quarantine.next_try_at,
        }
        .into()),
        _ => Ok(()),
    }
}

/// Whether what happened puts the connector in quarantine. What an earlier run attempted does not count.
fn why_quarantined(
    report: &ApplyReport,
    before: &JournalCounts,
    options: &ApplyOptions<'_>,
) -> Option<QuarantineReason> {
    let failed = report.failed.saturating_sub(before.failed);
    let attempted = failed + report.done.saturating_sub(before.done);
    let mass_failure = QuarantineReason::MassFailure { failed, attempted };
    let bad = |detail: &str| QuarantineReason::BadCredentials {
        detail: detail.to_owned(),
    };
    match report.ending {
        ApplyEnding::Halted {
            halt: Halt::BadCredentials,
        } => Some(bad("it answers that the token is not valid")),
        ApplyEnding::Halted {
            halt: Halt::ScimDisabled,
        } => Some(bad("SCIM is switched off in the organization")),
        ApplyEnding::MassFailure => Some(mass_failure),
        ApplyEnding::Interrupted => None,
        ApplyEnding::Applied => {
            let count = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
            let limit = options.mass_failure;
            limit
                .is_reached(count(failed), count(attempted))
                .then_some(mass_failure)
        }
    }
}

/// A plan that was stopped because its connector was deactivated is not for later, unless it is not known what became of
/// its calls.
async fn set_aside_if_inactive(
    acting: Acting<'_>,
    organization: &OrganizationId,
    plan: &PlanId,
) -> Result<(), EngineError> {
    let store = acting.store;
    let connector = store.connector(organization).await?.unwrap_or_default();
    let is_settled = store.journal_counts(plan).await?.intended == 0;
    if connector.lifecycle == Lifecycle::Inactive && is_settled {
        supersede(acting, organization, plan, "the connector was deactivated").await?;
    }
    Ok(())
}

/// Sets a plan aside that nobody has begun to apply.
pub(super) async fn set_aside_unbegun(
    acting: Acting<'_>,
    plan: &PlanId,
) -> Result<(), EngineError> {
    let record = acting.store.existing_plan(plan).await?;
    if matches!(
        record.state,
        PlanState::Held | PlanState::Ready | PlanState::Approved
    ) {
        let why = "it was made for one person, and nobody has begun to apply it";
        supersede(acting, &record.organization, plan, why).await?;
    }
    Ok(())
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
        Box::pin(settle(context, plan, options)).await?;
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
    let note = |connector: &mut ConnectorRecord| {
        connector.first_cycle_at.get_or_insert(now);
    };
    let organization = &stored.record.organization;
    acting
        .store
        .update_connector(organization, note, &[])
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use super::*;

    fn report(ending: ApplyEnding, done: u64, failed: u64) -> ApplyReport {
        ApplyReport {
            plan: PlanId::new("p"),
            ending,
            changes: 100,
            done,
            failed,
            skipped: 0,
            left: 0,
            failures: Vec::new(),
            verified: 0,
            unverified: 0,
            requests: BTreeMap::new(),
            credits: BTreeMap::new(),
            rate_limited: 0,
            default_team: None,
            elapsed: Duration::ZERO,
        }
    }

    #[test]
    fn failures_of_an_earlier_run_of_the_plan_are_no_mass_failure_of_this_one() {
        let options = ApplyOptions::default();
        let before = JournalCounts {
            failed: 30,
            ..JournalCounts::default()
        };
        let resumed = report(ApplyEnding::Applied, 10, 31);
        assert_eq!(why_quarantined(&resumed, &before, &options), None);
        let at_once = why_quarantined(&resumed, &JournalCounts::default(), &options);
        let all = QuarantineReason::MassFailure {
            failed: 31,
            attempted: 41,
        };
        assert_eq!(at_once, Some(all));
    }

    #[test]
    fn being_stopped_is_no_reason_whatever_failed() {
        let options = ApplyOptions::default();
        let stopped = report(ApplyEnding::Interrupted, 0, 100);
        let before = JournalCounts::default();
        assert_eq!(why_quarantined(&stopped, &before, &options), None);
    }
}
