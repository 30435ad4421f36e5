//! Provisioning one person on demand.

use usher_engine::provisioning::{
    InQuarantine, Mode, OneStep, Provisioned, StepOutcome, provision_one,
};
use usher_engine::{EngineError, Refused};
use usher_miro::MiroClient;
use usher_sandbox::world::{Change, UserUpdate, World as MiroWorld};
use usher_store::{CycleKind, Lease, LeaseOwner, NewCycle, PlanState};

use super::stage::Stage;

async fn provision(stage: &Stage, who: &str, mode: Mode) -> Provisioned {
    let client = stage.client();
    let context = stage.apply_context(&client);
    let care = stage.care(InQuarantine::Refuse);
    provision_one(&context, &stage.organization, who, mode, care)
        .await
        .unwrap()
}

async fn provision_with(
    stage: &Stage,
    client: &MiroClient,
    who: &str,
) -> Result<Provisioned, EngineError> {
    let context = stage.apply_context(client);
    let care = stage.care(InQuarantine::Refuse);
    provision_one(&context, &stage.organization, who, Mode::Apply, care).await
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
    let care = stage.care(InQuarantine::Refuse);
    let organization = &stage.organization;
    let shown = provision_one(&context, organization, "grace@acme.com", Mode::Apply, care)
        .await
        .unwrap();
    assert_eq!(steps(&shown), [(OneStep::Connect, StepOutcome::Failed)]);
}

#[tokio::test]
async fn nobody_in_particular_is_refused() {
    let stage = before_the_first_cycle().await;
    let client = stage.client();
    let context = stage.apply_context(&client);
    let care = stage.care(InQuarantine::Refuse);
    for (text, expected) in [("acme.com", 5), ("nobody@acme.com", 0)] {
        let refused = provision_one(&context, &stage.organization, text, Mode::DryRun, care)
            .await
            .unwrap_err();
        let EngineError::Refused(Refused::WhichPerson { found, .. }) = refused else {
            panic!("{refused}")
        };
        assert_eq!(found, expected);
    }
}

#[tokio::test]
async fn a_scim_token_alone_shows_how_the_account_is_now() {
    let stage = Stage::in_line().await;
    let name = |stage: &Stage| {
        stage.miro(|miro| {
            let grace = miro.find_user_by_email("grace@acme.com").unwrap();
            miro.user(grace).full_name.to_string()
        })
    };
    stage.change_miro(|miro| {
        let grace = miro.find_user_by_email("grace@acme.com").unwrap();
        let change = Change::by_scim(stage.sandbox.state().clock.now(), None);
        let edit = UserUpdate {
            full_name: Some("Amazing Grace".into()),
            ..Default::default()
        };
        miro.update_user(&change, grace, edit).unwrap();
    });
    assert_eq!(name(&stage), "Amazing Grace");
    let scim_only = stage.client_with(None, Some(stage.sandbox.scim_token.clone()));
    let done = provision_with(&stage, &scim_only, "grace@acme.com")
        .await
        .unwrap();
    assert_eq!(done.changes.len(), 1, "{done:#?}");
    assert_eq!(name(&stage), "Grace Hopper");
}

#[tokio::test]
async fn a_scim_token_alone_shows_an_account_that_is_gone() {
    let stage = Stage::in_line().await;
    stage.change_miro(|miro| {
        let grace = miro.find_user_by_email("grace@acme.com").unwrap();
        let change = Change::by_scim(stage.sandbox.state().clock.now(), None);
        miro.delete_user(&change, grace).unwrap();
    });
    let scim_only = stage.client_with(None, Some(stage.sandbox.scim_token.clone()));
    let done = provision_with(&stage, &scim_only, "grace@acme.com")
        .await
        .unwrap();
    assert!(!done.changes.is_empty(), "{done:#?}");
    assert_eq!(stage.is_active("grace@acme.com"), Some(true));
}

#[tokio::test]
async fn while_a_cycle_is_at_work_nobody_is_provisioned_and_no_approved_plan_is_left_behind() {
    let stage = before_the_first_cycle().await;
    let cycle = NewCycle {
        id: stage.store.new_cycle_id(),
        organization: stage.organization.clone(),
        kind: CycleKind::Incremental,
        lease: Lease {
            owner: LeaseOwner::new("elsewhere"),
            duration: std::time::Duration::from_secs(600),
        },
    };
    stage.store.begin_cycle(&cycle, &[]).await.unwrap();
    let refused = provision_with(&stage, &stage.client(), "grace@acme.com").await;
    assert!(
        matches!(
            refused,
            Err(EngineError::Store(
                usher_store::StoreError::ConnectorBusy { .. }
            ))
        ),
        "{refused:?}"
    );
    let plans = stage.store.plans(&stage.organization, None).await.unwrap();
    let states: Vec<_> = plans.iter().map(|plan| plan.state).collect();
    assert_eq!(states, [PlanState::Superseded, PlanState::Held]);
}
