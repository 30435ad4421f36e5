//! What a cycle does from end to end.

use usher_engine::cycle::{
    CycleEnding, CycleEvent, CycleKind, CycleObserver, Depth, Means, Trouble, WhyFull, run_every,
};
use usher_engine::{EngineError, Refused};
use usher_model::EventKind;
use usher_store::{
    CycleState, Lease, LeaseOwner, NewCycle, PlanState, ProvisioningStatus, StoreError,
};

use super::stage::{Row, STAFF, Stage};

#[tokio::test]
async fn e10_an_initial_cycle_reads_everything_and_incremental_ones_what_changed() {
    let stage = Stage::active().await;
    let initial = stage.cycle().await.unwrap();
    assert_eq!(
        initial.inventory.depth,
        Depth::Full {
            why: WhyFull::FirstTime
        }
    );
    let plan = initial.plan.unwrap().plan;
    stage.approve(&plan).await.unwrap();

    let applied = stage.cycle().await.unwrap();
    assert!(matches!(applied.inventory.depth, Depth::Changes { .. }));
    assert_eq!(applied.ending, CycleEnding::Applied);
    assert_eq!(applied.remaining, Some(0), "{applied:#?}");
    assert_eq!(stage.is_active("grace@acme.com"), Some(true));
    assert_eq!(stage.is_active("alan@acme.com"), Some(true));

    let mut staff = STAFF.to_vec();
    staff.push(Row("barbara@acme.com", "Barbara Liskov", "User"));
    stage.write_people(&staff);
    let next = stage.cycle().await.unwrap();
    assert!(matches!(next.inventory.depth, Depth::Changes { .. }));
    assert_eq!(next.plan.as_ref().unwrap().changes, 1);
    assert_eq!(stage.is_active("barbara@acme.com"), Some(true));
    assert_eq!(stage.cycle().await.unwrap().ending, CycleEnding::InLine);

    let history = stage.store.cycles(&stage.organization, None).await.unwrap();
    assert_eq!(history.len(), 4);
    assert!(
        history
            .iter()
            .all(|cycle| cycle.state == CycleState::Finished)
    );
    assert_eq!(history[3].kind, usher_store::CycleKind::Initial);
    assert!(history[0].counts["requests"].is_u64());
    assert!(history[0].counts["milliseconds"]["inventory"].is_u64());
}

#[tokio::test]
async fn e1_the_first_cycle_writes_nothing_to_miro_until_somebody_approves() {
    let stage = Stage::active().await;
    let report = stage.cycle().await.unwrap();
    assert_eq!(report.ending, CycleEnding::AwaitingApproval);
    let summary = report.plan.unwrap();
    assert_eq!(summary.state, PlanState::Held);
    assert_eq!(stage.is_active("grace@acme.com"), None);

    let again = stage.cycle().await.unwrap();
    assert_eq!(
        again.plan.unwrap().plan,
        summary.plan,
        "the same plan stands"
    );
    assert_eq!(stage.is_active("grace@acme.com"), None);
    let refused = stage.apply(&summary.plan).await.unwrap_err();
    assert!(
        matches!(refused, EngineError::Refused(Refused::NeedsApproval { .. })),
        "{refused}"
    );

    stage.approve(&summary.plan).await.unwrap();
    stage.apply(&summary.plan).await.unwrap();
    assert_eq!(stage.is_active("grace@acme.com"), Some(true));
    assert!(stage.connector().await.first_cycle_at.is_some());
}

#[tokio::test]
async fn e2_who_is_assigned_with_default_access_gets_no_account() {
    let stage = Stage::in_line().await;
    assert_eq!(stage.is_active("edsger@acme.com"), None);
}

#[tokio::test]
async fn e12_who_leaves_the_scope_is_disabled_by_the_next_cycle() {
    let stage = Stage::in_line().await;
    let without_role: Vec<_> = STAFF
        .iter()
        .map(|Row(email, name, role)| match *email {
            "grace@acme.com" => Row(email, name, ""),
            _ => Row(email, name, role),
        })
        .filter(|Row(email, ..)| *email != "alan@acme.com")
        .collect();
    stage.write_people(&without_role);
    let report = stage.cycle().await.unwrap();
    assert_eq!(report.ending, CycleEnding::Applied, "{report:#?}");
    assert_eq!(stage.is_active("grace@acme.com"), Some(false), "unassigned");
    assert_eq!(
        stage.is_active("alan@acme.com"),
        Some(false),
        "gone from the file"
    );
    assert_eq!(stage.is_active("ada@acme.com"), Some(true));
    assert_eq!(
        stage.is_active("guestlike@acme.com"),
        Some(true),
        "nobody's account is left alone"
    );
    let events = stage.events(EventKind::UserDeprovision).await;
    assert_eq!(events.len(), 2);
}

#[tokio::test]
async fn e9_nothing_runs_while_provisioning_is_off() {
    let stage = Stage::active().await;
    let off = ProvisioningStatus::Off;
    usher_engine::connector::set_provisioning(stage.acting(), &stage.organization, off)
        .await
        .unwrap();
    let refused = stage.cycle().await.unwrap_err();
    assert!(
        matches!(refused, EngineError::Refused(Refused::SwitchedOff(_))),
        "{refused}"
    );
    assert_eq!(
        stage.store.cycles(&stage.organization, None).await.unwrap(),
        []
    );
    assert_eq!(stage.events(EventKind::IdmIntegrationUpdate).await.len(), 2);
}

async fn refuses_a_second_cycle(stage: Stage) {
    let client = stage.client();
    let options = stage.options(CycleKind::Auto);
    let (context, other) = (stage.context(&client), stage.context(&client));
    let (one, two) = futures::join!(
        usher_engine::cycle::run_cycle(&context, &options),
        usher_engine::cycle::run_cycle(&other, &options),
    );
    let busy = |outcome: &Result<_, EngineError>| {
        matches!(
            outcome,
            Err(EngineError::Store(StoreError::ConnectorBusy { .. }))
        )
    };
    assert_eq!(
        [busy(&one), busy(&two)]
            .iter()
            .filter(|busy| **busy)
            .count(),
        1
    );
    assert!(one.is_ok() || two.is_ok(), "{one:?} {two:?}");

    let elsewhere = NewCycle {
        id: stage.store.new_cycle_id(),
        organization: stage.organization.clone(),
        kind: usher_store::CycleKind::Incremental,
        lease: Lease {
            owner: LeaseOwner::new("elsewhere/1/1"),
            duration: std::time::Duration::from_secs(60),
        },
    };
    stage.store.begin_cycle(&elsewhere, &[]).await.unwrap();
    let refused = stage.cycle().await;
    assert!(busy(&refused), "{refused:?}");
    stage.clock.advance(std::time::Duration::from_secs(61));
    let taken = stage.cycle().await.unwrap();
    assert_eq!(taken.ending, CycleEnding::AwaitingApproval);
}

#[tokio::test]
async fn two_cycles_never_run_at_once_on_sqlite() {
    Box::pin(refuses_a_second_cycle(Stage::active().await)).await;
}

#[tokio::test]
async fn two_cycles_never_run_at_once_on_postgresql() {
    let mut stage = Stage::on_postgres().await;
    stage.activate().await;
    Box::pin(refuses_a_second_cycle(stage)).await;
}

/// Stops after so many cycles.
#[derive(Debug)]
struct Counter {
    left: std::sync::atomic::AtomicUsize,
    stop: tokio_util::sync::CancellationToken,
}

impl CycleObserver for Counter {
    fn event(&self, event: CycleEvent) {
        if matches!(event, CycleEvent::Finished(_))
            && self.left.fetch_sub(1, std::sync::atomic::Ordering::Relaxed) == 1
        {
            self.stop.cancel();
        }
    }
}

/// Counts how often it was put in order.
struct Renewed<'a> {
    context: usher_engine::cycle::CycleContext<'a>,
    times: u64,
}

impl Means for Renewed<'_> {
    async fn renew(&mut self) -> Result<(), Trouble> {
        self.times += 1;
        Ok(())
    }

    fn context(&self) -> usher_engine::cycle::CycleContext<'_> {
        self.context.clone()
    }
}

#[tokio::test]
async fn cycles_follow_each_other_until_they_are_told_to_stop() {
    let stage = Stage::active().await;
    let client = stage.client();
    let stop = tokio_util::sync::CancellationToken::new();
    let counter = Counter {
        left: 3.into(),
        stop: stop.clone(),
    };
    let context = usher_engine::cycle::CycleContext {
        observer: &counter,
        stop,
        ..stage.context(&client)
    };
    let mut means = Renewed { context, times: 0 };
    let interval = std::time::Duration::from_millis(20);
    let went_well = run_every(&mut means, &stage.options(CycleKind::Auto), interval).await;
    assert_eq!((went_well, means.times), (3, 3), "before each cycle");
    let cycles = stage.store.cycles(&stage.organization, None).await.unwrap();
    assert_eq!(cycles.len(), 3);
    stage.store.verify_events().await.unwrap();
}
