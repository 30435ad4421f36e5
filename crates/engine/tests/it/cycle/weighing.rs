//! Guards are weighed again when a plan is applied, and time counts.

use std::time::Duration;

use usher_engine::provisioning::{InQuarantine, Mode, provision_one};
use usher_engine::{EngineError, Refused};
use usher_model::{
    AppRole, Assignment, AssignmentId, AssignmentOrigin, AssignmentTarget, PersonId, Subject,
    Timestamp,
};
use usher_store::PlanState;

use super::many::{MANY, with_many, without};
use super::stage::{Row, STAFF, Stage};

const HOUR: Duration = Duration::from_secs(3600);

fn needs_approval(refused: &EngineError) -> bool {
    matches!(refused, EngineError::Refused(Refused::NeedsApproval { .. }))
}

#[tokio::test]
async fn plans_for_some_people_together_remove_no_more_than_one_plan_may() {
    let stage = with_many().await;
    let (some, others) = (
        ["p1@acme.com", "p2@acme.com", "p3@acme.com"],
        ["p4@acme.com", "p5@acme.com", "p6@acme.com"],
    );
    stage.write_people(&without(&[some, others].concat()));
    let first = stage.plan(&some).await;
    let second = stage.plan(&others).await;
    for made in [&first, &second] {
        let changes = made.plan.changes.len();
        assert_eq!((made.state, changes), (PlanState::Ready, 3));
    }
    stage.apply(&first.plan.id).await.unwrap();
    let refused = stage.apply(&second.plan.id).await.unwrap_err();
    assert!(needs_approval(&refused), "{refused}");
    assert!(refused.to_string().contains("24 hours"), "{refused}");
    assert_eq!(stage.is_active("p4@acme.com"), Some(true));

    stage.approve(&second.plan.id).await.unwrap();
    stage.apply(&second.plan.id).await.unwrap();
    assert_eq!(stage.is_active("p4@acme.com"), Some(false));
}

#[tokio::test]
async fn a_plan_weighs_what_was_provisioned_on_demand_since_it_was_made() {
    let stage = with_many().await;
    stage.write_people(&without(&["p1@acme.com", "p2@acme.com", "p3@acme.com"]));
    let made = stage.plan(&[]).await;
    assert_eq!((made.state, made.plan.changes.len()), (PlanState::Ready, 3));
    stage.write_people(&without(&[
        "p1@acme.com",
        "p2@acme.com",
        "p3@acme.com",
        "p4@acme.com",
        "p5@acme.com",
        "p6@acme.com",
    ]));
    stage.refresh().await;
    let client = stage.client();
    let context = stage.apply_context(&client);
    for who in ["p4@acme.com", "p5@acme.com", "p6@acme.com"] {
        let care = stage.care(InQuarantine::Refuse);
        provision_one(&context, &stage.organization, who, Mode::Apply, care)
            .await
            .unwrap();
        assert_eq!(stage.is_active(who), Some(false));
    }
    let refused = stage.apply(&made.plan.id).await.unwrap_err();
    assert!(needs_approval(&refused), "{refused}");
    assert_eq!(stage.is_active("p1@acme.com"), Some(true));
}

#[tokio::test]
async fn nothing_is_removed_on_the_word_of_an_old_inventory() {
    let stage = Stage::in_line().await;
    let rows = STAFF.iter().filter(|row| row.0 != "alan@acme.com");
    stage.write_people(&rows.copied().collect::<Vec<_>>());
    let made = stage.plan(&[]).await;
    assert_eq!(made.state, PlanState::Ready);
    stage.clock.advance(21 * 24 * HOUR);
    for refused in [
        stage.apply(&made.plan.id).await.unwrap_err(),
        stage.approve(&made.plan.id).await.unwrap_err(),
    ] {
        assert!(matches!(refused, EngineError::Refused(_)), "{refused}");
        let hint = refused.hint().unwrap();
        assert!(
            hint.contains("`usher sync`") && hint.contains("`usher plan`"),
            "{hint}"
        );
    }
    assert_eq!(stage.is_active("alan@acme.com"), Some(true));
}

#[tokio::test]
async fn an_old_inventory_stops_no_plan_that_takes_nothing_away() {
    let stage = Stage::in_line().await;
    let rows = STAFF.iter().chain(&MANY[..1]);
    stage.write_people(&rows.copied().collect::<Vec<_>>());
    let made = stage.plan(&[]).await;
    stage.clock.advance(21 * 24 * HOUR);
    stage.apply(&made.plan.id).await.unwrap();
    assert_eq!(stage.is_active("p1@acme.com"), Some(true));
}

async fn assign(stage: &Stage, who: &str, from: Option<Timestamp>, until: Option<Timestamp>) {
    let assignment = Assignment {
        id: AssignmentId::new("for a time"),
        subject: Subject::Person(person(stage, who).await),
        target: AssignmentTarget::Application {
            role: AppRole::new("User"),
        },
        origin: AssignmentOrigin::Request { id: "r1".into() },
        starts_at: from,
        expires_at: until,
        note: None,
    };
    let store = &stage.store;
    store
        .save_assignment(&stage.organization, &assignment, &[])
        .await
        .unwrap();
}

async fn person(stage: &Stage, who: &str) -> PersonId {
    stage.store.find_people(who).await.unwrap().remove(0).id
}

fn hence(stage: &Stage, by: Duration) -> Timestamp {
    stage.acting().now().saturating_add(by).unwrap()
}

#[tokio::test]
async fn a_joiner_of_tomorrow_is_not_disabled_by_a_plan_of_tonight() {
    let stage = Stage::in_line().await;
    let mut rows = STAFF.to_vec();
    rows[3] = Row("alan@acme.com", "Alan Turing", "Default Access");
    stage.write_people(&rows);
    assign(&stage, "alan@acme.com", Some(hence(&stage, HOUR)), None).await;
    let made = stage.plan(&[]).await;
    assert_eq!((made.state, made.plan.changes.len()), (PlanState::Ready, 1));
    stage.clock.advance(2 * HOUR);
    let approving = stage.approve(&made.plan.id).await.err();
    let applying = stage.apply(&made.plan.id).await.err();
    assert_eq!(stage.is_active("alan@acme.com"), Some(true));
    for refused in [approving, applying] {
        let Some(EngineError::Refused(Refused::WorldMoved { what, .. })) = refused else {
            panic!("{refused:?}")
        };
        assert!(what[0].contains("disable alan@acme.com"), "{what:?}");
    }
}

#[tokio::test]
async fn access_for_a_time_is_not_given_when_the_time_is_over() {
    let stage = Stage::in_line().await;
    assign(&stage, "edsger@acme.com", None, Some(hence(&stage, HOUR))).await;
    let made = stage.plan(&[]).await;
    assert_eq!((made.state, made.plan.changes.len()), (PlanState::Ready, 1));
    stage.clock.advance(2 * HOUR);
    let refused = stage.apply(&made.plan.id).await.unwrap_err();
    let EngineError::Refused(Refused::WorldMoved { .. }) = refused else {
        panic!("{refused}")
    };
    assert_eq!(stage.is_active("edsger@acme.com"), None);
}
