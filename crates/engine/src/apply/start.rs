//! Beginning an apply, and ending it.

use std::collections::BTreeMap;

use futures::TryStreamExt;
use serde_json::json;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use usher_boxed::boxed;
use usher_miro::ErrorKind;
use usher_model::{EventKind, Known, OrganizationId, PlanId};
use usher_plan::{Change, Switch};
use usher_store::{
    ApplyEnd, ChangeFilter, JournalStatus, Lease, PlanRecord, RunningApply, Store, StoreError,
    Under,
};

use super::books::Books;
use super::classify::Halt;
use super::ground::ground;
use super::job::Sessions;
use super::journal::journal;
use super::means::Refusal;
use super::observer::{ApplyEvent, SilentApply};
use super::options::{ApplyContext, ApplyOptions};
use super::prepare::prepare;
use super::report::{ApplyEnding, ApplyReport};
use super::run::{Lost, Run};
use crate::EngineError;
use crate::provisioning::provisioning_settings;
use crate::refused::Refused;
use crate::sync::lease;

/// Carries a plan out, or goes on with one that was interrupted.
///
/// Whether the plan may be applied is for the caller to find out before; this only refuses a plan whose state does not
/// allow it, and a connector that somebody else works on.
///
/// # Errors
/// When the plan or the database is at fault, or Miro cannot be reached at the start. What goes wrong with single
/// changes, and what stops everything, is in the report.
#[boxed]
pub async fn apply(
    context: &ApplyContext<'_>,
    plan: &PlanId,
    options: &ApplyOptions<'_>,
) -> Result<ApplyReport, EngineError> {
    let store = context.acting.store;
    let record = store.existing_plan(plan).await?;
    let load = load(context, &record).await?;
    let running = begin(context, &record, options).await?;
    let ended = carry_out(context, options, load, &running).await;
    match ended {
        Ok(report) => {
            finish(context, &running, &report).await?;
            context
                .observer
                .event(ApplyEvent::Finished(Box::new(report.clone())));
            Ok(report)
        }
        // Another process goes on with it: nothing of it is ours to write any more.
        Err(EngineError::Store(error)) => Err(error.into()),
        Err(error) => {
            let why = error.to_string();
            let data = json!({"plan": plan, "why": why});
            let subject = format!("plan:{plan}");
            let event = context
                .acting
                .event(EventKind::ApplyInterrupted, subject, data);
            store
                .finish_apply(&running, &ApplyEnd::Interrupted { why }, &[event])
                .await?;
            Err(error)
        }
    }
}

/// Finds out what became of the calls of a plan that was cut off, and writes it down. Nothing else of the plan is done,
/// whatever its state is: one that was rejected or superseded stays so.
///
/// # Errors
/// When the database is at fault, when somebody else works on the connector, or when Miro does not say what became of one
/// of the calls. What it says of the others is written down all the same.
#[boxed]
pub async fn settle(
    context: &ApplyContext<'_>,
    plan: &PlanId,
    options: &ApplyOptions<'_>,
) -> Result<(), EngineError> {
    let store = context.acting.store;
    let record = store.existing_plan(plan).await?;
    let load = load(context, &record).await?;
    let own = own_lease(store);
    let under = options.cycle.map_or(Under::Lease(&own), Under::Cycle);
    let begin = || store.begin_settling(plan, under);
    let running = lease::take_from_the_dead(store, begin).await?;
    let silent = ApplyContext {
        observer: &SilentApply,
        ..context.clone()
    };
    let settled = look_up(&silent, options, load, &running).await;
    if !matches!(settled, Err(EngineError::Store(_))) {
        store.finish_settling(&running).await?;
    }
    settled
}

async fn look_up(
    context: &ApplyContext<'_>,
    options: &ApplyOptions<'_>,
    load: Loaded,
    running: &RunningApply,
) -> Result<(), EngineError> {
    let statuses = load.statuses.clone();
    let ground = ground(context, options, &load).await?;
    let halt = CancellationToken::new();
    let brakes = [context.stop.clone(), halt.clone()];
    let (pen, writer) = journal(context.acting.store, running, brakes);
    let (mut run, refusals) = prepare(context, options, load, (ground, pen, halt))?;
    let work = async move {
        let settled = run.settle(&statuses, refusals).await;
        // The writer ends when the last pen is gone.
        drop(run);
        settled
    };
    let (written, settled) = tokio::join!(writer.run(), work);
    written?;
    settled
}

/// What the database knows of a plan.
pub(super) struct Loaded {
    pub plan: PlanId,
    pub organization: OrganizationId,
    pub changes: Vec<Change>,
    pub statuses: Vec<JournalStatus>,
    pub books: Books,
    pub group_model: Known<usher_model::GroupModel>,
    /// What happens to the sessions of people who are disabled.
    pub sessions: Sessions,
}

async fn load(context: &ApplyContext<'_>, record: &PlanRecord) -> Result<Loaded, EngineError> {
    let store = context.acting.store;
    let mut rows = store.journal(&record.id, &ChangeFilter::default());
    let (mut changes, mut statuses) = (Vec::new(), Vec::new());
    while let Some(row) = rows.try_next().await? {
        let number = row.change.number;
        let change = serde_json::from_value(row.change.document).map_err(|error| {
            EngineError::Bug(format!(
                "change {number} of plan {} cannot be read: {error}",
                record.id
            ))
        })?;
        changes.push(change);
        statuses.push(row.status);
    }
    drop(rows);
    let organization = record.organization.clone();
    let connector = store.connector(&organization).await?.unwrap_or_default();
    let (_, settings) = provisioning_settings(store, &organization).await?;
    let links = store.links(&organization).await?;
    let group_links = store.group_links(&organization).await?;
    Ok(Loaded {
        plan: record.id.clone(),
        organization,
        changes,
        statuses,
        books: Books::new(links, group_links, connector.group_model),
        group_model: connector.group_model,
        sessions: match settings.deprovision.end_sessions {
            Switch::On => Sessions::End,
            Switch::Off => Sessions::Leave,
        },
    })
}

/// A lease for this piece of work alone: two of one process keep each other out as well.
fn own_lease(store: &Store) -> Lease {
    Lease {
        owner: lease::this_work(&format!("apply:{}", store.new_work_name())),
        duration: lease::LEASE,
    }
}

/// What happened between the last look at the plan and its beginning is refused in the same words as before.
fn refused(error: StoreError) -> EngineError {
    match error {
        StoreError::RejectedSince { plan, changes } => {
            Refused::RejectedSince { plan, changes }.into()
        }
        StoreError::OverCeiling {
            plan,
            what,
            counted,
            allowed,
        } => Refused::NeedsApproval {
            plan,
            why: format!("{counted} {what} within 24 hours (allowed: {allowed})"),
        }
        .into(),
        error => error.into(),
    }
}

async fn begin(
    context: &ApplyContext<'_>,
    record: &PlanRecord,
    options: &ApplyOptions<'_>,
) -> Result<RunningApply, EngineError> {
    let store = context.acting.store;
    let own = own_lease(store);
    let under = options.cycle.map_or(Under::Lease(&own), Under::Cycle);
    let data =
        json!({"plan": record.id, "organization": record.organization, "changes": record.changes});
    let subject = format!("plan:{}", record.id);
    let events = [context.acting.event(EventKind::ApplyStarted, subject, data)];
    let within = (under, options.ceiling.as_ref());
    let begin = || store.begin_apply_within(&record.id, within, &events);
    lease::take_from_the_dead(store, begin)
        .await
        .map_err(refused)
}

async fn carry_out(
    context: &ApplyContext<'_>,
    options: &ApplyOptions<'_>,
    load: Loaded,
    running: &RunningApply,
) -> Result<ApplyReport, EngineError> {
    let started = Instant::now();
    let statuses = load.statuses.clone();
    let settled = statuses.iter().filter(|status| !status.is_open()).count();
    context.observer.event(ApplyEvent::Started {
        plan: load.plan.clone(),
        changes: load.changes.len() as u64,
        settled: settled as u64,
        open: running.open,
    });
    let ground = match ground(context, options, &load).await {
        Ok(ground) => ground,
        Err(error) => return halted(&load, &statuses, started, error),
    };
    let halt = CancellationToken::new();
    let brakes = [context.stop.clone(), halt.clone()];
    let (pen, writer) = journal(context.acting.store, running, brakes);
    let (mut run, refusals) = prepare(context, options, load, (ground, pen, halt))?;
    run.started = started;
    let work = async move {
        let carried = all(&mut run, &statuses, refusals).await;
        let report = run.report();
        // The writer ends when the last pen is gone.
        drop(run);
        carried.map(|()| report)
    };
    let (written, report) = tokio::join!(writer.run(), work);
    written?;
    report
}

async fn all(
    run: &mut Run<'_>,
    statuses: &[JournalStatus],
    refusals: Vec<(usize, Refusal)>,
) -> Result<(), EngineError> {
    let lost = |_: Lost| EngineError::Bug("a task of the apply ended without a word".to_owned());
    run.take_over(statuses).await.map_err(lost)?;
    run.look_up(statuses).await?;
    run.refuse(refusals).await.map_err(lost)?;
    run.carry_out().await.map_err(lost)
}

/// A token that is not accepted, or SCIM that is switched off, is found out before anything is sent.
fn halted(
    load: &Loaded,
    statuses: &[JournalStatus],
    started: Instant,
    error: EngineError,
) -> Result<ApplyReport, EngineError> {
    let EngineError::Miro { source, .. } = &error else {
        return Err(error);
    };
    let halt = match source.kind() {
        ErrorKind::BadCredentials => Halt::BadCredentials,
        ErrorKind::ScimDisabled => Halt::ScimDisabled,
        _ => return Err(error),
    };
    let count =
        |is: fn(&JournalStatus) -> bool| statuses.iter().filter(|one| is(one)).count() as u64;
    Ok(ApplyReport {
        plan: load.plan.clone(),
        ending: ApplyEnding::Halted { halt },
        changes: statuses.len() as u64,
        done: count(|status| matches!(status, JournalStatus::Done { .. })),
        failed: count(|status| matches!(status, JournalStatus::Failed { .. })),
        skipped: count(|status| matches!(status, JournalStatus::Skipped { .. })),
        left: count(JournalStatus::is_open),
        failures: Vec::new(),
        verified: 0,
        unverified: 0,
        requests: BTreeMap::new(),
        credits: BTreeMap::new(),
        rate_limited: 0,
        default_team: None,
        elapsed: started.elapsed(),
    })
}

async fn finish(
    context: &ApplyContext<'_>,
    running: &RunningApply,
    report: &ApplyReport,
) -> Result<(), EngineError> {
    let store = context.acting.store;
    let why = match report.ending {
        ApplyEnding::Applied => None,
        ApplyEnding::Interrupted => Some("it was told to stop"),
        ApplyEnding::Halted {
            halt: Halt::BadCredentials,
        } => Some("Miro does not accept a token"),
        ApplyEnding::Halted {
            halt: Halt::ScimDisabled,
        } => Some("SCIM is switched off in the organization"),
        ApplyEnding::MassFailure => Some("too much failed"),
    };
    let (kind, end) = match why {
        None => (EventKind::ApplyFinished, ApplyEnd::Applied),
        Some(why) => (
            EventKind::ApplyInterrupted,
            ApplyEnd::Interrupted {
                why: why.to_owned(),
            },
        ),
    };
    let data = json!({
        "plan": report.plan, "organization": running.organization(), "why": why, "changes": report.changes,
        "done": report.done, "failed": report.failed, "skipped": report.skipped, "left": report.left,
        "verified": report.verified,
    });
    let event = context
        .acting
        .event(kind, format!("plan:{}", report.plan), data);
    store.finish_apply(running, &end, &[event]).await?;
    if let Some(team) = &report.default_team {
        let learn = |connector: &mut usher_store::ConnectorRecord| {
            if !connector.default_team.is_known() {
                connector.default_team = Known::Known(team.clone());
            }
        };
        store
            .update_connector(running.organization(), learn, &[])
            .await?;
    }
    Ok(())
}
