//! One cycle from beginning to end.

use futures::future::Either;
use serde_json::json;
use usher_boxed::boxed;
use usher_miro::ErrorKind;
use usher_model::{EventKind, PlanId};
use usher_plan::{PlanRequest, plan};
use usher_store::{
    CycleEnd, CycleState, Lease, Lifecycle, NewCycle, PlanState, ProvisioningStatus, RunningCycle,
    SourceRecord, StoreError,
};

use crate::apply::{
    ApplyContext, ApplyEnding, ApplyObserver, ApplyOptions, ApplyReport, SilentApply,
};
use crate::cycle::observer::PassOn;
use crate::cycle::report::Measure;
use crate::cycle::updating::{Updated, bring_up_to_date};
use crate::cycle::{
    CycleContext, CycleEnding, CycleEvent, CycleKind, CycleOptions, CycleReport, CycleStep,
    InventoryUpdate, PlanSummary, QuarantineReason, confining, telling,
};
use crate::people::{ReadDepth, RefreshOptions, Refreshed, note_failure, refresh};
use crate::provisioning::{
    Care, CarriedOut, InQuarantine, MadePlan, PlanOrder, assemble, carry_out, make_plan,
    settle_open_calls, supersede,
};
use crate::refused::Refused;
use crate::sync::lease;
use crate::{EngineError, people};

/// Runs one cycle: reads the sources, brings the inventory up to date, plans, applies what the settings allow, and sees
/// what is left.
///
/// Planning looks at everything that the database has, so a changed mapping, scope or assignment reaches exactly whom it
/// affects in the next cycle, whatever its kind.
///
/// # Errors
/// [`Refused`] when the connector is inactive, switched off or in quarantine; [`StoreError::ConnectorBusy`] while another
/// process works on it; anything that ends a cycle before its plan. Failures of single changes are in the report.
#[boxed(local)]
pub async fn run_cycle(
    context: &CycleContext<'_>,
    options: &CycleOptions,
) -> Result<CycleReport, EngineError> {
    admit(context).await?;
    let cycle = begin(context, options).await?;
    let event = CycleEvent::Started {
        cycle: cycle.id.clone(),
    };
    context.observer.event(event);
    let outcome = futures::future::select(
        Box::pin(go_through(context, options, &cycle)),
        Box::pin(keep_lease(context, &cycle)),
    );
    let outcome = match outcome.await {
        Either::Left((outcome, _)) => outcome,
        // Another process has it: nothing more is ours to write.
        Either::Right((lost, _)) => return Err(lost.into()),
    };
    match outcome {
        Ok(report) => finish(context, &cycle, report).await,
        Err(error) => {
            fail(context, &cycle, &error).await;
            Err(error)
        }
    }
}

/// Whether the connector may be worked on now.
async fn admit(context: &CycleContext<'_>) -> Result<(), EngineError> {
    let organization = context.organization.clone();
    let connector = context
        .acting
        .store
        .connector(&organization)
        .await?
        .unwrap_or_default();
    if connector.lifecycle == Lifecycle::Inactive {
        return Err(Refused::Inactive(organization).into());
    }
    if connector.provisioning == ProvisioningStatus::Off {
        return Err(Refused::SwitchedOff(organization).into());
    }
    match connector.quarantine {
        Some(quarantine)
            if quarantine
                .next_try_at
                .is_none_or(|at| context.acting.now() < at) =>
        {
            Err(Refused::InQuarantine {
                organization,
                reason: quarantine.reason,
                next_try_at: quarantine.next_try_at,
            }
            .into())
        }
        _ => Ok(()),
    }
}

/// Takes the lease; one that a dead process of this machine left is taken from it.
async fn begin(
    context: &CycleContext<'_>,
    options: &CycleOptions,
) -> Result<RunningCycle, EngineError> {
    let store = context.acting.store;
    Ok(lease::take_from_the_dead(store, || try_begin(context, options)).await?)
}

async fn try_begin(
    context: &CycleContext<'_>,
    options: &CycleOptions,
) -> Result<RunningCycle, StoreError> {
    let store = context.acting.store;
    let first = store
        .cycles(context.organization, Some(1))
        .await?
        .is_empty();
    let kind = match options.kind {
        CycleKind::Initial => usher_store::CycleKind::Initial,
        CycleKind::Auto if first => usher_store::CycleKind::Initial,
        CycleKind::Incremental | CycleKind::Auto => usher_store::CycleKind::Incremental,
    };
    let id = store.new_cycle_id();
    let data = json!({"organization": context.organization, "kind": kind});
    let event = context
        .acting
        .event(EventKind::CycleStarted, format!("cycle:{id}"), data);
    let owner = lease::this_work(id.as_str());
    let new = NewCycle {
        id,
        organization: context.organization.clone(),
        kind,
        lease: Lease {
            owner,
            duration: lease::LEASE,
        },
    };
    store.begin_cycle(&new, &[event]).await
}

/// Renews the lease until it is lost.
async fn keep_lease(context: &CycleContext<'_>, cycle: &RunningCycle) -> StoreError {
    let renew = || context.acting.store.renew_cycle(cycle);
    lease::keep(lease::RENEWAL, renew).await
}

/// What the steps bring together.
struct Course {
    measure: Measure,
    sources: Vec<Refreshed>,
    inventory: InventoryUpdate,
    plan: Option<PlanSummary>,
    applied: Vec<ApplyReport>,
    remaining: Option<usize>,
}

async fn go_through(
    context: &CycleContext<'_>,
    options: &CycleOptions,
    cycle: &RunningCycle,
) -> Result<CycleReport, EngineError> {
    let mut measure = Measure::begin(context.client);
    let step = |measure: &mut Measure, step: CycleStep| {
        measure.step(Some(step));
        context.observer.event(CycleEvent::Step { step });
    };
    step(&mut measure, CycleStep::Sources);
    let sources = read_sources(context, options, cycle).await?;
    step(&mut measure, CycleStep::Inventory);
    let inventory = read_inventory(context, options).await?;
    context
        .observer
        .event(CycleEvent::InventoryRead(inventory.clone()));
    let mut course = Course {
        measure,
        sources,
        inventory,
        plan: None,
        applied: Vec::new(),
        remaining: None,
    };
    let ending = plan_and_apply(context, options, cycle, &mut course).await?;
    course.measure.step(None);
    Ok(report(context, cycle, course, ending))
}

fn report(
    context: &CycleContext<'_>,
    cycle: &RunningCycle,
    course: Course,
    ending: CycleEnding,
) -> CycleReport {
    let by_route = course.measure.requests(context.client);
    CycleReport {
        cycle: cycle.id.clone(),
        organization: context.organization.clone(),
        ending,
        sources: course.sources,
        inventory: course.inventory,
        plan: course.plan,
        applied: course.applied,
        remaining: course.remaining,
        requests: by_route.values().sum(),
        by_route,
        durations: course.measure.durations,
        started_at: cycle.started_at,
        finished_at: context.acting.now(),
    }
}

/// Reads every source; one that fails or is not believed stops nothing: what it said before still holds.
async fn read_sources(
    context: &CycleContext<'_>,
    options: &CycleOptions,
    cycle: &RunningCycle,
) -> Result<Vec<Refreshed>, EngineError> {
    let mut all = Vec::with_capacity(context.sources.len());
    let (mut was_aligned, mut to_the_end) = (false, false);
    for ready in context.sources {
        let name = &ready.record.definition.name;
        // The record may be older than the last reading.
        let Some(record) = context.acting.store.source(name).await? else {
            continue;
        };
        let depth = source_depth(context, options, cycle, &record);
        to_the_end |= depth == ReadDepth::Everything;
        let refresh_options = RefreshOptions {
            depth,
            ..RefreshOptions::default()
        };
        let refreshed = match &ready.source {
            Ok(source) => refresh(context.acting, &record, source, refresh_options).await?,
            Err(error) => note_failure(context.acting, name, error).await?,
        };
        was_aligned |= matches!(refreshed.outcome, people::RefreshOutcome::Written { .. });
        if refreshed.outcome.is_doubtful() {
            telling::doubtful_source(context, &refreshed).await;
        }
        context
            .observer
            .event(CycleEvent::SourceRead(Box::new(refreshed.clone())));
        all.push(refreshed);
    }
    was_aligned |= people::merge_if_behind(context.acting).await?.is_some();
    // A source may have been read before this organization was known.
    let is_initial = cycle.kind == usher_store::CycleKind::Initial;
    if (to_the_end || is_initial) && !was_aligned {
        people::align_assignments(context.acting).await?;
    }
    Ok(all)
}

/// Each source is read to its end once a day: some cannot say who left. A reading that was not believed does not count.
fn source_depth(
    context: &CycleContext<'_>,
    options: &CycleOptions,
    cycle: &RunningCycle,
    record: &SourceRecord,
) -> ReadDepth {
    let is_due = record.full_at.is_none_or(|last| {
        let due = last.saturating_add(options.full_pass_every);
        due.is_ok_and(|due| due <= context.acting.now())
    });
    if is_due || cycle.kind == usher_store::CycleKind::Initial {
        ReadDepth::Everything
    } else {
        ReadDepth::Changes
    }
}

async fn read_inventory(
    context: &CycleContext<'_>,
    options: &CycleOptions,
) -> Result<InventoryUpdate, EngineError> {
    match bring_up_to_date(context, options).await? {
        Updated::Done(update) => Ok(update),
        Updated::NotBelieved(report) => Err(Refused::SnapshotSuspect {
            organization: context.organization.clone(),
            sync: report.sync.clone(),
            why: telling::distrust(&report.verdict),
        }
        .into()),
    }
}

async fn plan_and_apply(
    context: &CycleContext<'_>,
    options: &CycleOptions,
    cycle: &RunningCycle,
    course: &mut Course,
) -> Result<CycleEnding, EngineError> {
    settle_what_was_cut_off(context, options, cycle).await?;
    if context.stop.is_cancelled() {
        return Ok(CycleEnding::Stopped);
    }
    begin_step(context, course, CycleStep::Plan);
    let made = plan_now(context, options).await?;
    let summary = PlanSummary::of(&made);
    context.observer.event(CycleEvent::Planned(summary.clone()));
    course.plan = Some(summary);
    if made.plan.is_empty() {
        return Ok(CycleEnding::InLine);
    }
    match made.state {
        PlanState::Held => {
            let why: Vec<_> = made.why_held.iter().map(ToString::to_string).collect();
            telling::awaiting_approval(context, &made, &why).await;
            Ok(CycleEnding::AwaitingApproval)
        }
        PlanState::Rejected => Ok(CycleEnding::Rejected),
        _ => {
            let ending = match apply(context, options, cycle, &made.plan.id, course).await {
                // Another plan has begun to take away what was left to take away today.
                Err(EngineError::Refused(Refused::NeedsApproval { why, .. })) => {
                    telling::awaiting_approval(context, &made, &[why]).await;
                    CycleEnding::AwaitingApproval
                }
                ended => ended?,
            };
            if ending == CycleEnding::Applied {
                begin_step(context, course, CycleStep::Verify);
                course.remaining = Some(left_to_do(context).await?);
            }
            Ok(ending)
        }
    }
}

fn begin_step(context: &CycleContext<'_>, course: &mut Course, step: CycleStep) {
    course.measure.step(Some(step));
    context.observer.event(CycleEvent::Step { step });
}

/// Where plans were cut off while calls were under way, what became of those has to be found out before a new plan is
/// made. What is left of such a plan is not gone on with: it was made for another world than this one.
async fn settle_what_was_cut_off(
    context: &CycleContext<'_>,
    options: &CycleOptions,
    cycle: &RunningCycle,
) -> Result<(), EngineError> {
    let store = context.acting.store;
    let apply_context = apply_context(context, &SilentApply);
    let apply_options = apply_options(options, cycle);
    let settled = settle_open_calls(&apply_context, context.organization, &apply_options).await?;
    for plan in settled {
        let record = store.plan(&plan).await?;
        if record.is_some_and(|record| record.state == PlanState::Interrupted) {
            let why = "it was cut off, and the cycle plans anew";
            supersede(context.acting, context.organization, &plan, why).await?;
        }
    }
    Ok(())
}

async fn plan_now(
    context: &CycleContext<'_>,
    options: &CycleOptions,
) -> Result<MadePlan, EngineError> {
    let order = PlanOrder {
        boards: options.boards,
        ..PlanOrder::default()
    };
    let planned_at = context.acting.now();
    let made = make_plan(
        context.acting,
        context.organization,
        &order,
        Some(context.client),
    )
    .await?;
    let note = |connector: &mut usher_store::ConnectorRecord| {
        connector.planned_until = Some(planned_at);
    };
    let store = context.acting.store;
    store
        .update_connector(context.organization, note, &[])
        .await?;
    Ok(made)
}

async fn apply(
    context: &CycleContext<'_>,
    options: &CycleOptions,
    cycle: &RunningCycle,
    plan: &PlanId,
    course: &mut Course,
) -> Result<CycleEnding, EngineError> {
    begin_step(context, course, CycleStep::Apply);
    let observer = PassOn(context.observer);
    let apply_context = apply_context(context, &observer);
    let apply_options = apply_options(options, cycle);
    let care = Care {
        notifier: context.notifier,
        // Whether it may be tried was asked when the cycle began.
        in_quarantine: InQuarantine::GoAhead,
    };
    let carried = carry_out(&apply_context, plan, &apply_options, care).await?;
    let ending = ending_of(&carried);
    course.applied.push(carried.report);
    Ok(ending)
}

fn apply_context<'a>(
    context: &CycleContext<'a>,
    observer: &'a dyn ApplyObserver,
) -> ApplyContext<'a> {
    ApplyContext {
        acting: context.acting,
        client: context.client,
        observer,
        stop: context.stop.clone(),
    }
}

fn apply_options<'a>(options: &CycleOptions, cycle: &'a RunningCycle) -> ApplyOptions<'a> {
    ApplyOptions {
        cycle: Some(cycle),
        retries: options.retries,
        retry_pause: options.retry_pause,
        mass_failure: options.mass_failure,
        ..ApplyOptions::default()
    }
}

fn ending_of(carried: &CarriedOut) -> CycleEnding {
    match (&carried.quarantined, carried.report.ending) {
        (Some(why), _) => CycleEnding::Quarantined {
            why: why.to_string(),
        },
        (None, ApplyEnding::Applied) => CycleEnding::Applied,
        (None, _) => CycleEnding::Stopped,
    }
}

/// How many changes a plan would still have. Nothing is stored of it.
async fn left_to_do(context: &CycleContext<'_>) -> Result<usize, EngineError> {
    let store = context.acting.store;
    let now = context.acting.now();
    let world = assemble(store, context.organization, now).await?;
    let request = PlanRequest {
        id: PlanId::new("none"),
        now,
        parent: None,
        only: Vec::new(),
    };
    let (rest, _) = plan(&world.inventory, &world.desired, &world.settings, &request)?;
    Ok(rest.changes.len())
}

async fn finish(
    context: &CycleContext<'_>,
    cycle: &RunningCycle,
    report: CycleReport,
) -> Result<CycleReport, EngineError> {
    let counts = report.counts();
    let quarantined = match &report.ending {
        CycleEnding::Quarantined { why } => Some(why.clone()),
        _ => None,
    };
    let (state, kind) = match (&report.ending, &quarantined) {
        (_, Some(_)) => (CycleState::Failed, EventKind::CycleFailed),
        (CycleEnding::Stopped, _) => (CycleState::Interrupted, EventKind::CycleFinished),
        _ => (CycleState::Finished, EventKind::CycleFinished),
    };
    let end = CycleEnd {
        state,
        plan: report.plan.as_ref().map(|plan| plan.plan.clone()),
        counts: counts.clone(),
        failure: quarantined.clone(),
    };
    let data = json!({"organization": context.organization, "counts": counts});
    let event = context
        .acting
        .event(kind, format!("cycle:{}", cycle.id), data);
    let store = context.acting.store;
    store.finish_cycle(cycle, &end, &[event]).await?;
    remember(context, cycle).await?;
    if quarantined.is_none() && report.ending != CycleEnding::Stopped {
        confining::release_after_success(context, &report.ending).await?;
        telling::changes_failed(context, &report).await;
    }
    context
        .observer
        .event(CycleEvent::Finished(Box::new(report.clone())));
    Ok(report)
}

async fn remember(context: &CycleContext<'_>, cycle: &RunningCycle) -> Result<(), EngineError> {
    let note = |connector: &mut usher_store::ConnectorRecord| {
        connector.last_cycle = Some(cycle.id.clone());
    };
    let store = context.acting.store;
    store
        .update_connector(context.organization, note, &[])
        .await?;
    Ok(())
}

/// Records why a cycle failed, puts the connector in quarantine if the credentials are bad, and tells people. Best effort:
/// the failure that is reported is the one that came first.
async fn fail(context: &CycleContext<'_>, cycle: &RunningCycle, error: &EngineError) {
    let why = telling::in_full(error);
    let data = json!({"organization": context.organization, "error": why});
    let event = context
        .acting
        .event(EventKind::CycleFailed, format!("cycle:{}", cycle.id), data);
    let end = CycleEnd {
        state: CycleState::Failed,
        plan: None,
        counts: json!({}),
        failure: Some(why.clone()),
    };
    let store = context.acting.store;
    if let Err(second) = store.finish_cycle(cycle, &end, &[event]).await {
        tracing::warn!(error = %second, "the end of a cycle could not be recorded");
    }
    let _ = remember(context, cycle).await;
    let confined = match bad_credentials(error) {
        Some(why) => {
            let announcer = telling::announcer(context);
            let confined = confining::confine(announcer, context.organization, &why).await;
            confined.map(|()| true)
        }
        None => Ok(false),
    };
    match confined {
        Ok(true) => {}
        Ok(false) => telling::cycle_failed(context, cycle, error).await,
        Err(second) => {
            tracing::warn!(error = %second, "the connector could not be put in quarantine");
        }
    }
}

fn bad_credentials(error: &EngineError) -> Option<QuarantineReason> {
    let EngineError::Miro { source, .. } = error else {
        return None;
    };
    matches!(
        source.kind(),
        ErrorKind::BadCredentials | ErrorKind::ScimDisabled
    )
    .then(|| QuarantineReason::BadCredentials {
        detail: source.to_string(),
    })
}
