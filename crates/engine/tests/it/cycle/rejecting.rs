//! What somebody rejected waits, whatever happens to other plans.

use usher_engine::EngineError;
use usher_engine::cycle::CycleEnding;
use usher_engine::provisioning::MadePlan;
use usher_model::PlanId;
use usher_store::PlanState;

use super::stage::{Row, STAFF, Stage};

fn staff() -> Vec<Row> {
    STAFF.to_vec()
}

/// The staff without Alan, who leaves, and with whoever else comes.
fn without_alan(others: &[Row]) -> Vec<Row> {
    let stay = STAFF.iter().filter(|row| row.0 != "alan@acme.com");
    let rows = stay.chain(others);
    rows.copied().collect()
}

const ANN: Row = Row("ann@acme.com", "Ann Other", "User");

/// Somebody rejected that Alan is disabled.
async fn with_a_rejection() -> Stage {
    let stage = Stage::in_line().await;
    stage.write_people(&without_alan(&[]));
    let made = stage.plan(&[]).await;
    assert_eq!(made.state, PlanState::Ready, "nothing holds it: {made:#?}");
    stage.reject(&made.plan.id).await.unwrap();
    stage
}

async fn plan_for_ann(stage: &Stage) -> MadePlan {
    stage.write_people(&without_alan(&[ANN]));
    let made = stage.plan(&["ann@acme.com"]).await;
    assert_eq!(made.state, PlanState::Ready);
    made
}

/// The next cycle wants what was rejected, and waits.
async fn waits(stage: &Stage) -> PlanId {
    let next = stage.cycle().await.unwrap();
    assert_eq!(next.ending, CycleEnding::AwaitingApproval, "{next:#?}");
    assert_eq!(stage.is_active("alan@acme.com"), Some(true));
    next.plan.unwrap().plan
}

#[tokio::test]
async fn a_rejection_outlives_one_of_another_plan() {
    let stage = with_a_rejection().await;
    let ann = plan_for_ann(&stage).await;
    stage.reject(&ann.plan.id).await.unwrap();
    stage.write_people(&without_alan(&[]));
    waits(&stage).await;
}

#[tokio::test]
async fn a_rejection_outlives_the_approval_and_application_of_another_plan() {
    let stage = with_a_rejection().await;
    let ann = plan_for_ann(&stage).await;
    stage.approve(&ann.plan.id).await.unwrap();
    stage.apply(&ann.plan.id).await.unwrap();
    assert_eq!(stage.is_active("ann@acme.com"), Some(true));
    waits(&stage).await;
}

#[tokio::test]
async fn a_rejection_outlives_any_number_of_plans() {
    let stage = with_a_rejection().await;
    stage.write_people(&without_alan(&[ANN]));
    stage.plan(&["ann@acme.com"]).await;
    for _ in 0..50 {
        stage.plan_as_it_is(&["ann@acme.com"]).await;
    }
    waits(&stage).await;
}

#[tokio::test]
async fn what_was_rejected_waits_in_a_plan_for_one_person_too() {
    let stage = with_a_rejection().await;
    let made = stage.plan(&["alan@acme.com"]).await;
    assert_eq!(made.state, PlanState::Held, "{made:#?}");
}

#[tokio::test]
async fn what_was_rejected_is_not_applied_by_a_plan_that_was_there_before() {
    for approved in [false, true] {
        let stage = Stage::in_line().await;
        stage.write_people(&without_alan(&[]));
        let older = stage.plan(&[]).await.plan.id;
        if approved {
            stage.approve(&older).await.unwrap();
        }
        let newer = stage.plan(&["alan@acme.com"]).await.plan.id;
        stage.reject(&newer).await.unwrap();
        let refused = match stage.apply(&older).await {
            Ok(()) => panic!(
                "approved: {approved}; alan: {:?}",
                stage.is_active("alan@acme.com")
            ),
            Err(refused) => refused,
        };
        assert!(matches!(refused, EngineError::Refused(_)), "{refused}");
        assert_eq!(stage.is_active("alan@acme.com"), Some(true));
    }
}

#[tokio::test]
async fn approving_a_plan_with_the_change_ends_the_rejection() {
    let stage = with_a_rejection().await;
    stage.write_people(&without_alan(&[ANN]));
    let held = waits(&stage).await;
    stage.approve(&held).await.unwrap();
    let applied = stage.cycle().await.unwrap();
    assert_eq!(applied.ending, CycleEnding::Applied, "{applied:#?}");
    assert_eq!(stage.is_active("alan@acme.com"), Some(false));

    stage.write_people(&staff());
    stage.cycle().await.unwrap();
    assert_eq!(stage.is_active("alan@acme.com"), Some(true));
    stage.write_people(&without_alan(&[]));
    let again = stage.cycle().await.unwrap();
    assert_eq!(again.ending, CycleEnding::Applied, "{again:#?}");
}

#[tokio::test]
async fn a_rejection_ends_when_nobody_wants_the_change_any_more() {
    let stage = with_a_rejection().await;
    stage.write_people(&staff());
    assert_eq!(stage.cycle().await.unwrap().ending, CycleEnding::InLine);
    stage.write_people(&without_alan(&[]));
    let again = stage.cycle().await.unwrap();
    assert_eq!(again.ending, CycleEnding::Applied, "{again:#?}");
    assert_eq!(stage.is_active("alan@acme.com"), Some(false));
}

#[tokio::test]
async fn a_plan_that_may_remove_nothing_ends_no_rejection() {
    let stage = with_a_rejection().await;
    stage
        .clock
        .advance(std::time::Duration::from_secs(25 * 3600));
    let made = stage.plan(&[]).await;
    assert!(made.plan.is_empty(), "the inventory is too old: {made:#?}");
    // A full pass makes it fresh.
    waits(&stage).await;
}
