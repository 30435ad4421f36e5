//! What somebody rejected is remembered change by change, and what plans may take away together is limited.

use std::time::Duration;

use usher_model::*;
use usher_store::*;

use crate::support::*;

fn one() -> OrganizationId {
    OrganizationId::new("1")
}

async fn decide(store: &Store, plan: &PlanId, verdict: Verdict) {
    let decision = Decision {
        verdict,
        by: "ada".into(),
        reason: None,
        at: at("2026-03-01T09:00:00Z"),
    };
    let state = store.plan(plan).await.unwrap().unwrap().state;
    let decided = store.decide_plan(plan, &decision, state, &[]).await;
    decided.unwrap();
}

/// A plan beside the others, with these changes.
async fn plan_of(store: &Store, numbers: impl IntoIterator<Item = u32>) -> PlanId {
    let plan = NewPlan {
        supersedes: Supersedes::Nothing,
        changes: (1..)
            .zip(numbers)
            .map(|(number, like)| PlannedChange {
                number,
                ..change(like)
            })
            .collect(),
        ..new_plan(store, PlanState::Ready, 0)
    };
    store.save_plan(&plan, &[]).await.unwrap();
    plan.id
}

async fn rejected(store: &Store) -> Vec<String> {
    store.rejected_keys(&one()).await.unwrap()
}

async fn begin(fixture: &Fixture, plan: &PlanId, allowed: u64) -> Result<RunningApply, StoreError> {
    let since = fixture
        .clock
        .now()
        .saturating_sub(Duration::from_hours(24))
        .unwrap();
    let ceiling = Ceiling {
        since,
        disables_and_revokes: allowed,
        irreversible: allowed,
    };
    let lease = lease("this process");
    fixture
        .store
        .begin_apply_within(plan, (Under::Lease(&lease), Some(&ceiling)), &[])
        .await
}

/// Carries out the changes with these numbers, and ends.
async fn carry_out(fixture: &Fixture, apply: &RunningApply, numbers: &[u32], end: ApplyEnd) {
    let store = &fixture.store;
    let intentions: Vec<_> = numbers.iter().copied().map(intention).collect();
    store.journal_intend(apply, &intentions).await.unwrap();
    let settled = numbers.iter().copied().map(done).collect();
    let settlement = Settlement {
        settled,
        ..Settlement::default()
    };
    store
        .journal_settle(apply, &settlement, fixture.clock.now(), &[])
        .await
        .unwrap();
    store.finish_apply(apply, &end, &[]).await.unwrap();
}

fn interrupted() -> ApplyEnd {
    ApplyEnd::Interrupted {
        why: "stopped by hand".into(),
    }
}

on_both_engines! {
    async fn what_was_rejected_is_remembered_until_a_plan_with_it_is_approved(fixture: Fixture) {
        let store = &fixture.store;
        let [first, second, third] = [plan_of(store, [1, 2, 2]).await, plan_of(store, [3]).await, plan_of(store, [2, 3]).await];
        decide(store, &first, Verdict::Reject).await;
        decide(store, &second, Verdict::Reject).await;
        assert_eq!(rejected(store).await, ["key-1", "key-2", "key-3"]);
        assert!(store.rejected_keys(&"2".into()).await.unwrap().is_empty());
        decide(store, &third, Verdict::Approve).await;
        assert_eq!(rejected(store).await, ["key-1"]);
        decide(store, &third, Verdict::Reject).await;
        assert_eq!(rejected(store).await, ["key-1", "key-2", "key-3"]);
    }

    async fn what_is_over_is_remembered_no_longer(fixture: Fixture) {
        let store = &fixture.store;
        let plan = plan_of(store, [1, 2]).await;
        decide(store, &plan, Verdict::Reject).await;
        let over = Over { rejected: vec!["key-2".into(), "key-7".into()], failed: Vec::new() };
        store.save_plan(&NewPlan { over, ..new_plan(store, PlanState::Ready, 0) }, &[]).await.unwrap();
        assert_eq!(rejected(store).await, ["key-1"]);
    }

    async fn what_was_carried_out_before_somebody_said_no_is_not_rejected(fixture: Fixture) {
        let store = &fixture.store;
        let plan = plan_of(store, [1, 2]).await;
        let apply = begin(&fixture, &plan, 9).await.unwrap();
        carry_out(&fixture, &apply, &[2], interrupted()).await;
        decide(store, &plan, Verdict::Reject).await;
        assert_eq!(rejected(store).await, ["key-1"]);
    }

    async fn a_plan_with_a_change_that_was_rejected_since_is_not_begun(fixture: Fixture) {
        let store = &fixture.store;
        let [plan, other] = [plan_of(store, [1, 2, 3]).await, plan_of(store, [2]).await];
        decide(store, &plan, Verdict::Approve).await;
        decide(store, &other, Verdict::Reject).await;
        let refused = begin(&fixture, &plan, 9).await.unwrap_err();
        assert!(matches!(refused, StoreError::RejectedSince { changes: 1, .. }), "{refused:?}");
        let harmless = plan_of(store, [5]).await;
        begin(&fixture, &harmless, 9).await.expect("a refused beginning takes no lease");
    }

    async fn plans_together_take_away_no_more_than_the_ceiling(fixture: Fixture) {
        let store = &fixture.store;
        let [first, second] = [plan_of(store, [2, 6]).await, plan_of(store, [1, 10]).await];
        let apply = begin(&fixture, &first, 2).await.unwrap();
        carry_out(&fixture, &apply, &[1, 2], ApplyEnd::Applied).await;
        let refused = begin(&fixture, &second, 2).await.unwrap_err();
        assert!(matches!(refused, StoreError::OverCeiling { counted: 3, allowed: 2, .. }), "{refused:?}");
        let creates = plan_of(store, [1, 3]).await;
        let apply = begin(&fixture, &creates, 0).await.expect("it takes nothing away");
        carry_out(&fixture, &apply, &[1, 2], ApplyEnd::Applied).await;
        fixture.clock.advance(Duration::from_hours(25));
        begin(&fixture, &second, 2).await.expect("that was yesterday");
    }

    async fn what_an_interrupted_plan_still_has_before_it_counts(fixture: Fixture) {
        let store = &fixture.store;
        let first = plan_of(store, [2, 6, 10]).await;
        let apply = begin(&fixture, &first, 3).await.unwrap();
        carry_out(&fixture, &apply, &[1], interrupted()).await;
        let (other, same) = (plan_of(store, [14]).await, plan_of(store, [6, 10]).await);
        let since = fixture.clock.now().saturating_sub(Duration::from_hours(24)).unwrap();
        let beside = store.removals_beside(&other, since).await.unwrap();
        assert_eq!(beside.disables_and_revokes, 3, "one done and two to come");
        let refused = begin(&fixture, &other, 3).await.unwrap_err();
        assert!(matches!(refused, StoreError::OverCeiling { counted: 4, .. }), "{refused:?}");
        begin(&fixture, &same, 3).await.expect("what both have is counted once");
    }

    async fn what_cannot_be_undone_has_a_ceiling_of_its_own(fixture: Fixture) {
        let plan = plan_of(&fixture.store, [4, 8]).await;
        let lease = lease("this process");
        let ceiling = Ceiling { since: at("2026-01-01T00:00:00Z"), disables_and_revokes: 9, irreversible: 1 };
        let begun = fixture.store.begin_apply_within(&plan, (Under::Lease(&lease), Some(&ceiling)), &[]).await;
        let refused = begun.unwrap_err();
        assert!(matches!(refused, StoreError::OverCeiling { counted: 2, allowed: 1, .. }), "{refused:?}");
    }
}
