//! The life of a connector.

use std::fmt::Write as _;

use secrecy::SecretString;
use usher_engine::apply::{ApplyEnding, ApplyOptions};
use usher_engine::connector::{activate, deactivate, reauthorize, set_provisioning};
use usher_engine::notify::Announcer;
use usher_engine::people::{RefreshOptions, refresh};
use usher_engine::provisioning::{InQuarantine, PlanOrder, carry_out, make_plan};
use usher_engine::{EngineError, Refused};
use usher_model::{EventKind, GroupModel, Known, PlanId};
use usher_sandbox::world::World as MiroWorld;
use usher_store::{Lifecycle, PlanState, ProvisioningStatus};

use super::stage::{SECOND_TOKEN, Stage};

#[tokio::test]
async fn j4_a_connector_is_activated_only_with_tokens_that_work() {
    let mut stage = Stage::new().await;
    let access = stage.sandbox.access_token.clone();
    let wrong = stage.client_with(Some(access), Some("wrong".into()));
    let failed = activate(stage.acting(), &wrong, None).await.unwrap_err();
    assert!(matches!(failed, EngineError::Miro { .. }), "{failed}");
    let attempts = stage.events(EventKind::IdmIntegrationActivate).await;
    assert_eq!(attempts[0].event.data["outcome"], "failed");

    stage.activate().await;
    let connector = stage.connector().await;
    assert_eq!(connector.lifecycle, Lifecycle::Active);
    assert_eq!(connector.provisioning, ProvisioningStatus::On);
    assert_eq!(connector.group_model, Known::Known(GroupModel::Team));
    let attempts = stage.events(EventKind::IdmIntegrationActivate).await;
    assert_eq!(attempts[1].event.data["outcome"], "done");
    let log = serde_json::to_string(&attempts[1].event).unwrap();
    assert!(!log.contains("wrong"), "no token is in the log: {log}");
}

#[tokio::test]
async fn j4_a_token_of_another_organization_is_refused() {
    let stage = Stage::in_line().await;
    let other = Stage::new().await;
    let announcer = Announcer {
        acting: stage.acting(),
        notifier: &stage.notifier,
    };
    let scim_of_another = usher_miro::MiroClient::new(usher_miro::MiroSettings {
        rest_url: stage.sandbox.rest_url(),
        scim_url: other.sandbox.scim_url(),
        access_token: Some(stage.sandbox.access_token.clone()),
        scim_token: Some(other.sandbox.scim_token.clone()),
        ..usher_miro::MiroSettings::default()
    })
    .unwrap();
    other.change_miro(|miro| {
        // Ids of one description are the same everywhere; this one has a user that the other does not.
        let change = usher_sandbox::world::Change::by_scim(stage.acting().now(), None);
        let new = usher_sandbox::world::NewUser {
            user_name: "aaa@acme.com".into(),
            ..Default::default()
        };
        for _ in 0..9 {
            miro.create_team(&change, "spends an id").unwrap();
        }
        miro.create_user(&change, new).unwrap();
    });
    let refused = reauthorize(announcer, &scim_of_another, &stage.organization)
        .await
        .unwrap_err();
    assert!(
        matches!(refused, EngineError::Refused(Refused::TokensDisagree(_))),
        "{refused}"
    );
}

#[tokio::test]
async fn j4_a_new_token_takes_over_without_deactivating() {
    let stage = Stage::in_line().await;
    let before = stage.connector().await;
    let scim = Some(stage.sandbox.scim_token.clone());
    let announcer = Announcer {
        acting: stage.acting(),
        notifier: &stage.notifier,
    };
    let wrong = stage.client_with(Some("wrong".into()), scim.clone());
    reauthorize(announcer, &wrong, &stage.organization)
        .await
        .unwrap_err();
    assert_eq!(
        stage.connector().await,
        before,
        "a token that fails changes nothing"
    );

    let new = stage.client_with(Some(SecretString::from(SECOND_TOKEN)), scim);
    reauthorize(announcer, &new, &stage.organization)
        .await
        .unwrap();
    let after = stage.connector().await;
    assert!(after.authorized_at > before.authorized_at);
    assert_eq!(after.lifecycle, Lifecycle::Active);
    assert_eq!(after.deactivated_at, None);
    stage.cycle().await.unwrap();
    let options = stage.options(usher_engine::cycle::CycleKind::Auto);
    stage.cycle_with(&new, &options).await.unwrap();
    assert_eq!(stage.events(EventKind::IdmIntegrationReauth).await.len(), 2);
}

#[tokio::test]
async fn j4_deactivating_changes_nothing_in_miro_and_says_what_stays() {
    let stage = Stage::active().await;
    stage.settle().await;
    let revision = stage.miro(MiroWorld::revision);
    let stays = deactivate(stage.acting(), &stage.organization)
        .await
        .unwrap();
    assert_eq!(stage.miro(MiroWorld::revision), revision);
    assert_eq!((stays.accounts_created, stays.accounts_matched), (2, 2));
    assert!(stays.statement[0].contains("Nothing was changed in Miro"));
    let refused = stage.cycle().await.unwrap_err();
    assert!(
        matches!(refused, EngineError::Refused(Refused::Inactive(_))),
        "{refused}"
    );
    let on = ProvisioningStatus::On;
    let refused = set_provisioning(stage.acting(), &stage.organization, on).await;
    assert!(matches!(
        refused,
        Err(EngineError::Refused(Refused::Inactive(_)))
    ));
    assert_eq!(stage.events(EventKind::IdmIntegrationDelete).await.len(), 1);
}

#[tokio::test]
async fn plans_of_a_deactivated_connector_are_set_aside() {
    let stage = Stage::active().await;
    let plan = stage.cycle().await.unwrap().plan.unwrap().plan;
    deactivate(stage.acting(), &stage.organization)
        .await
        .unwrap();
    let record = stage.store.plan(&plan).await.unwrap().unwrap();
    assert_eq!(record.state, PlanState::Superseded);
    assert!(stage.apply(&plan).await.is_err());
}

#[tokio::test]
async fn j7_every_step_of_a_connector_and_of_its_users_is_in_the_log() {
    let stage = Stage::in_line().await;
    let rows: Vec<_> = super::stage::STAFF
        .iter()
        .filter(|super::stage::Row(email, ..)| *email != "alan@acme.com")
        .map(|super::stage::Row(a, b, c)| super::stage::Row(a, b, c))
        .collect();
    stage.write_people(&rows);
    stage.cycle().await.unwrap();
    deactivate(stage.acting(), &stage.organization)
        .await
        .unwrap();
    for kind in [
        EventKind::IdmIntegrationActivate,
        EventKind::IdmIntegrationUpdate,
        EventKind::UserCreateProvision,
        EventKind::UserDeprovision,
        EventKind::CycleStarted,
        EventKind::CycleFinished,
        EventKind::PlanMade,
        EventKind::PlanApproved,
        EventKind::ApplyStarted,
        EventKind::ApplyFinished,
        EventKind::IdmIntegrationDelete,
    ] {
        assert!(!stage.events(kind).await.is_empty(), "{kind}");
    }
    stage.store.verify_events().await.unwrap();
}

const NEW: u64 = 12;

/// A plan that creates some people.
async fn plan_for_new_people(stage: &Stage) -> PlanId {
    let mut text = "email,display name,app role\n".to_owned();
    for super::stage::Row(email, name, role) in super::stage::STAFF {
        writeln!(text, "{email},{name},{role}").unwrap();
    }
    for number in 0..NEW {
        writeln!(text, "n{number}@acme.com,Person {number},User").unwrap();
    }
    std::fs::write(stage.csv(), text).unwrap();
    let ready = &stage.sources[0];
    let record = stage.store.source(&ready.record.definition.name).await;
    let (record, source) = (record.unwrap().unwrap(), ready.source.as_ref().unwrap());
    refresh(stage.acting(), &record, source, RefreshOptions::default())
        .await
        .unwrap();
    let (organization, order) = (&stage.organization, PlanOrder::default());
    let made = make_plan(stage.acting(), organization, &order, None)
        .await
        .unwrap();
    assert_eq!(
        (made.plan.changes.len() as u64, made.state),
        (NEW, PlanState::Ready)
    );
    made.plan.id
}

fn new_people(stage: &Stage) -> u64 {
    let is_there = |number: &u64| stage.is_active(&format!("n{number}@acme.com")).is_some();
    (0..NEW).filter(is_there).count() as u64
}

/// The connector is stopped as soon as the first of many is created.
async fn stopped_while_a_plan_is_applied(stop: Stop) -> (Stage, PlanId) {
    let stage = Stage::in_line().await;
    let plan = plan_for_new_people(&stage).await;
    let slowly = "POST /api/v1/scim/Users latency=50ms".parse().unwrap();
    stage.sandbox.state().faults.add(slowly);
    let client = stage.client();
    let context = stage.apply_context(&client);
    let one_by_one = ApplyOptions {
        in_flight: 1,
        ..ApplyOptions::default()
    };
    let care = stage.care(InQuarantine::Refuse);
    let stopping = async {
        while new_people(&stage) == 0 {
            tokio::task::yield_now().await;
        }
        let (acting, organization) = (stage.acting(), &stage.organization);
        match stop {
            Stop::Off => {
                let switched = set_provisioning(acting, organization, ProvisioningStatus::Off);
                switched.await.unwrap().stopping
            }
            Stop::Deactivate => {
                let deactivated = deactivate(acting, organization).await.unwrap();
                assert!(!deactivated.statement[0].contains("Nothing was changed"));
                deactivated.stopping
            }
        }
    };
    let (carried, stopping) = tokio::join!(carry_out(&context, &plan, &one_by_one, care), stopping);
    let report = carried.unwrap().report;
    assert_eq!(stopping, Some(format!("apply:{plan}")));
    assert_eq!(report.ending, ApplyEnding::Interrupted, "{report:#?}");
    assert!(report.done > 0 && report.left > 0, "{report:#?}");
    assert_eq!(new_people(&stage), report.done, "what was sent is settled");
    let counts = stage.store.journal_counts(&plan).await.unwrap();
    assert_eq!((counts.done, counts.intended), (report.done, 0));
    (stage, plan)
}

enum Stop {
    Off,
    Deactivate,
}

#[tokio::test]
async fn switching_off_stops_a_running_apply_and_what_was_sent_is_settled() {
    let (stage, plan) = Box::pin(stopped_while_a_plan_is_applied(Stop::Off)).await;
    let record = stage.store.plan(&plan).await.unwrap().unwrap();
    assert_eq!(record.state, PlanState::Interrupted);
    let on = ProvisioningStatus::On;
    set_provisioning(stage.acting(), &stage.organization, on)
        .await
        .unwrap();
    stage.cycle().await.unwrap();
    assert_eq!(new_people(&stage), NEW);
}

#[tokio::test]
async fn deactivating_stops_a_running_apply_and_sets_its_plan_aside() {
    let (stage, plan) = Box::pin(stopped_while_a_plan_is_applied(Stop::Deactivate)).await;
    let record = stage.store.plan(&plan).await.unwrap().unwrap();
    assert_eq!(record.state, PlanState::Superseded);
}
