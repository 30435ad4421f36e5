//! Plans that somebody decides about.

use usher_engine::cycle::CycleEnding;
use usher_engine::{EngineError, Refused};
use usher_model::EventKind;
use usher_store::PlanState;

use super::many::{MANY, with_many, without};
use super::stage::{Row, STAFF, Stage};

#[tokio::test]
async fn a_plan_over_a_guard_waits_and_is_applied_by_the_cycle_after_the_approval() {
    let stage = with_many().await;
    let all: Vec<&str> = MANY.iter().map(|row| row.0).collect();
    stage.write_people(&without(&all));
    let held = stage.cycle().await.unwrap();
    assert_eq!(held.ending, CycleEnding::AwaitingApproval, "{held:#?}");
    assert_eq!(stage.is_active("p1@acme.com"), Some(true));
    let plan = held.plan.unwrap().plan;
    stage.approve(&plan).await.unwrap();
    let applied = stage.cycle().await.unwrap();
    assert_eq!(applied.plan.unwrap().plan, plan, "the approved plan stands");
    assert_eq!(applied.ending, CycleEnding::Applied);
    assert_eq!(stage.is_active("p1@acme.com"), Some(false));
}

#[tokio::test]
async fn a_rejected_plan_is_never_applied_and_its_changes_wait_in_later_plans() {
    let stage = with_many().await;
    let mut rows = without(&[]);
    rows.push(Row("new@acme.com", "New One", "User"));
    stage.write_people(&rows);
    // Nothing holds this plan: somebody looks before the cycle does.
    let made = stage.plan(&[]).await;
    assert_eq!(made.state, PlanState::Ready);
    stage.reject(&made.plan.id).await.unwrap();

    let next = stage.cycle().await.unwrap();
    assert_eq!(next.ending, CycleEnding::Rejected);
    assert_eq!(stage.is_active("new@acme.com"), None);
    let refused = stage.approve(&made.plan.id).await.unwrap_err();
    assert!(matches!(refused, EngineError::Store(_)), "{refused}");
    let refused = stage.apply(&made.plan.id).await.unwrap_err();
    assert!(
        matches!(refused, EngineError::Refused(Refused::Rejected { .. })),
        "{refused}"
    );

    rows.push(Row("newer@acme.com", "Newer One", "User"));
    stage.write_people(&rows);
    let later = stage.cycle().await.unwrap();
    assert_eq!(later.ending, CycleEnding::AwaitingApproval);
    assert_eq!(stage.is_active("newer@acme.com"), None);
    assert_eq!(stage.events(EventKind::PlanRejected).await.len(), 1);
}

#[tokio::test]
async fn a_plan_is_neither_approved_nor_applied_after_the_world_has_moved_under_it() {
    let stage = Stage::active().await;
    let plan = stage.cycle().await.unwrap().plan.unwrap().plan;
    stage.approve(&plan).await.unwrap();
    let mut rows = STAFF.to_vec();
    rows[2] = Row("grace@acme.com", "Grace B. M. Hopper", "User");
    stage.write_people(&rows);
    stage.refresh().await;
    let refused = stage.apply(&plan).await.unwrap_err();
    let EngineError::Refused(Refused::WorldMoved { what, .. }) = &refused else {
        panic!("{refused}")
    };
    assert_eq!(what, &["Grace B. M. Hopper was changed in the directory"]);
    assert_eq!(stage.is_active("grace@acme.com"), None);

    let next = stage.cycle().await.unwrap();
    let newer = next.plan.unwrap();
    assert_ne!(newer.plan, plan);
    assert_eq!(
        newer.state,
        PlanState::Held,
        "the approval was for the other plan"
    );
}

#[tokio::test]
async fn a_move_that_does_not_touch_the_plan_does_not_stop_it() {
    let stage = Stage::active().await;
    let plan = stage.cycle().await.unwrap().plan.unwrap().plan;
    stage.approve(&plan).await.unwrap();
    let mut rows = STAFF.to_vec();
    rows[4] = Row("edsger@acme.com", "E. W. D.", "Default Access");
    stage.write_people(&rows);
    stage.refresh().await;
    stage.apply(&plan).await.unwrap();
    assert_eq!(stage.is_active("grace@acme.com"), Some(true));
}

#[tokio::test]
async fn a_plan_whose_place_another_takes_is_in_the_log() {
    let stage = Stage::in_line().await;
    let rows = |count: usize| STAFF[..count].iter().copied();
    stage.write_people(&rows(STAFF.len() - 1).collect::<Vec<_>>());
    let first = stage.plan(&[]).await.plan.id;
    stage.write_people(&rows(STAFF.len() - 2).collect::<Vec<_>>());
    let second = stage.plan(&[]).await.plan.id;
    assert_ne!(first, second);
    let events = stage.events(EventKind::PlanSuperseded).await;
    let told = events
        .iter()
        .find(|one| one.event.data["plan"] == first.as_str());
    let why = told.unwrap().event.data["why"].as_str().unwrap();
    assert!(why.contains(second.as_str()), "{why}");
}
