//! Provisioning one person on demand.

use usher_engine::provisioning::{Mode, OneStep, Provisioned, StepOutcome, provision_one};
use usher_engine::{EngineError, Refused};
use usher_sandbox::world::World as MiroWorld;
use usher_store::PlanState;

use super::stage::Stage;

async fn provision(stage: &Stage, who: &str, mode: Mode) -> Provisioned {
    let client = stage.client();
    let context = stage.apply_context(&client);
    provision_one(&context, &stage.organization, who, mode)
        .await
        .unwrap()
}

fn steps(provisioned: &Provisioned) -> Vec<(OneStep, StepOutcome)> {
    let steps = provisioned.steps.iter();
    steps.map(|step| (step.step, step.outcome)).collect()
}

/// The organization was read and a plan made, and nobody has approved anything yet.
async fn before_the_first_cycle() -> Stage {
    let stage = Stage::active().await;
    stage.cycle().await.unwrap();
    stage
}

#[tokio::test]
async fn e3_one_person_is_provisioned_before_the_first_cycle_and_nobody_else() {
    let stage = before_the_first_cycle().await;
    let done = provision(&stage, "grace@acme.com", Mode::Apply).await;
    let all = [
        OneStep::Connect,
        OneStep::Import,
        OneStep::Scope,
        OneStep::Match,
        OneStep::Act,
    ];
    assert_eq!(
        steps(&done),
        all.map(|step| (step, StepOutcome::Done)),
        "{done:#?}"
    );
    assert_eq!(stage.is_active("grace@acme.com"), Some(true));
    assert_eq!(stage.is_active("alan@acme.com"), None);
    assert_eq!(
        stage.connector().await.first_cycle_at,
        None,
        "a trial is no first cycle"
    );
    let again = provision(&stage, "grace@acme.com", Mode::Apply).await;
    assert!(again.changes.is_empty(), "{again:#?}");
}

#[tokio::test]
async fn e3_a_dry_run_shows_the_steps_and_changes_nothing() {
    let stage = before_the_first_cycle().await;
    let revision = stage.miro(MiroWorld::revision);
    let shown = provision(&stage, "grace@acme.com", Mode::DryRun).await;
    assert_eq!(shown.steps.len(), 5);
    assert_eq!(shown.changes.len(), 1, "{shown:#?}");
    assert_eq!(stage.miro(MiroWorld::revision), revision);
    assert!(shown.applied.is_none());
    let plans = stage.store.plans(&stage.organization, None).await.unwrap();
    let states: Vec<_> = plans.iter().map(|plan| plan.state).collect();
    assert_eq!(
        states,
        [PlanState::Superseded, PlanState::Held],
        "the plan for everybody still waits, and what was only tried cannot be applied"
    );
}

#[tokio::test]
async fn e3_somebody_who_is_not_assigned_is_told_to_be_out_of_scope() {
    let stage = before_the_first_cycle().await;
    let shown = provision(&stage, "edsger@acme.com", Mode::Apply).await;
    let scope = &shown.steps[2];
    assert_eq!(scope.outcome, StepOutcome::Skipped);
    assert!(scope.words.contains("not assigned"), "{}", scope.words);
    assert_eq!(stage.is_active("edsger@acme.com"), None);
}

#[tokio::test]
async fn e3_a_token_that_does_not_work_ends_it_at_the_first_step() {
    let stage = before_the_first_cycle().await;
    let client = stage.client_with(Some("wrong".into()), None);
    let context = stage.apply_context(&client);
    let shown = provision_one(&context, &stage.organization, "grace@acme.com", Mode::Apply)
        .await
        .unwrap();
    assert_eq!(steps(&shown), [(OneStep::Connect, StepOutcome::Failed)]);
}

#[tokio::test]
async fn nobody_in_particular_is_refused() {
    let stage = before_the_first_cycle().await;
    let client = stage.client();
    let context = stage.apply_context(&client);
    for (text, expected) in [("acme.com", 5), ("nobody@acme.com", 0)] {
        let refused = provision_one(&context, &stage.organization, text, Mode::DryRun)
            .await
            .unwrap_err();
        let EngineError::Refused(Refused::WhichPerson { found, .. }) = refused else {
            panic!("{refused}")
        };
        assert_eq!(found, expected);
    }
}
