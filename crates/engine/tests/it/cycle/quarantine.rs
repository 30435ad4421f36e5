//! Connectors that are tried less and less often.

use std::time::Duration;

use usher_engine::apply::MassFailure;
use usher_engine::cycle::{CycleEnding, CycleKind, release};
use usher_engine::notify::{Announcer, Notifier, NotifySettings};
use usher_engine::provisioning::InQuarantine;
use usher_engine::{EngineError, Refused};
use usher_miro::MiroClient;
use usher_model::{Event, EventKind};
use usher_store::{CycleState, FailureFilter, PlanState};

use super::stage::{Row, STAFF, Stage};
use crate::notify::receiver::Receiver;

const HOUR: Duration = Duration::from_secs(3600);

fn with_a_wrong_token(stage: &Stage) -> MiroClient {
    stage.client_with(Some("wrong".into()), Some("wrong-too".into()))
}

#[tokio::test]
async fn bad_credentials_put_the_connector_in_quarantine_at_once_and_tries_thin_out() {
    let stage = Stage::in_line().await;
    let wrong = with_a_wrong_token(&stage);
    let options = stage.options(CycleKind::Auto);
    let failed = stage.cycle_with(&wrong, &options).await.unwrap_err();
    assert!(matches!(failed, EngineError::Miro { .. }), "{failed}");
    let first = stage.connector().await.quarantine.unwrap();
    assert_eq!(first.attempts, 1);
    assert!(first.reason.contains("credentials"), "{}", first.reason);

    let refused = stage.cycle().await.unwrap_err();
    assert!(
        matches!(refused, EngineError::Refused(Refused::InQuarantine { .. })),
        "{refused}"
    );
    stage.clock.advance(6 * HOUR);
    stage.cycle_with(&wrong, &options).await.unwrap_err();
    let second = stage.connector().await.quarantine.unwrap();
    assert_eq!((second.attempts, second.since), (2, first.since));
    stage.clock.advance(11 * HOUR);
    assert!(
        stage.cycle().await.is_err(),
        "the second rest is twelve hours"
    );
    stage.clock.advance(HOUR);
    stage.cycle().await.unwrap();
    assert_eq!(
        stage.connector().await.quarantine,
        None,
        "it went well again"
    );
    assert_eq!(stage.events(EventKind::ConnectorQuarantined).await.len(), 2);
    assert_eq!(stage.events(EventKind::ConnectorReleased).await.len(), 1);
    let history = stage.store.cycles(&stage.organization, None).await.unwrap();
    let failed = history
        .iter()
        .filter(|cycle| cycle.state == CycleState::Failed);
    assert_eq!(failed.count(), 2);
}

#[tokio::test]
async fn scim_that_is_switched_off_is_bad_credentials() {
    let stage = Stage::in_line().await;
    let rule = "* /api/v1/scim/** status=403".parse().unwrap();
    stage.sandbox.state().faults.add(rule);
    let full = stage.options(CycleKind::Initial);
    stage.cycle_with(&stage.client(), &full).await.unwrap_err();
    assert!(stage.connector().await.quarantine.is_some());
}

#[tokio::test]
async fn somebody_can_release_a_connector() {
    let stage = Stage::in_line().await;
    let options = stage.options(CycleKind::Auto);
    let wrong = with_a_wrong_token(&stage);
    stage.cycle_with(&wrong, &options).await.unwrap_err();
    let announcer = Announcer {
        acting: stage.acting(),
        notifier: &stage.notifier,
    };
    let organization = &stage.organization;
    release(announcer, organization, "the token was put right")
        .await
        .unwrap();
    stage.cycle().await.unwrap();
    let again = release(announcer, organization, "twice").await.unwrap_err();
    assert!(
        matches!(again, EngineError::Refused(Refused::NotInQuarantine(_))),
        "{again}"
    );
}

#[tokio::test]
async fn a_mass_failure_puts_the_connector_in_quarantine() {
    let stage = Stage::in_line().await;
    let mut rows = STAFF.to_vec();
    // Their domain is not one that the organization allows, so Miro refuses each of them.
    rows.extend([
        Row("a@elsewhere.org", "A", "User"),
        Row("b@elsewhere.org", "B", "User"),
        Row("c@elsewhere.org", "C", "User"),
    ]);
    stage.write_people(&rows);
    let options = usher_engine::cycle::CycleOptions {
        mass_failure: MassFailure {
            at_least: 3,
            over_percent: 40,
        },
        ..stage.options(CycleKind::Auto)
    };
    let report = stage.cycle_with(&stage.client(), &options).await.unwrap();
    assert!(
        matches!(report.ending, CycleEnding::Quarantined { .. }),
        "{report:#?}"
    );
    let quarantine = stage.connector().await.quarantine.unwrap();
    assert_eq!(quarantine.reason, "3 of 3 changes failed");
    let failures = stage
        .store
        .failures(&stage.organization, &FailureFilter::default())
        .await
        .unwrap();
    assert_eq!(failures.len(), 3, "nothing is dropped silently");
}

#[tokio::test]
async fn e5_people_are_told_once_of_a_failure_a_quarantine_and_its_end() {
    let receiver = Receiver::answering(&[]).await;
    let mut stage = Stage::in_line().await;
    stage.notifier = Notifier::new(&NotifySettings {
        webhooks: vec![receiver.settings()],
        ..NotifySettings::default()
    })
    .unwrap();
    let told = || {
        let calls = receiver.calls().into_iter();
        calls
            .map(|call| {
                let body: serde_json::Value = serde_json::from_str(&call.body).unwrap();
                body["type"].as_str().unwrap().to_owned()
            })
            .collect::<Vec<_>>()
    };
    let mut rows = STAFF.to_vec();
    rows.push(Row("a@elsewhere.org", "A", "User"));
    stage.write_people(&rows);
    stage.cycle().await.unwrap();
    stage.cycle().await.unwrap();
    assert_eq!(
        told(),
        ["cycle.failed"],
        "the same failure is told once a day"
    );

    stage.write_people(&[]);
    stage.cycle().await.unwrap();
    stage.cycle().await.unwrap();
    assert_eq!(told()[1..], ["source.suspect"]);

    let wrong = with_a_wrong_token(&stage);
    let options = stage.options(CycleKind::Auto);
    stage.cycle_with(&wrong, &options).await.unwrap_err();
    stage.clock.advance(6 * HOUR);
    stage.cycle().await.unwrap();
    assert_eq!(told()[2..], ["connector.quarantined", "connector.released"]);
    let sent = stage.events(EventKind::NotificationSent).await;
    assert_eq!(sent.len(), 4);
    let log =
        serde_json::to_string(&sent.iter().map(|one| &one.event).collect::<Vec<_>>()).unwrap();
    assert!(!log.contains("wrong-too"), "{log}");
}

fn webhook(receiver: &Receiver) -> Notifier {
    Notifier::new(&NotifySettings {
        webhooks: vec![receiver.settings()],
        ..NotifySettings::default()
    })
    .unwrap()
}

/// The types of the notices that arrived, in their order.
fn told(receiver: &Receiver) -> Vec<String> {
    let calls = receiver.calls().into_iter();
    calls
        .map(|call| {
            let body: serde_json::Value = serde_json::from_str(&call.body).unwrap();
            body["type"].as_str().unwrap().to_owned()
        })
        .collect()
}

fn with(more: Row) -> Vec<Row> {
    let mut rows = STAFF.to_vec();
    rows.push(more);
    rows
}

#[tokio::test]
async fn another_failure_on_the_same_day_is_told_although_its_headline_is_the_same() {
    let receiver = Receiver::answering(&[]).await;
    let mut stage = Stage::in_line().await;
    stage.notifier = webhook(&receiver);
    stage.write_people(&with(Row("a@elsewhere.org", "A", "User")));
    stage.cycle().await.unwrap();
    stage.write_people(&with(Row("b@elsewhere.org", "B", "User")));
    stage.cycle().await.unwrap();
    assert_eq!(told(&receiver), ["cycle.failed", "cycle.failed"]);
}

#[tokio::test]
async fn a_quarantine_is_told_although_another_organization_had_the_same() {
    let receiver = Receiver::answering(&[]).await;
    let mut stage = Stage::in_line().await;
    let wrong = with_a_wrong_token(&stage);
    let options = stage.options(CycleKind::Auto);
    stage.notifier = webhook(&receiver);
    stage.cycle_with(&wrong, &options).await.unwrap_err();
    let sent = stage.events(EventKind::NotificationSent).await;
    let elsewhere = Event {
        subject: "organization:another".into(),
        ..sent[0].event.clone()
    };

    let mut stage = Stage::in_line().await;
    stage.notifier = webhook(&receiver);
    let elsewhere = Event {
        at: stage.acting().now(),
        ..elsewhere
    };
    stage.store.append_events(&[elsewhere]).await.unwrap();
    stage.cycle_with(&wrong, &options).await.unwrap_err();
    assert_eq!(
        told(&receiver),
        ["connector.quarantined", "connector.quarantined"]
    );
}

#[tokio::test]
async fn applying_a_plan_with_a_token_that_miro_does_not_accept_puts_the_connector_in_quarantine() {
    let receiver = Receiver::answering(&[]).await;
    let mut stage = Stage::active().await;
    let plan = stage.cycle().await.unwrap().plan.unwrap().plan;
    stage.approve(&plan).await.unwrap();
    stage.notifier = webhook(&receiver);
    let wrong = with_a_wrong_token(&stage);
    stage.apply_with(&wrong, &plan).await.unwrap();
    let quarantine = stage.connector().await.quarantine.unwrap();
    assert!(quarantine.reason.contains("credentials"), "{quarantine:?}");
    assert_eq!(told(&receiver), ["connector.quarantined"]);

    let refused = stage.apply(&plan).await.unwrap_err();
    assert!(
        matches!(refused, EngineError::Refused(Refused::InQuarantine { .. })),
        "{refused}"
    );
    assert_eq!(stage.is_active("grace@acme.com"), None);

    let asked_for = InQuarantine::GoAhead;
    stage
        .apply_in(&stage.client(), &plan, asked_for)
        .await
        .unwrap();
    assert_eq!(stage.is_active("grace@acme.com"), Some(true));
}

#[tokio::test]
async fn a_mass_failure_is_over_only_when_a_plan_was_applied() {
    let stage = Stage::in_line().await;
    let failing = || {
        let mut rows = with(Row("a@elsewhere.org", "A", "User"));
        rows.push(Row("b@elsewhere.org", "B", "User"));
        rows
    };
    stage.write_people(&failing());
    let options = usher_engine::cycle::CycleOptions {
        mass_failure: MassFailure {
            at_least: 2,
            over_percent: 40,
        },
        ..stage.options(CycleKind::Auto)
    };
    let report = stage.cycle_with(&stage.client(), &options).await.unwrap();
    assert!(matches!(report.ending, CycleEnding::Quarantined { .. }));

    let (version, settings) =
        usher_engine::provisioning::provisioning_settings(&stage.store, &stage.organization)
            .await
            .unwrap();
    let always = usher_plan::Settings {
        approval: usher_plan::Approval::Always,
        ..settings
    };
    let organization = &stage.organization;
    usher_engine::connector::update_settings(stage.acting(), organization, &always, version)
        .await
        .unwrap();
    let mut rows = failing();
    rows.push(Row("kurt@acme.com", "Kurt Godel", "User"));
    stage.write_people(&rows);
    stage.clock.advance(6 * HOUR);
    let held = stage.cycle().await.unwrap();
    assert_eq!(held.ending, CycleEnding::AwaitingApproval, "{held:#?}");
    assert!(
        stage.connector().await.quarantine.is_some(),
        "a plan that waits proves nothing"
    );
    let plan = held.plan.unwrap().plan;
    stage.approve(&plan).await.unwrap();
    let applied = stage.cycle().await.unwrap();
    assert_eq!(applied.ending, CycleEnding::Applied);
    assert_eq!(stage.connector().await.quarantine, None);
    let record = stage.store.plan(&plan).await.unwrap().unwrap();
    assert_eq!(record.state, PlanState::Applied);
}
