//! One synchronization from beginning to end.

use serde_json::json;
use usher_boxed::boxed;
use usher_miro::MiroClient;
use usher_model::{Clock, Completeness, Coverage, EventKind, Seen};
use usher_store::{Finish, Store};

use crate::EngineError;
use crate::sync::beginning::begin;
use crate::sync::connection::{Connection, connect};
use crate::sync::report::{Ending, RequestReport, SyncReport};
use crate::sync::run::{Context, Run};
use crate::sync::{Observer, SyncEvent, SyncOptions, judge};
use crate::sync::{audit_log, evidence, merging, reading, scim_reading, second_look};

/// Reads the organization that the client's tokens belong to, and makes what was read the inventory if it
/// can be believed.
///
/// An error leaves the inventory as it was. After one that passes (Miro unreachable, a kill, a stop) the next call
/// goes on behind the last stored page.
#[boxed(local)]
pub async fn run_sync(
    store: &Store,
    client: &MiroClient,
    options: &SyncOptions,
    clock: &dyn Clock,
    observer: &dyn Observer,
) -> Result<SyncReport, EngineError> {
    let context = Context {
        store,
        client,
        options,
        clock,
        observer,
    };
    let baseline = client.meter();
    let connection = connect(context).await?;
    let sync = begin(context, &connection).await?;
    let before = store.current_counts(&sync.organization).await?;
    let run = Run::new(context, sync, baseline);
    run.announce(&connection, before.accounts);
    let mut reading = Box::pin(read_and_finish(&run, &connection));
    let outcome = tokio::select! {
        outcome = &mut reading => outcome,
        lost = Box::pin(run.keep_lease()) => Err(lost),
        () = options.stop.cancelled() => Err(EngineError::Stopped {
            what: format!("sync {}", run.sync().id),
        }),
    };
    // What it holds of the database is given back before anything else is written.
    drop(reading);
    if let Err(error) = &outcome {
        run.give_up(error).await;
    }
    outcome
}

async fn read_and_finish(
    run: &Run<'_>,
    connection: &Connection,
) -> Result<SyncReport, EngineError> {
    let coverage = Box::pin(read(run, connection)).await?;
    run.context().observer.event(SyncEvent::Merging);
    let merged = merging::merge_all(run, connection, coverage).await?;
    let coverage = Coverage {
        admin_roles: merged.admin_roles,
        ..coverage
    };
    let evidence = evidence::gather(run, &merged, coverage).await?;
    let verdict = judge(&evidence, connection.sources, run.options().shrink_limit);
    run.context().observer.event(SyncEvent::Judged {
        verdict: verdict.clone(),
    });
    finish(run, connection, coverage, verdict).await
}

/// Reads every list that the tokens show, and says what was seen.
async fn read(run: &Run<'_>, connection: &Connection) -> Result<Coverage, EngineError> {
    let (rest, scim) = (run.context().client.rest(), run.context().client.scim());
    let people = async {
        let members = async {
            match rest {
                Some(rest) => reading::members(run, rest).await,
                None => Ok(()),
            }
        };
        let users = async {
            match scim {
                Some(scim) => scim_reading::read(run, scim, connection.sources)
                    .await
                    .map(Some),
                None => Ok(None),
            }
        };
        let ((), seen) = futures::try_join!(members, users)?;
        if let (Some(rest), Some(scim)) = (rest, scim) {
            second_look::look(run, rest, scim).await?;
        }
        Ok::<_, EngineError>(seen)
    };
    let groups = async {
        let Some(rest) = rest else {
            return Ok::<_, EngineError>(false);
        };
        let ((), groups, ()) = futures::try_join!(
            reading::teams(run, rest),
            reading::user_groups(run, rest, connection.user_groups),
            audit_log::read(run, rest, connection.audit_log),
        )?;
        Ok(groups)
    };
    let (scim, rest_groups) = futures::try_join!(people, groups)?;
    let has_rest = connection.sources.has_rest();
    let scim_groups = scim.map(|seen| seen.groups);
    Ok(Coverage {
        guests: has_rest.into(),
        activity: has_rest.into(),
        names: scim.is_some().into(),
        teams: (has_rest || scim_groups == Some(scim_reading::GroupsAre::Teams)).into(),
        team_roles: has_rest.into(),
        // Settled when the accounts are merged: a reply need not show them.
        admin_roles: Seen::No,
        user_groups: (rest_groups || scim_groups == Some(scim_reading::GroupsAre::UserGroups))
            .into(),
    })
}

/// Publishes what is believed, and stores what is not.
async fn finish(
    run: &Run<'_>,
    connection: &Connection,
    coverage: Coverage,
    verdict: Completeness,
) -> Result<SyncReport, EngineError> {
    let counts = run.store().merged_counts(run.sync()).await?;
    let requests = run.request_report().await?;
    let finished_at = run.clock().now();
    let finish = Finish {
        verdict: verdict.clone(),
        coverage,
        at: finished_at,
        counts: serde_json::to_value(counts).unwrap_or_default(),
        requests: report_json(&requests),
    };
    let subject = format!("sync:{}", run.sync().id);
    let ending = if verdict.is_believed() {
        let outcome = run
            .store()
            .publish(run.sync(), &finish, |outcome| {
                let data = json!({"verdict": verdict, "outcome": outcome});
                vec![run.context().event(EventKind::SyncCompleted, subject, data)]
            })
            .await?;
        Ending::Published { outcome }
    } else {
        let data = json!({"verdict": verdict});
        let event = run.context().event(EventKind::SyncSuspect, subject, data);
        run.store()
            .hold_as_suspect(run.sync(), &finish, &[event])
            .await?;
        Ending::HeldAsSuspect
    };
    let (oddities, notices) =
        run.with_state(|state| (state.oddities.clone(), state.notices.clone()));
    let report = SyncReport {
        sync: run.sync().id.clone(),
        organization: connection.organization.id.clone(),
        organization_name: connection.organization.name.clone().known(),
        sources: connection.sources,
        coverage,
        verdict,
        ending,
        counts,
        requests,
        oddities,
        notices,
        pages_kept: run.pages_kept(),
        started_at: run.sync().started_at,
        finished_at,
    };
    run.context()
        .observer
        .event(SyncEvent::Finished(Box::new(report.clone())));
    Ok(report)
}

fn report_json(requests: &RequestReport) -> serde_json::Value {
    let mut value = serde_json::to_value(requests).unwrap_or_default();
    if let (Some(object), Some(ratio)) = (value.as_object_mut(), requests.ratio()) {
        object.insert("ratio".to_owned(), ratio.into());
    }
    value
}
