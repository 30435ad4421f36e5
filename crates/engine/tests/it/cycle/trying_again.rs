//! What failed is tried again less and less often, and nothing else waits for it.

use std::time::Duration;

use usher_engine::apply::MassFailure;
use usher_engine::cycle::{CycleEnding, CycleKind, CycleReport, release};
use usher_engine::notify::Announcer;
use usher_engine::provisioning::{Novelty, retry_failures};
use usher_model::EventKind;
use usher_plan::WhySetAside;
use usher_store::{FailureFilter, FailureRecord};

use super::stage::{Row, STAFF, Stage};

const HOUR: Duration = Duration::from_secs(3600);

fn with(stage: &Stage, more: &[Row]) {
    let rows = STAFF.iter().chain(more);
    let rows: Vec<_> = rows.copied().collect();
    stage.write_people(&rows);
}

/// Somebody whom Miro refuses, because the organization does not allow the domain.
async fn refused() -> (Stage, CycleReport) {
    let stage = Stage::in_line().await;
    with(&stage, &[Row("eve@elsewhere.org", "Eve", "User")]);
    let report = stage.cycle().await.unwrap();
    (stage, report)
}

async fn failures(stage: &Stage) -> Vec<FailureRecord> {
    let open = FailureFilter::default();
    let found = stage.store.failures(&stage.organization, &open).await;
    found.unwrap()
}

fn failed(report: &CycleReport) -> u64 {
    report.applied.iter().map(|applied| applied.failed).sum()
}

#[tokio::test]
async fn what_needs_an_admin_is_tried_daily_and_until_then_everything_counts_as_in_line() {
    let (stage, first) = refused().await;
    assert_eq!(failed(&first), 1);
    let row = failures(&stage).await.remove(0);
    assert_eq!(row.next_try_at, Some(row.last_at + 24 * HOUR));

    let quiet = stage.cycle().await.unwrap();
    assert_eq!(quiet.ending, CycleEnding::InLine, "{quiet:#?}");
    let plan = quiet.plan.unwrap();
    assert_eq!((plan.changes, plan.set_aside > 0), (0, true));
    let still = failures(&stage).await;
    assert_eq!(still, [row], "it is neither tried nor forgotten");

    stage.clock.advance(24 * HOUR);
    assert_eq!(failed(&stage.cycle().await.unwrap()), 1);
    assert_eq!(failures(&stage).await[0].attempts, 2);
}

#[tokio::test]
async fn others_are_provisioned_while_a_failure_waits() {
    let (stage, _) = refused().await;
    let eve = Row("eve@elsewhere.org", "Eve", "User");
    with(&stage, &[eve, Row("ann@acme.com", "Ann", "User")]);
    let report = stage.cycle().await.unwrap();
    assert_eq!(report.ending, CycleEnding::Applied);
    assert_eq!(failed(&report), 0);
    assert_eq!(stage.is_active("ann@acme.com"), Some(true));
}

#[tokio::test]
async fn another_change_is_tried_at_once_and_so_is_a_person_who_is_asked_for() {
    let (stage, _) = refused().await;
    let made = stage.plan(&["eve@elsewhere.org"]).await;
    assert!(!made.plan.is_empty());
    assert_eq!(made.report.set_aside, []);
    with(&stage, &[Row("eve@elsewhere.org", "Eve Adams", "User")]);
    assert_eq!(failed(&stage.cycle().await.unwrap()), 1);
}

#[tokio::test]
async fn somebody_can_let_it_be_tried_at_once() {
    let (stage, _) = refused().await;
    let rows = failures(&stage).await;
    let retried = retry_failures(stage.acting(), &stage.organization, &rows).await;
    assert_eq!(retried.unwrap(), 1);
    assert_eq!(stage.events(EventKind::FailureRetried).await.len(), 1);
    assert_eq!(failed(&stage.cycle().await.unwrap()), 1);
}

#[tokio::test]
async fn a_plan_says_what_waits_until_when_and_why_and_stands_while_that_is_so() {
    let (stage, _) = refused().await;
    let made = stage.plan(&[]).await;
    let row = failures(&stage).await.remove(0);
    let found = made.report.set_aside.iter().find_map(|one| match &one.why {
        WhySetAside::Failed(wait) => Some((one.label.as_str(), wait.clone())),
        WhySetAside::Needs { .. } => None,
    });
    let (label, wait) = found.unwrap();
    assert_eq!(label, "eve@elsewhere.org");
    assert_eq!((Some(wait.until), wait.attempts), (row.next_try_at, 1));
    assert_eq!(wait.error, row.error);
    assert_eq!(stage.plan(&[]).await.novelty, Novelty::Kept);
}

#[tokio::test]
async fn a_try_in_quarantine_and_a_release_by_somebody_leave_nothing_out() {
    let stage = Stage::in_line().await;
    let names = ["a@elsewhere.org", "b@elsewhere.org", "c@elsewhere.org"];
    with(&stage, &names.map(|address| Row(address, "A", "User")));
    let options = usher_engine::cycle::CycleOptions {
        mass_failure: MassFailure {
            at_least: 3,
            over_percent: 40,
        },
        ..stage.options(CycleKind::Auto)
    };
    let client = stage.client();
    for _ in 0..2 {
        let report = stage.cycle_with(&client, &options).await.unwrap();
        assert_eq!(failed(&report), 3, "{report:#?}");
        assert!(matches!(report.ending, CycleEnding::Quarantined { .. }));
        stage.clock.advance(6 * HOUR);
    }
    let announcer = Announcer {
        acting: stage.acting(),
        notifier: &stage.notifier,
    };
    let why = "the domain is allowed";
    release(announcer, &stage.organization, why).await.unwrap();
    let made = stage.plan(&[]).await;
    assert_eq!(made.report.set_aside, []);
}
